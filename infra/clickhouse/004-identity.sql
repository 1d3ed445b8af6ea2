-- Identifiers that appeared together in one event. Signed rows: removing a link is another row.
CREATE TABLE IF NOT EXISTS identity_links
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    left String COMMENT 'Pseudonym of the strongest identifier of the event',
    left_kind LowCardinality(String) COMMENT 'Its kind',
    right String COMMENT 'Pseudonym of another identifier of the event',
    right_kind LowCardinality(String) COMMENT 'Its kind',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When the event happened',
    event_id String COMMENT 'Event that links them',
    sign Int8 COMMENT '1 = linked, -1 = taken back',
    source_topic LowCardinality(String) COMMENT 'Source topic of the event',
    source_partition Int32 COMMENT 'Partition of the source topic',
    source_offset Int64 COMMENT 'Offset in the source partition',
    source_at DateTime64(3, 'UTC') COMMENT 'Broker time of the event',
    batch String COMMENT 'Range of the enriched topic the row was written for'
)
ENGINE = MergeTree
ORDER BY (brand_id, left, right)
SETTINGS non_replicated_deduplication_window = 100000
COMMENT 'Which identifiers were seen together';

-- The person behind each identifier. Empty while persons are single identifiers: a missing row means the identifier is its own person.
CREATE TABLE IF NOT EXISTS persons
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Pseudonym',
    person_id String COMMENT 'Smallest identifier of the connected component',
    sign Int8 COMMENT '1 = belongs, -1 = taken back',
    batch String COMMENT 'Range the row was written for'
)
ENGINE = MergeTree
ORDER BY (brand_id, identifier)
SETTINGS non_replicated_deduplication_window = 100000
COMMENT 'Identifier to person';
