-- A hash of every row over all its columns, stored when the row is written: `verify` computes it again and finds a row that was altered.
-- DEFAULT, not MATERIALIZED: an ALTER UPDATE would compute the latter anew. Of a tuple, because a NULL among plain arguments makes the whole
-- hash NULL. A column added later must be added here too, by a new expression (MODIFY COLUMN) under a new name: a test compares the two lists.
-- The index by offset finds the positions that are new since the last look; rows come nearly in the order of their offsets.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS row_hash UInt64 DEFAULT cityHash64(tuple(
        source_topic, event_id, type, brand_id, campaign_id, influencer_id, post_id, product_id, platform, url, referrer, user_agent, network,
        link_code, text, language, parent_id, channel, share_kind, coupon_code, redemption_id, status, currency, retailer_id, store_id,
        transaction_id, content_hash, relationship, tier, region, campaign_scope, coupon_id, coupon_use, owner_id, owner_relationship, owner_tier,
        comment_signal, leak_policy, source_partition, source_offset, source_at, occurred_at, hashtags, count, amount_e4, discount_e4, quantity,
        properties, is_valid, invalid_reasons, flags, filled, influencer_identifiers, owner_identifiers, issued_to, click_window_ms,
        comment_window_ms, share_window_ms, like_window_ms, revision, identity_key, identity_kind, identifier_kinds, identifier_platforms,
        identifier_pseudonyms, sign, batch))
    COMMENT 'Hash of all columns as they were written';
ALTER TABLE events MATERIALIZE COLUMN row_hash;
ALTER TABLE rejected_events
    ADD COLUMN IF NOT EXISTS row_hash UInt64 DEFAULT cityHash64(tuple(
        source_topic, source_partition, source_offset, source_at, brand_id, event_id, type, service, step, fault_codes, fault_paths, fault_details,
        sealed, batch))
    COMMENT 'Hash of all columns as they were written';
ALTER TABLE rejected_events MATERIALIZE COLUMN row_hash;
ALTER TABLE duplicates
    ADD COLUMN IF NOT EXISTS row_hash UInt64 DEFAULT cityHash64(tuple(
        source_topic, source_partition, source_offset, source_at, brand_id, event_id, code, batch))
    COMMENT 'Hash of all columns as they were written';
ALTER TABLE duplicates MATERIALIZE COLUMN row_hash;
ALTER TABLE attribution_ledger
    ADD COLUMN IF NOT EXISTS row_hash UInt64 DEFAULT cityHash64(tuple(
        brand_id, redemption_id, model, touch_event_id, touch_type, campaign_id, influencer_id, relationship, tier, post_id, product_id, store_id,
        retailer_id, coupon_code, touched_at, redeemed_at, credit_ppm, amount_e4, currency, matched_by, hops, reason, cause, posted_at, kind, batch))
    COMMENT 'Hash of all columns as they were written';
ALTER TABLE attribution_ledger MATERIALIZE COLUMN row_hash;
ALTER TABLE reference_records
    ADD COLUMN IF NOT EXISTS row_hash UInt64 DEFAULT cityHash64(tuple(
        source_topic, source_partition, source_offset, source_at, kind, brand_id, id, name, valid_from, valid_to, version, body, batch))
    COMMENT 'Hash of all columns as they were written';
ALTER TABLE reference_records MATERIALIZE COLUMN row_hash;
ALTER TABLE identity_links
    ADD COLUMN IF NOT EXISTS row_hash UInt64 DEFAULT cityHash64(tuple(
        brand_id, left, left_kind, right, right_kind, occurred_at, event_id, sign, source_topic, source_partition, source_offset, source_at, batch))
    COMMENT 'Hash of all columns as they were written';
ALTER TABLE identity_links MATERIALIZE COLUMN row_hash;
ALTER TABLE persons
    ADD COLUMN IF NOT EXISTS row_hash UInt64 DEFAULT cityHash64(tuple(
        brand_id, identifier, person_id, from_at, sign, batch))
    COMMENT 'Hash of all columns as they were written';
ALTER TABLE persons MATERIALIZE COLUMN row_hash;
ALTER TABLE events ADD INDEX IF NOT EXISTS by_offset source_offset TYPE minmax GRANULARITY 1;
ALTER TABLE reference_records ADD INDEX IF NOT EXISTS by_offset source_offset TYPE minmax GRANULARITY 1;
