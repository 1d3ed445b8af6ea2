-- Records some step refused, with all that is needed to repair and resend them. Ordered by position: an echo is found by it.
CREATE TABLE IF NOT EXISTS rejected_events
(
    source_topic LowCardinality(String) COMMENT 'Source topic of the record',
    source_partition Int32 COMMENT 'Partition of the source topic',
    source_offset Int64 COMMENT 'Offset in the source partition',
    source_at DateTime64(3, 'UTC') COMMENT 'Broker time of the record',
    brand_id LowCardinality(String) COMMENT 'Tenant, if it could be told',
    event_id String COMMENT 'Event id, if it could be read',
    type LowCardinality(String) COMMENT 'Event type or reference kind, if it could be read',
    service LowCardinality(String) COMMENT 'Service that refused it',
    step LowCardinality(String) COMMENT 'Step that refused it',
    fault_codes Array(LowCardinality(String)) COMMENT 'Reject codes, one per fault',
    fault_paths Array(String) COMMENT 'Field paths, one per fault',
    fault_details Array(String) COMMENT 'What was found, expected, and what to do, one per fault',
    sealed String COMMENT 'Original bytes, AES-256-GCM under the brand key, base64',
    batch String COMMENT 'Range of the rejected topic the row was written for'
)
ENGINE = MergeTree
ORDER BY (source_topic, source_partition, source_offset)
SETTINGS non_replicated_deduplication_window = 100000
COMMENT 'Records that were refused, and why';
