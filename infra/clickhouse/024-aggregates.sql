-- What the pages read most, added up in every part of the table: by campaign and quarter hour, by influencer and campaign, and what became of
-- the source positions of a day. In the parts themselves, so that they cannot drift.
ALTER TABLE events ADD PROJECTION IF NOT EXISTS campaign_quarter
(
    SELECT
        brand_id, toStartOfInterval(occurred_at, INTERVAL 15 MINUTE), campaign_id, type, share_kind, status, currency, is_valid, sum(sign), sum(sign * count)
    GROUP BY brand_id, toStartOfInterval(occurred_at, INTERVAL 15 MINUTE), campaign_id, type, share_kind, status, currency, is_valid
);
ALTER TABLE events ADD PROJECTION IF NOT EXISTS by_influencer
(
    SELECT brand_id, campaign_id, influencer_id, type, share_kind, sum(sign), sum(sign * count)
    GROUP BY brand_id, campaign_id, influencer_id, type, share_kind
);
ALTER TABLE events MATERIALIZE PROJECTION campaign_quarter;
ALTER TABLE events MATERIALIZE PROJECTION by_influencer;
