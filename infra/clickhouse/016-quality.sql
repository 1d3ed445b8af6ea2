-- How late the truth comes, and how often it is known who bought.
CREATE OR REPLACE VIEW data_quality
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    events UInt64 COMMENT 'Events that stand',
    events_late UInt64 COMMENT 'Of these, older than a day when they arrived',
    late_rate Nullable(Float64) COMMENT 'events_late / events',
    redemptions UInt64 COMMENT 'Standing redemptions',
    redemptions_matched UInt64 COMMENT 'Of these, joined to at least one touch',
    identity_match_rate Nullable(Float64) COMMENT 'redemptions_matched / redemptions'
)
AS WITH
    arrived AS
    (
        SELECT brand_id, count() AS events, countIf(date_diff('ms', occurred_at, received_at) > 86400000) AS late FROM events_current GROUP BY brand_id
    ),
    bought AS
    (
        SELECT brand_id, uniqExact(redemption_id) AS redemptions, uniqExactIf(redemption_id, touch_event_id != '') AS matched
        FROM attribution_credits
        WHERE model = 'linear'
        GROUP BY brand_id
    )
SELECT
    brand_id, events, late AS events_late, late / nullIf(events, 0) AS late_rate, bought.redemptions AS redemptions, matched AS redemptions_matched,
    matched / nullIf(bought.redemptions, 0) AS identity_match_rate
FROM arrived LEFT JOIN bought USING (brand_id)
COMMENT 'How late events come, and how many redemptions are joined to a touch';

-- What was moved after it had first been said: every posting but the first of its redemption and model.
CREATE OR REPLACE VIEW restatements
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    day Date COMMENT 'Day (UTC) on which the cause arrived',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    reason LowCardinality(String) COMMENT 'late_touch, identity, void, return, reference, model, replay or erasure',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    redemptions UInt64 COMMENT 'Redemptions whose credit moved',
    restated_credit Decimal(18, 6) COMMENT 'Credit taken from somebody (or nobody)',
    restated_amount Decimal(18, 4) COMMENT 'Money taken from somebody (or nobody)'
)
AS SELECT
    brand_id, toDate(posted_at) AS day, model, reason, currency, uniqExact(redemption_id) AS redemptions,
    -sumIf(credit_ppm, credit_ppm < 0) * toDecimal64('0.000001', 6) AS restated_credit, -sumIf(amount_e4, amount_e4 < 0) * toDecimal64('0.0001', 4) AS restated_amount
FROM attribution_ledger
WHERE kind = 'posting' AND reason != 'first'
GROUP BY brand_id, day, model, reason, currency
COMMENT 'Credit and money moved by later postings, and why';
