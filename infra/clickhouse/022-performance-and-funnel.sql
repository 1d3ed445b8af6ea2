-- Whole life of a product, a store, a code: one row per currency.
CREATE OR REPLACE VIEW product_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    product_id String COMMENT 'Product',
    name String COMMENT 'Name; the id, when it has none',
    category LowCardinality(String) COMMENT 'Category',
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
    brand_id, product_id, if(known.name = '', product_id, known.name) AS name, known.category AS category, currency, gross AS redemptions_gross, void AS redemptions_void,
    net AS redemptions_net, trial AS redemptions_trial, net - trial AS redemptions_referred, people AS redeemers, sales AS sales_net
FROM
(
    SELECT
        brand_id, toString(product_id) AS product_id, toString(currency) AS currency, count() AS gross, countIf(status = 'voided') AS void, countIf(status != 'voided' AND is_valid) AS net,
        countIf(status != 'voided' AND is_valid AND is_trial) AS trial, uniqExactIf(person_id, person_id != '' AND status != 'voided' AND is_valid) AS people,
        toDecimal64(sumIf(ifNull(amount, 0), status != 'voided' AND is_valid), 4) AS sales
    FROM redemptions_current
    WHERE product_id != ''
    GROUP BY ALL
) AS sums
LEFT JOIN (SELECT brand_id, id AS product_id, name, JSONExtractString(body, 'category') AS category FROM reference_current WHERE kind = 'product') AS known USING (brand_id, product_id)
COMMENT 'Whole life of a product';

CREATE OR REPLACE VIEW store_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    store_id LowCardinality(String) COMMENT 'Store',
    name String COMMENT 'Name; the id, when it has none',
    retailer_id LowCardinality(String) COMMENT 'Retailer',
    store_type LowCardinality(String) COMMENT 'Such as natural',
    region LowCardinality(String) COMMENT 'Region',
    city LowCardinality(String) COMMENT 'City',
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
    brand_id, store_id, if(known.name = '', store_id, known.name) AS name, known.retailer_id AS retailer_id, known.store_type AS store_type, known.region AS region, known.city AS city, known.lat AS lat, known.lon AS lon,
    currency, gross AS redemptions_gross, void AS redemptions_void,
    net AS redemptions_net, trial AS redemptions_trial, net - trial AS redemptions_referred, people AS redeemers, sales AS sales_net
FROM
(
    SELECT
        brand_id, toString(store_id) AS store_id, toString(currency) AS currency, count() AS gross, countIf(status = 'voided') AS void, countIf(status != 'voided' AND is_valid) AS net,
        countIf(status != 'voided' AND is_valid AND is_trial) AS trial, uniqExactIf(person_id, person_id != '' AND status != 'voided' AND is_valid) AS people,
        toDecimal64(sumIf(ifNull(amount, 0), status != 'voided' AND is_valid), 4) AS sales
    FROM redemptions_current
    WHERE store_id != ''
    GROUP BY ALL
) AS sums
LEFT JOIN (
    SELECT
        brand_id, id AS store_id, name, JSONExtractString(body, 'retailer_id') AS retailer_id, JSONExtractString(body, 'store_type') AS store_type,
        JSONExtractString(body, 'region') AS region, JSONExtractString(body, 'city') AS city, JSONExtract(body, 'lat', 'Nullable(Float64)') AS lat,
        JSONExtract(body, 'lon', 'Nullable(Float64)') AS lon
    FROM reference_current
    WHERE kind = 'store'
) AS known USING (brand_id, store_id)
COMMENT 'Whole life of a store';

CREATE OR REPLACE VIEW coupon_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    coupon_code String COMMENT 'Code, upper case',
    name String COMMENT 'Name; the id, when it has none',
    owner_id String COMMENT 'Influencer who owns it; empty = nobody',
    campaign_id LowCardinality(String) COMMENT 'Campaign it was made for; empty when it serves several',
    use LowCardinality(String) COMMENT 'unique or shared',
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
    brand_id, coupon_code, if(known.name = '', coupon_code, known.name) AS name, known.owner_id AS owner_id, known.campaign_id AS campaign_id, known.use AS use,
    currency, gross AS redemptions_gross, void AS redemptions_void,
    net AS redemptions_net, trial AS redemptions_trial, net - trial AS redemptions_referred, people AS redeemers, sales AS sales_net
FROM
(
    SELECT
        brand_id, toString(coupon_code) AS coupon_code, toString(currency) AS currency, count() AS gross, countIf(status = 'voided') AS void, countIf(status != 'voided' AND is_valid) AS net,
        countIf(status != 'voided' AND is_valid AND is_trial) AS trial, uniqExactIf(person_id, person_id != '' AND status != 'voided' AND is_valid) AS people,
        toDecimal64(sumIf(ifNull(amount, 0), status != 'voided' AND is_valid), 4) AS sales
    FROM redemptions_current
    WHERE coupon_code != ''
    GROUP BY ALL
) AS sums
LEFT JOIN (
    SELECT
        brand_id, upper(JSONExtractString(body, 'code')) AS coupon_code, any(name) AS name, any(JSONExtractString(body, 'influencer_id')) AS owner_id,
        if(uniqExact(JSONExtractString(body, 'campaign_id')) = 1, any(JSONExtractString(body, 'campaign_id')), '') AS campaign_id,
        any(JSONExtractString(body, 'use')) AS use
    FROM reference_current
    WHERE kind = 'coupon'
    GROUP BY brand_id, coupon_code
) AS known USING (brand_id, coupon_code)
COMMENT 'Whole life of a code';

-- From the sample in the hand to the till. Stages are counts of people, not subsets: somebody may redeem who was handed nothing.
CREATE OR REPLACE VIEW funnel
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id String COMMENT 'Campaign',
    step UInt8 COMMENT 'Place in the funnel, from 1',
    stage LowCardinality(String) COMMENT 'handed out, reached by a touch, clicked, redeemed, redeemed by referral',
    people UInt64 COMMENT 'Distinct people',
    rate_from_previous Nullable(Float64) COMMENT 'people / people of the stage before; above 1 where more came from elsewhere'
)
AS SELECT
    brand_id, campaign_id, place.1 AS step, place.2 AS stage, place.3 AS people, if(step = 1, NULL, people / nullIf(place.4, 0)) AS rate_from_previous
FROM
(
    SELECT
        brand_id, campaign_id, sum(n_handed) AS handed, sum(n_engaged) AS engaged, sum(n_clicked) AS clicked, sum(n_redeemed) AS redeemed, sum(n_referred) AS referred
    FROM
    (
        SELECT brand_id, campaign_id, uniqExactIf(person_id, person_id != '') AS n_handed, 0 AS n_engaged, 0 AS n_clicked, 0 AS n_redeemed, 0 AS n_referred FROM sampled_people GROUP BY brand_id, campaign_id
        UNION ALL
        SELECT
            brand_id, toString(campaign_id) AS campaign_id, 0, uniqExactIf(person_id, person_id != ''), uniqExactIf(person_id, person_id != '' AND is_click), 0, 0
        FROM touches
        GROUP BY brand_id, campaign_id
        UNION ALL
        SELECT
            brand_id, toString(campaign_id) AS campaign_id, 0, 0, 0, uniqExactIf(person_id, person_id != ''), uniqExactIf(person_id, person_id != '' AND NOT is_trial)
        FROM redemptions_current
        WHERE status != 'voided' AND is_valid
        GROUP BY brand_id, campaign_id
    )
    WHERE campaign_id != ''
    GROUP BY brand_id, campaign_id
)
ARRAY JOIN
    [(1, 'handed out', handed, 0), (2, 'reached by a touch', engaged, handed), (3, 'clicked', clicked, engaged), (4, 'redeemed', redeemed, clicked),
    (5, 'redeemed by referral', referred, redeemed)] AS place
COMMENT 'People at each stage of a campaign';
