-- Columns that are mostly empty, or that nobody groups by, as plain strings: a dictionary for each of them in every part made an INSERT a quarter
-- dearer and a merge by half. What analysts group by (brand, type, campaign, platform, relationship, tier, region, store, retailer, currency,
-- status) keeps its dictionary. Values and row hashes stay as they are.
ALTER TABLE events
    MODIFY COLUMN user_agent String,
    MODIFY COLUMN language String,
    MODIFY COLUMN channel String,
    MODIFY COLUMN campaign_scope String,
    MODIFY COLUMN coupon_use String,
    MODIFY COLUMN owner_relationship String,
    MODIFY COLUMN owner_tier String,
    MODIFY COLUMN comment_signal String,
    MODIFY COLUMN leak_policy String,
    MODIFY COLUMN properties Map(String, String),
    MODIFY COLUMN invalid_reasons Array(String),
    MODIFY COLUMN flags Array(String),
    MODIFY COLUMN filled Array(String),
    MODIFY COLUMN identifier_kinds Array(String),
    MODIFY COLUMN identifier_platforms Array(String);
