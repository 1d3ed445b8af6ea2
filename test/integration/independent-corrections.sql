-- What the seven models should say of every redemption now, computed anew from the rows of `events` and `persons_current` by the rules alone;
-- one row per credit that differs from attribution_credits by more than 1 ppm, or whose money differs by more than 1/10,000. No row = agreement.
WITH
    standing AS
    (
        SELECT *
        FROM events
        WHERE sign = 1 AND (brand_id, event_id, revision) NOT IN (SELECT brand_id, event_id, revision FROM events WHERE sign = -1)
    ),
    known AS
    (
        SELECT s.*, if(p.person_id = '', s.identity_key, p.person_id) AS person
        FROM standing AS s
        ASOF LEFT JOIN persons_current AS p ON p.brand_id = s.brand_id AND p.identifier = s.identity_key AND s.occurred_at >= p.from_at
    ),
    back AS
    (
        SELECT brand_id, redemption_id, sum(amount_e4) AS returned FROM standing WHERE status = 'returned' GROUP BY brand_id, redemption_id
    ),
    redemptions AS
    (
        SELECT
            k.brand_id AS brand_id, k.redemption_id AS redemption_id, k.event_id AS event_id, person, k.occurred_at AS at, k.owner_id AS owner_id, k.flags AS flags,
            k.campaign_id AS campaign_id, k.campaign_scope AS scope, click_window_ms, comment_window_ms, share_window_ms, like_window_ms,
            greatest(0, k.amount_e4 - ifNull(back.returned, 0)) / 10000 AS net
        FROM known AS k LEFT JOIN back ON back.brand_id = k.brand_id AND back.redemption_id = k.redemption_id
        WHERE k.status = 'redeemed' AND k.is_valid
          AND (k.brand_id, k.redemption_id) NOT IN (SELECT brand_id, redemption_id FROM standing WHERE status = 'voided')
    ),
    touches AS
    (
        SELECT
            r.brand_id AS brand_id, r.redemption_id AS redemption_id, t.event_id AS event_id, r.net AS net,
            date_diff('ms', t.occurred_at, r.at) / 86400000 AS age,
            transform(toString(t.type), ['click', 'share', 'comment', 'like'], [1., 0.8, 0.6, 0.1], 0.) AS worth,
            row_number() OVER (PARTITION BY r.brand_id, r.redemption_id ORDER BY t.occurred_at, t.event_id) AS place,
            count() OVER (PARTITION BY r.brand_id, r.redemption_id) AS n
        FROM redemptions AS r
        INNER JOIN known AS t ON t.brand_id = r.brand_id AND t.person = r.person
        WHERE t.type != 'coupon_redemption' AND t.count = 1 AND t.is_valid AND t.person != '' AND t.occurred_at <= r.at
          AND date_diff('ms', t.occurred_at, r.at)
              <= multiIf(t.type = 'click', r.click_window_ms, t.type = 'comment', r.comment_window_ms, t.type = 'share', r.share_window_ms, r.like_window_ms)
          AND (r.scope = 'brand' OR t.campaign_id = r.campaign_id)
    ),
    shares AS
    (
        SELECT 'first_touch' AS model, brand_id, redemption_id, event_id, net, toFloat64(place = 1) AS share FROM touches
        UNION ALL SELECT 'last_touch', brand_id, redemption_id, event_id, net, toFloat64(place = n) FROM touches
        UNION ALL SELECT 'linear', brand_id, redemption_id, event_id, net, 1 / n FROM touches
        UNION ALL SELECT 'time_decay', brand_id, redemption_id, event_id, net, pow(2, -age / 7) / sum(pow(2, -age / 7)) OVER (PARTITION BY brand_id, redemption_id) FROM touches
        UNION ALL SELECT 'position_based', brand_id, redemption_id, event_id, net, multiIf(n = 1, 1, n = 2, 0.5, place = 1 OR place = n, 0.4, 0.2 / (n - 2)) FROM touches
        UNION ALL SELECT 'engagement_weighted', brand_id, redemption_id, event_id, net,
            worth * pow(2, -age / 7) / sum(worth * pow(2, -age / 7)) OVER (PARTITION BY brand_id, redemption_id) FROM touches
        UNION ALL SELECT 'coupon_owner', brand_id, redemption_id, if(owner_id = '' OR has(flags, 'owner_inactive'), '', event_id), net, 1. FROM redemptions
    ),
    nobody AS
    (
        SELECT model, brand_id, redemption_id, '' AS event_id, net, 1. AS share
        FROM redemptions
        ARRAY JOIN ['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based', 'engagement_weighted'] AS model
        WHERE (brand_id, redemption_id) NOT IN (SELECT brand_id, redemption_id FROM touches)
    ),
    should AS (SELECT * FROM shares WHERE share > 0 UNION ALL SELECT * FROM nobody),
    stands AS
    (
        SELECT model, brand_id, redemption_id, touch_event_id AS event_id, toFloat64(credit) AS credit, toFloat64(attributed_amount) AS amount
        FROM attribution_credits
    )
SELECT model, brand_id, redemption_id, event_id, share, credit, share * net AS money, amount
FROM should FULL OUTER JOIN stands USING (model, brand_id, redemption_id, event_id)
WHERE abs(share - credit) > 0.0000011 OR abs(share * net - amount) > 0.00011
