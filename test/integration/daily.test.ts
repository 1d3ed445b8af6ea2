/** The daily views: whose day it is, what a void is counted by, and that they say what the whole life says. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { common } from '../golden/stories.ts';
import { cli, scratch } from '../support/cli.ts';

const home = scratch();
const data = join(home.path, 'data');
let warehouse: Warehouse;

/** The friend and the blogger of the stories, and a code of the blogger's that was leaked. */
const known = (time_zone?: string): object[] => [
  { kind: 'brand', id: 'b', ...(time_zone === undefined ? {} : { time_zone }) },
  ...common,
  {
    kind: 'coupon',
    id: 'k-leak',
    code: 'LEAK',
    use: 'shared',
    influencer_id: 'bea',
    campaign_id: 'launch',
    leaked_at: '2026-10-05T00:00:00Z',
    leak_policy: 'halve',
  },
];
const like = (event_id: string, occurred_at: string) => ({
  event_id,
  type: 'like',
  occurred_at,
  consumer_id: 'mia',
  influencer_id: 'fay',
  campaign_id: 'launch',
  product_id: 'pudding',
});
const redeemed = (event_id: string, occurred_at: string, rest: object = {}) => ({
  event_id,
  type: 'coupon_redemption',
  occurred_at,
  consumer_id: 'mia',
  coupon_code: 'FAY',
  product_id: 'pudding',
  store_id: 'corner',
  amount: 10,
  currency: 'USD',
  ...rest,
});
const voided = (event_id: string, occurred_at: string, redemption_id: string) => ({
  event_id,
  type: 'coupon_redemption',
  occurred_at,
  redemption_id,
  status: 'voided',
});

/** The last moments of a day and the first of the next in Los Angeles: the first of November has 25 hours there. */
const moments = ['2026-11-01T06:59:59Z', '2026-11-01T07:00:00Z', '2026-11-02T07:59:59Z', '2026-11-02T08:00:00Z'];
const records: Record<string, object[]> = {
  west: [
    ...known('America/Los_Angeles'),
    ...moments.flatMap((at, i) => [like(`like-${i}`, at), redeemed(`R${i}`, at)]),
  ],
  nowhere: [...known(), like('like', moments[0]!), redeemed('R', moments[0]!)],
  tills: [
    ...known('America/Los_Angeles'),
    redeemed('stands', '2026-11-01T12:00:00Z'),
    redeemed('taken-back', '2026-11-01T12:00:00Z'),
    voided('V', '2026-11-04T07:30:00Z', 'taken-back'), // half past eleven in the evening of the third
    voided('V-again', '2026-11-06T12:00:00Z', 'taken-back'),
    voided('V-of-nothing', '2026-11-04T07:30:00Z', 'never-sold'),
    redeemed('stands-again', '2026-11-05T12:00:00Z', { redemption_id: 'stands', amount: 99 }),
    redeemed('free', '2026-11-05T12:00:00Z', { amount: undefined, currency: undefined }),
    redeemed('half-back', '2026-11-05T12:00:00Z'),
    {
      ...redeemed('half-back-return', '2026-11-07T12:00:00Z'),
      redemption_id: 'half-back',
      status: 'returned',
      amount: 5,
    },
    redeemed('euro', '2026-11-05T12:00:00Z', { currency: 'EUR', amount: '3.3333' }),
  ],
  leak: [
    ...known('UTC'),
    redeemed('L1', '2026-11-01T10:00:00Z', { coupon_code: 'LEAK', amount: '10.0001' }),
    redeemed('L2', '2026-11-01T11:00:00Z', { coupon_code: 'LEAK' }),
    redeemed('L3', '2026-11-01T12:00:00Z', { coupon_code: 'LEAK' }),
    redeemed('own', '2026-11-01T12:00:00Z', { consumer_id: 'fay-herself' }),
  ],
};

const views = [
  ['campaign', 'campaign_id', 'launch'],
  ['influencer', 'influencer_id', 'fay'],
  ['product', 'product_id', 'pudding'],
  ['store', 'store_id', 'corner'],
  ['coupon', 'coupon_code', 'FAY'],
] as const;

beforeAll(async () => {
  const file = join(home.path, 'all.ndjson');
  const lines = Object.entries(records).flatMap(([brand_id, list]) =>
    list.map((record) =>
      JSON.stringify(
        'kind' in record && record.kind === 'brand' ? { ...record, brand_id, id: brand_id } : { brand_id, ...record },
      ),
    ),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const done = await cli(['run', file, '--data', data]);
  expect(done.code, done.stderr + done.stdout).toBe(0);
  warehouse = await openWarehouse({ directory: join(data, 'warehouse'), database: 'grapevine' });
}, 120_000);
afterAll(async () => {
  await warehouse?.close();
  home.remove();
});

const days = async (view: string, brand: string, what: string, where = 'true'): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await warehouse.query<{ on: string; n: number }>(
        `SELECT toString(day) AS on, toInt32(sum(${what})) AS n FROM ${view} WHERE brand_id = '${brand}' AND ${where} GROUP BY day HAVING n != 0 ORDER BY day`,
      )
    ).map(({ on, n }) => [on, n]),
  );

describe('a day is the day of the brand', () => {
  const expected = { '2026-10-31': 1, '2026-11-01': 2, '2026-11-02': 1 };

  it.each(views)('in %s_daily, also when the clocks go back', async (name, key, id) => {
    const where = `${key} = '${id}'`;
    for (const what of ['redemptions_gross', 'redemptions_net', 'redemptions_priced', 'sales_net / 10'])
      expect(await days(`${name}_daily`, 'west', what, where), what).toEqual(expected);
    if (name !== 'store' && name !== 'coupon')
      expect(await days(`${name}_daily`, 'west', 'likes', where)).toEqual(expected);
  });

  it('in the sums the views are made of', async () => {
    expect(await days('event_quarters', 'west', 'events', "type = 'like'")).toEqual(expected);
    expect(await days('campaign_quarters', 'west', 'events', "type = 'like'")).toEqual(expected);
    expect(await days('credit_quarters', 'west', 'credit', "model = 'linear'")).toEqual(expected);
  });

  it('and that of UTC for a brand that names no zone', async () => {
    expect(await days('campaign_daily', 'nowhere', 'likes')).toEqual({ '2026-11-01': 1 });
    expect(await days('campaign_daily', 'nowhere', 'redemptions_net')).toEqual({ '2026-11-01': 1 });
  });
});

describe('a void', () => {
  it.each(views)('is counted once in %s_daily, on its own day, where its redemption was', async (name, key, id) => {
    const of = (what: string) => days(`${name}_daily`, 'tills', what, `${key} = '${id}'`);
    expect(await of('redemptions_void')).toEqual({ '2026-11-03': 1 });
    expect(await of('redemptions_gross')).toEqual({ '2026-11-01': 2, '2026-11-05': 3 });
    expect(await of('redemptions_net')).toEqual({ '2026-11-01': 1, '2026-11-05': 3 });
    expect(await of('redemptions_priced')).toEqual({ '2026-11-01': 1, '2026-11-05': 2 });
    expect(await of("if(currency = 'USD', sales_net, 0)")).toEqual({ '2026-11-01': 10, '2026-11-05': 5 });
  });
});

describe('redemptions of an influencer are those of the code', () => {
  const of = async (id: string) =>
    await warehouse.query(
      `SELECT toInt32(redemptions_gross) AS gross, toInt32(redemptions_net) AS net, toInt32(redemptions_priced) AS priced, toString(sales_net) AS sales
       FROM influencer_daily WHERE brand_id = 'leak' AND influencer_id = '${id}' AND redemptions_gross > 0`,
    );

  it('also of a leaked code that earns but half the credit', async () => {
    expect(await of('bea')).toEqual([{ gross: 3, net: 3, priced: 3, sales: '30.0001' }]);
  });

  it('also when the owner redeems it, who earns nothing', async () => {
    expect(await of('fay')).toEqual([{ gross: 1, net: 1, priced: 1, sales: '10' }]);
  });
});

describe('days add up to the whole life', () => {
  it.each(views)('%s: never more net than gross', async (name) => {
    expect(
      await warehouse.query(
        `SELECT * FROM ${name}_daily WHERE redemptions_net > redemptions_gross OR redemptions_priced > redemptions_net`,
      ),
    ).toEqual([]);
  });

  it.each(['product', 'store', 'coupon'])('of a %s, in each currency', async (name) => {
    const key = views.find((view) => view[0] === name)![1];
    const sums = (view: string) =>
      warehouse.query<Record<string, unknown>>(
        `SELECT brand_id, ${key}, currency, toInt32(sum(redemptions_gross)) AS gross, toInt32(sum(redemptions_void)) AS void, toInt32(sum(redemptions_net)) AS net, toString(sum(sales_net)) AS sales
         FROM ${view} GROUP BY ALL HAVING gross > 0 ORDER BY ALL`,
      );
    const daily = await sums(`${name}_daily`);
    expect(daily.length).toBeGreaterThanOrEqual(4);
    expect(daily).toEqual(await sums(`${name}_performance`));
  });

  it('of a campaign', async () => {
    const counts = [
      'clicks',
      'engagements',
      'mentions',
      'redemptions_gross',
      'redemptions_void',
      'redemptions_net',
      'redemptions_priced',
    ];
    const daily = await warehouse.query(
      `SELECT brand_id, ${counts.map((name) => `toInt32(sum(${name})) AS ${name}_n`).join(', ')} FROM campaign_daily WHERE campaign_id = 'launch' GROUP BY brand_id ORDER BY brand_id`,
    );
    expect(daily).toHaveLength(4);
    expect(daily).toEqual(
      await warehouse.query(
        `SELECT brand_id, ${counts.map((name) => `toInt32(any(${name})) AS ${name}_n`).join(', ')} FROM campaign_performance WHERE campaign_id = 'launch' GROUP BY brand_id ORDER BY brand_id`,
      ),
    );
    const sales = (view: string) =>
      warehouse.query(
        `SELECT brand_id, currency, toString(sum(sales_net)) AS sales FROM ${view} WHERE campaign_id = 'launch' AND currency != '' GROUP BY ALL ORDER BY ALL`,
      );
    expect(await sales('campaign_daily')).toEqual(await sales('campaign_performance'));
  });

  it('of an influencer, whose codes were redeemed', async () => {
    expect(
      await warehouse.query(
        'SELECT brand_id, influencer_id, toInt32(sum(redemptions_net)) AS n FROM influencer_daily GROUP BY ALL HAVING n > 0 ORDER BY ALL',
      ),
    ).toEqual(
      await warehouse.query(
        'SELECT DISTINCT brand_id, influencer_id, toInt32(codes_redeemed) AS n FROM influencer_performance WHERE n > 0 ORDER BY ALL',
      ),
    );
  });
});

it('a zone whose name the engine does not know means UTC, and keeps nobody from reading', async () => {
  for (const [brand, zone] of [
    ['west', 'america/los_angeles'],
    ['nowhere', 'Mars/Olympus_Mons'],
  ])
    await warehouse.command(
      `INSERT INTO reference_records (kind, brand_id, id, version, body) VALUES ('brand', '${brand}', '${brand}', 1000000, '{"time_zone":"${zone}"}')`,
    );
  for (const [name] of views)
    expect(await days(`${name}_daily`, 'west', 'redemptions_net')).toEqual({ '2026-11-01': 2, '2026-11-02': 2 });
  expect(await days('event_quarters', 'west', 'events', "type = 'like'")).toEqual({ '2026-11-01': 2, '2026-11-02': 2 });
  expect(await days('credit_quarters', 'nowhere', 'credit', "model = 'linear'")).toEqual({ '2026-11-01': 1 });
  expect(await days('campaign_daily', 'tills', 'redemptions_void')).toEqual({ '2026-11-03': 1 }); // others keep theirs
});
