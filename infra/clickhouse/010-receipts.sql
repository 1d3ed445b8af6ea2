-- What became of every source position we read: exactly one row each.
CREATE OR REPLACE VIEW receipts
(
    source_topic LowCardinality(String) COMMENT 'Source topic',
    source_partition Int32 COMMENT 'Partition of the source topic',
    source_offset Int64 COMMENT 'Offset in the source partition',
    brand_id LowCardinality(String) COMMENT 'Tenant; empty when it could not be told',
    day Date COMMENT 'Day of the broker time, UTC',
    outcome LowCardinality(String) COMMENT 'stored, duplicate, rejected or reference',
    code LowCardinality(String) COMMENT 'First reject code, or the kind of duplicate'
)
AS SELECT source_topic, source_partition, source_offset, brand_id, toDate(source_at) AS day, 'stored' AS outcome, '' AS code
FROM events
WHERE sign = 1 AND (brand_id, event_id, revision) NOT IN (SELECT brand_id, event_id, revision FROM events WHERE sign = -1)
UNION ALL
SELECT source_topic, source_partition, source_offset, brand_id, toDate(source_at), 'duplicate', code FROM duplicates
UNION ALL
SELECT source_topic, source_partition, source_offset, brand_id, toDate(source_at), 'rejected', fault_codes[1] FROM rejected_events
UNION ALL
SELECT source_topic, source_partition, source_offset, brand_id, toDate(source_at), 'reference', '' FROM reference_records
COMMENT 'One row per source position: what became of it';

-- A gap in the offsets is a position without an outcome (or a marker of a transaction: `verify` asks the log).
CREATE OR REPLACE VIEW pipeline_completeness
(
    source_topic LowCardinality(String) COMMENT 'Source topic',
    source_partition Int32 COMMENT 'Partition of the source topic',
    day Date COMMENT 'Day of the broker time, UTC',
    seen UInt64 COMMENT 'Positions with an outcome',
    missing Int64 COMMENT 'Positions without one, before a position of this day',
    repeated UInt64 COMMENT 'Positions with more than one outcome: always 0',
    stored UInt64 COMMENT 'Stored as an event',
    duplicate UInt64 COMMENT 'Sent to us before under the same event id',
    rejected UInt64 COMMENT 'Refused, with a code',
    reference UInt64 COMMENT 'Reference records'
)
AS SELECT
    source_topic, source_partition, day, count() AS seen, sum(greatest(source_offset - before - 1, 0)) AS missing, countIf(source_offset = before) AS repeated,
    countIf(outcome = 'stored') AS stored, countIf(outcome = 'duplicate') AS duplicate, countIf(outcome = 'rejected') AS rejected,
    countIf(outcome = 'reference') AS reference
FROM
(
    SELECT
        *, lagInFrame(source_offset, 1, source_offset - 1) OVER
            (PARTITION BY source_topic, source_partition ORDER BY source_offset ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before
    FROM receipts
)
GROUP BY source_topic, source_partition, day
COMMENT 'Whether every source position has exactly one outcome';
