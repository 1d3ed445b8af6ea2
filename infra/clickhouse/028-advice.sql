-- Engagements by influencer and campaign know the signal of a comment, so that advice_rate reads sums, not events. It takes the place of
-- by_influencer (024), which is the same without it.
ALTER TABLE events ADD PROJECTION IF NOT EXISTS by_signal
(
    SELECT brand_id, campaign_id, influencer_id, type, share_kind, comment_signal, sum(sign), sum(sign * count)
    GROUP BY brand_id, campaign_id, influencer_id, type, share_kind, comment_signal
);
ALTER TABLE events MATERIALIZE PROJECTION by_signal;
ALTER TABLE events DROP PROJECTION IF EXISTS by_influencer;
