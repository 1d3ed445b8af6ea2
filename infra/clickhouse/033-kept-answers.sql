-- Answers of the read API that took a while, so that a page opened after a restart, or by another copy, has them at once. They may be lost: nothing
-- is settled by them, and any is computed again.
CREATE TABLE IF NOT EXISTS kept_answers
(
    question_hash String COMMENT 'SHA-256 of the question and of the views as they were, hex: when a view changes, its answers are found no more',
    as_of DateTime64(3, 'UTC') COMMENT 'The moment the answer speaks for',
    took_ms UInt32 COMMENT 'What computing it took, milliseconds',
    cost_ms UInt32 COMMENT 'The same, or what it took the time before, whichever is less',
    answer String COMMENT 'Rows as they were read, as text' CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY question_hash
TTL toDateTime(as_of) + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Answers of the read API, kept for a week'
