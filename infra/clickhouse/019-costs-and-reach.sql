-- What campaigns cost, line by line. Lines that name an influencer belong to that influencer.
CREATE OR REPLACE VIEW campaign_costs
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id String COMMENT 'Campaign',
    influencer_id String COMMENT 'Influencer the line belongs to; empty = the campaign as a whole',
    kind LowCardinality(String) COMMENT 'cogs, shipping, face_value, handling, fee or other',
    currency LowCardinality(String) COMMENT 'Currency',
    cost Decimal(18, 4) COMMENT 'Amount'
)
AS SELECT
    brand_id, id AS campaign_id, JSONExtractString(line, 'influencer_id') AS influencer_id, JSONExtractString(line, 'kind') AS kind,
    JSONExtractString(line, 'currency') AS currency, sum(JSONExtractInt(line, 'amount_e4') * toDecimal64('0.0001', 4)) AS cost
FROM reference_current ARRAY JOIN JSONExtractArrayRaw(body, 'costs') AS line
WHERE reference_current.kind = 'campaign'
GROUP BY ALL
COMMENT 'Cost lines of campaigns';

-- How many could have looked: the latest snapshot of each post.
CREATE OR REPLACE VIEW posts_current
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    post_id String COMMENT 'Post',
    influencer_id String COMMENT 'Influencer who posted',
    reach UInt64 COMMENT 'People reached, as the platform says; 0 when it does not',
    views UInt64 COMMENT 'Views, as the platform says; 0 when it does not',
    impressions UInt64 COMMENT 'Impressions, as the platform says; 0 when it does not'
)
AS SELECT
    brand_id, JSONExtractString(body, 'post_id') AS post_id, JSONExtractString(argMax(body, (JSONExtractInt(body, 'at'), version)), 'influencer_id') AS influencer_id,
    JSONExtractUInt(argMax(body, (JSONExtractInt(body, 'at'), version)), 'reach') AS reach,
    JSONExtractUInt(argMax(body, (JSONExtractInt(body, 'at'), version)), 'views') AS views,
    JSONExtractUInt(argMax(body, (JSONExtractInt(body, 'at'), version)), 'impressions') AS impressions
FROM reference_records
WHERE kind = 'post_snapshot'
GROUP BY brand_id, post_id
COMMENT 'Latest platform figures of each post';

-- Who the influencers are themselves: everybody who is known by one of their identifiers, for as long as it was theirs, and between one
-- handle and another; not while a handle was not theirs that came back later.
CREATE OR REPLACE VIEW influencer_people
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer',
    person_id String COMMENT 'Person behind it',
    periods Array(Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))) COMMENT 'From when and until when, exclusive'
)
AS WITH
    toDateTime64(0, 3, 'UTC') AS always,
    toDateTime64('2200-01-01 00:00:00', 3, 'UTC') AS never,
    named AS
    (
        SELECT
            brand_id, id AS influencer_id, JSONExtractString(said, 'pseudonym') AS identifier, fromUnixTimestamp64Milli(JSONExtractInt(said, 'valid_from'), 'UTC') AS begins_at,
            if(JSONHas(said, 'valid_to'), fromUnixTimestamp64Milli(JSONExtractInt(said, 'valid_to'), 'UTC'), never) AS ends_at
        FROM reference_current ARRAY JOIN arrayConcat(JSONExtractArrayRaw(body, 'identifiers'), JSONExtractArrayRaw(body, 'handles')) AS said
        WHERE kind = 'influencer'
    ),
    joined AS
    (
        SELECT brand_id, identifier, arraySort(groupArray((from_at, person_id))) AS persons
        FROM persons_current
        WHERE (brand_id, identifier) IN (SELECT brand_id, identifier FROM named)
        GROUP BY brand_id, identifier
    ),
    holders AS -- an identifier that is joined with no other is a person by itself
    (
        SELECT
            brand_id, influencer_id, identifier, begins_at, ends_at,
            if(empty(joined.persons) OR joined.persons[1].1 > always, arrayPushFront(joined.persons, (always, named.identifier)), joined.persons) AS persons,
            arrayMap((person, next) -> (person.2, greatest(person.1, begins_at), least(next, ends_at)), persons,
                arrayPushBack(arrayPopFront(arrayMap(person -> person.1, persons)), never)) AS held
        FROM named LEFT JOIN joined USING (brand_id, identifier)
    )
SELECT
    brand_id, influencer_id, person_id,
    arrayMap(own -> (own.1, multiIf( -- up to the next period, unless another goes on or one of the identifiers until here comes back
        arrayExists(other -> other.1 <= own.2 AND own.2 < other.2, own_by), own.2,
        hasAny(arrayMap(one -> one.3, arrayFilter(one -> one.2 <= own.2, own_by)), arrayMap(one -> one.3, arrayFilter(one -> one.1 > own.2, own_by))), own.2,
        arrayExists(one -> one.1 > own.2, own_by), arrayMin(arrayMap(one -> if(one.1 > own.2, one.1, never), own_by)),
        own.2)), own_by) AS periods
FROM
(
    SELECT brand_id, influencer_id, holder.1 AS person_id, groupArray((holder.2, holder.3, identifier)) AS own_by
    FROM holders ARRAY JOIN held AS holder
    WHERE holder.2 < holder.3
    GROUP BY brand_id, influencer_id, person_id
)
COMMENT 'People whom influencers are themselves, and when (internal)';

-- Touches as the rates read them. Actions of polled counters have no person.
CREATE OR REPLACE VIEW touches
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    person_id String COMMENT 'Person; empty = nobody knows who',
    influencer_id String COMMENT 'Influencer touched; empty when unknown',
    campaign_id LowCardinality(String) COMMENT 'Campaign touched; empty when unknown',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened',
    is_click Bool COMMENT 'Whether it is a click, bots left out',
    is_mention Bool COMMENT 'Whether it is a post or a review of the person',
    click UInt128 COMMENT 'The same for clicks of one person on one link (else post) in one clock hour; of nobody each its own',
    polled Int64 COMMENT 'Clicks that a polled counter stands for, else 0'
)
AS SELECT
    brand_id, person_id, influencer_id, campaign_id, relationship, occurred_at, type = 'click' AS is_click, type = 'share' AND share_kind IN ('post', 'review') AS is_mention,
    reinterpretAsUInt128(sipHash128(person_id, if(person_id = '', event_id, ''), link_code, if(link_code = '', post_id, ''), toStartOfHour(occurred_at))) AS click,
    if(is_click AND count > 1, count, 0) AS polled
FROM events_current
WHERE type != 'coupon_redemption' AND is_valid
COMMENT 'Valid touches, as rates count them (internal)';

-- Who touched what influencers did, but for the influencers themselves.
CREATE OR REPLACE VIEW people_of_influencers
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer touched',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    people AggregateFunction(uniqExactIf, String, UInt8) COMMENT 'Distinct people but the influencer',
    clicks AggregateFunction(uniqExactIf, UInt128, UInt8) COMMENT 'Distinct person, link (else post) and clock hour, bots left out',
    polled Int64 COMMENT 'Clicks that polled counters stand for'
)
AS SELECT
    brand_id, influencer_id, relationship,
    uniqExactIfState(person_id, person_id != '' AND NOT arrayExists(own -> own.1 <= occurred_at AND occurred_at < own.2, periods)) AS people,
    uniqExactIfState(click, is_click AND touches.polled = 0) AS clicks, sum(touches.polled) AS polled
FROM touches LEFT JOIN influencer_people USING (brand_id, influencer_id, person_id)
WHERE influencer_id != ''
GROUP BY brand_id, influencer_id, relationship
COMMENT 'People and clicks by influencer and relationship (internal)';

-- What touches earned of redemptions that are word of mouth, and of all: credits beside what the redemption is.
CREATE OR REPLACE VIEW referred_credits
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    redemption_id String COMMENT 'Redemption',
    person_id String COMMENT 'The redeemer; empty when only a shared code is known',
    influencer_id String COMMENT 'Influencer who earned; empty = nobody',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    campaign_id LowCardinality(String) COMMENT 'Campaign of the touch',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    credit Decimal(18, 6) COMMENT 'Share of the redemption',
    amount Decimal(18, 4) COMMENT 'Share of the net sale',
    is_trial Bool COMMENT 'A person trying a freebie: not word of mouth'
)
AS SELECT
    brand_id, model, redemption_id, redeemed.person_id AS person_id, influencer_id, relationship, campaign_id, currency, credit, amount, redeemed.is_trial AS is_trial
FROM
(
    SELECT
        brand_id, model, redemption_id, influencer_id, relationship, campaign_id, currency, sum(credit_ppm) * toDecimal64('0.000001', 6) AS credit,
        sum(amount_e4) * toDecimal64('0.0001', 4) AS amount
    FROM attribution_ledger
    WHERE kind = 'posting'
    GROUP BY brand_id, model, redemption_id, influencer_id, relationship, campaign_id, currency
    HAVING sum(credit_ppm) != 0 OR sum(amount_e4) != 0
) AS credits
INNER JOIN (SELECT brand_id, redemption_id, person_id, is_trial FROM redemptions_current) AS redeemed USING (brand_id, redemption_id)
COMMENT 'Credits by influencer, and whether the redemption is word of mouth (internal)';

-- Who was handed a coupon or sample, as persons. The identifiers of a record are not linked to each other by it, so that they may be several
-- persons as far as is known: it was handed to one of them, whoever of them acts (as with is_trial), and counts as one.
CREATE OR REPLACE VIEW sampled_people
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Distribution record',
    campaign_id String COMMENT 'Campaign it was handed out for',
    person_id String COMMENT 'Person it counts as: the smallest of persons; empty when nobody is named',
    handed_at DateTime64(3, 'UTC') COMMENT 'When',
    persons Array(String) COMMENT 'Persons of all identifiers of the record, as of that moment: match any of them'
)
AS SELECT brand_id, id, campaign_id, min(person) AS person_id, handed_at, groupUniqArray(person) AS persons
FROM
(
    SELECT
        handed.brand_id AS brand_id, id, campaign_id, handed_at, if(persons_current.person_id = '', handed.identifier, persons_current.person_id) AS person
    FROM (SELECT brand_id, id, campaign_id, handed_at, identifier FROM distributions_current LEFT ARRAY JOIN people AS identifier) AS handed
    ASOF LEFT JOIN persons_current
        ON persons_current.brand_id = handed.brand_id AND persons_current.identifier = handed.identifier AND handed.handed_at >= persons_current.from_at
)
GROUP BY brand_id, id, campaign_id, handed_at
COMMENT 'People who were handed a coupon or sample (internal)';
