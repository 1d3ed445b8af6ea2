-- What the brand knows, as it was sent: one row per source position.
CREATE TABLE IF NOT EXISTS reference_records
(
    source_topic LowCardinality(String) COMMENT 'Source topic of the record',
    source_partition Int32 COMMENT 'Partition of the source topic',
    source_offset Int64 COMMENT 'Offset in the source partition',
    source_at DateTime64(3, 'UTC') COMMENT 'Broker time of the record',
    kind LowCardinality(String) COMMENT 'brand, campaign, influencer, product, coupon, distribution, post_snapshot, retailer, store, link, person or separation',
    brand_id LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Id within kind and brand',
    name String COMMENT 'Name for people to read',
    valid_from Nullable(DateTime64(3, 'UTC')) COMMENT 'First instant it speaks for; NULL = always',
    valid_to Nullable(DateTime64(3, 'UTC')) COMMENT 'First instant it no longer speaks for; NULL = for ever',
    version Int64 COMMENT 'Reference version: its offset in the reference topic',
    body String COMMENT 'Fields of the kind as JSON, pseudonymised',
    batch String COMMENT 'Range of the reference topic the row was written for',
    INDEX newer version TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (kind, brand_id, id, version)
SETTINGS non_replicated_deduplication_window = 100000
COMMENT 'Reference records: campaigns, influencers, coupons and the rest';
