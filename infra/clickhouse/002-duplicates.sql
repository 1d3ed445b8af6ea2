-- Copies of an event id sent to us again from another source position. A row per position, so that every position has one outcome.
CREATE TABLE IF NOT EXISTS duplicates
(
    source_topic LowCardinality(String) COMMENT 'Source topic of the copy',
    source_partition Int32 COMMENT 'Partition of the source topic',
    source_offset Int64 COMMENT 'Offset in the source partition',
    source_at DateTime64(3, 'UTC') COMMENT 'Broker time of the copy',
    brand_id LowCardinality(String) COMMENT 'Tenant',
    event_id String COMMENT 'Event id that was already stored',
    code LowCardinality(String) COMMENT 'duplicate (same content) or conflicting_duplicate (other content: the first stands)',
    batch String COMMENT 'Range of the enriched topic the row was written for'
)
ENGINE = MergeTree
ORDER BY (source_topic, source_partition, source_offset)
SETTINGS non_replicated_deduplication_window = 100000
COMMENT 'Events sent to us more than once';
