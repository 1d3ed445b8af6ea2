/** What a campaign's shops and products and an influencer's posts add up to where something is taken back, unknown, or told twice. */
import { expect, it } from 'vitest';
import { ann, as, campaign_id, event, record, sold, tellStories } from '../support/small-stories.ts';

const liked = (platform: string, name: string, rest: object) =>
  event('like', 2, { post_id: 'p1', platform, identifiers: as(name), ...rest });

const { answer } = tellStories({
  moved: [
    record('influencer', 'ann', { name: 'Ann' }),
    record('influencer', 'zoe', { name: 'Zoe' }),
    record('link', 'l-1', { influencer_id: 'ann', campaign_id }),
    ...[400, 900].map((reach, n) =>
      record('post_snapshot', `s${n}`, { post_id: 'p1', at: `2026-10-0${n + 5}T10:00:00Z`, reach }),
    ),
    liked('instagram', 'fan', ann),
    liked('youtube', 'one', { link_code: 'l-1' }),
    record('link', 'l-1', { influencer_id: 'zoe', campaign_id }),
  ],
  shops: [
    record('store', 's1', { retailer_id: 'r1', name: 'Corner', region: 'CA', lat: 37.5, lon: -122.5 }),
    record('product', 'oats', { name: 'Oats' }),
    record('coupon', 'k1', { code: 'ANN', ...ann }),
    sold(3, 'ANN', { redemption_id: 'r1', store_id: 's1', product_id: 'oats', identifiers: as('fan') }),
    sold(4, 'ANN', { redemption_id: 'r2', product_id: 'oats', identifiers: as('fan') }),
    sold(5, 'ANN', { redemption_id: 'r3', store_id: 's9', identifiers: as('two') }),
  ],
});

it('a post is on the platform of what stands of it, and its reach stands once', async () => {
  const posts = await answer(
    `SELECT influencer_id, post_id, platform, toInt32(likes) AS likes, toInt32(reach) AS reach FROM post_performance WHERE brand_id = 'moved' ORDER BY ALL`,
  );
  expect(posts).toEqual([
    { influencer_id: 'ann', post_id: 'p1', platform: 'instagram', likes: 1, reach: 900 },
    { influencer_id: 'zoe', post_id: 'p1', platform: 'youtube', likes: 1, reach: 900 },
  ]);
});

it('what was sold in no known shop, and of no known product, is told as that', async () => {
  const columns =
    'toInt32(redemptions_net) AS n, toInt32(redeemers) AS people, toFloat64(sales_net) AS sales, currency';
  const where = "WHERE brand_id = 'shops' ORDER BY ALL";
  expect(await answer(`SELECT store_id, name, region, lat, ${columns} FROM campaign_stores ${where}`)).toEqual([
    { store_id: '', name: '', region: '', lat: null, n: 1, people: 1, sales: 10, currency: 'USD' },
    { store_id: 's1', name: 'Corner', region: 'CA', lat: 37.5, n: 1, people: 1, sales: 10, currency: 'USD' },
    { store_id: 's9', name: 's9', region: '', lat: null, n: 1, people: 1, sales: 10, currency: 'USD' },
  ]);
  expect(await answer(`SELECT product_id, name, ${columns} FROM campaign_products ${where}`)).toEqual([
    { product_id: '', name: '', n: 1, people: 1, sales: 10, currency: 'USD' },
    { product_id: 'oats', name: 'Oats', n: 2, people: 1, sales: 20, currency: 'USD' },
  ]);
});

it('the ledger is merged in small pieces, and its parts stay in one file each up to a hundred megabytes', async () => {
  const [table] = await answer("SELECT engine_full FROM system.tables WHERE name = 'attribution_ledger'");
  expect(table?.engine_full).toContain('min_bytes_for_wide_part = 100000000');
  expect(table?.engine_full).toContain('merge_max_block_size = 1024');
});
