-- What each influencer's people did, under each model: the clusters that the comparison of relationships rests on, as arrays, so that what
-- costs (people, and credits of referred redemptions) is read once. An influencer counts under the relationship as of the touch. An internal
-- view: its columns may change.
CREATE OR REPLACE VIEW trust_yields
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert',
    model LowCardinality(String) COMMENT 'Attribution model',
    influencer_ids Array(String) COMMENT 'Influencers somebody engaged with',
    people_per_influencer Array(UInt64) COMMENT 'Distinct people with a touch, valid, of each; not the influencer',
    referred_per_influencer Array(Float64) COMMENT 'Credit of redemptions that are no trial, of each',
    influencers UInt64 COMMENT 'How many they are',
    people_engaged UInt64 COMMENT 'Distinct people with a touch on any of them but their own',
    redemptions_referred Float64 COMMENT 'Credit of redemptions that are no trial',
    redemptions_all Float64 COMMENT 'Credit of all redemptions',
    variance_of_log Nullable(Float64) COMMENT 'Variance of the logarithm of the yield, over influencers; NULL below four'
)
AS WITH
    engaged AS
    (
        SELECT
            brand_id, relationship, uniqExactIfMerge(state) AS people, arraySort(groupArrayIf((toString(influencer_id), n), n > 0)) AS clusters,
            arrayJoin(['last_touch', 'first_touch', 'linear', 'time_decay', 'position_based', 'coupon_owner', 'engagement_weighted']) AS model
        FROM
        (
            SELECT brand_id, relationship, influencer_id, uniqExactIfMergeState(people_of_influencers.people) AS state, finalizeAggregation(state) AS n
            FROM people_of_influencers
            WHERE relationship != ''
            GROUP BY brand_id, relationship, influencer_id
        )
        GROUP BY brand_id, relationship
    ),
    earned AS
    (
        SELECT brand_id, relationship, model, mapFromArrays(groupArray(influencer_id), groupArray((referred, total))) AS by_influencer
        FROM
        (
            SELECT
                brand_id, relationship, toString(model) AS model, influencer_id, sumIf(toFloat64(credit), NOT is_trial) AS referred, sum(toFloat64(credit)) AS total
            FROM referred_credits
            GROUP BY brand_id, relationship, model, influencer_id
        )
        GROUP BY brand_id, relationship, model
    )
SELECT
    brand_id, relationship, model, arrayMap(c -> c.1, clusters) AS influencer_ids, arrayMap(c -> c.2, clusters) AS people_per_influencer,
    arrayMap(id -> earned.by_influencer[id].1, influencer_ids) AS referred_per_influencer, length(clusters) AS influencers, people AS people_engaged,
    arraySum(referred_per_influencer) AS redemptions_referred, arraySum(id -> earned.by_influencer[id].2, influencer_ids) AS redemptions_all,
    redemptions_referred / arraySum(people_per_influencer) AS yield,
    if(influencers < 4, NULL,
        greatest(influencers / (influencers - 1) * arraySum((x, n) -> pow(x - yield * n, 2), referred_per_influencer, people_per_influencer) / pow(redemptions_referred + 0.5, 2),
            1 / (redemptions_referred + 0.5)) * (influencers - 1) / (influencers - 3)) AS variance_of_log
FROM engaged LEFT JOIN earned USING (brand_id, relationship, model)
WHERE influencers > 0
COMMENT 'Influencers as clusters of people, by relationship and model (internal)';

-- Relationships side by side. The interval treats an influencer as one draw (people of one influencer are alike): ratio estimator, variance
-- between influencers but never below that of the count, doubled tails for few of them ((k − 1) / (k − 3)), and valid however often one
-- looks (mixture sequential probability ratio test, Johari et al. 2017, mixing deviation log 2). NULL below four influencers.
-- Redemptions and amounts are of the influencers somebody engaged with. A code is redeemed by people who engaged with nobody, too: counting
-- those of an influencer whom nobody engaged with would raise the yield per engaged person by redemptions that have no such person, so that
-- the sales are left out as well, and stand in influencer_attribution. What such an influencer cost was spent on the relationship all the same.
CREATE OR REPLACE VIEW trust_comparison
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    influencers UInt64 COMMENT 'Influencers somebody engaged with',
    followers UInt64 COMMENT 'Their followers together, as the brand last said',
    people_engaged UInt64 COMMENT 'Distinct people with a touch on any of them but their own, valid',
    redemptions_referred Float64 COMMENT 'Headline: credit of redemptions that are no trial',
    redemptions_all Float64 COMMENT 'Beside it: credit of all redemptions',
    yield_per_engaged Nullable(Float64) COMMENT 'redemptions_referred / people_engaged',
    yield_low Nullable(Float64) COMMENT 'Lower end of its always-valid 95 % interval; NULL below four influencers',
    yield_high Nullable(Float64) COMMENT 'Upper end',
    yield_per_1000_followers Nullable(Float64) COMMENT '1000 × redemptions_referred / followers',
    currency LowCardinality(String) COMMENT 'Currency of amount and cost; the counts are repeated for each',
    cost Nullable(Decimal(18, 4)) COMMENT 'Cost lines that name influencers of the relationship as now known, engaged with or not; NULL = none known',
    yield_per_cost Nullable(Float64) COMMENT 'redemptions_referred / cost',
    attributed_amount Decimal(18, 4) COMMENT 'Net sale attributed to these influencers',
    variance_of_log Nullable(Float64) COMMENT 'Variance of the logarithm of the yield, over influencers'
)
AS WITH
    known AS
    (
        SELECT brand_id, mapFromArrays(groupArray(id), groupArray(JSONExtractUInt(body, 'followers'))) AS followers
        FROM reference_current
        WHERE kind = 'influencer'
        GROUP BY brand_id
    ),
    amounts AS
    (
        SELECT brand_id, relationship, model, groupArray((influencer_id, currency, total)) AS lines
        FROM
        (
            SELECT brand_id, relationship, toString(model) AS model, influencer_id, toString(currency) AS currency, sum(amount) AS total
            FROM credit_quarters
            WHERE currency != '' AND influencer_id != ''
            GROUP BY ALL
        )
        GROUP BY brand_id, relationship, model
    ),
    costs AS
    (
        SELECT brand_id, relationship, mapFromArrays(groupArray(currency), groupArray(total)) AS by_currency
        FROM
        (
            SELECT brand_id, relationship, toString(currency) AS currency, sum(cost) AS total
            FROM campaign_costs
            INNER JOIN (SELECT brand_id, id AS influencer_id, JSONExtractString(body, 'relationship') AS relationship FROM reference_current WHERE kind = 'influencer') AS known
                USING (brand_id, influencer_id)
            GROUP BY ALL
        )
        GROUP BY brand_id, relationship
    )
SELECT
    brand_id, relationship, model, influencers, arraySum(id -> known.followers[id], yields.influencer_ids) AS followers, people_engaged, redemptions_referred,
    redemptions_all, redemptions_referred / nullIf(people_engaged, 0) AS yield_per_engaged,
    (redemptions_referred + 0.5) / (people_engaged + 1) AS middle,
    sqrt(variance_of_log * (variance_of_log + pow(log(2), 2)) / pow(log(2), 2) * (2 * log(20) + log((variance_of_log + pow(log(2), 2)) / variance_of_log))) AS radius,
    middle * exp(-radius) AS yield_low, middle * exp(radius) AS yield_high, 1000 * redemptions_referred / nullIf(followers, 0) AS yield_per_1000_followers,
    arrayFilter(line -> has(yields.influencer_ids, line.1), amounts.lines) AS earned, mapKeys(costs.by_currency) AS spent_in,
    arrayJoin(if(empty(earned) AND empty(spent_in), [''], arrayDistinct(arrayConcat(arrayMap(line -> line.2, earned), spent_in)))) AS currency,
    if(mapContains(costs.by_currency, currency), toNullable(toDecimal64(costs.by_currency[currency], 4)), NULL) AS cost,
    redemptions_referred / nullIf(toFloat64(cost), 0) AS yield_per_cost,
    toDecimal64(arraySum(line -> if(line.2 = currency, line.3, 0), earned), 4) AS attributed_amount, variance_of_log
FROM trust_yields AS yields
LEFT JOIN known USING (brand_id)
LEFT JOIN amounts USING (brand_id, relationship, model)
LEFT JOIN costs USING (brand_id, relationship)
COMMENT 'Friends, bloggers, celebrities and experts side by side, on referred redemptions';

-- Who moves more? Friends or bloggers only when every model of touches says so with its interval; no difference only when every interval lies within the
-- margin, which was set beforehand (a quarter more or less). This is attribution, rung 4 of 5: it counts what followed a touch, and like people
-- flock together, so it cannot say what a recommendation caused. A randomised test (rung 1) can.
CREATE OR REPLACE VIEW trust_verdict
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    verdict LowCardinality(String) COMMENT 'friends, bloggers, no_difference or undecided',
    rung UInt8 COMMENT 'Rung of evidence: 1 randomised, 2 randomised clusters, 3 matched markets, 4 attribution, 5 survey',
    ratio Nullable(Float64) COMMENT 'Yield per engaged person of friends / that of bloggers, under linear',
    ratio_low Nullable(Float64) COMMENT 'Lower end of its always-valid 95 % interval, smallest of all models',
    ratio_high Nullable(Float64) COMMENT 'Upper end, largest of all models',
    margin Float64 COMMENT 'Ratios between 1 / margin and margin count as no difference',
    models_agree Bool COMMENT 'Under every model the same side is ahead',
    in_words String COMMENT 'The answer as a sentence',
    needed String COMMENT 'What would be needed to know more'
)
AS WITH
    sides AS
    (
        SELECT
            brand_id, model,
            anyIf((redemptions_referred + 0.5) / (people_engaged + 1), relationship = 'friend') / anyIf((redemptions_referred + 0.5) / (people_engaged + 1), relationship = 'blogger') AS ratio,
            anyIf(variance_of_log, relationship = 'friend') + anyIf(variance_of_log, relationship = 'blogger') AS variance,
            anyIf(influencers, relationship = 'friend') AS friends, anyIf(influencers, relationship = 'blogger') AS bloggers,
            anyIf(redemptions_referred, relationship = 'friend') AS friends_referred, anyIf(redemptions_referred, relationship = 'blogger') AS bloggers_referred,
            sqrt(variance * (variance + pow(log(2), 2)) / pow(log(2), 2) * (2 * log(20) + log((variance + pow(log(2), 2)) / variance))) AS radius
        FROM trust_yields
        WHERE relationship IN ('friend', 'blogger') AND model != 'coupon_owner' -- a code is redeemed by people who engaged with nobody, too
        GROUP BY brand_id, model
    )
SELECT
    brand_id,
    multiIf(known < count(), 'undecided', ratio_low > 1, 'friends', ratio_high < 1, 'bloggers', ratio_low > 1 / margin AND ratio_high < margin, 'no_difference', 'undecided') AS verdict,
    toUInt8(4) AS rung, count(radius) AS known, if(known < count(), NULL, anyIf(sides.ratio, model = 'linear')) AS ratio,
    if(known < count(), NULL, min(sides.ratio * exp(-radius))) AS ratio_low, if(known < count(), NULL, max(sides.ratio * exp(radius))) AS ratio_high, 1.25 AS margin,
    toBool(min(sides.ratio) > 1 OR max(sides.ratio) < 1) AS models_agree,
    multiIf(
        verdict = 'friends', concat('By attribution, each person who engages with a friend redeems ', toString(round(ratio, 1)), ' times as often as one who engages with a blogger (at least ', toString(round(ratio_low, 2)), ' times, whichever model is asked).'),
        verdict = 'bloggers', concat('By attribution, each person who engages with a blogger redeems ', toString(round(1 / ratio, 1)), ' times as often as one who engages with a friend (at least ', toString(round(1 / ratio_high, 2)), ' times, whichever model is asked).'),
        verdict = 'no_difference', 'By attribution, people who engage with friends and with bloggers redeem about equally often: less than a quarter apart under every model.',
        known < count(), 'Not enough data to compare friends with bloggers.',
        'The data do not decide between friends and bloggers yet.') AS in_words,
    multiIf(
        any(friends) < 4 OR any(bloggers) < 4, concat('At least four influencers of each kind that somebody engaged with; there are ', toString(any(friends)), ' friends and ', toString(any(bloggers)), ' bloggers.'),
        verdict = 'undecided' AND min(friends_referred) + min(bloggers_referred) < 30, 'More referred redemptions on both sides: below a few dozen nothing can be told apart.',
        verdict = 'undecided', 'More influencers of the kind with fewer: the interval shrinks with their number, not with the number of people behind each.',
        'A randomised test: seed some shops or households with friends, some with bloggers, some with neither, and compare all sales. Attribution counts what followed a touch, not what it caused.') AS needed
FROM sides
GROUP BY brand_id
COMMENT 'Who moves more, a blogger or a friend: the answer of attribution, with its interval over all models';
