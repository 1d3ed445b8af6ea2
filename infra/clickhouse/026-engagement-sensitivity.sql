-- How much the weights of `engagement_weighted` in force matter: each halved and doubled in turn, over the journeys as they stand. Computed when
-- it is read; a test compares its first part with the ledger.
CREATE OR REPLACE VIEW engagement_sensitivity
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    varied String COMMENT 'Type whose weight is varied; empty = the weights as they are',
    factor Float64 COMMENT '0.5 = halved, 2 = doubled, 1 = as it is',
    influencer_id String COMMENT 'Influencer who earned; empty = unknown',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    attributed_redemptions Float64 COMMENT 'Sum of credit under these weights',
    attributed_amount Float64 COMMENT 'Net sale under these weights',
    change Nullable(Float64) COMMENT 'attributed_redemptions / those under the weights as they are, − 1'
)
AS WITH
    in_force AS
    (
        SELECT mapFromArrays(groupArray(type), groupArray((weight, half_life_days))) AS weights
        FROM (SELECT toString(type) AS type, any(weight) AS weight, any(half_life_days) AS half_life_days FROM engagement_weights WHERE version = (SELECT max(version) FROM engagement_weights) GROUP BY type)
    ),
    varied_journeys AS
    (
        SELECT
            brand_id, redemption_id, currency, ifNull(toFloat64(amount), 0) AS amount, variation.1 AS varied, variation.2 AS factor, path,
            arrayMap((type, at) -> in_force.weights[type].1 * if(type = varied, factor, 1)
                * pow(2, -date_diff('ms', at, redeemed_at) / (86400000 * in_force.weights[type].2)), types, touched_at) AS weights
        FROM journeys
        CROSS JOIN in_force
        ARRAY JOIN [('', 1.), ('click', 0.5), ('click', 2.), ('share', 0.5), ('share', 2.), ('comment', 0.5), ('comment', 2.), ('like', 0.5), ('like', 2.)] AS variation
        WHERE touches > 0
    ),
    sums AS
    (
        SELECT brand_id, varied, factor, influencer_id, currency, sum(weight / total) AS credit, sum(amount * weight / total) AS money
        FROM (SELECT *, arraySum(weights) AS total FROM varied_journeys) ARRAY JOIN path AS influencer_id, weights AS weight
        WHERE total > 0
        GROUP BY brand_id, varied, factor, influencer_id, currency
    )
SELECT
    brand_id, varied, factor, influencer_id, currency, credit AS attributed_redemptions, money AS attributed_amount,
    credit / nullIf(sumIf(credit, varied = '') OVER (PARTITION BY brand_id, influencer_id, currency), 0) - 1 AS change
FROM sums
COMMENT 'How credit under engagement_weighted moves as each weight halves or doubles';
