-- Append-only postings: the credit a redemption has is the sum of its postings. Not partitioned: a settler's batch is one INSERT of one
-- block, and its token must hold whatever months it posts to. A batch always holds a marker row, so that a stale settler finds its
-- token used. Ordered by redemption: balances are read by it. The quarter_hour projection is what the aggregate views read.
CREATE TABLE IF NOT EXISTS attribution_ledger
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    redemption_id String COMMENT 'Redemption the posting is about',
    model LowCardinality(String) COMMENT 'Attribution model',
    touch_event_id String COMMENT 'Touch that earns; the event id of the redemption for its code''s owner; empty = nobody',
    touch_type LowCardinality(String) COMMENT 'click, like, comment, share, coupon (the owner of the code), empty = nobody',
    campaign_id LowCardinality(String) COMMENT 'Campaign of the touch; of the redemption for the owner and for nobody',
    influencer_id String COMMENT 'Influencer who earns; empty = nobody',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    tier LowCardinality(String) COMMENT 'nano, micro, macro or mega, as of the touch',
    post_id String COMMENT 'Post of the touch',
    product_id String COMMENT 'Product of the redemption',
    store_id LowCardinality(String) COMMENT 'Store of the redemption',
    retailer_id LowCardinality(String) COMMENT 'Retailer of the redemption',
    coupon_code LowCardinality(String) COMMENT 'Code that was redeemed',
    touched_at DateTime64(3, 'UTC') COMMENT 'When the touch happened; redeemed_at for the owner and for nobody',
    redeemed_at DateTime64(3, 'UTC') COMMENT 'When the redemption happened',
    credit_ppm Int64 COMMENT 'Credit posted, in parts per million; negative takes back',
    amount_e4 Int64 COMMENT 'Money posted, in 1/10,000 of the currency unit; negative takes back',
    currency LowCardinality(String) COMMENT 'Currency of the money; empty when unpriced',
    matched_by LowCardinality(String) COMMENT 'Kind of identifier that joined touch and redemption; coupon_code for the owner',
    hops UInt8 COMMENT 'Identity links between the identifier of the touch and that of the redemption',
    reason LowCardinality(String) COMMENT 'first, late_touch, identity, void, return, reference, model, replay or erasure',
    cause String COMMENT 'Event or record that led to the posting',
    posted_at DateTime64(3, 'UTC') COMMENT 'Broker time of the cause',
    kind LowCardinality(String) COMMENT 'posting, or marker: a row that says its batch was settled and posts nothing',
    batch String COMMENT 'Range of the settlements topic the row was written for',
    PROJECTION quarter_hour
    (
        SELECT
            brand_id, toStartOfInterval(redeemed_at, INTERVAL 15 MINUTE), model, campaign_id, influencer_id, relationship, tier, product_id,
            store_id, coupon_code, currency, kind,
            sum(credit_ppm), sum(amount_e4)
        GROUP BY brand_id, toStartOfInterval(redeemed_at, INTERVAL 15 MINUTE), model, campaign_id, influencer_id, relationship, tier, product_id,
            store_id, coupon_code, currency, kind
    )
)
ENGINE = MergeTree
ORDER BY (brand_id, redemption_id, model)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 1024
COMMENT 'Append-only postings of credit and money; read attribution_credits for what stands';
