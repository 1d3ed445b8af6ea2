-- A code that several coupons share has no one owner, name or use: any of theirs was said to be it.
CREATE OR REPLACE VIEW coupon_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    coupon_code String COMMENT 'Code, upper case',
    name String COMMENT 'Name; the code, when it has none or several',
    owner_id String COMMENT 'Influencer who owns it; empty = nobody, or several (redemptions_current says whose each was)',
    campaign_id LowCardinality(String) COMMENT 'Campaign it was made for; empty when it serves several',
    use LowCardinality(String) COMMENT 'unique or shared; empty when it is both',
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
        brand_id, upper(JSONExtractString(body, 'code')) AS coupon_code, if(uniqExact(reference_current.name) = 1, any(reference_current.name), '') AS name,
        if(uniqExact(JSONExtractString(body, 'influencer_id')) = 1, any(JSONExtractString(body, 'influencer_id')), '') AS owner_id,
        if(uniqExact(JSONExtractString(body, 'campaign_id')) = 1, any(JSONExtractString(body, 'campaign_id')), '') AS campaign_id,
        if(uniqExact(JSONExtractString(body, 'use')) = 1, any(JSONExtractString(body, 'use')), '') AS use
    FROM reference_current
    WHERE kind = 'coupon'
    GROUP BY brand_id, coupon_code
) AS known USING (brand_id, coupon_code)
COMMENT 'Whole life of a code';
