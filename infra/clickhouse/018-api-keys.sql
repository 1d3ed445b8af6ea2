-- Keys of the read API. Append-only: a key is revoked by a second row. Only the SHA-256 of a key is kept; keys have 256 random bits.
CREATE TABLE IF NOT EXISTS api_keys
(
    key_id String COMMENT 'Id to name the key by; says nothing about it',
    hash String COMMENT 'SHA-256 of the key, hex',
    brand_id LowCardinality(String) COMMENT 'Tenant whose rows it may read; * = all, for operators',
    name String COMMENT 'What people call it',
    said_at DateTime64(3, 'UTC') COMMENT 'When it was made or revoked',
    revoked Bool COMMENT 'True in the row that takes it back'
)
ENGINE = MergeTree
ORDER BY (brand_id, key_id)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Keys of the read API, hashed';
