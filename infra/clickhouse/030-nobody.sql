-- Whom credit without an influencer belongs to: to nobody, or to a touch on what the brand itself put out, which is its campaign's. The sums
-- that are kept tell them apart (credit_quarters reads them, 011).
ALTER TABLE attribution_ledger DROP PROJECTION IF EXISTS quarter_hour;
ALTER TABLE attribution_ledger ADD PROJECTION IF NOT EXISTS quarter_hour
(
    SELECT
        brand_id, toStartOfInterval(redeemed_at, INTERVAL 15 MINUTE), model, campaign_id, influencer_id, relationship, tier, product_id, store_id,
        coupon_code, currency, kind, touch_type = '', sum(credit_ppm), sum(amount_e4)
    GROUP BY brand_id, toStartOfInterval(redeemed_at, INTERVAL 15 MINUTE), model, campaign_id, influencer_id, relationship, tier, product_id, store_id,
        coupon_code, currency, kind, touch_type = ''
);
ALTER TABLE attribution_ledger MATERIALIZE PROJECTION quarter_hour;
ALTER TABLE attribution_ledger COMMENT COLUMN influencer_id 'Influencer who earns; empty: nobody earns, or a touch without an influencer does'
