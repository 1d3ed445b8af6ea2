-- Whole life of a campaign, with its rates. A rate whose denominator is 0 is NULL.
CREATE OR REPLACE VIEW campaign_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id LowCardinality(String) COMMENT 'Campaign',
    currency LowCardinality(String) COMMENT 'Currency of the sales; the counts of the campaign are repeated for each',
    clicks Int64 COMMENT 'Clicks, gross',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    coupons_distributed UInt64 COMMENT 'Distribution records',
    people_sampled UInt64 COMMENT 'Distinct people among them',
    redemptions_gross UInt64 COMMENT 'Redeemed, of every currency and unpriced',
    redemptions_void UInt64 COMMENT 'Voided',
    redemptions_net UInt64 COMMENT 'Standing, of every currency and unpriced',
    redemptions_priced UInt64 COMMENT 'Standing with a price, of every currency',
    redemptions_trial UInt64 COMMENT 'Standing, by the person the coupon or sample was handed to, or the owner of the code',
    redemptions_referred UInt64 COMMENT 'redemptions_net − redemptions_trial',
    redeemers UInt64 COMMENT 'Distinct people who redeemed',
    redemption_rate Nullable(Float64) COMMENT 'redemptions_net / coupons_distributed',
    sales_net Decimal(18, 4) COMMENT 'Net sale in this currency'
)
AS WITH
    actions AS
    (
        SELECT
            brand_id, campaign_id, sumIf(actions, type = 'click') AS clicks, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
            sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions
        FROM event_quarters
        WHERE campaign_id != ''
        GROUP BY brand_id, campaign_id
    ),
    handed AS
    (
        SELECT brand_id, campaign_id, count() AS n, uniqExact(people[1]) AS persons FROM distributions_current GROUP BY brand_id, campaign_id
    ),
    redeemed AS
    (
        SELECT
            brand_id, campaign_id, count() AS gross, countIf(status = 'voided') AS void, countIf(status != 'voided' AND is_valid) AS net,
            countIf(status != 'voided' AND is_valid AND amount IS NOT NULL) AS priced, countIf(status != 'voided' AND is_valid AND is_trial) AS trial,
            uniqExactIf(person_id, person_id != '' AND status != 'voided' AND is_valid) AS people,
            sumMap(map(toString(currency), if(status != 'voided' AND is_valid, ifNull(amount, 0), 0))) AS sales
        FROM redemptions_current
        WHERE campaign_id != ''
        GROUP BY brand_id, campaign_id
    ),
    ids AS
    (
        SELECT brand_id, campaign_id FROM actions UNION DISTINCT SELECT brand_id, campaign_id FROM redeemed UNION DISTINCT SELECT brand_id, campaign_id FROM handed
    )
SELECT
    brand_id, campaign_id, money.1 AS currency, clicks, engagements, mentions, handed.n AS coupons_distributed, persons AS people_sampled,
    gross AS redemptions_gross, void AS redemptions_void, net AS redemptions_net, priced AS redemptions_priced, trial AS redemptions_trial,
    net - trial AS redemptions_referred, people AS redeemers, if(handed.n = 0, NULL, net / handed.n) AS redemption_rate, money.2 AS sales_net
FROM ids
LEFT JOIN actions USING (brand_id, campaign_id)
LEFT JOIN handed USING (brand_id, campaign_id)
LEFT JOIN redeemed USING (brand_id, campaign_id)
ARRAY JOIN
    if(length(mapFilter((c, a) -> c != '', redeemed.sales)) = 0, [('', toDecimal64(0, 4))],
        arrayZip(mapKeys(mapFilter((c, a) -> c != '', redeemed.sales)), arrayMap(a -> toDecimal64(a, 4), mapValues(mapFilter((c, a) -> c != '', redeemed.sales))))) AS money
COMMENT 'Whole life of a campaign, with its rates';

CREATE OR REPLACE VIEW campaign_attribution
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id LowCardinality(String) COMMENT 'Campaign of the touch; of the redemption for the owner and for nobody',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    attributed_redemptions Decimal(18, 6) COMMENT 'Sum of credit',
    unattributed_redemptions Decimal(18, 6) COMMENT 'Credit that nobody earned',
    attributed_amount Decimal(18, 4) COMMENT 'Net sale attributed to somebody',
    unattributed_amount Decimal(18, 4) COMMENT 'Net sale that nobody earned'
)
AS SELECT
    brand_id, campaign_id, model, currency, sumIf(credit, NOT is_unattributed) AS attributed_redemptions, sumIf(credit, is_unattributed) AS unattributed_redemptions,
    sumIf(amount, NOT is_unattributed) AS attributed_amount, sumIf(amount, is_unattributed) AS unattributed_amount
FROM credit_quarters
GROUP BY brand_id, campaign_id, model, currency
COMMENT 'What each campaign earned, by model';

CREATE OR REPLACE VIEW influencer_attribution
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    tier LowCardinality(String) COMMENT 'nano, micro, macro or mega, as of the touch',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    attributed_redemptions Decimal(18, 6) COMMENT 'Sum of credit',
    attributed_amount Decimal(18, 4) COMMENT 'Net sale attributed'
)
AS SELECT brand_id, influencer_id, relationship, tier, model, currency, sum(credit) AS attributed_redemptions, sum(amount) AS attributed_amount
FROM credit_quarters
WHERE influencer_id != ''
GROUP BY brand_id, influencer_id, relationship, tier, model, currency
COMMENT 'What each influencer earned, by model';

CREATE OR REPLACE VIEW model_comparison
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity, expert, empty = unknown, nobody = nobody earned',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    attributed_redemptions Decimal(18, 6) COMMENT 'Sum of credit',
    attributed_amount Decimal(18, 4) COMMENT 'Net sale attributed'
)
AS SELECT
    brand_id, if(is_unattributed, 'nobody', toString(relationship)) AS relationship, currency, model, sum(credit) AS attributed_redemptions,
    sum(amount) AS attributed_amount
FROM credit_quarters
GROUP BY ALL
COMMENT 'How much the choice of model matters';
