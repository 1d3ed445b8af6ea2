-- Every accepted event, as signed rows: a correction cancels the old row (sign -1) and writes a new one under a higher revision.
-- Plain MergeTree, because a replay needs what a collapsing merge would destroy. Ordered by (brand, event id): the seen check of every
-- batch reads by it. Partitioned by month of the broker's time, never finer: a deduplication token holds per table partition.
-- Projections live in the same part as the rows, so they cannot drift: by_person holds the touches of a person whole, by_redeemer the
-- redemptions of a person as far as the recorder asks, by_redemption finds the rows of a redemption, quarter_hour is what the daily views read.
-- Parts stay compact and merges take few rows at a time: with this many columns wide parts would cost memory that grows with the table.
CREATE TABLE IF NOT EXISTS events
(
    source_topic LowCardinality(String) COMMENT 'Source topic the event was read from',
    source_partition Int32 COMMENT 'Partition of the source topic',
    source_offset Int64 COMMENT 'Offset in the source partition; with topic and partition the source position',
    source_at DateTime64(3, 'UTC') COMMENT 'Broker time of the source record: when the event was received',
    event_id String COMMENT 'Idempotency key of the brand',
    type LowCardinality(String) COMMENT 'click, like, comment, share or coupon_redemption',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened',
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    influencer_id String COMMENT 'Influencer whose recommendation was acted on; empty when unknown',
    post_id String COMMENT 'Post acted on; empty when unknown',
    product_id String COMMENT 'Product; empty when unknown',
    platform LowCardinality(String) COMMENT 'Social platform; empty when unknown',
    url String COMMENT 'Address clicked',
    referrer String COMMENT 'Referring address',
    user_agent LowCardinality(String) COMMENT 'User agent as sent',
    network String COMMENT 'Pseudonym of the /24 or /48 network of the IP address',
    link_code String COMMENT 'Short link code',
    text String COMMENT 'Comment text, e-mail addresses masked',
    language LowCardinality(String) COMMENT 'Language tag of the text',
    parent_id String COMMENT 'Comment answered',
    channel LowCardinality(String) COMMENT 'Where it was shared',
    share_kind LowCardinality(String) COMMENT 'reshare, post, review, story or message; empty unless a share',
    hashtags Array(String) COMMENT 'Hashtags, lower case, without #',
    count Int64 COMMENT 'How many actions the row stands for; above 1 only for polled counters',
    coupon_code String COMMENT 'Redeemed code, upper case',
    redemption_id String COMMENT 'Redemption the row speaks of; empty unless a redemption',
    status LowCardinality(String) COMMENT 'redeemed, voided or returned; empty unless a redemption',
    amount_e4 Nullable(Int64) COMMENT 'Net sale or what came back, in 1/10,000 of the currency unit; NULL = unpriced',
    currency LowCardinality(String) COMMENT 'ISO 4217 currency of the amount; empty when unpriced',
    discount_e4 Nullable(Int64) COMMENT 'Discount, in 1/10,000 of the currency unit',
    quantity Nullable(Float64) COMMENT 'Units sold',
    retailer_id LowCardinality(String) COMMENT 'Retailer; empty when unknown',
    store_id LowCardinality(String) COMMENT 'Store; empty when unknown',
    transaction_id String COMMENT 'Till transaction',
    properties Map(LowCardinality(String), String) COMMENT 'Everything else the sender said',
    content_hash String COMMENT 'Hash of the content as accepted: tells a conflicting duplicate from a plain one',
    is_valid Bool COMMENT 'False when quarantined: counted gross, never net, never a touch',
    invalid_reasons Array(LowCardinality(String)) COMMENT 'Why it is quarantined',
    flags Array(LowCardinality(String)) COMMENT 'Remarks of enrichment, such as ambiguous_code',
    filled Array(LowCardinality(String)) COMMENT 'Fields the sender left open and enrichment filled: left open again when the event is sent again',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the event',
    tier LowCardinality(String) COMMENT 'nano, micro, macro or mega, as of the event',
    region LowCardinality(String) COMMENT 'Region of the store for a redemption, else of the influencer',
    influencer_identifiers Array(String) COMMENT 'Pseudonyms of the influencer',
    campaign_scope LowCardinality(String) COMMENT 'brand: any touch of the brand counts; campaign: only its own',
    coupon_id String COMMENT 'Coupon record behind the code',
    coupon_use LowCardinality(String) COMMENT 'unique or shared',
    owner_id String COMMENT 'Influencer who owns the code',
    owner_relationship LowCardinality(String) COMMENT 'Relationship of the owner of the code',
    owner_tier LowCardinality(String) COMMENT 'Tier of the owner of the code',
    owner_identifiers Array(String) COMMENT 'Pseudonyms of the owner of the code',
    issued_to Array(String) COMMENT 'Pseudonyms of the people the coupon was issued to',
    leak_policy LowCardinality(String) COMMENT 'keep, halve or withhold when the code was leaked at the time; empty when it was not',
    click_window_ms Int64 COMMENT 'Look-back for clicks, ms; meaningful on a redemption',
    comment_window_ms Int64 COMMENT 'Look-back for comments, ms',
    share_window_ms Int64 COMMENT 'Look-back for shares, ms',
    like_window_ms Int64 COMMENT 'Look-back for likes, ms',
    comment_signal LowCardinality(String) COMMENT 'question, intent, praise or complaint; a weak signal that never moves money',
    revision Int64 COMMENT 'Reference version the row was decided under; the highest stands',
    identity_key String COMMENT 'Pseudonym of the strongest identifier; empty when nobody is known',
    identity_kind LowCardinality(String) COMMENT 'Kind of the strongest identifier',
    identifier_kinds Array(LowCardinality(String)) COMMENT 'Kinds of all identifiers, strongest first',
    identifier_platforms Array(LowCardinality(String)) COMMENT 'Platforms of all identifiers',
    identifier_pseudonyms Array(String) COMMENT 'Pseudonyms of all identifiers',
    redeemer String MATERIALIZED if(type = 'coupon_redemption', identity_key, '') COMMENT 'Who redeemed; empty for touches: few rows have one, so they are found fast',
    sign Int8 COMMENT '1 = stands, -1 = takes back the row of the same event id and revision',
    batch String COMMENT 'Range of the enriched topic the row was written for: the stem of its deduplication token',
    PROJECTION by_person
    (
        SELECT
            brand_id, identity_key, occurred_at, event_id, type, campaign_id, influencer_id, post_id, relationship, tier, count, is_valid, identity_kind,
            influencer_identifiers, revision, sign
        ORDER BY brand_id, identity_key, occurred_at
    ),
    PROJECTION by_redeemer
    (
        SELECT
            brand_id, redeemer, occurred_at, redemption_id, status, click_window_ms, comment_window_ms, share_window_ms, like_window_ms, sign
        ORDER BY brand_id, redeemer
    ),
    PROJECTION by_redemption (SELECT brand_id, redemption_id, _part_offset ORDER BY brand_id, redemption_id),
    PROJECTION quarter_hour
    (
        SELECT
            brand_id, toStartOfInterval(occurred_at, INTERVAL 15 MINUTE), campaign_id, influencer_id, product_id, store_id, coupon_code, type, share_kind, status,
            currency, is_valid, sum(sign), sum(sign * count), sum(sign * ifNull(amount_e4, 0)), sum(sign * isNotNull(amount_e4)), sum(sign * ifNull(quantity, 0))
        GROUP BY
            brand_id, toStartOfInterval(occurred_at, INTERVAL 15 MINUTE), campaign_id, influencer_id, product_id, store_id, coupon_code, type, share_kind, status,
            currency, is_valid
    )
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(source_at)
ORDER BY (brand_id, event_id)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 1024, merge_max_block_size = 1024,
    min_bytes_for_wide_part = 1000000000
COMMENT 'Every accepted event as signed rows; read events_current for what stands';
