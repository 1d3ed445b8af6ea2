-- What stands: rows written and not taken back. Few rows are ever taken back, so the set behind NOT IN stays small.
CREATE OR REPLACE VIEW events_current
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    event_id String COMMENT 'Idempotency key of the brand',
    type LowCardinality(String) COMMENT 'click, like, comment, share or coupon_redemption',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened',
    received_at DateTime64(3, 'UTC') COMMENT 'When it arrived at the source topic',
    person_id String COMMENT 'Person who acted: the smallest pseudonym of those joined with the one the event is known by; empty when unknown',
    person_key String COMMENT 'Pseudonym the event is known by: its strongest identifier, else its unique coupon code',
    person_key_kind LowCardinality(String) COMMENT 'Kind of that identifier',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    influencer_id String COMMENT 'Influencer whose recommendation was acted on; empty when unknown',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the event',
    tier LowCardinality(String) COMMENT 'nano, micro, macro or mega, as of the event',
    post_id String COMMENT 'Post acted on',
    product_id String COMMENT 'Product',
    platform LowCardinality(String) COMMENT 'Social platform',
    store_id LowCardinality(String) COMMENT 'Store',
    retailer_id LowCardinality(String) COMMENT 'Retailer',
    region LowCardinality(String) COMMENT 'Region of the store for a redemption, else of the influencer',
    is_valid Bool COMMENT 'False when quarantined: counted gross, never net, never a touch',
    invalid_reasons Array(String) COMMENT 'Why it is quarantined',
    flags Array(String) COMMENT 'Remarks such as ambiguous_code; only owner_inactive changes credit',
    count Int64 COMMENT 'How many actions the row stands for; above 1 only for polled counters',
    link_code String COMMENT 'Short link code',
    url String COMMENT 'Address clicked',
    text String COMMENT 'Comment text, personal data masked',
    comment_signal String COMMENT 'question, intent, praise or complaint; a weak signal',
    share_kind LowCardinality(String) COMMENT 'reshare, post, review, story or message',
    channel String COMMENT 'Where it was shared',
    hashtags Array(String) COMMENT 'Hashtags, lower case, without #',
    coupon_code String COMMENT 'Code, upper case',
    redemption_id String COMMENT 'Redemption the event speaks of',
    status LowCardinality(String) COMMENT 'redeemed, voided or returned',
    amount Nullable(Decimal(18, 4)) COMMENT 'Net sale, or what came back; NULL = unpriced',
    currency LowCardinality(String) COMMENT 'ISO 4217 currency of the amount',
    discount Nullable(Decimal(18, 4)) COMMENT 'Discount',
    quantity Nullable(Float64) COMMENT 'Units sold',
    transaction_id String COMMENT 'Till transaction',
    owner_id String COMMENT 'Influencer who owns the redeemed code',
    campaign_scope String COMMENT 'brand: any touch of the brand counts; campaign: only its own',
    click_window_ms Int64 COMMENT 'Look-back of the redemption for clicks, ms',
    comment_window_ms Int64 COMMENT 'Look-back for comments, ms',
    share_window_ms Int64 COMMENT 'Look-back for shares, ms',
    like_window_ms Int64 COMMENT 'Look-back for likes, ms',
    properties Map(String, String) COMMENT 'Everything else the sender said',
    revision Int64 COMMENT 'Reference version the event was decided under'
)
AS SELECT
    brand_id, event_id, type, occurred_at, source_at AS received_at, if(persons_current.person_id = '', identity_key, persons_current.person_id) AS person_id,
    identity_key AS person_key, identity_kind AS person_key_kind, campaign_id,
    influencer_id, relationship, tier, post_id, product_id, platform, store_id, retailer_id, region, is_valid, invalid_reasons, flags, count, link_code,
    url, text, comment_signal, share_kind, channel, hashtags, coupon_code, redemption_id, status, amount_e4 * toDecimal64('0.0001', 4) AS amount,
    currency, discount_e4 * toDecimal64('0.0001', 4) AS discount, quantity, transaction_id, owner_id, campaign_scope, click_window_ms,
    comment_window_ms, share_window_ms, like_window_ms, properties, revision
FROM events
ASOF LEFT JOIN persons_current
    ON persons_current.brand_id = events.brand_id AND persons_current.identifier = events.identity_key AND events.occurred_at >= persons_current.from_at
WHERE sign = 1 AND (brand_id, event_id, revision) NOT IN (SELECT brand_id, event_id, revision FROM events WHERE sign = -1)
COMMENT 'One row per accepted event as it now stands';
