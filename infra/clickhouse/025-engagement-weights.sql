-- What an action is worth to the model `engagement_weighted`. A version is written once and never changed; the newest is in force.
CREATE TABLE IF NOT EXISTS engagement_weights
(
    version UInt32 COMMENT 'Version of the weights; the newest is in force for every redemption',
    type LowCardinality(String) COMMENT 'click, share, comment or like',
    weight Float64 COMMENT 'What an action of this type is worth when it is fresh',
    half_life_days Float64 COMMENT 'Days after which it is worth half',
    said_at DateTime64(3, 'UTC') COMMENT 'When the version was written'
)
ENGINE = MergeTree
ORDER BY (version, type)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Versions of the weights of engagement_weighted';
INSERT INTO engagement_weights SELECT 1, type, weight, 7, now64(3)
FROM values('type String, weight Float64', ('click', 1), ('share', 0.8), ('comment', 0.6), ('like', 0.1))
WHERE (SELECT count() FROM engagement_weights) = 0;
