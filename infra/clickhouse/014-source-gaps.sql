-- Offsets of source partitions that hold no record: markers and aborted records of transactions. `verify` writes down what the log says while
-- the log still keeps the offsets: later nobody could tell such a gap from a loss. Few rows: one per run of such offsets.
CREATE TABLE IF NOT EXISTS source_gaps
(
    source_topic LowCardinality(String) COMMENT 'Source topic',
    source_partition Int32 COMMENT 'Partition of the source topic',
    first_offset Int64 COMMENT 'First offset without a record',
    end_offset Int64 COMMENT 'First offset after it that may hold one',
    note String COMMENT 'Who says so: verify, or an operator who accepts a gap that the log no longer keeps'
)
ENGINE = MergeTree
ORDER BY (source_topic, source_partition, first_offset)
SETTINGS non_replicated_deduplication_window = 100000
COMMENT 'Offsets that never held a record';
