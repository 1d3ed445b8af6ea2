/** A retailer's real redemption file (the public panel of test/fixtures/retail) against the truth beside it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli, cliJson, rows, scratch } from '../support/cli.ts';

const fixture = resolve(import.meta.dirname, '../fixtures/retail');
const home = scratch();
const data = join(home.path, 'data');
let summary: Record<string, unknown>;

beforeAll(async () => {
  summary = await cliJson<Record<string, unknown>>([
    'run',
    fixture,
    '--preset',
    'retail',
    '--brand',
    'grocer',
    '--data',
    data,
  ]);
});
afterAll(() => home.remove());

it('stores all 734 redemptions', () => expect(summary).toMatchObject({ received: 734, stored: 734, difference: 0 }));

it('gives each campaign its redemptions, priced redemptions, sales, households, distribution and redemption rate, to the cent', async () => {
  const [head, ...lines] = readFileSync(join(fixture, 'expected.csv'), 'utf8').trim().split('\n');
  expect(head).toBe('campaign_id,redemptions,priced,sales,households,distributed,redemption_rate');
  const expected = lines.map((line) => line.split(',')).map(([id, ...numbers]) => [id, ...numbers.map(Number)]);
  const found = await rows<unknown[]>(
    data,
    `SELECT tuple(campaign_id, toInt32(redemptions_net), toInt32(redemptions_priced), toFloat64(sales_net), toInt32(redeemers), toInt32(coupons_distributed), redemption_rate) AS row
     FROM campaign_performance WHERE redemptions_gross > 0 ORDER BY campaign_id SETTINGS output_format_json_named_tuples_as_objects = 0`,
  );
  const sorted = expected.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  expect(found.map((row) => (row as unknown as { row: unknown[] }).row)).toEqual(sorted);
});

it('counts redemptions by households that were mailed a coupon as trials', async () => {
  const found = await rows(
    data,
    'SELECT toInt32(countIf(is_trial)) AS trials, toInt32(count()) AS n FROM redemptions_current',
  );
  expect(found).toEqual([{ trials: 734, n: 734 }]);
});

it('leaves the time zone and look-back that the brand has said of itself', async () => {
  const [own, folder] = [join(home.path, 'own'), join(home.path, 'till')];
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'redemptions.csv'),
    'redemption_id,coupon_code,campaign_id,redeemed_at,amount,currency\nR,CODE,c1,2026-06-02T03:00:00Z,5,USD\n',
  );
  const brand = { kind: 'brand', brand_id: 'acme', id: 'acme', currency: 'USD', time_zone: 'America/Los_Angeles' };
  writeFileSync(join(home.path, 'brand.ndjson'), JSON.stringify(brand));
  const args = ['run', folder, '--preset', 'retail', '--brand', 'acme', '--reference', join(home.path, 'brand.ndjson')];
  for (let times = 0; times < 2; times++) {
    await cliJson([...args, '--data', own]);
    expect(await rows(own, 'SELECT toString(day) AS day, toInt32(redemptions_net) AS n FROM campaign_daily')).toEqual([
      { day: '2026-06-01', n: 1 },
    ]);
  }
});

it('leaves the costs that the brand has said of a campaign, and adds the campaigns it has not spoken of', async () => {
  const [own, folder] = [join(home.path, 'costs'), join(home.path, 'mailing')];
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'campaigns.csv'),
    'campaign_id,campaign_type,start_date,end_date\nc1,TypeA,2026-06-01,2026-06-30\nc2,TypeB,2026-07-01,2026-07-31\n',
  );
  writeFileSync(
    join(folder, 'redemptions.csv'),
    'redemption_id,coupon_code,campaign_id,redeemed_at,amount,currency\nR,CODE,c1,2026-06-02T03:00:00Z,5,USD\nS,CODE,c2,2026-07-02T03:00:00Z,5,USD\n',
  );
  const costs = [{ kind: 'fee', amount: '40', currency: 'USD' }];
  writeFileSync(
    join(home.path, 'campaign.ndjson'),
    JSON.stringify({ kind: 'campaign', brand_id: 'acme', id: 'c1', name: 'Summer', costs }),
  );
  const reference = ['--reference', join(home.path, 'campaign.ndjson')];
  await cliJson(['run', folder, '--preset', 'retail', '--brand', 'acme', ...reference, '--data', own]);
  const found = await rows(
    own,
    'SELECT campaign_id, name, toFloat64(cost) AS cost FROM campaign_performance ORDER BY campaign_id',
  );
  expect(found).toEqual([
    { campaign_id: 'c1', name: 'Summer', cost: 40 },
    { campaign_id: 'c2', name: 'c2', cost: null },
  ]);
  const [campaigns] = await rows(own, "SELECT toInt32(count()) AS n FROM reference_current WHERE kind = 'campaign'");
  expect(campaigns).toEqual({ n: 2 });
});

it('takes what a later file of the retailer corrects, not what the brand said itself', async () => {
  const [own, folder] = [join(home.path, 'corrected'), join(home.path, 'correcting')];
  mkdirSync(folder);
  const write = (name: string, ...lines: string[]): void => writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  write(
    'redemptions.csv',
    'redemption_id,coupon_code,campaign_id,redeemed_at,amount,currency,product_id',
    'R,C,c1,2026-10-20T03:00:00Z,5,USD,p1',
  );
  write('products.csv', 'product_id,product_category,product_type', 'p1,FROZEN,DESSERT', 'p2,FROZEN,PEAS');
  write('campaigns.csv', 'campaign_id,start_date,end_date', 'c1,2026-10-01,2026-10-05');
  writeFileSync(
    join(home.path, 'product.ndjson'),
    JSON.stringify({
      kind: 'product',
      brand_id: 'acme',
      id: 'p1',
      name: 'Oat dream',
      unit_cost: 1.2,
      preset: 'none of ours',
    }),
  );
  const args = ['run', folder, '--preset', 'retail', '--brand', 'acme', '--data', own];
  const outside = () =>
    rows(own, "SELECT redemption_id AS id FROM redemptions_current WHERE has(flags, 'outside_campaign')");
  const first = await cli([...args, '--reference', join(home.path, 'product.ndjson'), '--json']);
  expect(first.stderr).toContain('left as the brand itself has said: 1 product');
  expect(await outside()).toEqual([{ id: 'R' }]);
  write('campaigns.csv', 'campaign_id,start_date,end_date', 'c1,2026-10-01,2026-10-31');
  write('redemptions.csv', 'redemption_id,coupon_code,campaign_id,redeemed_at', 'R2,C,c1,2026-10-20T04:00:00Z');
  await cliJson(args);
  expect(await outside()).toEqual([]);
  expect(await rows(own, "SELECT id, name FROM reference_current WHERE kind = 'product' ORDER BY id")).toEqual([
    { id: 'p1', name: 'Oat dream' },
    { id: 'p2', name: 'PEAS' },
  ]);
});
