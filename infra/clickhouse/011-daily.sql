-- The record of each id that is in force now, by the same rule as enrichment's lookups: of each valid_from the newest version; of those whose
-- validity holds this moment the one that began last. What speaks for no moment of today is still to be named: then the one that ended last,
-- else the one that begins first. An internal view: its columns may change.
CREATE OR REPLACE VIEW reference_current
(
    kind LowCardinality(String) COMMENT 'Kind of the record',
    brand_id LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Id within kind and brand',
    name String COMMENT 'Name; the id, when it has none',
    body String COMMENT 'Fields of the kind as JSON'
)
AS SELECT kind, brand_id, id, if(in_force.1 = '', id, in_force.1) AS name, in_force.2 AS body
FROM
(
    SELECT
        kind, brand_id, id,
        argMax(
            newest,
            (
                multiIf(starts > now64(3), 0, ends <= now64(3), 1, 2),
                multiIf(starts > now64(3), -toUnixTimestamp64Milli(starts), ends <= now64(3), toUnixTimestamp64Milli(ends), toUnixTimestamp64Milli(starts)),
                toUnixTimestamp64Milli(starts)
            )
        ) AS in_force
    FROM
    (
        SELECT
            kind, brand_id, id, ifNull(valid_from, fromUnixTimestamp64Milli(toInt64(-2208988800000), 'UTC')) AS starts,
            argMax((reference_records.name, reference_records.body), version) AS newest,
            argMax(ifNull(valid_to, toDateTime64('2299-12-31 23:59:59.999', 3, 'UTC')), version) AS ends
        FROM reference_records
        GROUP BY kind, brand_id, id, starts
    )
    GROUP BY kind, brand_id, id
)
COMMENT 'The reference record of each id that is in force (internal)';

-- The time zone whose days a brand counts by. A name the engine does not know (written in another case, say) means UTC: it must not keep
-- anybody from reading. An internal view: its columns may change.
CREATE OR REPLACE VIEW brand_zones
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    zone String COMMENT 'Its time zone; UTC, if it has none or one that is not known'
)
AS SELECT brand_id, if(said IN (SELECT time_zone FROM system.time_zones), said, 'UTC') AS zone
FROM (SELECT brand_id, JSONExtractString(body, 'time_zone') AS said FROM reference_current WHERE kind = 'brand' AND id = brand_id)
COMMENT 'Time zone of each brand (internal)';

-- What the daily views are made of: sums per quarter hour, read from the projections of events and of the ledger, and moved to the
-- brand's own day. A quarter hour lies within one day of every time zone in use. toString takes the zone of each row; toTimeZone would drop it
-- without a word. An internal view: its columns may change.
CREATE OR REPLACE VIEW event_quarters
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand (UTC, if it has none)',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    influencer_id String COMMENT 'Influencer; empty when unknown',
    product_id String COMMENT 'Product; empty when unknown',
    store_id LowCardinality(String) COMMENT 'Store; empty when unknown',
    coupon_code String COMMENT 'Code; empty when none',
    type LowCardinality(String) COMMENT 'Event type',
    share_kind LowCardinality(String) COMMENT 'Kind of share',
    status LowCardinality(String) COMMENT 'Status of a redemption event',
    currency LowCardinality(String) COMMENT 'Currency',
    is_valid Bool COMMENT 'False when quarantined',
    events Int64 COMMENT 'Rows that stand',
    actions Int64 COMMENT 'Actions: rows by their count'
)
AS SELECT
    brand_id, toDate(toString(quarter, if(zones.zone = '', 'UTC', zones.zone))) AS day, campaign_id, influencer_id, product_id, store_id, coupon_code, type,
    share_kind, status, currency, is_valid, n AS events, actions
FROM
(
    SELECT
        brand_id, toStartOfInterval(occurred_at, INTERVAL 15 MINUTE) AS quarter, campaign_id, influencer_id, product_id, store_id, coupon_code, type,
        share_kind, status, currency, is_valid, sum(sign) AS n, sum(sign * count) AS actions
    FROM events
    GROUP BY brand_id, quarter, campaign_id, influencer_id, product_id, store_id, coupon_code, type, share_kind, status, currency, is_valid
) AS quarters
LEFT JOIN brand_zones AS zones USING (brand_id)
COMMENT 'Events per brand-local day and every dimension (internal)';

-- Credits per brand-local day of the redemption. Rows of one model add up to the net redemptions and the net sale.
CREATE OR REPLACE VIEW credit_quarters
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day of the redemption in the time zone of the brand',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    campaign_id LowCardinality(String) COMMENT 'Campaign of the touch; of the redemption for the owner and for nobody',
    influencer_id String COMMENT 'Influencer who earned; empty: nobody did, or a touch without an influencer',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert',
    tier LowCardinality(String) COMMENT 'nano, micro, macro or mega',
    product_id String COMMENT 'Product of the redemption',
    store_id LowCardinality(String) COMMENT 'Store of the redemption',
    coupon_code LowCardinality(String) COMMENT 'Code redeemed',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    is_unattributed Bool COMMENT 'Nobody earned it',
    credit Decimal(18, 6) COMMENT 'Redemptions attributed',
    amount Decimal(18, 4) COMMENT 'Net sale attributed'
)
AS SELECT
    brand_id, toDate(toString(quarter, if(zones.zone = '', 'UTC', zones.zone))) AS day, model, campaign_id, influencer_id, relationship, tier, product_id,
    store_id, coupon_code, currency, is_unattributed, ppm * toDecimal64('0.000001', 6) AS credit, e4 * toDecimal64('0.0001', 4) AS amount
FROM
(
    SELECT
        brand_id, toStartOfInterval(redeemed_at, INTERVAL 15 MINUTE) AS quarter, model, campaign_id, influencer_id, relationship, tier, product_id,
        store_id, coupon_code, currency, kind, touch_type = '' AS is_unattributed, sum(credit_ppm) AS ppm, sum(amount_e4) AS e4
    FROM attribution_ledger
    GROUP BY brand_id, quarter, model, campaign_id, influencer_id, relationship, tier, product_id, store_id, coupon_code, currency, kind, is_unattributed
) AS quarters
LEFT JOIN brand_zones AS zones USING (brand_id)
WHERE kind = 'posting' AND (ppm != 0 OR e4 != 0)
COMMENT 'Credits per brand-local day and every dimension (internal)';

-- The same for campaigns alone: the smallest of the sums that are kept (024).
CREATE OR REPLACE VIEW campaign_quarters
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand (UTC, if it has none)',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    type LowCardinality(String) COMMENT 'Event type',
    share_kind LowCardinality(String) COMMENT 'Kind of share',
    status LowCardinality(String) COMMENT 'Status of a redemption event',
    currency LowCardinality(String) COMMENT 'Currency',
    is_valid Bool COMMENT 'False when quarantined',
    events Int64 COMMENT 'Rows that stand',
    actions Int64 COMMENT 'Actions: rows by their count'
)
AS SELECT
    brand_id, toDate(toString(quarter, if(zones.zone = '', 'UTC', zones.zone))) AS day, campaign_id, type, share_kind, status, currency, is_valid, n AS events, actions
FROM
(
    SELECT
        brand_id, toStartOfInterval(occurred_at, INTERVAL 15 MINUTE) AS quarter, campaign_id, type, share_kind, status, currency, is_valid, sum(sign) AS n,
        sum(sign * count) AS actions
    FROM events
    GROUP BY brand_id, quarter, campaign_id, type, share_kind, status, currency, is_valid
) AS quarters
LEFT JOIN brand_zones AS zones USING (brand_id)
COMMENT 'Events per brand-local day and campaign (internal)';

-- Redemptions as they stand, and each void once, on the brand's own days: what a redemption is about is said by the redemption, for a void
-- names nothing else. An internal view: its columns may change.
CREATE OR REPLACE VIEW redemption_days
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand: of the void for gone, of the redemption for all else',
    campaign_id String COMMENT 'Campaign; empty when unknown',
    owner_id String COMMENT 'Influencer who owns the code; empty when unknown',
    product_id String COMMENT 'Product; empty when unknown',
    store_id String COMMENT 'Store; empty when unknown',
    coupon_code String COMMENT 'Code redeemed',
    currency String COMMENT 'Currency; empty when unpriced',
    gross Int64 COMMENT 'Redemptions',
    gone Int64 COMMENT 'Redemptions voided',
    net Int64 COMMENT 'Redemptions that stand and are valid',
    priced Int64 COMMENT 'Of these, with a price',
    sales Decimal(18, 4) COMMENT 'Net sale of these'
)
AS SELECT
    brand_id, toDate(toString(at, if(zones.zone = '', 'UTC', zones.zone))) AS day, campaign_id, owner_id, product_id, store_id, coupon_code, currency,
    nth = 1 AS gross, nth = 2 AS gone, status != 'voided' AND is_valid AS net, net AND amount IS NOT NULL AS priced, if(net, ifNull(amount, 0), 0) AS sales
FROM redemption_sales
LEFT JOIN brand_zones AS zones USING (brand_id)
ARRAY JOIN if(status = 'voided', [redeemed_at, voided_at], [redeemed_at]) AS at, if(status = 'voided', [1, 2], [1]) AS nth
COMMENT 'Redemptions and voids per brand-local day and every dimension (internal)';

CREATE OR REPLACE VIEW campaign_daily
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    currency LowCardinality(String) COMMENT 'Currency; empty for what has no price',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_by_people Int64 COMMENT 'Clicks without those of bots',
    likes Int64 COMMENT 'Likes, gross',
    comments Int64 COMMENT 'Comments, gross',
    shares Int64 COMMENT 'Shares, gross',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    redemptions_gross Int64 COMMENT 'Redemptions, by the day of the redemption',
    redemptions_void Int64 COMMENT 'Redemptions voided, by the day of the void',
    redemptions_net Int64 COMMENT 'Redemptions that stand, by the day of the redemption',
    redemptions_priced Int64 COMMENT 'Of these, with a price',
    sales_net Decimal(18, 4) COMMENT 'Net sale of the redemptions that stand'
)
AS SELECT
    brand_id, day, campaign_id, currency, sum(clicks) AS clicks, sum(clicks_by_people) AS clicks_by_people, sum(likes) AS likes, sum(comments) AS comments,
    sum(shares) AS shares, sum(engagements) AS engagements, sum(mentions) AS mentions, sum(gross) AS redemptions_gross, sum(gone) AS redemptions_void,
    sum(net) AS redemptions_net, sum(priced) AS redemptions_priced, sum(sales) AS sales_net
FROM
(
    SELECT
        brand_id, day, toString(campaign_id) AS campaign_id, '' AS currency, sumIf(actions, type = 'click') AS clicks,
        sumIf(actions, type = 'click' AND is_valid) AS clicks_by_people, sumIf(actions, type = 'like') AS likes, sumIf(actions, type = 'comment') AS comments,
        sumIf(actions, type = 'share') AS shares, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
        sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions, 0 AS gross, 0 AS gone, 0 AS net, 0 AS priced, toDecimal64(0, 4) AS sales
    FROM campaign_quarters
    WHERE type != 'coupon_redemption'
    GROUP BY ALL
    UNION ALL
    SELECT brand_id, day, campaign_id, currency, 0, 0, 0, 0, 0, 0, 0, sum(gross), sum(gone), sum(net), sum(priced), sum(sales)
    FROM redemption_days
    GROUP BY ALL
)
WHERE campaign_id != ''
GROUP BY ALL
COMMENT 'Additive counts and sums per brand-local day, campaign and currency';

CREATE OR REPLACE VIEW influencer_daily
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand',
    influencer_id String COMMENT 'Influencer; for redemptions the owner of the code; empty when unknown',
    currency LowCardinality(String) COMMENT 'Currency; empty for what has no price',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_by_people Int64 COMMENT 'Clicks without those of bots',
    likes Int64 COMMENT 'Likes, gross',
    comments Int64 COMMENT 'Comments, gross',
    shares Int64 COMMENT 'Shares, gross',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    redemptions_gross Int64 COMMENT 'Redemptions, by the day of the redemption',
    redemptions_void Int64 COMMENT 'Redemptions voided, by the day of the void',
    redemptions_net Int64 COMMENT 'Redemptions that stand, by the day of the redemption',
    redemptions_priced Int64 COMMENT 'Of these, with a price',
    sales_net Decimal(18, 4) COMMENT 'Net sale of the redemptions that stand'
)
AS SELECT
    brand_id, day, influencer_id, currency, sum(clicks) AS clicks, sum(clicks_by_people) AS clicks_by_people, sum(likes) AS likes, sum(comments) AS comments,
    sum(shares) AS shares, sum(engagements) AS engagements, sum(mentions) AS mentions, sum(gross) AS redemptions_gross, sum(gone) AS redemptions_void,
    sum(net) AS redemptions_net, sum(priced) AS redemptions_priced, sum(sales) AS sales_net
FROM
(
    SELECT
        brand_id, day, toString(influencer_id) AS influencer_id, '' AS currency, sumIf(actions, type = 'click') AS clicks,
        sumIf(actions, type = 'click' AND is_valid) AS clicks_by_people, sumIf(actions, type = 'like') AS likes, sumIf(actions, type = 'comment') AS comments,
        sumIf(actions, type = 'share') AS shares, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
        sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions, 0 AS gross, 0 AS gone, 0 AS net, 0 AS priced, toDecimal64(0, 4) AS sales
    FROM event_quarters
    WHERE type != 'coupon_redemption'
    GROUP BY ALL
    UNION ALL
    SELECT brand_id, day, owner_id, currency, 0, 0, 0, 0, 0, 0, 0, sum(gross), sum(gone), sum(net), sum(priced), sum(sales)
    FROM redemption_days
    GROUP BY ALL
)
WHERE influencer_id != ''
GROUP BY ALL
COMMENT 'Additive counts and sums per brand-local day, influencer and currency';

CREATE OR REPLACE VIEW product_daily
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand',
    product_id String COMMENT 'Product; empty when unknown',
    currency LowCardinality(String) COMMENT 'Currency; empty for what has no price',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_by_people Int64 COMMENT 'Clicks without those of bots',
    likes Int64 COMMENT 'Likes, gross',
    comments Int64 COMMENT 'Comments, gross',
    shares Int64 COMMENT 'Shares, gross',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    redemptions_gross Int64 COMMENT 'Redemptions, by the day of the redemption',
    redemptions_void Int64 COMMENT 'Redemptions voided, by the day of the void',
    redemptions_net Int64 COMMENT 'Redemptions that stand, by the day of the redemption',
    redemptions_priced Int64 COMMENT 'Of these, with a price',
    sales_net Decimal(18, 4) COMMENT 'Net sale of the redemptions that stand'
)
AS SELECT
    brand_id, day, product_id, currency, sum(clicks) AS clicks, sum(clicks_by_people) AS clicks_by_people, sum(likes) AS likes, sum(comments) AS comments,
    sum(shares) AS shares, sum(engagements) AS engagements, sum(mentions) AS mentions, sum(gross) AS redemptions_gross, sum(gone) AS redemptions_void,
    sum(net) AS redemptions_net, sum(priced) AS redemptions_priced, sum(sales) AS sales_net
FROM
(
    SELECT
        brand_id, day, toString(product_id) AS product_id, '' AS currency, sumIf(actions, type = 'click') AS clicks,
        sumIf(actions, type = 'click' AND is_valid) AS clicks_by_people, sumIf(actions, type = 'like') AS likes, sumIf(actions, type = 'comment') AS comments,
        sumIf(actions, type = 'share') AS shares, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
        sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions, 0 AS gross, 0 AS gone, 0 AS net, 0 AS priced, toDecimal64(0, 4) AS sales
    FROM event_quarters
    WHERE type != 'coupon_redemption'
    GROUP BY ALL
    UNION ALL
    SELECT brand_id, day, product_id, currency, 0, 0, 0, 0, 0, 0, 0, sum(gross), sum(gone), sum(net), sum(priced), sum(sales)
    FROM redemption_days
    GROUP BY ALL
)
WHERE product_id != ''
GROUP BY ALL
COMMENT 'Additive counts and sums per brand-local day, product and currency';

CREATE OR REPLACE VIEW store_daily
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand',
    store_id LowCardinality(String) COMMENT 'Store; empty when unknown',
    currency LowCardinality(String) COMMENT 'Currency; empty for what has no price',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_by_people Int64 COMMENT 'Clicks without those of bots',
    likes Int64 COMMENT 'Likes, gross',
    comments Int64 COMMENT 'Comments, gross',
    shares Int64 COMMENT 'Shares, gross',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    redemptions_gross Int64 COMMENT 'Redemptions, by the day of the redemption',
    redemptions_void Int64 COMMENT 'Redemptions voided, by the day of the void',
    redemptions_net Int64 COMMENT 'Redemptions that stand, by the day of the redemption',
    redemptions_priced Int64 COMMENT 'Of these, with a price',
    sales_net Decimal(18, 4) COMMENT 'Net sale of the redemptions that stand'
)
AS SELECT
    brand_id, day, store_id, currency, sum(clicks) AS clicks, sum(clicks_by_people) AS clicks_by_people, sum(likes) AS likes, sum(comments) AS comments,
    sum(shares) AS shares, sum(engagements) AS engagements, sum(mentions) AS mentions, sum(gross) AS redemptions_gross, sum(gone) AS redemptions_void,
    sum(net) AS redemptions_net, sum(priced) AS redemptions_priced, sum(sales) AS sales_net
FROM
(
    SELECT
        brand_id, day, toString(store_id) AS store_id, '' AS currency, sumIf(actions, type = 'click') AS clicks,
        sumIf(actions, type = 'click' AND is_valid) AS clicks_by_people, sumIf(actions, type = 'like') AS likes, sumIf(actions, type = 'comment') AS comments,
        sumIf(actions, type = 'share') AS shares, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
        sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions, 0 AS gross, 0 AS gone, 0 AS net, 0 AS priced, toDecimal64(0, 4) AS sales
    FROM event_quarters
    WHERE type != 'coupon_redemption'
    GROUP BY ALL
    UNION ALL
    SELECT brand_id, day, store_id, currency, 0, 0, 0, 0, 0, 0, 0, sum(gross), sum(gone), sum(net), sum(priced), sum(sales)
    FROM redemption_days
    GROUP BY ALL
)
WHERE store_id != ''
GROUP BY ALL
COMMENT 'Additive counts and sums per brand-local day, store and currency';

CREATE OR REPLACE VIEW coupon_daily
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day in the time zone of the brand',
    coupon_code String COMMENT 'Code; empty when unknown',
    currency LowCardinality(String) COMMENT 'Currency; empty for what has no price',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_by_people Int64 COMMENT 'Clicks without those of bots',
    likes Int64 COMMENT 'Likes, gross',
    comments Int64 COMMENT 'Comments, gross',
    shares Int64 COMMENT 'Shares, gross',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    redemptions_gross Int64 COMMENT 'Redemptions, by the day of the redemption',
    redemptions_void Int64 COMMENT 'Redemptions voided, by the day of the void',
    redemptions_net Int64 COMMENT 'Redemptions that stand, by the day of the redemption',
    redemptions_priced Int64 COMMENT 'Of these, with a price',
    sales_net Decimal(18, 4) COMMENT 'Net sale of the redemptions that stand'
)
AS SELECT
    brand_id, day, coupon_code, currency, sum(clicks) AS clicks, sum(clicks_by_people) AS clicks_by_people, sum(likes) AS likes, sum(comments) AS comments,
    sum(shares) AS shares, sum(engagements) AS engagements, sum(mentions) AS mentions, sum(gross) AS redemptions_gross, sum(gone) AS redemptions_void,
    sum(net) AS redemptions_net, sum(priced) AS redemptions_priced, sum(sales) AS sales_net
FROM
(
    SELECT
        brand_id, day, toString(coupon_code) AS coupon_code, '' AS currency, sumIf(actions, type = 'click') AS clicks,
        sumIf(actions, type = 'click' AND is_valid) AS clicks_by_people, sumIf(actions, type = 'like') AS likes, sumIf(actions, type = 'comment') AS comments,
        sumIf(actions, type = 'share') AS shares, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
        sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions, 0 AS gross, 0 AS gone, 0 AS net, 0 AS priced, toDecimal64(0, 4) AS sales
    FROM event_quarters
    WHERE type != 'coupon_redemption'
    GROUP BY ALL
    UNION ALL
    SELECT brand_id, day, coupon_code, currency, 0, 0, 0, 0, 0, 0, 0, sum(gross), sum(gone), sum(net), sum(priced), sum(sales)
    FROM redemption_days
    GROUP BY ALL
)
WHERE coupon_code != ''
GROUP BY ALL
COMMENT 'Additive counts and sums per brand-local day, coupon and currency';

