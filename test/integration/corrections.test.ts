/** The commands that look into attribution and correct it, as a person uses them: identity, journey, settle, and the views behind them. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, rows, scratch } from '../support/cli.ts';

const home = scratch();
const data = join(home.path, 'data');
const brand_id = 'moonspoon';
const card = { kind: 'loyalty_id', value: 'card-77' };
const mail = { kind: 'email', value: 'mia@example.org' };
const user_agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';
const event = (event_id: string, day: number, rest: object) => ({
  brand_id,
  event_id,
  occurred_at: `2026-10-${String(day).padStart(2, '0')}T10:00:00Z`,
  ...rest,
});
const records = [
  { brand_id, kind: 'influencer', id: 'fay', relationship: 'friend', followers: 300 },
  { brand_id, kind: 'influencer', id: 'bea', relationship: 'blogger', followers: 30_000 },
  { brand_id, kind: 'coupon', id: 'k', code: 'BEA', use: 'shared', influencer_id: 'bea' },
  event('c1', 1, { type: 'click', identifiers: [mail], influencer_id: 'fay', user_agent }),
  event('m1', 2, { type: 'comment', identifiers: [card], influencer_id: 'bea', text: 'where can I buy this?' }),
  event('R', 3, { type: 'coupon_redemption', identifiers: [card], coupon_code: 'BEA', amount: 10, currency: 'USD' }),
];
const link = event('l1', 5, { type: 'like', identifiers: [card, mail], influencer_id: 'bea' });

async function feed(name: string, list: object[]): Promise<void> {
  const file = join(home.path, name);
  writeFileSync(file, list.map((record) => `${JSON.stringify(record)}\n`).join(''));
  expect((await cli(['run', file, '--data', data])).code).toBe(0);
}
const linear = async (): Promise<string[]> =>
  (
    await rows<{ who: string; credit: number }>(
      data,
      "SELECT influencer_id AS who, toFloat64(credit) AS credit FROM attribution_credits WHERE model = 'linear' ORDER BY touched_at",
    )
  ).map(({ who, credit }) => `${who} ${credit}`);
const identity = (...args: string[]) =>
  cli(['identity', 'loyalty_id:card-77', '--brand', brand_id, '--data', data, ...args]);

/** The largest difference between credit by `engagement_sensitivity`, nothing varied, and by the ledger. */
async function sensitivityLessLedger(): Promise<number> {
  const [base] = await rows<{ worst: number }>(
    data,
    `SELECT max(abs(s.attributed_redemptions - c.credit)) AS worst
     FROM (SELECT * FROM engagement_sensitivity WHERE varied = '') AS s
     INNER JOIN (SELECT influencer_id, toFloat64(sum(credit)) AS credit FROM attribution_credits WHERE model = 'engagement_weighted' GROUP BY ALL) AS c
       USING (influencer_id)`,
  );
  return base!.worst;
}

beforeAll(async () => {
  await feed('a.ndjson', records);
}, 60_000);
afterAll(() => home.remove());

describe('two identifiers that turn out to be one person, then two, then one again', () => {
  it('are strangers at first, joined by the event that names both, kept apart and joined again as they are told', async () => {
    expect(await linear()).toEqual(['bea 1']);
    await feed('b.ndjson', [link]);
    expect(await linear()).toEqual(['fay 0.5', 'bea 0.5']);
    expect((await identity()).stdout).toMatch(/loyalty_id–email .* l1 +yes/);

    const before = await rows(data, 'SELECT * FROM attribution_credits ORDER BY ALL');
    const apart = await identity('--unlink', 'email:mia@example.org', '--reason', 'two sisters');
    expect(apart.stdout).toContain('loyalty_id and email are kept apart');
    expect(apart.stdout).not.toContain('mia');
    expect(await linear()).toEqual(['bea 1']);
    expect((await identity()).stdout).toContain('they were said to be two people');

    await identity('--relink', 'email:mia@example.org');
    expect(await rows(data, 'SELECT * FROM attribution_credits ORDER BY ALL')).toEqual(before);
  }, 60_000);

  it('leave a journey that tells every correction and its reason', async () => {
    const { stdout } = await cli(['journey', '--redemption', 'R', '--data', data]);
    expect(stdout).toContain('click on fay (friend), known by email over 1 link');
    expect(stdout).toContain('comment on bea (blogger), known by loyalty_id');
    expect(stdout.match(/it became known who belongs together/g)).toHaveLength(3);
    const [moved] = await rows<{ n: number }>(
      data,
      "SELECT toFloat64(sum(restated_amount)) AS n FROM restatements WHERE model = 'linear' AND reason = 'identity'",
    );
    expect(moved!.n).toBe(15); // 5.00 to fay, back to bea, and to fay again
  }, 60_000);

  it('post nothing more when everything is settled again', async () => {
    const count = "SELECT toInt32(count()) AS n FROM attribution_ledger WHERE kind = 'posting'";
    const before = await rows(data, count);
    expect((await cli(['settle', '--reason', 'model', '--data', data])).stdout).toContain('asked for 1 redemption');
    expect(await rows(data, count)).toEqual(before);
  }, 60_000);
});

describe('the views of corrections', () => {
  it('show the journey in order of time', async () => {
    expect(await rows(data, 'SELECT path, types, matched_by, hops, days FROM journeys')).toEqual([
      { path: ['fay', 'bea'], types: ['click', 'comment'], matched_by: ['email', 'loyalty_id'], hops: [1, 0], days: 2 },
    ]);
  });

  it('say how late events came and how many redemptions are joined to a touch', async () => {
    expect(
      await rows(data, 'SELECT toInt32(events) AS events, late_rate, identity_match_rate FROM data_quality'),
    ).toEqual([{ events: 4, late_rate: 1, identity_match_rate: 1 }]);
  });

  it('agree with the ledger under the weights as they are, and show what each weight moves', async () => {
    expect(await sensitivityLessLedger()).toBeLessThan(2e-6);
    const moved = await rows<{ influencer_id: string; change: number }>(
      data,
      "SELECT influencer_id, change FROM engagement_sensitivity WHERE varied = 'comment' AND factor = 2 ORDER BY influencer_id",
    );
    expect(moved.map(({ influencer_id, change }) => `${influencer_id} ${Math.sign(change)}`)).toEqual([
      'bea 1',
      'fay -1',
    ]);
  });
});

describe('other weights', () => {
  it('are a new version, under which every redemption is settled again', async () => {
    expect((await cli(['weights', '--data', data])).stdout).toMatch(
      /1 \(in force\) .* 1, half after 7 d .* 0\.6, half after 7 d/,
    );
    const said = await cli(['weights', '--set', 'comment=1.2:14', '--data', data]);
    expect(said.stdout).toMatch(/2 \(in force\) .* 0\.8, half after 7 d +1\.2, half after 14 d/);
    expect(said.stdout).toContain('asked for 1 redemption');

    const [fay, bea] = [2 ** (-2 / 7), 1.2 * 2 ** (-1 / 14)];
    const credits = await rows<{ who: string; credit: number }>(
      data,
      "SELECT influencer_id AS who, toFloat64(credit) AS credit FROM attribution_credits WHERE model = 'engagement_weighted' ORDER BY touched_at",
    );
    expect(credits.map(({ who }) => who)).toEqual(['fay', 'bea']);
    expect(credits[0]!.credit).toBeCloseTo(fay / (fay + bea), 5);
    expect(credits[1]!.credit).toBeCloseTo(bea / (fay + bea), 5);
    expect(await sensitivityLessLedger()).toBeLessThan(2e-6);
    const posted =
      "SELECT DISTINCT model FROM attribution_ledger WHERE reason = 'model' AND cause = 'engagement weights 2'";
    expect(await rows(data, posted)).toEqual([{ model: 'engagement_weighted' }]);
    expect((await cli(['verify', '--all', '--data', data])).code).toBe(0);
  }, 60_000);

  it('that are in force already change nothing, and the first ones bring the first credits back', async () => {
    const same = await cli(['weights', '--set', 'comment=1.2', '--data', data]);
    expect(same.stdout).toContain('in force already');
    await cli(['weights', '--set', 'comment=0.6:7', '--data', data]);
    const first = JSON.parse((await cli(['weights', '--json', '--data', data])).stdout) as {
      version: number;
      weights: object;
    }[];
    expect(first.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(first[2]!.weights).toEqual(first[0]!.weights);
    const [share] = await rows<{ fay: number }>(
      data,
      "SELECT toFloat64(credit) AS fay FROM attribution_credits WHERE model = 'engagement_weighted' AND influencer_id = 'fay'",
    );
    const [fay, bea] = [2 ** (-2 / 7), 0.6 * 2 ** (-1 / 7)];
    expect(share!.fay).toBeCloseTo(fay / (fay + bea), 5);
  }, 60_000);
});

describe('wrong questions', () => {
  it.each([
    [['weights', '--set', 'view=1'], 'expected one of click, share, comment, like'],
    [['weights', '--set', 'like=-1'], 'found the weight "-1"'],
    [['weights', '--set', 'like=1:0'], 'found the half-life "0"'],
    [['weights', '--set', 'click=0', '--set', 'share=0', '--set', 'comment=0', '--set', 'like=0'], 'nobody could earn'],
    [['identity', 'email', '--brand', 'b'], 'expected email:VALUE'],
    [['identity', 'handle:mia', '--brand', 'b'], 'expected handle:PLATFORM:VALUE'],
    [['identity', 'name:mia', '--brand', 'b'], 'expected KIND:VALUE'],
    [['journey', '--redemption', 'nothing'], 'no redemption nothing is stored'],
    [['settle', '--reason', 'boredom'], 'expected model or replay'],
    [['settle', '--redemption', 'nothing'], 'no redemption nothing is stored'],
    [['settle', '--brand', 'b', '--redemption', 'nothing'], 'no redemption nothing of brand b is stored'],
    [['settle', '--brand', 'nobody'], 'no redemption of brand nobody is stored'],
    [['identity', 'loyalty_id:nobody', '--brand', brand_id], 'no event of brand'],
  ])('%j get a clear answer and exit code 2', async (args, says) => {
    const done = await cli([...args, '--data', data]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(says);
  });

  it('an identifier is not looked for under a key of its own on somebody else’s warehouse', async () => {
    const env = { CLICKHOUSE_URL: 'http://127.0.0.1:1', GRAPEVINE_PII_KEY: '' };
    const done = await cli(['identity', 'email:mia@example.org', '--brand', brand_id], { env, cwd: home.path });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('GRAPEVINE_PII_KEY: not set');
    expect(existsSync(join(home.path, 'grapevine-data')), 'no key was made').toBe(false);
  });

  it('a separation is not sent where nobody reads it', async () => {
    const env = { GRAPEVINE_SOURCES: '[{"topic":"shop.json","brands":["another"]}]' };
    const args = ['email:mia@example.org', '--brand', brand_id, '--unlink', 'loyalty_id:card-77', '--data', data];
    const done = await cli(['identity', ...args], { env });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('no source in JSON may speak for brand');
  });
});
