-- Credits of the five touch models computed anew from events_current, from the rules alone: an independent check of the settler.
-- One row per (model, redemption, touch) that differs from attribution_credits by more than 1 ppm; no row = agreement.
WITH
    redemptions AS
    (
        SELECT brand_id, redemption_id, person_id, occurred_at, campaign_id, campaign_scope, click_window_ms, comment_window_ms, share_window_ms, like_window_ms
        FROM events_current
        WHERE type = 'coupon_redemption' AND status = 'redeemed' AND is_valid
          AND (brand_id, redemption_id) NOT IN (SELECT brand_id, redemption_id FROM events_current WHERE status = 'voided')
    ),
    touches AS
    (
        SELECT
            r.brand_id AS brand_id, r.redemption_id AS redemption_id, t.event_id AS event_id,
            date_diff('ms', t.occurred_at, r.occurred_at) / 86400000 AS age_days,
            row_number() OVER (PARTITION BY r.brand_id, r.redemption_id ORDER BY t.occurred_at, t.event_id) AS place,
            count() OVER (PARTITION BY r.brand_id, r.redemption_id) AS n
        FROM redemptions AS r
        INNER JOIN events_current AS t ON t.brand_id = r.brand_id AND t.person_id = r.person_id
        WHERE t.type != 'coupon_redemption' AND t.count = 1 AND t.is_valid AND t.person_id != ''
          AND t.occurred_at <= r.occurred_at
          AND date_diff('ms', t.occurred_at, r.occurred_at)
              <= multiIf(t.type = 'click', r.click_window_ms, t.type = 'comment', r.comment_window_ms, t.type = 'share', r.share_window_ms, r.like_window_ms)
          AND (r.campaign_scope = 'brand' OR t.campaign_id = r.campaign_id)
    ),
    shares AS
    (
        SELECT 'first_touch' AS model, brand_id, redemption_id, event_id, toFloat64(place = 1) AS share FROM touches
        UNION ALL SELECT 'last_touch', brand_id, redemption_id, event_id, toFloat64(place = n) FROM touches
        UNION ALL SELECT 'linear', brand_id, redemption_id, event_id, 1 / n FROM touches
        UNION ALL SELECT 'time_decay', brand_id, redemption_id, event_id, pow(2, -age_days / 7) / sum(pow(2, -age_days / 7)) OVER (PARTITION BY brand_id, redemption_id) FROM touches
        UNION ALL SELECT 'position_based', brand_id, redemption_id, event_id,
            multiIf(n = 1, 1, n = 2, 0.5, place = 1 OR place = n, 0.4, 0.2 / (n - 2)) FROM touches
    ),
    nobody AS
    (
        SELECT model, brand_id, redemption_id, '' AS event_id, 1. AS share
        FROM redemptions
        ARRAY JOIN ['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based'] AS model
        WHERE (brand_id, redemption_id) NOT IN (SELECT brand_id, redemption_id FROM touches)
    ),
    should AS (SELECT * FROM shares WHERE share > 0 UNION ALL SELECT * FROM nobody),
    stands AS
    (
        SELECT model, brand_id, redemption_id, touch_event_id AS event_id, toFloat64(credit) AS credit
        FROM attribution_credits
        WHERE model IN ('first_touch', 'last_touch', 'linear', 'time_decay', 'position_based')
    )
SELECT model, brand_id, redemption_id, event_id, share, credit
FROM should FULL OUTER JOIN stands USING (model, brand_id, redemption_id, event_id)
WHERE abs(share - credit) > 0.000001
