-- How many of the people who engaged with an influencer went on to redeem by referral: the counts behind the pooled rate.
CREATE OR REPLACE VIEW influencer_conversions
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer',
    people_engaged UInt64 COMMENT 'Distinct people with a touch, valid',
    people_converted UInt64 COMMENT 'Of these, with a redemption that is no trial and credits the influencer under linear',
    clicks_valid UInt64 COMMENT 'Distinct person, link (else post) and clock hour, bots left out',
    advice UInt64 COMMENT 'Shares, and comments that ask or intend to buy'
)
AS SELECT
    brand_id, influencer_id, engaged.people AS people_engaged, least(converted.people, engaged.people) AS people_converted, engaged.hours_clicked AS clicks_valid, engaged.advised AS advice
FROM
(
    SELECT brand_id, influencer_id, uniqExactIf(person_id, person_id != '') AS people, sum(clicks_valid) AS hours_clicked, sum(advice) AS advised
    FROM engaged_people
    WHERE influencer_id != ''
    GROUP BY brand_id, influencer_id
) AS engaged
LEFT JOIN
(
    SELECT brand_id, influencer_id, uniqExactIf(person_id, person_id != '') AS people
    FROM referred_credits
    WHERE model = 'linear' AND NOT is_trial AND influencer_id != ''
    GROUP BY brand_id, influencer_id
) AS converted USING (brand_id, influencer_id)
COMMENT 'People engaged and converted, by influencer (internal)';

-- The spread of conversion over a brand's influencers: beta distributions with a mean and a size (a + b), each weighted by how likely it makes
-- the counts (beta-binomial), under the prior size^(-5/2) of Gelman et al., Bayesian Data Analysis, 3rd ed., 5.3. Pooling with them keeps one
-- lucky redemption from looking like a talent, and averaging over them keeps a small brand from looking certain. A grid of 25 means, as wide
-- as the counts leave open, and 31 sizes from 1 to 32,768.
CREATE OR REPLACE VIEW conversion_priors
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    means Array(Float64) COMMENT 'Means of the beta distributions',
    sizes Array(Float64) COMMENT 'Their sizes',
    weights Array(Float64) COMMENT 'Their weights; they sum to 1'
)
AS SELECT
    brand_id, groupArray(mean) AS means, groupArray(size) AS sizes, groupArray(exp(fit - best)) AS heights, arrayMap(h -> h / arraySum(heights), heights) AS weights
FROM
(
    SELECT brand_id, mean, size, fit, max(fit) OVER (PARTITION BY brand_id) AS best
    FROM
    (
        SELECT
            brand_id, mean, size,
            sum(influencers * (lgamma(mean * size + x) + lgamma((1 - mean) * size + n - x) - lgamma(size + n)
                - lgamma(mean * size) - lgamma((1 - mean) * size) + lgamma(size))) + log(mean * (1 - mean)) - log(size) / 2 AS fit
        FROM
        (
            SELECT
                brand_id, n, x, influencers, 1 / (1 + exp(-(log((total_x + 0.5) / (total_n - total_x + 0.5)) + step_mean * 0.3 * sqrt(1 / (total_x + 0.5) + 1 / k)))) AS mean,
                pow(2, step_size / 2) AS size
            FROM
            (
                SELECT
                    brand_id, people_engaged AS n, people_converted AS x, count() AS influencers, sum(sum(people_engaged)) OVER (PARTITION BY brand_id) AS total_n,
                    sum(sum(people_converted)) OVER (PARTITION BY brand_id) AS total_x, sum(count()) OVER (PARTITION BY brand_id) AS k
                FROM influencer_conversions
                WHERE people_engaged > 0
                GROUP BY brand_id, n, x
            )
            ARRAY JOIN range(-12, 13) AS step_mean
            ARRAY JOIN range(0, 31) AS step_size
        )
        GROUP BY brand_id, mean, size
    )
)
WHERE fit > best - 12
GROUP BY brand_id
COMMENT 'Beta distributions of conversion over a brand''s influencers, with their weights (internal)';

-- Whole life of an influencer. The interval of the pooled conversion comes from the beta distribution with its mean and variance, integrated on
-- 401 points of its logit: within a tenth of the bounds that the whole average of beta distributions gives.
CREATE OR REPLACE VIEW influencer_performance
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer',
    name String COMMENT 'Name',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as now known',
    tier LowCardinality(String) COMMENT 'nano < 10k, micro < 100k, macro < 1M, mega; empty when the following is unknown',
    region String COMMENT 'Region',
    followers UInt64 COMMENT 'Followers, as the brand last said; 0 when unknown',
    clicks Int64 COMMENT 'Clicks, gross',
    clicks_valid UInt64 COMMENT 'Distinct person, link (else post) and clock hour, bots left out',
    invalid_rate Nullable(Float64) COMMENT '1 − clicks_valid / clicks',
    engagements Int64 COMMENT 'Likes, comments and shares, gross',
    mentions Int64 COMMENT 'Shares of kind post or review',
    er_followers Nullable(Float64) COMMENT 'engagements / followers',
    er_reach Nullable(Float64) COMMENT 'Engagements on posts whose reach is known / their reach',
    er_views Nullable(Float64) COMMENT 'Engagements on posts whose views are known / their views',
    advice_rate Nullable(Float64) COMMENT '(Comments that ask or intend + shares) / engagements',
    people_engaged UInt64 COMMENT 'Distinct people with a touch, valid',
    people_converted UInt64 COMMENT 'Of these, with a redemption that is no trial and credits the influencer under linear',
    conversion Nullable(Float64) COMMENT 'people_converted / people_engaged',
    conversion_pooled Nullable(Float64) COMMENT 'Expected rate, given what the brand''s influencers convert (beta-binomial): a small number is drawn to the others',
    conversion_low Nullable(Float64) COMMENT 'Lower 5 % bound of the pooled conversion: rank by it',
    conversion_high Nullable(Float64) COMMENT 'Upper 5 % bound',
    redemptions_referred Decimal(18, 6) COMMENT 'Credit under linear of redemptions that are no trial',
    influence_yield Nullable(Float64) COMMENT 'redemptions_referred / people_engaged',
    codes_redeemed Int64 COMMENT 'Standing redemptions of the influencer''s own codes',
    currency LowCardinality(String) COMMENT 'Currency of amount and cost; the counts are repeated for each',
    attributed_amount Decimal(18, 4) COMMENT 'Net sale attributed under linear, in this currency',
    cost Nullable(Decimal(18, 4)) COMMENT 'Cost lines of the influencer in this currency; NULL = none known',
    cost_per_redemption Nullable(Float64) COMMENT 'cost / redemptions_referred'
)
AS WITH
    known AS
    (
        SELECT
            brand_id, id AS influencer_id, name, JSONExtractString(body, 'relationship') AS relationship, JSONExtractUInt(body, 'followers') AS followers,
            JSONExtractString(body, 'region') AS region
        FROM reference_current
        WHERE kind = 'influencer'
    ),
    acted AS
    (
        SELECT
            brand_id, influencer_id, sumIf(actions, type = 'click') AS clicks, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
            sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions
        FROM event_quarters
        WHERE influencer_id != ''
        GROUP BY brand_id, influencer_id
    ),
    on_posts AS
    (
        SELECT brand_id, answered.influencer_id AS influencer_id, sum(n) / nullIf(sum(reach), 0) AS er_reach, sumIf(n, views > 0) / nullIf(sum(views), 0) AS er_views
        FROM
        (
            SELECT brand_id, influencer_id, post_id, sum(count) AS n
            FROM events_current
            WHERE type IN ('like', 'comment', 'share') AND post_id != ''
            GROUP BY brand_id, influencer_id, post_id
        ) AS answered
        INNER JOIN posts_current USING (brand_id, post_id)
        WHERE reach > 0 OR views > 0
        GROUP BY brand_id, influencer_id
    ),
    earned AS
    (
        SELECT brand_id, influencer_id, sum(credit) AS referred FROM referred_credits WHERE model = 'linear' AND NOT is_trial AND influencer_id != '' GROUP BY brand_id, influencer_id
    ),
    owned AS (SELECT brand_id, owner_id AS influencer_id, count() AS n FROM redemptions_current WHERE status != 'voided' AND is_valid AND owner_id != '' GROUP BY brand_id, influencer_id),
    amounts AS
    (
        SELECT brand_id, influencer_id, mapFromArrays(groupArray(currency), groupArray(total)) AS by_currency
        FROM (SELECT brand_id, influencer_id, toString(currency) AS currency, sum(amount) AS total FROM credit_quarters WHERE model = 'linear' AND currency != '' AND influencer_id != '' GROUP BY ALL)
        GROUP BY brand_id, influencer_id
    ),
    costs AS
    (
        SELECT brand_id, influencer_id, mapFromArrays(groupArray(currency), groupArray(total)) AS by_currency
        FROM (SELECT brand_id, influencer_id, toString(currency) AS currency, sum(cost) AS total FROM campaign_costs WHERE influencer_id != '' GROUP BY ALL)
        GROUP BY brand_id, influencer_id
    ),
    ids AS (SELECT brand_id, influencer_id FROM acted UNION DISTINCT SELECT brand_id, influencer_id FROM known UNION DISTINCT SELECT brand_id, influencer_id FROM owned),
    pooled AS
    (
        SELECT
            *, arrayMap((m, s) -> (m * s + people_converted) / (s + people_engaged), means, sizes) AS rates,
            arraySum((w, r) -> w * r, weights, rates) AS rate,
            arraySum((w, r, s) -> w * (r * (1 - r) / (s + people_engaged + 1) + pow(r - rate, 2)), weights, rates, sizes) AS variance,
            rate * (rate * (1 - rate) / variance - 1) AS p, (1 - rate) * (rate * (1 - rate) / variance - 1) AS q,
            log(p / q) AS centre,
            sqrt(1 / (p * p) + 1 / (p + 1) + 0.5 / pow(p + 1, 2) + 1 / (q * q) + 1 / (q + 1) + 0.5 / pow(q + 1, 2)) AS width,
            arrayMap(i -> centre + width * i / 25, range(-200, 201)) AS logits,
            arrayMap(t -> p * t - (p + q) * (greatest(t, 0) + log(1 + exp(-abs(t)))), logits) AS heights,
            arrayCumSum(arrayMap(h -> exp(h - arrayMax(heights)), heights)) AS below,
            1 / (1 + exp(-logits[arrayFirstIndex(c -> c >= 0.05 * below[-1], below)])) AS low,
            1 / (1 + exp(-logits[arrayFirstIndex(c -> c >= 0.95 * below[-1], below)])) AS high
        FROM influencer_conversions INNER JOIN conversion_priors USING (brand_id)
    )
SELECT
    brand_id, influencer_id, if(known.name = '', influencer_id, known.name) AS name, known.relationship AS relationship,
    multiIf(known.followers = 0, '', known.followers < 10000, 'nano', known.followers < 100000, 'micro', known.followers < 1000000, 'macro', 'mega') AS tier,
    known.region AS region, known.followers AS followers, acted.clicks AS clicks, pooled.clicks_valid AS clicks_valid, 1 - clicks_valid / nullIf(clicks, 0) AS invalid_rate,
    acted.engagements AS engagements, acted.mentions AS mentions, engagements / nullIf(followers, 0) AS er_followers, on_posts.er_reach AS er_reach, on_posts.er_views AS er_views,
    pooled.advice / nullIf(engagements, 0) AS advice_rate, pooled.people_engaged AS people_engaged, pooled.people_converted AS people_converted,
    people_converted / nullIf(people_engaged, 0) AS conversion, if(people_engaged = 0, NULL, pooled.p / (pooled.p + pooled.q)) AS conversion_pooled,
    if(people_engaged = 0, NULL, pooled.low) AS conversion_low, if(people_engaged = 0, NULL, pooled.high) AS conversion_high, earned.referred AS redemptions_referred,
    toFloat64(redemptions_referred) / nullIf(people_engaged, 0) AS influence_yield, owned.n AS codes_redeemed,
    arrayJoin(if(empty(arrayConcat(mapKeys(amounts.by_currency), mapKeys(costs.by_currency))), [''], arrayDistinct(arrayConcat(mapKeys(amounts.by_currency), mapKeys(costs.by_currency))))) AS currency,
    toDecimal64(amounts.by_currency[currency], 4) AS attributed_amount,
    if(mapContains(costs.by_currency, currency), toNullable(toDecimal64(costs.by_currency[currency], 4)), NULL) AS cost,
    toFloat64(cost) / nullIf(toFloat64(redemptions_referred), 0) AS cost_per_redemption
FROM ids
LEFT JOIN known USING (brand_id, influencer_id)
LEFT JOIN acted USING (brand_id, influencer_id)
LEFT JOIN on_posts USING (brand_id, influencer_id)
LEFT JOIN pooled USING (brand_id, influencer_id)
LEFT JOIN earned USING (brand_id, influencer_id)
LEFT JOIN owned USING (brand_id, influencer_id)
LEFT JOIN amounts USING (brand_id, influencer_id)
LEFT JOIN costs USING (brand_id, influencer_id)
COMMENT 'Whole life of an influencer, with its rates; rank by conversion_low';

CREATE OR REPLACE VIEW influencer_attribution
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer',
    name String COMMENT 'Name',
    relationship LowCardinality(String) COMMENT 'friend, blogger, celebrity or expert, as of the touch',
    tier LowCardinality(String) COMMENT 'nano, micro, macro or mega, as of the touch',
    model LowCardinality(String) COMMENT 'Attribution model; never add over models',
    currency LowCardinality(String) COMMENT 'Currency; empty when unpriced',
    attributed_redemptions Decimal(18, 6) COMMENT 'Sum of credit',
    attributed_amount Decimal(18, 4) COMMENT 'Net sale attributed'
)
AS SELECT
    brand_id, influencer_id, if(names.name = '', influencer_id, names.name) AS name, relationship, tier, model, currency, sum(credit) AS attributed_redemptions,
    sum(amount) AS attributed_amount
FROM credit_quarters LEFT JOIN (SELECT brand_id, id AS influencer_id, name FROM reference_current WHERE kind = 'influencer') AS names USING (brand_id, influencer_id)
WHERE influencer_id != ''
GROUP BY brand_id, influencer_id, name, relationship, tier, model, currency
COMMENT 'What each influencer earned, by model';
