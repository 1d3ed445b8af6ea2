-- Coupons and samples handed out, the newest record of each.
CREATE OR REPLACE VIEW distributions_current
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Id of the distribution record',
    campaign_id String COMMENT 'Campaign it was handed out for',
    handed_at DateTime64(3, 'UTC') COMMENT 'When',
    people Array(String) COMMENT 'Pseudonyms of the person'
)
AS SELECT
    brand_id, id, JSONExtractString(newest, 'campaign_id') AS campaign_id, fromUnixTimestamp64Milli(JSONExtractInt(newest, 'at'), 'UTC') AS handed_at,
    arrayMap(identifier -> JSONExtractString(identifier, 'pseudonym'), JSONExtractArrayRaw(newest, 'identifiers')) AS people
FROM (SELECT brand_id, id, argMax(body, version) AS newest FROM reference_records WHERE kind = 'distribution' GROUP BY brand_id, id)
COMMENT 'Coupons and samples handed to people';

-- One row per redemption. Of two redeemed events with one id the earlier (occurred_at, event_id) stands. A void takes everything back,
-- a return what it says (everything, if it names no amount; another currency cannot be subtracted).
CREATE OR REPLACE VIEW redemptions_current
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    redemption_id String COMMENT 'Redemption',
    event_id String COMMENT 'The redeemed event that stands',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    coupon_code String COMMENT 'Code redeemed, upper case',
    owner_id String COMMENT 'Influencer who owns the code; empty when unknown',
    person_id String COMMENT 'The redeemer: the smallest pseudonym of those joined with the one the redemption is known by; empty when only a shared code is known',
    product_id String COMMENT 'Product',
    store_id LowCardinality(String) COMMENT 'Store',
    retailer_id LowCardinality(String) COMMENT 'Retailer',
    region LowCardinality(String) COMMENT 'Region of the store',
    redeemed_at DateTime64(3, 'UTC') COMMENT 'When it was redeemed',
    status LowCardinality(String) COMMENT 'redeemed; voided: nothing stands; returned: it stands, all money went back',
    amount Nullable(Decimal(18, 4)) COMMENT 'Sale net of returns, 0 when voided; NULL = unpriced',
    gross_amount Nullable(Decimal(18, 4)) COMMENT 'Sale as redeemed; NULL = unpriced',
    currency LowCardinality(String) COMMENT 'ISO 4217 currency',
    quantity Nullable(Float64) COMMENT 'Units sold',
    is_trial Bool COMMENT 'The redeemer is who the coupon or sample was handed to, or the owner of the code, by any identifier of the person: not word of mouth',
    is_valid Bool COMMENT 'False when quarantined',
    flags Array(String) COMMENT 'Remarks: those of enrichment, second_redemption, over_returned, return_in_other_currency, reused_code'
)
AS WITH
    standing AS
    (
        SELECT *
        FROM events
        WHERE type = 'coupon_redemption' AND sign = 1
          AND (brand_id, event_id, revision) NOT IN (SELECT brand_id, event_id, revision FROM events WHERE sign = -1 AND type = 'coupon_redemption')
    ),
    handed AS (SELECT brand_id, campaign_id, handed_at, arrayJoin(people) AS person FROM distributions_current),
    sampled AS
    (
        SELECT brand_id, redemption_id
        FROM (SELECT brand_id, redemption_id, campaign_id, arrayJoin(identifier_pseudonyms) AS person FROM standing)
        WHERE (brand_id, campaign_id, person) IN (SELECT brand_id, campaign_id, person FROM handed)
    ),
    about AS
    (
        SELECT
            brand_id, redemption_id, countIf(status = 'voided') AS voids, countIf(status = 'returned') AS returns, countIf(status = 'redeemed') AS redeemed,
            countIf(status = 'returned' AND amount_e4 IS NULL) AS full_returns,
            groupArrayIf((currency, ifNull(amount_e4, 0)), status = 'returned') AS returned
        FROM standing
        GROUP BY brand_id, redemption_id
    ),
    firsts AS
    (
        SELECT * FROM standing WHERE status = 'redeemed' ORDER BY brand_id, redemption_id, occurred_at, event_id LIMIT 1 BY brand_id, redemption_id
    ),
    joined AS
    (
        SELECT firsts.brand_id AS brand_id, firsts.redemption_id AS redemption_id, persons_current.person_id AS person_id
        FROM firsts ASOF INNER JOIN persons_current
            ON persons_current.brand_id = firsts.brand_id AND persons_current.identifier = firsts.identity_key AND firsts.occurred_at >= persons_current.from_at
    ),
    handed_persons AS
    (
        SELECT DISTINCT handed.brand_id AS brand_id, handed.campaign_id AS campaign_id, persons_current.person_id AS person_id
        FROM handed ASOF INNER JOIN persons_current
            ON persons_current.brand_id = handed.brand_id AND persons_current.identifier = handed.person AND handed.handed_at >= persons_current.from_at
    ),
    own AS
    (
        SELECT DISTINCT named.brand_id AS brand_id, named.redemption_id AS redemption_id, persons_current.person_id AS person_id
        FROM (SELECT brand_id, redemption_id, occurred_at, arrayJoin(arrayConcat(issued_to, owner_identifiers)) AS identifier FROM firsts) AS named
        ASOF INNER JOIN persons_current
            ON persons_current.brand_id = named.brand_id AND persons_current.identifier = named.identifier AND named.occurred_at >= persons_current.from_at
    ),
    reused AS
    (
        SELECT brand_id, firsts.redemption_id AS redemption_id
        FROM firsts LEFT JOIN about USING (brand_id, redemption_id)
        WHERE coupon_use = 'unique' AND about.voids = 0
        QUALIFY row_number() OVER (PARTITION BY brand_id, coupon_id ORDER BY occurred_at, event_id) > 1
    )
SELECT
    brand_id, firsts.redemption_id AS redemption_id, event_id, campaign_id, coupon_code, owner_id, if(joined.person_id = '', identity_key, joined.person_id) AS person_id, product_id, store_id,
    retailer_id, region, occurred_at AS redeemed_at,
    arraySum(arrayMap(r -> if(r.1 = currency, r.2, 0), about.returned)) AS back_e4,
    multiIf(about.voids > 0, 'voided', about.full_returns > 0 OR (back_e4 > 0 AND back_e4 >= ifNull(amount_e4, 0)), 'returned', 'redeemed') AS status,
    if(status = 'redeemed', amount_e4 - back_e4, amount_e4 * 0) * toDecimal64('0.0001', 4) AS amount,
    amount_e4 * toDecimal64('0.0001', 4) AS gross_amount, currency, quantity,
    hasAny(identifier_pseudonyms, issued_to) OR hasAny(identifier_pseudonyms, owner_identifiers)
        OR (brand_id, firsts.redemption_id) IN (SELECT brand_id, redemption_id FROM sampled)
        OR (brand_id, toString(campaign_id), joined.person_id) IN (SELECT brand_id, campaign_id, person_id FROM handed_persons)
        OR (brand_id, firsts.redemption_id, joined.person_id) IN (SELECT brand_id, redemption_id, person_id FROM own) AS is_trial,
    is_valid,
    arrayConcat(
        flags,
        if(about.redeemed > 1, ['second_redemption'], []),
        if(amount_e4 IS NOT NULL AND back_e4 > amount_e4, ['over_returned'], []),
        if(arrayExists(r -> r.1 != '' AND r.1 != currency, about.returned), ['return_in_other_currency'], []),
        if((brand_id, firsts.redemption_id) IN (SELECT brand_id, redemption_id FROM reused), ['reused_code'], [])) AS flags
FROM firsts
LEFT JOIN about USING (brand_id, redemption_id)
LEFT JOIN joined USING (brand_id, redemption_id)
COMMENT 'One row per redemption as it now stands';
