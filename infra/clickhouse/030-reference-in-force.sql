-- The record of each id that is in force now, by the same rule as enrichment's lookups: of each valid_from the newest version; of those whose
-- validity holds this moment the one that began last. What speaks for no moment of today is still to be named: then the one that ended last, else the one
-- that begins first. It was the record sent last, also one that had ended or had not begun. An internal view: its columns may change.
CREATE OR REPLACE VIEW reference_current
(
    kind LowCardinality(String) COMMENT 'Kind of the record',
    brand_id LowCardinality(String) COMMENT 'Tenant',
    id String COMMENT 'Id within kind and brand',
    name String COMMENT 'Name; the id, when it has none',
    body String COMMENT 'Fields of the kind as JSON'
)
AS SELECT kind, brand_id, id, if(in_force.1 = '', id, in_force.1) AS name, in_force.2 AS body
FROM
(
    SELECT
        kind, brand_id, id,
        argMax(
            newest,
            (
                multiIf(starts > now64(3), 0, ends <= now64(3), 1, 2),
                multiIf(starts > now64(3), -toUnixTimestamp64Milli(starts), ends <= now64(3), toUnixTimestamp64Milli(ends), toUnixTimestamp64Milli(starts)),
                toUnixTimestamp64Milli(starts)
            )
        ) AS in_force
    FROM
    (
        SELECT
            kind, brand_id, id, ifNull(valid_from, fromUnixTimestamp64Milli(toInt64(-2208988800000), 'UTC')) AS starts,
            argMax((reference_records.name, reference_records.body), version) AS newest,
            argMax(ifNull(valid_to, toDateTime64('2299-12-31 23:59:59.999', 3, 'UTC')), version) AS ends
        FROM reference_records
        GROUP BY kind, brand_id, id, starts
    )
    GROUP BY kind, brand_id, id
)
COMMENT 'The reference record of each id that is in force (internal)';

-- The time zone whose days a brand counts by. A name the engine does not know (written in another case, say) means UTC: it must not keep
-- anybody from reading. An internal view: its columns may change.
CREATE OR REPLACE VIEW brand_zones
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    zone String COMMENT 'Its time zone; UTC, if it has none or one that is not known'
)
AS SELECT brand_id, if(said IN (SELECT time_zone FROM system.time_zones), said, 'UTC') AS zone
FROM (SELECT brand_id, JSONExtractString(body, 'time_zone') AS said FROM reference_current WHERE kind = 'brand' AND id = brand_id)
COMMENT 'Time zone of each brand (internal)';
