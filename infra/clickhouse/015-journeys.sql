-- What led to each redemption. Under `linear` every touch of a journey earns, so its credits are the journey.
CREATE OR REPLACE VIEW journeys
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    redemption_id String COMMENT 'Redemption',
    person_id String COMMENT 'The redeemer; empty when only a shared code is known',
    redeemed_at DateTime64(3, 'UTC') COMMENT 'When it was redeemed',
    status LowCardinality(String) COMMENT 'redeemed, returned or voided (then nothing is credited)',
    amount Nullable(Decimal(18, 4)) COMMENT 'Net sale; NULL = unpriced',
    currency LowCardinality(String) COMMENT 'Currency',
    coupon_code String COMMENT 'Code redeemed',
    owner_id String COMMENT 'Influencer who owns the code',
    touches UInt64 COMMENT 'Touches that may earn',
    days Nullable(Float64) COMMENT 'From the first touch to the redemption; NULL without a touch',
    path Array(String) COMMENT 'Influencers in order of time',
    relationships Array(String) COMMENT 'friend, blogger, celebrity or expert, in the same order',
    types Array(String) COMMENT 'click, like, comment or share, in the same order',
    touched_at Array(DateTime64(3, 'UTC')) COMMENT 'When, in the same order',
    touch_event_ids Array(String) COMMENT 'Event ids, in the same order',
    matched_by Array(String) COMMENT 'Kind of identifier that joined each with the redeemer',
    hops Array(UInt8) COMMENT 'Identity links between each and the redeemer'
)
AS WITH earned AS
(
    SELECT
        brand_id, redemption_id,
        arraySort(groupArray((touched_at, touch_event_id, influencer_id, toString(relationship), toString(touch_type), toString(matched_by), hops))) AS list
    FROM attribution_credits
    WHERE model = 'linear' AND touch_event_id != ''
    GROUP BY brand_id, redemption_id
)
SELECT
    brand_id, redemption_id, person_id, redeemed_at, status, amount, currency, coupon_code, owner_id, length(earned.list) AS touches,
    if(touches = 0, NULL, date_diff('ms', earned.list[1].1, redeemed_at) / 86400000) AS days, arrayMap(t -> t.3, earned.list) AS path,
    arrayMap(t -> t.4, earned.list) AS relationships, arrayMap(t -> t.5, earned.list) AS types, arrayMap(t -> t.1, earned.list) AS touched_at,
    arrayMap(t -> t.2, earned.list) AS touch_event_ids, arrayMap(t -> t.6, earned.list) AS matched_by, arrayMap(t -> t.7, earned.list) AS hops
FROM redemptions_current LEFT JOIN earned USING (brand_id, redemption_id)
COMMENT 'One row per redemption: the touches that led to it, in order of time';
