/**
 * Rows for `bench:page`, made by the engine itself: what the pipeline would have written for N events of the shape of W1, with N / 10 people
 * over 365 days. Not what the pipeline computes: who earned what is drawn, in the numbers W1 shows. The same N gives the same rows.
 */

const days = 365;
const begins_at = Date.UTC(2025, 10, 1);
export const models = [
  'last_touch',
  'first_touch',
  'linear',
  'time_decay',
  'position_based',
  'coupon_owner',
  'engagement_weighted',
] as const;

/** [0, 1) from the number of the row and a word: every column has draws of its own. */
const draw = (word: string): string => `(cityHash64(n, '${word}') / 18446744073709551616)`;
const below = (word: string, limit: number | string): string => `toUInt32(cityHash64(n, '${word}') % ${limit})`;
const padded = (expression: string, width: number): string => `leftPad(toString(${expression}), ${width}, '0')`;
const pseudonym = (person: string): string => `lower(hex(MD5(toString(${person}))))`;

/** What a row is about: drawn once, used by events and ledger alike. */
const drawn = (events: number): string => {
  const people = Math.max(1_000, Math.floor(events / 10));
  const most = (people + 401) ** 0.2;
  return `
    number AS n, ${draw('type')} AS lot,
    multiIf(lot < 0.6, 'click', lot < 0.84, 'like', lot < 0.92, 'comment', lot < 0.97, 'share', 'coupon_redemption') AS type,
    type = 'coupon_redemption' AS bought,
    toInt64(floor(pow(${401 ** 0.2} + ${draw('person')} * ${most - 401 ** 0.2}, 5) - 401)) AS person,
    if(${draw('home')} < 0.5, toUInt32((person * 7 + 3) % 10), ${below('brand', 10)}) AS brand,
    concat('b', ${padded('brand', 2)}) AS brand_id,
    brand + 10 * ${below('campaign', 5)} AS campaign,
    toUInt32((campaign * 37 + toUInt32(60 * ${draw('place a')} * ${draw('place b')}) * 17) % 1000) AS influencer,
    concat('inf', ${padded('influencer', 4)}) AS influencer_id,
    toUInt32((cityHash64(influencer, 'relationship') % 10)) AS kind,
    concat('prd', ${padded(`brand + 10 * ${below('product', 50)}`, 4)}) AS product_id,
    ${below('store', 300)} AS store,
    fromUnixTimestamp64Milli(toInt64(${begins_at} + intDiv(toInt64(n) * ${days * 86_400_000}, ${events})), 'UTC') AS received_at,
    received_at - toIntervalSecond(if(${draw('late')} < 0.02, ${below('how late', 3 * 86_400)}, 0)) AS occurred_at,
    concat(${padded('hex(n)', 8)}, '-', lower(hex(toUInt32(cityHash64(n))))) AS event_id,
    multiIf(kind < 6, 'friend', kind < 9, 'blogger', 'celebrity') AS relationship,
    multiIf(kind < 6, 'nano', kind < 9, 'macro', 'mega') AS tier,
    concat('CPN', ${padded(`brand + 10 * ${below('code', 500)}`, 5)}) AS coupon_code,
    ['USD', 'EUR', 'GBP'][1 + ${below('currency', 3)}] AS currency,
    1 + ${below('quantity', 4)} AS quantity,
    toInt64(quantity * (50000 + ${below('price', 950_000)})) AS amount_e4`;
};

/** INSERT of the events with numbers from … to. */
export const insertEvents = (events: number, from: number, to: number): string => `
  INSERT INTO events
    (source_topic, source_partition, source_offset, source_at, event_id, type, occurred_at, brand_id, campaign_id, influencer_id, post_id, product_id,
     platform, user_agent, count, coupon_code, redemption_id, status, amount_e4, currency, quantity, retailer_id, store_id, share_kind, content_hash,
     is_valid, relationship, tier, region, campaign_scope, coupon_id, coupon_use, owner_id, click_window_ms, comment_window_ms, share_window_ms,
     like_window_ms, revision, identity_key, identity_kind, identifier_kinds, identifier_platforms, identifier_pseudonyms, comment_signal, sign, batch)
  WITH ${drawn(events)},
    if(bought, '', concat('c', ${padded('campaign', 2)})) AS campaign_id, ${pseudonym('person')} AS who
  SELECT
    'bench.collected', toInt32(n % 12), toInt64(intDiv(n, 12)), received_at, event_id, type, occurred_at, brand_id,
    if(bought, concat('c', ${padded('campaign', 2)}), campaign_id), if(bought, '', influencer_id),
    if(bought, '', concat(influencer_id, '-', toString(${below('post', 20)}))), product_id,
    if(bought, '', ['instagram', 'tiktok', 'youtube'][1 + ${below('platform', 3)}]),
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)', 1, if(bought, coupon_code, ''), if(bought, event_id, ''), if(bought, 'redeemed', ''),
    if(bought, amount_e4, NULL), if(bought, currency, ''), if(bought, quantity, NULL), if(bought, concat('rt', ${padded('store % 20', 2)}), ''),
    if(bought, concat('st', ${padded('store', 3)}), ''), if(type = 'share', ['reshare', 'post', 'story', 'message'][1 + ${below('share', 4)}], ''),
    lower(hex(cityHash64(n, 'content'))), 1, if(bought, '', relationship), if(bought, '', tier), if(bought, concat('region ', toString(store % 8)), 'US'),
    if(bought, 'brand', ''), if(bought, replaceOne(coupon_code, 'CPN', 'k'), ''), if(bought, 'shared', ''), if(bought, influencer_id, ''),
    2592000000, 2592000000, 2592000000, 2592000000, 20000, who, 'consumer_id', ['consumer_id'], [''], [who],
    if(type = 'comment', ['', '', 'question', 'intent', 'praise'][1 + ${below('signal', 5)}], ''), 1, concat('bench ', toString(intDiv(n, 5000)))
  FROM numbers(${from}, ${to - from})`;

/** INSERT of the postings for the redemptions among them: one to four touches, two in three redemptions; nobody in the others. */
export const insertLedger = (events: number, from: number, to: number): string => `
  INSERT INTO attribution_ledger
    (brand_id, redemption_id, model, touch_event_id, touch_type, campaign_id, influencer_id, relationship, tier, post_id, product_id, store_id, retailer_id,
     coupon_code, touched_at, redeemed_at, credit_ppm, amount_e4, currency, matched_by, hops, reason, cause, posted_at, kind, batch)
  WITH
    if(m = 'coupon_owner', 1, if(${draw('anybody')} < 0.36, 0, if(m IN ('last_touch', 'first_touch'), 1, 1 + ${below('touches', 4)}))) AS touches,
    toUInt32((cityHash64(influencer, 'relationship') % 10)) AS who,
    toUInt32((campaign * 37 + toUInt32(60 * (cityHash64(n, i) / 18446744073709551616)) * 17) % 1000) AS earner,
    touches = 0 AS nobody
  SELECT
    brand_id, event_id, m, multiIf(nobody, '', m = 'coupon_owner', event_id, lower(hex(cityHash64(n, i, 'touch')))),
    multiIf(nobody, '', m = 'coupon_owner', 'coupon', ['click', 'like', 'comment', 'share'][1 + cityHash64(n, i, 'type') % 4]), concat('c', ${padded('campaign', 2)}),
    if(nobody, '', concat('inf', ${padded('earner', 4)})), multiIf(nobody, '', cityHash64(earner, 'relationship') % 10 < 6, 'friend', cityHash64(earner, 'relationship') % 10 < 9, 'blogger', 'celebrity'),
    multiIf(nobody, '', cityHash64(earner, 'relationship') % 10 < 6, 'nano', 'macro'), if(nobody OR m = 'coupon_owner', '', concat('inf', ${padded('earner', 4)}, '-', toString(cityHash64(n, i) % 20))),
    product_id, concat('st', ${padded('store', 3)}), concat('rt', ${padded('store % 20', 2)}), coupon_code,
    occurred_at - toIntervalSecond(if(nobody OR m = 'coupon_owner', 0, cityHash64(n, i, 'before') % 2592000)), occurred_at,
    toInt64(intDiv(1000000, greatest(touches, 1))) + if(i = 1, 1000000 % greatest(touches, 1), 0),
    intDiv(amount_e4, greatest(touches, 1)) + if(i = 1, amount_e4 % greatest(touches, 1), 0), currency, if(m = 'coupon_owner', 'coupon_code', 'consumer_id'), 0,
    if(n % 50 = 1, 'late_touch', 'first'), event_id, received_at, 'posting', concat('bench ', toString(intDiv(n, 5000)))
  FROM (SELECT * FROM (SELECT ${drawn(events)} FROM numbers(${from}, ${to - from})) WHERE bought) AS redeemed
  ARRAY JOIN [${models.map((model) => `'${model}'`).join(', ')}] AS m
  ARRAY JOIN range(1, toUInt32(greatest(touches, 1)) + 1) AS i`;

/** INSERT of what the brands say: brands, campaigns, influencers, products, coupons and stores, as the recorder writes them. */
export const insertReference = (): string => `
  INSERT INTO reference_records (source_topic, source_partition, source_offset, source_at, kind, brand_id, id, name, version, body, batch)
  SELECT 'bench.reference', 0, rowNumberInAllBlocks(), now64(3), kind, brand_id, id, name, rowNumberInAllBlocks(), body, 'bench'
  FROM
  (
    SELECT 'brand' AS kind, concat('b0', toString(number)) AS brand_id, brand_id AS id, concat('Brand ', toString(number)) AS name, '{"currency":"USD","time_zone":"America/Los_Angeles"}' AS body FROM numbers(10)
    UNION ALL
    SELECT 'campaign', concat('b0', toString(number % 10)), concat('c', leftPad(toString(number), 2, '0')), concat('Campaign ', toString(number)),
      '{"costs":[{"kind":"fee","amount_e4":50000000,"currency":"USD"}]}' FROM numbers(50)
    UNION ALL
    SELECT 'influencer', concat('b0', toString(intDiv(number, 1000))), concat('inf', leftPad(toString(number % 1000), 4, '0')), '',
      concat('{"relationship":"', multiIf(cityHash64(toUInt32(number % 1000), 'relationship') % 10 < 6, 'friend', cityHash64(toUInt32(number % 1000), 'relationship') % 10 < 9, 'blogger', 'celebrity'), '","followers":', toString(500 + number % 1000 * 700), ',"region":"US"}') FROM numbers(10000)
    UNION ALL
    SELECT 'product', concat('b0', toString(number % 10)), concat('prd', leftPad(toString(number), 4, '0')), concat('Product ', toString(number)), '{"category":"snacks"}' FROM numbers(500)
    UNION ALL
    SELECT 'coupon', concat('b0', toString(number % 10)), concat('k', leftPad(toString(number), 5, '0')), '', concat('{"code":"CPN', leftPad(toString(number), 5, '0'), '","use":"shared"}') FROM numbers(5000)
    UNION ALL
    SELECT 'store', concat('b0', toString(intDiv(number, 300))), concat('st', leftPad(toString(number % 300), 3, '0')), '', concat('{"retailer_id":"rt', leftPad(toString(number % 20), 2, '0'), '","region":"region ', toString(number % 8), '"}') FROM numbers(3000)
  )`;
