-- What a page would have to add up from rows, of which it gets 10,000 at most: shops and products of a campaign, posts of an influencer.
CREATE OR REPLACE VIEW campaign_stores
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id String COMMENT 'Campaign; empty when unknown',
    store_id String COMMENT 'Store; empty when unknown',
    name String COMMENT 'Name; the id, when it has none',
    region String COMMENT 'Region',
    city String COMMENT 'City',
    lat Nullable(Float64) COMMENT 'Latitude',
    lon Nullable(Float64) COMMENT 'Longitude',
    currency LowCardinality(String) COMMENT 'Currency of the sales; empty for what has no price',
    redemptions_gross UInt64 COMMENT 'Redeemed',
    redemptions_void UInt64 COMMENT 'Voided',
    redemptions_net UInt64 COMMENT 'Standing',
    redemptions_trial UInt64 COMMENT 'Standing, by the person the coupon or sample was handed to, or the owner of the code',
    redemptions_referred UInt64 COMMENT 'redemptions_net − redemptions_trial',
    redeemers UInt64 COMMENT 'Distinct people who redeemed',
    sales_net Decimal(18, 4) COMMENT 'Net sale'
)
AS SELECT
    brand_id, campaign_id, store_id, if(known.name = '', store_id, known.name) AS name, known.region AS region, known.city AS city, known.lat AS lat, known.lon AS lon, currency,
    gross AS redemptions_gross, void AS redemptions_void, net AS redemptions_net, trial AS redemptions_trial, net - trial AS redemptions_referred, people AS redeemers,
    sales AS sales_net
FROM
(
    SELECT
        brand_id, toString(campaign_id) AS campaign_id, toString(store_id) AS store_id, toString(currency) AS currency, count() AS gross, countIf(status = 'voided') AS void,
        countIf(status != 'voided' AND is_valid) AS net, countIf(status != 'voided' AND is_valid AND is_trial) AS trial,
        uniqExactIf(person_id, person_id != '' AND status != 'voided' AND is_valid) AS people,
        toDecimal64(sumIf(ifNull(amount, 0), status != 'voided' AND is_valid), 4) AS sales
    FROM redemptions_current
    GROUP BY ALL
) AS sums
LEFT JOIN (
    SELECT
        brand_id, id AS store_id, name, JSONExtractString(body, 'region') AS region, JSONExtractString(body, 'city') AS city,
        JSONExtract(body, 'lat', 'Nullable(Float64)') AS lat, JSONExtract(body, 'lon', 'Nullable(Float64)') AS lon
    FROM reference_current
    WHERE kind = 'store'
) AS known USING (brand_id, store_id)
COMMENT 'Whole life of a campaign in a store, by currency';

CREATE OR REPLACE VIEW campaign_products
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id String COMMENT 'Campaign; empty when unknown',
    product_id String COMMENT 'Product; empty when unknown',
    name String COMMENT 'Name; the id, when it has none',
    currency LowCardinality(String) COMMENT 'Currency of the sales; empty for what has no price',
    redemptions_gross UInt64 COMMENT 'Redeemed',
    redemptions_void UInt64 COMMENT 'Voided',
    redemptions_net UInt64 COMMENT 'Standing',
    redemptions_trial UInt64 COMMENT 'Standing, by the person the coupon or sample was handed to, or the owner of the code',
    redemptions_referred UInt64 COMMENT 'redemptions_net − redemptions_trial',
    redeemers UInt64 COMMENT 'Distinct people who redeemed',
    sales_net Decimal(18, 4) COMMENT 'Net sale'
)
AS SELECT
    brand_id, campaign_id, product_id, if(known.name = '', product_id, known.name) AS name, currency, gross AS redemptions_gross, void AS redemptions_void, net AS redemptions_net,
    trial AS redemptions_trial, net - trial AS redemptions_referred, people AS redeemers, sales AS sales_net
FROM
(
    SELECT
        brand_id, toString(campaign_id) AS campaign_id, toString(product_id) AS product_id, toString(currency) AS currency, count() AS gross, countIf(status = 'voided') AS void,
        countIf(status != 'voided' AND is_valid) AS net, countIf(status != 'voided' AND is_valid AND is_trial) AS trial,
        uniqExactIf(person_id, person_id != '' AND status != 'voided' AND is_valid) AS people,
        toDecimal64(sumIf(ifNull(amount, 0), status != 'voided' AND is_valid), 4) AS sales
    FROM redemptions_current
    GROUP BY ALL
) AS sums
LEFT JOIN (SELECT brand_id, id AS product_id, name FROM reference_current WHERE kind = 'product') AS known USING (brand_id, product_id)
COMMENT 'Whole life of a product in a campaign, by currency';

CREATE OR REPLACE VIEW post_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer whose post it is',
    post_id String COMMENT 'Post; empty for what names none',
    platform String COMMENT 'Social platform; empty when unknown',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_by_people Int64 COMMENT 'Clicks without those of bots',
    likes Int64 COMMENT 'Likes, gross',
    comments Int64 COMMENT 'Comments, gross',
    shares Int64 COMMENT 'Shares, gross',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    reach UInt64 COMMENT 'People reached, as the platform says; 0 when it does not',
    views UInt64 COMMENT 'Views, as the platform says; 0 when it does not',
    impressions UInt64 COMMENT 'Impressions, as the platform says; 0 when it does not'
)
AS SELECT
    brand_id, influencer_id, post_id, platform, clicks, clicks_by_people, likes, comments, shares, likes + comments + shares AS engagements,
    told.reach AS reach, told.views AS views, told.impressions AS impressions
FROM
(
    SELECT
        brand_id, influencer_id, post_id, max(on_platform) AS platform, sum(clicked) AS clicks, sum(clicked_by_people) AS clicks_by_people, sum(liked) AS likes,
        sum(commented) AS comments, sum(shared) AS shares
    FROM
    (
        SELECT
            brand_id, toString(influencer_id) AS influencer_id, toString(post_id) AS post_id, toString(platform) AS on_platform, sumIf(sign * count, type = 'click') AS clicked,
            sumIf(sign * count, type = 'click' AND is_valid) AS clicked_by_people, sumIf(sign * count, type = 'like') AS liked,
            sumIf(sign * count, type = 'comment') AS commented, sumIf(sign * count, type = 'share') AS shared
        FROM events
        WHERE type != 'coupon_redemption' AND influencer_id != ''
        GROUP BY brand_id, influencer_id, post_id, on_platform
        HAVING sum(sign) > 0
    )
    GROUP BY brand_id, influencer_id, post_id
) AS sums
LEFT JOIN (SELECT brand_id, post_id, reach, views, impressions FROM posts_current) AS told USING (brand_id, post_id)
COMMENT 'What was done on each post of an influencer, and what the platform says of it';
