-- Who earned how much of each redemption, under each model: the sum of the postings.
CREATE OR REPLACE VIEW attribution_credits
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    redemption_id String COMMENT 'Redemption',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    touch_event_id String COMMENT 'Touch that earned; event id of the redemption for the owner of its code; empty = nobody',
    touch_type LowCardinality(String) COMMENT 'click, like, comment, share, coupon (the owner of the code), empty = nobody',
    campaign_id LowCardinality(String) COMMENT 'Campaign of the touch; of the redemption for the owner and for nobody',
    influencer_id String COMMENT 'Influencer who earned; empty: nobody did, or a touch without an influencer (touch_type says which)',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    tier LowCardinality(String) COMMENT 'nano, micro, macro or mega, as of the touch',
    post_id String COMMENT 'Post of the touch',
    product_id String COMMENT 'Product of the redemption',
    store_id LowCardinality(String) COMMENT 'Store of the redemption',
    retailer_id LowCardinality(String) COMMENT 'Retailer of the redemption',
    coupon_code LowCardinality(String) COMMENT 'Code that was redeemed',
    touched_at DateTime64(3, 'UTC') COMMENT 'When the touch happened; redeemed_at for the owner and for nobody',
    redeemed_at DateTime64(3, 'UTC') COMMENT 'When it was redeemed',
    credit Decimal(9, 6) COMMENT 'Share of the redemption; sums to exactly 1 per redemption and model',
    attributed_amount Decimal(18, 4) COMMENT 'Share of the net sale; sums to it exactly; 0 when unpriced',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    matched_by LowCardinality(String) COMMENT 'Kind of identifier that joined touch and redemption; coupon_code for the owner',
    hops UInt8 COMMENT 'Identity links between touch and redemption'
)
AS SELECT
    brand_id, redemption_id, model, touch_event_id, touch_type, campaign_id, influencer_id, relationship, tier, post_id, product_id, store_id, retailer_id,
    coupon_code, touched_at, redeemed_at, sum(credit_ppm) * toDecimal64('0.000001', 6) AS credit, sum(amount_e4) * toDecimal64('0.0001', 4) AS attributed_amount,
    currency, matched_by, hops
FROM attribution_ledger
WHERE kind = 'posting'
GROUP BY
    brand_id, redemption_id, model, touch_event_id, touch_type, campaign_id, influencer_id, relationship, tier, post_id, product_id, store_id, retailer_id,
    coupon_code, touched_at, redeemed_at, currency, matched_by, hops
HAVING sum(credit_ppm) != 0 OR sum(amount_e4) != 0
COMMENT 'Credits as they now stand, per redemption, model and touch';
