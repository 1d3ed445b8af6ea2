-- Refused records whose bytes were sent to their source topic again (`grapevine rejected replay`), so that nobody sends them twice unasked:
-- neither the record nor the copy of it that was refused again.
CREATE TABLE IF NOT EXISTS rejected_replays
(
    source_topic LowCardinality(String) COMMENT 'Source topic of the refused record',
    source_partition Int32 COMMENT 'Partition of the source topic',
    source_offset Int64 COMMENT 'Offset in the source partition',
    bytes_hash String COMMENT 'HMAC-SHA-256 of its bytes, hex: the same for a copy that was refused again',
    replayed_at DateTime64(3, 'UTC') COMMENT 'When its bytes were sent again; what became of them has a position of its own'
)
ENGINE = MergeTree
ORDER BY (source_topic, source_partition, source_offset)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Refused records that were sent again';
