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

-- What became of each redemption. Of two redeemed events with one id the earlier (occurred_at, event_id) stands. A void takes everything
-- back, a return what it says (everything, if it names no amount; another currency cannot be subtracted). Who redeemed is not asked here, so
-- that sums of sales need not look for people; and it joins nothing, for 26.7 cannot reorder the joins of a view within a view's. (A tuple of
-- one keeps argMin from passing over NULL.) An internal view: its columns may change.
CREATE OR REPLACE VIEW redemption_sales
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    redemption_id String COMMENT 'Redemption',
    event_id String COMMENT 'The redeemed event that stands',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    coupon_code String COMMENT 'Code redeemed, upper case',
    coupon_id String COMMENT 'Coupon record behind the code',
    coupon_use LowCardinality(String) COMMENT 'unique or shared',
    owner_id String COMMENT 'Influencer who owns the code; empty when unknown',
    identity_key String COMMENT 'Pseudonym of the strongest identifier; empty when nobody is known',
    identifier_pseudonyms Array(String) COMMENT 'Pseudonyms of all identifiers',
    issued_to Array(String) COMMENT 'Pseudonyms of the people the coupon was issued to',
    owner_identifiers Array(String) COMMENT 'Pseudonyms of the owner of the code',
    product_id String COMMENT 'Product',
    store_id LowCardinality(String) COMMENT 'Store',
    retailer_id LowCardinality(String) COMMENT 'Retailer',
    region LowCardinality(String) COMMENT 'Region of the store',
    redeemed_at DateTime64(3, 'UTC') COMMENT 'When it was redeemed',
    voided_at DateTime64(3, 'UTC') COMMENT 'When it was first voided; 1970 when it was not',
    status LowCardinality(String) COMMENT 'redeemed; voided: nothing stands; returned: it stands, all money went back',
    amount Nullable(Decimal(18, 4)) COMMENT 'Sale net of returns, 0 when voided; NULL = unpriced',
    gross_amount Nullable(Decimal(18, 4)) COMMENT 'Sale as redeemed; NULL = unpriced',
    currency LowCardinality(String) COMMENT 'ISO 4217 currency',
    quantity Nullable(Float64) COMMENT 'Units sold',
    is_valid Bool COMMENT 'False when quarantined',
    flags Array(String) COMMENT 'Remarks: those of enrichment, second_redemption, over_returned, return_in_other_currency'
)
AS SELECT
    brand_id, redemption_id, event_id, campaign_id, coupon_code, coupon_id, coupon_use, owner_id, identity_key, identifier_pseudonyms, issued_to,
    owner_identifiers, product_id, store_id, retailer_id, region, redeemed_at, voided_at, arraySum(arrayMap(r -> if(r.1 = currency, r.2, 0), returned)) AS back_e4,
    multiIf(voids > 0, 'voided', full_returns > 0 OR (back_e4 > 0 AND back_e4 >= ifNull(amount_e4, 0)), 'returned', 'redeemed') AS status,
    if(status = 'redeemed', amount_e4 - back_e4, amount_e4 * 0) * toDecimal64('0.0001', 4) AS amount,
    amount_e4 * toDecimal64('0.0001', 4) AS gross_amount, currency, quantity, is_valid,
    arrayConcat(
        stories.flags,
        if(redeemed > 1, ['second_redemption'], []),
        if(amount_e4 IS NOT NULL AND back_e4 > amount_e4, ['over_returned'], []),
        if(arrayExists(r -> r.1 != '' AND r.1 != currency, returned), ['return_in_other_currency'], [])) AS flags
FROM
(
    SELECT
        e.brand_id AS brand_id, e.redemption_id AS redemption_id,
        argMinIf(e.event_id, (e.occurred_at, e.event_id), e.status = 'redeemed') AS event_id,
        argMinIf(e.campaign_id, (e.occurred_at, e.event_id), e.status = 'redeemed') AS campaign_id,
        argMinIf(e.coupon_code, (e.occurred_at, e.event_id), e.status = 'redeemed') AS coupon_code,
        argMinIf(e.coupon_id, (e.occurred_at, e.event_id), e.status = 'redeemed') AS coupon_id,
        argMinIf(e.coupon_use, (e.occurred_at, e.event_id), e.status = 'redeemed') AS coupon_use,
        argMinIf(e.owner_id, (e.occurred_at, e.event_id), e.status = 'redeemed') AS owner_id,
        argMinIf(e.identity_key, (e.occurred_at, e.event_id), e.status = 'redeemed') AS identity_key,
        argMinIf(e.identifier_pseudonyms, (e.occurred_at, e.event_id), e.status = 'redeemed') AS identifier_pseudonyms,
        argMinIf(e.issued_to, (e.occurred_at, e.event_id), e.status = 'redeemed') AS issued_to,
        argMinIf(e.owner_identifiers, (e.occurred_at, e.event_id), e.status = 'redeemed') AS owner_identifiers,
        argMinIf(e.product_id, (e.occurred_at, e.event_id), e.status = 'redeemed') AS product_id,
        argMinIf(e.store_id, (e.occurred_at, e.event_id), e.status = 'redeemed') AS store_id,
        argMinIf(e.retailer_id, (e.occurred_at, e.event_id), e.status = 'redeemed') AS retailer_id,
        argMinIf(e.region, (e.occurred_at, e.event_id), e.status = 'redeemed') AS region,
        argMinIf(e.currency, (e.occurred_at, e.event_id), e.status = 'redeemed') AS currency,
        argMinIf(e.is_valid, (e.occurred_at, e.event_id), e.status = 'redeemed') AS is_valid,
        argMinIf(e.flags, (e.occurred_at, e.event_id), e.status = 'redeemed') AS flags,
        argMinIf(tuple(e.amount_e4), (e.occurred_at, e.event_id), e.status = 'redeemed').1 AS amount_e4,
        argMinIf(tuple(e.quantity), (e.occurred_at, e.event_id), e.status = 'redeemed').1 AS quantity,
        minIf(e.occurred_at, e.status = 'redeemed') AS redeemed_at, minIf(e.occurred_at, e.status = 'voided') AS voided_at,
        countIf(e.status = 'redeemed') AS redeemed, countIf(e.status = 'voided') AS voids,
        countIf(e.status = 'returned' AND e.amount_e4 IS NULL) AS full_returns,
        groupArrayIf((e.currency, ifNull(e.amount_e4, 0)), e.status = 'returned') AS returned
    FROM events AS e
    WHERE e.type = 'coupon_redemption' AND e.sign = 1
      AND (e.brand_id, e.event_id, e.revision) NOT IN (SELECT brand_id, event_id, revision FROM events WHERE sign = -1 AND type = 'coupon_redemption')
    GROUP BY brand_id, redemption_id
    HAVING redeemed > 0
) AS stories
COMMENT 'What became of each redemption (internal)';

-- One row per redemption: what became of it, who redeemed, and whether it was word of mouth.
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
    flags Array(String) COMMENT 'Remarks: those of enrichment, second_redemption, over_returned, return_in_other_currency, reused_code, returning_buyer (redeemed for the brand in the 365 days before)'
)
AS WITH
    handed AS (SELECT brand_id, campaign_id, handed_at, arrayJoin(people) AS person FROM distributions_current),
    handed_persons AS
    (
        SELECT DISTINCT handed.brand_id AS brand_id, handed.campaign_id AS campaign_id, persons_current.person_id AS person_id
        FROM handed ASOF INNER JOIN persons_current
            ON persons_current.brand_id = handed.brand_id AND persons_current.identifier = handed.person AND handed.handed_at >= persons_current.from_at
    ),
    own AS
    (
        SELECT DISTINCT named.brand_id AS brand_id, named.redemption_id AS redemption_id, persons_current.person_id AS person_id
        FROM (SELECT brand_id, redemption_id, redeemed_at, arrayJoin(arrayConcat(issued_to, owner_identifiers)) AS identifier FROM redemption_sales) AS named
        ASOF INNER JOIN persons_current
            ON persons_current.brand_id = named.brand_id AND persons_current.identifier = named.identifier AND named.redeemed_at >= persons_current.from_at
    )
SELECT
    sales.brand_id AS brand_id, redemption_id, event_id, campaign_id, coupon_code, owner_id,
    if(persons_current.person_id = '', identity_key, persons_current.person_id) AS person_id, product_id, store_id, retailer_id, region, redeemed_at, status, amount,
    gross_amount, currency, quantity,
    hasAny(identifier_pseudonyms, issued_to) OR hasAny(identifier_pseudonyms, owner_identifiers)
        OR arrayExists(person -> (sales.brand_id, toString(campaign_id), person) IN (SELECT brand_id, campaign_id, person FROM handed), identifier_pseudonyms)
        OR (sales.brand_id, toString(campaign_id), persons_current.person_id) IN (SELECT brand_id, campaign_id, person_id FROM handed_persons)
        OR (sales.brand_id, redemption_id, persons_current.person_id) IN (SELECT brand_id, redemption_id, person_id FROM own) AS is_trial,
    is_valid, status != 'voided' AND is_valid AND person_id != '' AS is_known_buyer,
    maxIf(toUnixTimestamp64Milli(redeemed_at), is_known_buyer) OVER
        (PARTITION BY sales.brand_id, person_id ORDER BY toUnixTimestamp64Milli(redeemed_at) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bought_before,
    arrayConcat(sales.flags, if(uses_code AND nth_use > 1, ['reused_code'], []),
        if(is_known_buyer AND bought_before > 0 AND toUnixTimestamp64Milli(redeemed_at) - bought_before <= 365 * 86400000, ['returning_buyer'], [])) AS flags
FROM
(
    SELECT
        *, coupon_use = 'unique' AND status != 'voided' AS uses_code,
        row_number() OVER (PARTITION BY brand_id, uses_code, coupon_id ORDER BY redeemed_at, event_id) AS nth_use
    FROM redemption_sales
) AS sales
ASOF LEFT JOIN persons_current
    ON persons_current.brand_id = sales.brand_id AND persons_current.identifier = sales.identity_key AND sales.redeemed_at >= persons_current.from_at
COMMENT 'One row per redemption as it now stands';
