-- How many of the people who engaged with an influencer went on to redeem by referral: the counts behind the pooled rate.
CREATE OR REPLACE VIEW influencer_conversions
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer',
    people_engaged UInt64 COMMENT 'Distinct people with a touch, valid; not the influencer',
    people_converted UInt64 COMMENT 'Of these, with a redemption that is no trial and credits the influencer under linear',
    redemptions_referred Decimal(18, 6) COMMENT 'Credit under linear of redemptions that are no trial',
    clicks_valid UInt64 COMMENT 'Distinct person, link (else post) and clock hour, bots left out'
)
AS SELECT
    brand_id, influencer_id, engaged.people AS people_engaged, least(converted.people, engaged.people) AS people_converted, converted.referred AS redemptions_referred,
    engaged.hours_clicked AS clicks_valid
FROM
(
    SELECT brand_id, influencer_id, uniqExactIfMerge(people_of_influencers.people) AS people, uniqExactIfMerge(clicks) + sum(polled) AS hours_clicked
    FROM people_of_influencers
    GROUP BY brand_id, influencer_id
) AS engaged
FULL JOIN
(
    SELECT brand_id, influencer_id, uniqExactIf(person_id, person_id != '') AS people, sum(credit) AS referred
    FROM referred_credits
    WHERE model = 'linear' AND NOT is_trial AND influencer_id != ''
    GROUP BY brand_id, influencer_id
) AS converted USING (brand_id, influencer_id)
COMMENT 'People engaged and converted, by influencer (internal)';

-- The same with the rate that is to be expected. Over a brand's influencers, conversion is spread as one of many beta distributions with a mean
-- and a size (a + b), each weighted by how likely it makes the counts (beta-binomial), under the prior size^(-5/2) of Gelman et al., Bayesian
-- Data Analysis, 3rd ed., 5.3. Pooling with them keeps one lucky redemption from looking like a talent, and averaging over them keeps a small
-- brand from looking certain. A grid of 25 means, as wide as the counts leave open, and 31 sizes from 1 to 32,768. The interval comes from the
-- beta distribution with the mean and variance of the whole, integrated on 401 points of its logit: within a tenth of the exact bounds, a fifth where hardly anybody engaged.
CREATE OR REPLACE VIEW pooled_conversions
(
    brand_id LowCardinality(String) COMMENT 'Tenant',
    influencer_id String COMMENT 'Influencer',
    people_engaged UInt64 COMMENT 'Distinct people with a touch, valid; not the influencer',
    people_converted UInt64 COMMENT 'Of these, with a redemption that is no trial and credits the influencer under linear',
    redemptions_referred Decimal(18, 6) COMMENT 'Credit under linear of redemptions that are no trial',
    clicks_valid UInt64 COMMENT 'Distinct person, link (else post) and clock hour, bots left out',
    rate Float64 COMMENT 'Expected conversion',
    low Float64 COMMENT 'Lower 5 % bound',
    high Float64 COMMENT 'Upper 5 % bound'
)
AS SELECT
    brand_id, influencer_id, people_engaged, people_converted, redemptions_referred, clicks_valid, rate,
    1 / (1 + exp(-logits[arrayFirstIndex(c -> c >= total / 20, below)])) AS low, 1 / (1 + exp(-logits[arrayFirstIndex(c -> c >= total * 19 / 20, below)])) AS high
FROM
(
    SELECT *, arrayCumSum(arrayMap(h -> exp(h - top), log_density)) AS below, below[-1] AS total
    FROM
    (
        SELECT *, arrayMap(t -> p * t - (p + q) * (greatest(t, 0) + log(1 + exp(-abs(t)))), logits) AS log_density, arrayMax(log_density) AS top
        FROM
        (
            SELECT
                *, rate * (rate * (1 - rate) / variance - 1) AS p, (1 - rate) * (rate * (1 - rate) / variance - 1) AS q, log(p / q) AS middle,
                sqrt(1 / (p * p) + 1 / (p + 1) + 0.5 / pow(p + 1, 2) + 1 / (q * q) + 1 / (q + 1) + 0.5 / pow(q + 1, 2)) / 25 AS spacing,
                arrayMap(i -> middle + spacing * i, range(-200, 201)) AS logits
            FROM
            (
                SELECT
                    brand_id, influencer.1 AS influencer_id, influencer.2 AS people_engaged, influencer.3 AS people_converted, influencer.4 AS redemptions_referred,
                    influencer.5 AS clicks_valid, arrayMap((m, s) -> (m * s + influencer.3) / (s + influencer.2), means, sizes) AS rates,
                    arraySum(arrayMap((w, r) -> w * r, weights, rates)) AS rate,
                    arraySum(arrayMap((w, r, s) -> w * (r * (1 - r) / (s + influencer.2 + 1) + r * r), weights, rates, sizes)) - rate * rate AS variance
                FROM
                (
                    SELECT
                        brand_id, influencers, arrayFilter((v, h) -> h > 0.00001, all_means, heights) AS means, arrayFilter((v, h) -> h > 0.00001, all_sizes, heights) AS sizes,
                        arrayFilter(h -> h > 0.00001, heights) AS likely, arraySum(likely) AS total, arrayMap(h -> h / total, likely) AS weights
                    FROM
                    (
                        SELECT *, arrayMap(f -> exp(f - best), fits) AS heights
                        FROM
                        (
                            SELECT
                                *,
                                arrayMap((m, s) -> arraySum(c -> lgamma(m * s + c.2) + lgamma((1 - m) * s + c.1 - c.2) - lgamma(s + c.1), counts)
                                    + k * (lgamma(s) - lgamma(m * s) - lgamma((1 - m) * s)) + log(m * (1 - m)) - log(s) / 2, all_means, all_sizes) AS fits, arrayMax(fits) AS best
                            FROM
                            (
                                SELECT
                                    brand_id, groupArray((influencer_id, people_engaged, people_converted, redemptions_referred, clicks_valid)) AS influencers,
                                    groupArrayIf((people_engaged, people_converted), people_engaged > 0) AS counts, length(counts) AS k, sum(people_engaged) AS n,
                                    sum(people_converted) AS x, log((x + 0.5) / (n - x + 0.5)) AS centre, 0.3 * sqrt(1 / (x + 0.5) + 1 / greatest(k, 1)) AS step,
                                    arrayMap(g -> 1 / (1 + exp(-(centre + (intDiv(g, 31) - 12) * step))), range(775)) AS all_means,
                                    arrayMap(g -> pow(2, (g % 31) / 2), range(775)) AS all_sizes
                                FROM influencer_conversions
                                GROUP BY brand_id
                            )
                        )
                    )
                )
                ARRAY JOIN influencers AS influencer
            )
        )
    )
)
COMMENT 'People engaged and converted, by influencer, and the rate that is to be expected (internal)';

-- Whole life of an influencer.
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
    er_reach Nullable(Float64) COMMENT 'Engagements on posts whose reach is known / their reach, of those nobody engaged with, too',
    er_views Nullable(Float64) COMMENT 'Engagements on posts whose views are known / their views, of those nobody engaged with, too',
    advice_rate Nullable(Float64) COMMENT '(Comments that ask or intend + shares, gross) / engagements',
    people_engaged UInt64 COMMENT 'Distinct people with a touch, valid; not the influencer',
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
    cost_per_redemption Nullable(Float64) COMMENT 'cost / redemptions_referred: net of voids and of trials (that of a campaign is over redemptions_net, which an influencer does not have)'
)
AS WITH
    known AS
    (
        SELECT
            brand_id, id AS influencer_id, name, JSONExtractString(body, 'relationship') AS relationship, JSONExtractUInt(body, 'followers') AS followers,
            JSONHas(body, 'followers') AS has_followers, JSONExtractString(body, 'region') AS region
        FROM reference_current
        WHERE kind = 'influencer'
    ),
    acted AS
    (
        SELECT
            brand_id, influencer_id, sumIf(actions, type = 'click') AS clicks, sumIf(actions, type IN ('like', 'comment', 'share')) AS engagements,
            sumIf(actions, type = 'share' AND share_kind IN ('post', 'review')) AS mentions,
            sumIf(actions, type = 'share' OR (type = 'comment' AND comment_signal IN ('question', 'intent'))) AS advised
        FROM (SELECT brand_id, influencer_id, type, share_kind, comment_signal, sum(sign * count) AS actions FROM events GROUP BY brand_id, influencer_id, type, share_kind, comment_signal)
        WHERE influencer_id != ''
        GROUP BY brand_id, influencer_id
    ),
    on_posts AS -- whom a post reached counts, engaged or not
    (
        SELECT brand_id, answered.influencer_id AS influencer_id, sumIf(n, reach > 0) / nullIf(sum(reach), 0) AS er_reach, sumIf(n, views > 0) / nullIf(sum(views), 0) AS er_views
        FROM
        (
            SELECT brand_id, influencer_id, post_id, sum(actions) AS n
            FROM
            (
                SELECT brand_id, influencer_id, post_id, sum(count) AS actions
                FROM events_current
                WHERE type IN ('like', 'comment', 'share') AND post_id != '' AND (brand_id, post_id) IN (SELECT brand_id, post_id FROM posts_current WHERE reach > 0 OR views > 0)
                GROUP BY brand_id, influencer_id, post_id
                UNION ALL
                SELECT brand_id, influencer_id, post_id, 0 AS actions FROM posts_current WHERE influencer_id != ''
            )
            GROUP BY brand_id, influencer_id, post_id
        ) AS answered
        INNER JOIN posts_current USING (brand_id, post_id)
        WHERE reach > 0 OR views > 0
        GROUP BY brand_id, influencer_id
    ),
    owned AS (SELECT brand_id, owner_id AS influencer_id, count() AS n FROM redemption_sales WHERE status != 'voided' AND is_valid AND owner_id != '' GROUP BY brand_id, influencer_id),
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
    )
SELECT
    brand_id, influencer_id, if(known.name = '', influencer_id, known.name) AS name, known.relationship AS relationship,
    multiIf(NOT known.has_followers, '', known.followers < 10000, 'nano', known.followers < 100000, 'micro', known.followers < 1000000, 'macro', 'mega') AS tier,
    known.region AS region, known.followers AS followers, acted.clicks AS clicks, pooled.clicks_valid AS clicks_valid, 1 - clicks_valid / nullIf(clicks, 0) AS invalid_rate,
    acted.engagements AS engagements, acted.mentions AS mentions, engagements / nullIf(followers, 0) AS er_followers, on_posts.er_reach AS er_reach, on_posts.er_views AS er_views,
    acted.advised / nullIf(engagements, 0) AS advice_rate, pooled.people_engaged AS people_engaged, pooled.people_converted AS people_converted,
    people_converted / nullIf(people_engaged, 0) AS conversion, if(people_engaged = 0, NULL, pooled.rate) AS conversion_pooled,
    if(people_engaged = 0, NULL, pooled.low) AS conversion_low, if(people_engaged = 0, NULL, pooled.high) AS conversion_high, pooled.redemptions_referred AS redemptions_referred,
    toFloat64(redemptions_referred) / nullIf(people_engaged, 0) AS influence_yield, owned.n AS codes_redeemed,
    arrayJoin(if(empty(arrayConcat(mapKeys(amounts.by_currency), mapKeys(costs.by_currency))), [''], arrayDistinct(arrayConcat(mapKeys(amounts.by_currency), mapKeys(costs.by_currency))))) AS currency,
    toDecimal64(amounts.by_currency[currency], 4) AS attributed_amount,
    if(mapContains(costs.by_currency, currency), toNullable(toDecimal64(costs.by_currency[currency], 4)), NULL) AS cost,
    toFloat64(cost) / nullIf(toFloat64(redemptions_referred), 0) AS cost_per_redemption
FROM acted
FULL JOIN known USING (brand_id, influencer_id)
FULL JOIN owned USING (brand_id, influencer_id)
LEFT JOIN on_posts USING (brand_id, influencer_id)
LEFT JOIN pooled_conversions AS pooled USING (brand_id, influencer_id)
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
