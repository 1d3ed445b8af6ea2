-- What redemptions say about the people behind them: one row per redemption that stands. An internal view: its columns may change.
CREATE OR REPLACE VIEW standing_redemptions
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    redemption_id String COMMENT 'Redemption',
    campaign_id LowCardinality(String) COMMENT 'Campaign; empty when unknown',
    person_id String COMMENT 'The redeemer; empty when only a shared code is known',
    is_trial Bool COMMENT 'Not word of mouth',
    has_loyalty_id Bool COMMENT 'The redemption came with a loyalty id: earlier ones of the same person would be known',
    is_new Bool COMMENT 'No redemption of the brand by the same person in the 365 days before',
    hours_from_first_touch Nullable(Float64) COMMENT 'From the first touch that may earn; NULL without one',
    hours_from_last_touch Nullable(Float64) COMMENT 'From the last',
    hours_from_distribution Nullable(Float64) COMMENT 'From the moment the person was handed the coupon or sample of this campaign; NULL if they were not',
    quantity Nullable(Float64) COMMENT 'Units sold'
)
AS WITH
    loyal AS (SELECT brand_id, event_id FROM events WHERE type = 'coupon_redemption' AND has(identifier_kinds, 'loyalty_id')),
    touched AS
    (
        SELECT brand_id, redemption_id, min(touched_at) AS first_at, max(touched_at) AS last_at
        FROM attribution_credits
        WHERE model = 'linear' AND touch_event_id != ''
        GROUP BY brand_id, redemption_id
    ),
    handed AS (SELECT brand_id, campaign_id, person AS person_id, min(handed_at) AS handed_at FROM sampled_people ARRAY JOIN persons AS person GROUP BY brand_id, campaign_id, person)
SELECT
    brand_id, redemption_id, campaign_id, person_id, is_trial, (brand_id, event_id) IN loyal AS has_loyalty_id,
    person_id != '' AND toUnixTimestamp64Milli(redeemed_at) - max(toUnixTimestamp64Milli(redeemed_at)) OVER
        (PARTITION BY brand_id, person_id ORDER BY toUnixTimestamp64Milli(redeemed_at) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 365 * 86400000 AS is_new,
    if(touched.redemption_id = '', NULL, date_diff('ms', touched.first_at, redeemed_at) / 3600000) AS hours_from_first_touch,
    if(touched.redemption_id = '', NULL, date_diff('ms', touched.last_at, redeemed_at) / 3600000) AS hours_from_last_touch,
    if(handed.person_id = '' OR handed.handed_at > redeemed_at, NULL, date_diff('ms', handed.handed_at, redeemed_at) / 3600000) AS hours_from_distribution,
    quantity
FROM redemptions_current
LEFT JOIN touched USING (brand_id, redemption_id)
LEFT JOIN handed USING (brand_id, campaign_id, person_id)
WHERE status != 'voided' AND is_valid
COMMENT 'Redemptions that stand, and how long after touch and distribution (internal)';

-- Whole life of a campaign, with its rates. A rate whose denominator is 0 is NULL. Counts are repeated for each currency.
CREATE OR REPLACE VIEW campaign_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id LowCardinality(String) COMMENT 'Campaign',
    name String COMMENT 'Its name',
    currency LowCardinality(String) COMMENT 'Currency of sales and cost; the counts of the campaign are repeated for each',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_valid UInt64 COMMENT 'Distinct person, link (else post) and clock hour, bots left out',
    invalid_rate Nullable(Float64) COMMENT '1 − clicks_valid / clicks',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    er_followers Nullable(Float64) COMMENT 'engagements / followers of the influencers engaged with',
    er_reach Nullable(Float64) COMMENT 'Engagements on posts whose reach is known / their reach; a post nobody engaged with is of no campaign',
    er_views Nullable(Float64) COMMENT 'Engagements on posts whose views are known / their views; a post nobody engaged with is of no campaign',
    advice_rate Nullable(Float64) COMMENT '(Comments that ask or intend + shares, gross) / engagements',
    coupons_distributed UInt64 COMMENT 'Distribution records',
    people_sampled UInt64 COMMENT 'Distinct people among them',
    mention_rate Nullable(Float64) COMMENT 'Sampled people who posted or reviewed / people_sampled',
    people_engaged UInt64 COMMENT 'Distinct people with a touch, valid',
    people_clicked UInt64 COMMENT 'Distinct people with a valid click',
    redemptions_gross UInt64 COMMENT 'Redeemed, of every currency and unpriced',
    redemptions_void UInt64 COMMENT 'Voided',
    redemptions_net UInt64 COMMENT 'Standing, of every currency and unpriced',
    redemptions_priced UInt64 COMMENT 'Standing with a price, of every currency',
    redemptions_trial UInt64 COMMENT 'Standing, by the person the coupon or sample was handed to, or the owner of the code',
    redemptions_referred UInt64 COMMENT 'redemptions_net − redemptions_trial',
    redeemers UInt64 COMMENT 'Distinct people who redeemed',
    redemption_rate Nullable(Float64) COMMENT 'redemptions_net / coupons_distributed',
    redemption_rate_low Nullable(Float64) COMMENT 'Lower end of its 95 % Wilson interval; NULL when more was redeemed than handed out',
    redemption_rate_high Nullable(Float64) COMMENT 'Upper end',
    conditional_conversion Nullable(Float64) COMMENT 'redeemers / people_clicked',
    sample_to_purchase Nullable(Float64) COMMENT 'Sampled people with a standing redemption / people_sampled',
    new_to_brand_rate Nullable(Float64) COMMENT 'Redeemers with a loyalty id who had not redeemed for the brand in the 365 days before / redeemers with a loyalty id',
    new_to_brand_coverage Nullable(Float64) COMMENT 'Redeemers with a loyalty id / redeemers',
    independent_redeemer_share Nullable(Float64) COMMENT '1 − largest share of redemptions by one person; NULL when no redeemer is known',
    sales_gross Decimal(18, 4) COMMENT 'Sale as redeemed, in this currency, voided and quarantined ones with it',
    sales_net Decimal(18, 4) COMMENT 'Net sale in this currency',
    cost Nullable(Decimal(18, 4)) COMMENT 'Cost lines in this currency; NULL = none known',
    cost_per_engagement Nullable(Float64) COMMENT 'cost / engagements',
    cost_per_redemption Nullable(Float64) COMMENT 'cost / redemptions_net',
    hours_from_first_touch_p50 Nullable(Float64) COMMENT 'Hours from the first touch to the redemption, median',
    hours_from_first_touch_p90 Nullable(Float64) COMMENT '… nine of ten',
    hours_from_last_touch_p50 Nullable(Float64) COMMENT 'Hours from the last touch, median',
    hours_from_last_touch_p90 Nullable(Float64) COMMENT '… nine of ten',
    hours_from_distribution_p50 Nullable(Float64) COMMENT 'Hours from the distribution, median',
    hours_from_distribution_p90 Nullable(Float64) COMMENT '… nine of ten'
)
AS WITH
    acted AS
    (
        SELECT
            brand_id, toString(campaign_id) AS campaign, sumIf(actions, type = 'click') AS clicks, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
            sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions,
            sumIf(actions, type = 'share' OR (type = 'comment' AND comment_signal IN ('question', 'intent'))) AS advised
        FROM (SELECT brand_id, campaign_id, type, share_kind, comment_signal, sum(sign * count) AS actions FROM events GROUP BY brand_id, campaign_id, type, share_kind, comment_signal)
        GROUP BY brand_id, campaign
    ),
    followed AS
    (
        SELECT brand_id, campaign, sum(JSONExtractUInt(body, 'followers')) AS followers
        FROM
        (
            SELECT brand_id, toString(campaign_id) AS campaign, influencer_id
            FROM (SELECT brand_id, campaign_id, influencer_id, type, sum(sign) AS n FROM events GROUP BY brand_id, campaign_id, influencer_id, type)
            WHERE type IN ('like', 'comment', 'share') AND n > 0
            GROUP BY brand_id, campaign, influencer_id
        ) AS met
        INNER JOIN (SELECT brand_id, id AS influencer_id, body FROM reference_current WHERE kind = 'influencer') AS known USING (brand_id, influencer_id)
        GROUP BY brand_id, campaign
    ),
    on_posts AS
    (
        SELECT
            brand_id, campaign, sumIf(n, reach > 0) / nullIf(sum(reach), 0) AS er_reach, sumIf(n, views > 0) / nullIf(sum(views), 0) AS er_views
        FROM
        (
            SELECT brand_id, toString(campaign_id) AS campaign, post_id, sum(count) AS n
            FROM events_current
            WHERE type IN ('like', 'comment', 'share') AND post_id != '' AND (brand_id, post_id) IN (SELECT brand_id, post_id FROM posts_current WHERE reach > 0 OR views > 0)
            GROUP BY brand_id, campaign, post_id
        ) AS answered
        INNER JOIN posts_current USING (brand_id, post_id)
        WHERE reach > 0 OR views > 0
        GROUP BY brand_id, campaign
    ),
    sampled AS -- whom each person who may have been handed something counts as
    (
        SELECT brand_id, campaign_id AS campaign, person AS person_id, groupUniqArray(sampled_people.person_id) AS counts_as
        FROM sampled_people ARRAY JOIN persons AS person
        GROUP BY brand_id, campaign, person
    ),
    engaged AS
    (
        SELECT
            brand_id, toString(campaign_id) AS campaign, uniqExactIf(click, is_click AND polled = 0) + sum(polled) AS hours_clicked,
            uniqExactIf(person_id, person_id != '') AS people, uniqExactIf(person_id, person_id != '' AND is_click) AS clicked
        FROM touches
        GROUP BY brand_id, campaign
    ),
    mentioned AS
    (
        SELECT brand_id, campaign, uniqExactArray(sampled.counts_as) AS people
        FROM (SELECT brand_id, toString(campaign_id) AS campaign, person_id FROM touches WHERE is_mention AND person_id != '') AS told
        INNER JOIN sampled USING (brand_id, campaign, person_id)
        GROUP BY brand_id, campaign
    ),
    handed AS
    (
        SELECT brand_id, toString(campaign_id) AS campaign, uniqExact(id) AS n, uniqExactIf(person_id, person_id != '') AS people FROM sampled_people GROUP BY brand_id, campaign
    ),
    redeemed AS
    (
        SELECT
            brand_id, toString(campaign_id) AS campaign, count() AS gross, countIf(status = 'voided') AS void, countIf(status != 'voided' AND is_valid) AS net,
            countIf(status != 'voided' AND is_valid AND amount IS NOT NULL) AS priced, countIf(status != 'voided' AND is_valid AND is_trial) AS trial,
            sumMap(map(toString(currency), (if(status != 'voided' AND is_valid, ifNull(amount, 0), 0)))) AS sales,
            sumMap(map(toString(currency), (ifNull(gross_amount, 0)))) AS sales_before
        FROM redemptions_current
        GROUP BY brand_id, campaign
    ),
    redeemers AS
    (
        SELECT
            brand_id, campaign, countIf(person_id != '') AS people, maxIf(n, person_id != '') AS most, sum(n) AS total, countIf(person_id != '' AND loyal) AS people_loyal,
            countIf(person_id != '' AND loyal AND new) AS people_new, uniqExactArrayIf(sampled.counts_as, person_id != '') AS people_sampled,
            quantilesExactInclusiveArray(0.5, 0.9)(first) AS first, quantilesExactInclusiveArray(0.5, 0.9)(last) AS last,
            quantilesExactInclusiveArray(0.5, 0.9)(distributed) AS distributed, sum(length(redeemed_after.first)) AS n_touched, sum(length(redeemed_after.distributed)) AS n_distributed
        FROM
        (
            SELECT
                brand_id, toString(campaign_id) AS campaign, person_id, count() AS n, max(has_loyalty_id) AS loyal, max(is_new) AS new,
                groupArray(hours_from_first_touch) AS first, groupArray(hours_from_last_touch) AS last, groupArray(hours_from_distribution) AS distributed
            FROM standing_redemptions
            GROUP BY brand_id, campaign, person_id
        ) AS redeemed_after
        LEFT JOIN sampled USING (brand_id, campaign, person_id)
        GROUP BY brand_id, campaign
    ),
    costs AS (SELECT brand_id, campaign_id AS campaign, mapFromArrays(groupArray(toString(currency)), groupArray(total)) AS cost FROM (SELECT brand_id, campaign_id, currency, sum(cost) AS total FROM campaign_costs GROUP BY ALL) GROUP BY brand_id, campaign),
    names AS (SELECT brand_id, id AS campaign, name FROM reference_current WHERE kind = 'campaign')
SELECT
    brand_id, campaign AS campaign_id, if(names.name = '', campaign, names.name) AS name,
    arrayJoin(if(empty(arrayFilter(c -> c != '', arrayConcat(mapKeys(redeemed.sales), mapKeys(costs.cost)))), [''],
        arrayDistinct(arrayFilter(c -> c != '', arrayConcat(mapKeys(redeemed.sales), mapKeys(costs.cost)))))) AS currency,
    acted.clicks AS clicks, engaged.hours_clicked AS clicks_valid, 1 - clicks_valid / nullIf(clicks, 0) AS invalid_rate, acted.engagements AS engagements, acted.mentions AS mentions,
    engagements / nullIf(followed.followers, 0) AS er_followers, on_posts.er_reach AS er_reach, on_posts.er_views AS er_views, acted.advised / nullIf(engagements, 0) AS advice_rate,
    handed.n AS coupons_distributed, handed.people AS people_sampled, mentioned.people / nullIf(people_sampled, 0) AS mention_rate, engaged.people AS people_engaged,
    engaged.clicked AS people_clicked, redeemed.gross AS redemptions_gross, redeemed.void AS redemptions_void, redeemed.net AS redemptions_net, redeemed.priced AS redemptions_priced,
    redeemed.trial AS redemptions_trial, redemptions_net - redemptions_trial AS redemptions_referred, redeemers.people AS redeemers,
    redemptions_net / nullIf(coupons_distributed, 0) AS redemption_rate,
    1.959963984540054 * 1.959963984540054 AS z2,
    1.959963984540054 * sqrt(greatest(redemption_rate * (1 - redemption_rate) / coupons_distributed + z2 / (4 * coupons_distributed * coupons_distributed), 0)) AS spread,
    if(redemption_rate <= 1, (redemption_rate + z2 / (2 * coupons_distributed) - spread) / (1 + z2 / coupons_distributed), NULL) AS redemption_rate_low,
    if(redemption_rate <= 1, (redemption_rate + z2 / (2 * coupons_distributed) + spread) / (1 + z2 / coupons_distributed), NULL) AS redemption_rate_high,
    redeemers / nullIf(people_clicked, 0) AS conditional_conversion, redeemers.people_sampled / nullIf(people_sampled, 0) AS sample_to_purchase,
    redeemers.people_new / nullIf(redeemers.people_loyal, 0) AS new_to_brand_rate, redeemers.people_loyal / nullIf(redeemers.people, 0) AS new_to_brand_coverage,
    if(redeemers.people = 0, NULL, 1 - redeemers.most / redeemers.total) AS independent_redeemer_share, toDecimal64(redeemed.sales_before[currency], 4) AS sales_gross,
    toDecimal64(redeemed.sales[currency], 4) AS sales_net, if(mapContains(costs.cost, currency), toNullable(toDecimal64(costs.cost[currency], 4)), NULL) AS cost,
    toFloat64(cost) / nullIf(engagements, 0) AS cost_per_engagement, toFloat64(cost) / nullIf(redemptions_net, 0) AS cost_per_redemption,
    if(redeemers.n_touched = 0, NULL, redeemers.first[1]) AS hours_from_first_touch_p50, if(redeemers.n_touched = 0, NULL, redeemers.first[2]) AS hours_from_first_touch_p90,
    if(redeemers.n_touched = 0, NULL, redeemers.last[1]) AS hours_from_last_touch_p50, if(redeemers.n_touched = 0, NULL, redeemers.last[2]) AS hours_from_last_touch_p90,
    if(redeemers.n_distributed = 0, NULL, redeemers.distributed[1]) AS hours_from_distribution_p50,
    if(redeemers.n_distributed = 0, NULL, redeemers.distributed[2]) AS hours_from_distribution_p90
FROM names
FULL JOIN acted USING (brand_id, campaign)
FULL JOIN redeemed USING (brand_id, campaign)
FULL JOIN handed USING (brand_id, campaign)
LEFT JOIN followed USING (brand_id, campaign)
LEFT JOIN on_posts USING (brand_id, campaign)
LEFT JOIN engaged USING (brand_id, campaign)
LEFT JOIN mentioned USING (brand_id, campaign)
LEFT JOIN redeemers USING (brand_id, campaign)
LEFT JOIN costs USING (brand_id, campaign)
WHERE campaign != ''
COMMENT 'Whole life of a campaign, with its rates';

-- A campaign has a row for each model and each currency in which it earned or cost something: what cost and sold nothing has lost its cost.
-- Credit of coupon_owner, to owners and to nobody, stands with the campaign of the redemption: its sum is the campaign's net redemptions.
CREATE OR REPLACE VIEW campaign_attribution
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    campaign_id LowCardinality(String) COMMENT 'Campaign of the touch; of the redemption for the owner and for nobody',
    name String COMMENT 'Its name',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    attributed_redemptions Decimal(18, 6) COMMENT 'Sum of credit',
    unattributed_redemptions Decimal(18, 6) COMMENT 'Credit that nobody earned',
    unattributed_rate Nullable(Float64) COMMENT 'unattributed_redemptions / net redemptions of the campaign itself in this currency; NULL without any',
    attributed_amount Decimal(18, 4) COMMENT 'Net sale attributed to somebody',
    unattributed_amount Decimal(18, 4) COMMENT 'Net sale that nobody earned',
    cost Nullable(Decimal(18, 4)) COMMENT 'Cost lines of the campaign in this currency; NULL = none known',
    roas Nullable(Float64) COMMENT 'attributed_amount / cost',
    roi Nullable(Float64) COMMENT '(attributed_amount − cost) / cost'
)
AS SELECT
    brand_id, campaign_id, if(names.name = '', campaign_id, names.name) AS name,
    arrayJoin(['last_touch', 'first_touch', 'linear', 'time_decay', 'position_based', 'coupon_owner', 'engagement_weighted']) AS model, currency,
    credits.by_model[model].1 AS attributed_redemptions, credits.by_model[model].2 AS unattributed_redemptions,
    toFloat64(unattributed_redemptions) / nullIf(toFloat64(credits.by_model['coupon_owner'].1 + credits.by_model['coupon_owner'].2), 0) AS unattributed_rate,
    credits.by_model[model].3 AS attributed_amount, credits.by_model[model].4 AS unattributed_amount,
    if(costs.n = 0, NULL, costs.total) AS cost, toFloat64(attributed_amount) / nullIf(toFloat64(cost), 0) AS roas,
    (toFloat64(attributed_amount) - toFloat64(cost)) / nullIf(toFloat64(cost), 0) AS roi
FROM
(
    SELECT brand_id, campaign_id, currency, mapFromArrays(groupArray(model), groupArray((earned, nobody, earned_amount, nobody_amount))) AS by_model
    FROM
    (
        SELECT
            brand_id, toString(campaign_id) AS campaign_id, toString(model) AS model, toString(currency) AS currency, sumIf(credit, NOT is_unattributed) AS earned,
            sumIf(credit, is_unattributed) AS nobody, sumIf(amount, NOT is_unattributed) AS earned_amount, sumIf(amount, is_unattributed) AS nobody_amount
        FROM credit_quarters
        GROUP BY brand_id, campaign_id, model, currency
    )
    GROUP BY brand_id, campaign_id, currency
) AS credits
FULL JOIN (SELECT brand_id, campaign_id, toString(currency) AS currency, count() AS n, sum(cost) AS total FROM campaign_costs GROUP BY ALL) AS costs USING (brand_id, campaign_id, currency)
LEFT JOIN (SELECT brand_id, id AS campaign_id, name FROM reference_current WHERE kind = 'campaign') AS names USING (brand_id, campaign_id)
COMMENT 'What each campaign earned, by model, and whether it paid';
