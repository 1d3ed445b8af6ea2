-- Identifiers that appeared together in one event. Every link is stored from both its ends, so that neighbours are read by key. Signed rows:
-- taking a link back is another row.
CREATE TABLE IF NOT EXISTS identity_links
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    left String COMMENT 'Pseudonym of an identifier, or coupon:ID for a unique coupon code',
    left_kind LowCardinality(String) COMMENT 'Its kind',
    right String COMMENT 'Pseudonym of another identifier of the same event',
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
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 1024
COMMENT 'Which identifiers were seen together';

-- The person behind each identifier that is joined with another, as the links stood when they last changed; an identifier without a row is
-- a person of its own. Signed rows, written by the one settler that holds the brand's partition, always with a marker row (005).
CREATE TABLE IF NOT EXISTS persons
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Pseudonym; empty for a marker row',
    person_id String COMMENT 'Smallest identifier of the person',
    from_at DateTime64(3, 'UTC') COMMENT 'Since when: 1970 unless a handle came from another person',
    sign Int8 COMMENT '1 = belongs, -1 = taken back, 0 = marker: its batch was settled',
    batch String COMMENT 'Range of the settlements topic the row was written for'
)
ENGINE = MergeTree
ORDER BY (brand_id, identifier, from_at)
SETTINGS non_replicated_deduplication_window = 100000, index_granularity = 1024
COMMENT 'Signed rows of identifier to person; read persons_current';

CREATE OR REPLACE VIEW persons_current
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    identifier String COMMENT 'Pseudonym, or coupon:ID for a unique coupon code',
    person_id String COMMENT 'Smallest identifier of the person',
    from_at DateTime64(3, 'UTC') COMMENT 'Since when: 1970 unless a handle came from another person'
)
AS SELECT brand_id, identifier, person_id, from_at
FROM persons
WHERE identifier != ''
GROUP BY brand_id, identifier, person_id, from_at
HAVING sum(sign) > 0
COMMENT 'The person of every identifier that is joined with another';
