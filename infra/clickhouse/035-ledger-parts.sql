-- A merge of a few megabytes of the ledger took a hundred in memory: a buffer for each column of every part. Parts stay in one file each until they are
-- a hundred megabytes, and merges take fewer rows at a time.
ALTER TABLE attribution_ledger MODIFY SETTING min_bytes_for_wide_part = 100000000, merge_max_block_size = 1024;
