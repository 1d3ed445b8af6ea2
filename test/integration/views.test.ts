/** The metrics of the analysts' views, each against a second computation written here: from the sent lines, or from the detail. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Truth } from '../../services/simulator/simulate.ts';
import { cli, rows, scratch } from '../support/cli.ts';

interface Line {
  kind?: string;
  event_id: string;
  type: string;
  occurred_at: string;
  campaign_id?: string;
  influencer_id?: string;
  link_code?: string;
  post_id?: string;
  share_kind?: string;
  user_agent?: string;
  consumer_id?: string;
  identifiers?: { kind: string; value: string }[];
  followers?: number;
  costs?: { amount: string }[];
  id: string;
}

const home = scratch();
const data = join(home.path, 'data');
let truth: Truth;
let events: Line[];
let reference: Line[];

beforeAll(async () => {
  const out = join(home.path, 'campaign');
  await cli(['simulate', '--out', out, '--people', '1500', '--seed', '4']);
  const files = ['events.ndjson', 'reference.ndjson'].map((name) => join(out, name));
  expect((await cli(['run', files[0]!, '--reference', files[1]!, '--data', data])).code).toBe(0);
  const read = (file: string): Line[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((text) => {
        try {
          return [JSON.parse(text) as Line];
        } catch {
          return []; // a broken line, on purpose
        }
      });
  truth = JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8')) as Truth;
  reference = read(files[1]!);
  const stored = new Set(
    (await rows<{ event_id: string }>(data, 'SELECT event_id FROM events_current')).map((row) => row.event_id),
  );
  const once = new Map(read(files[0]!).map((line) => [line.event_id, line]));
  events = [...once.values()].filter((line) => stored.has(line.event_id));
}, 120_000);
afterAll(() => home.remove());

const one = async <Row = Record<string, number>>(sql: string): Promise<Row> => (await rows<Row>(data, sql))[0]!;
const numbers = (columns: string[]): string => columns.map((name) => `toFloat64(${name}) AS ${name}`).join(', ');
const who = (line: Line): string => line.consumer_id ?? JSON.stringify(line.identifiers);
const distinct = (list: unknown[]): number => new Set(list).size;

describe('campaign_performance', () => {
  const launched = (line: Line): boolean =>
    line.campaign_id === 'launch' ||
    line.link_code !== undefined ||
    (line.post_id !== undefined && line.type === 'share');
  const isBot = (line: Line): boolean => /bot/.test(line.user_agent ?? '');

  it('counts what was sent, people once, and repeats within the hour once', async () => {
    const columns = ['clicks', 'clicks_valid', 'people_engaged', 'people_clicked', 'engagements', 'mentions'];
    const found = await one(`SELECT ${numbers(columns)} FROM campaign_performance WHERE campaign_id = 'launch'`);
    const touches = events.filter((line) => line.type !== 'coupon_redemption' && launched(line) && !isBot(line));
    const clicks = touches.filter((line) => line.type === 'click');
    const answers = touches.filter((line) => line.type !== 'click');
    const hour = (line: Line): number => Math.floor(Date.parse(line.occurred_at) / 3_600_000);
    expect(found).toEqual({
      clicks: events.filter((line) => line.type === 'click').length,
      clicks_valid: distinct(clicks.map((line) => `${who(line)} ${line.link_code} ${hour(line)}`)),
      people_engaged: distinct(touches.map(who)),
      people_clicked: distinct(clicks.map(who)),
      engagements: answers.length,
      mentions: answers.filter((line) => line.type === 'share' && /post|review/.test(line.share_kind ?? '')).length,
    });
  });

  it('knows what stands, what it cost, and a rate with its Wilson interval', async () => {
    const columns = [
      'redemptions_net',
      'sales_net',
      'cost',
      'redemptions_referred',
      'redemptions_trial',
      'redemptions_gross',
      'redemptions_void',
      'coupons_distributed',
      'people_sampled',
    ];
    const found = await one(`SELECT ${numbers(columns)} FROM campaign_performance WHERE campaign_id = 'launch'`);
    const cost = reference
      .find((line) => line.id === 'launch')!
      .costs!.reduce((sum, line) => sum + Number(line.amount), 0);
    expect(found.redemptions_net).toBe(truth.redemptions_net);
    expect(found.sales_net).toBe(truth.sales_e4 / 10_000);
    expect(found.cost).toBeCloseTo(cost, 6);
    expect(found.redemptions_referred! + found.redemptions_trial!).toBe(found.redemptions_net);
    expect(found.redemptions_gross! - found.redemptions_void!).toBe(found.redemptions_net);
    expect(found.coupons_distributed).toBe(reference.filter((line) => line.kind === 'distribution').length);
    // Wilson, agreed by two tools: 62 of 1000 → (.048664, .078688)
    const z = 1.959963984540054;
    const wilson = (x: number, n: number, sign: number): number =>
      (x / n + z ** 2 / (2 * n) + sign * z * Math.sqrt(((x / n) * (1 - x / n)) / n + z ** 2 / (4 * n * n))) /
      (1 + z ** 2 / n);
    expect(wilson(62, 1000, -1)).toBeCloseTo(0.048664, 6);
    const rated = await rows<Record<string, number | null>>(
      data,
      `SELECT toFloat64(redemptions_net) AS x, toFloat64(coupons_distributed) AS n, redemption_rate_low AS low, redemption_rate_high AS high FROM campaign_performance WHERE campaign_id = 'launch'`,
    );
    for (const { x, n, low, high } of rated)
      if (x! > n!) expect([low, high]).toEqual([null, null]);
      else expect([low, high]).toEqual([wilson(x!, n!, -1), wilson(x!, n!, 1)]);
  });

  it('leaves a rate open whose denominator is 0', async () => {
    const found = await one(
      `SELECT redemption_rate, conditional_conversion, roas FROM campaign_performance LEFT JOIN (SELECT campaign_id, any(roas) AS roas FROM campaign_attribution GROUP BY campaign_id) AS a USING (campaign_id) WHERE campaign_id = 'packaging'`,
    );
    expect(found).toMatchObject({ redemption_rate: null, conditional_conversion: null });
  });
});

describe('parts add up to the whole', () => {
  const total =
    "SELECT toFloat64(count()) AS n, toFloat64(sum(amount)) AS sales FROM redemptions_current WHERE status != 'voided' AND is_valid";
  it.each(['product_performance', 'store_performance', 'coupon_performance', 'campaign_stores', 'campaign_products'])(
    '%s',
    async (view) => {
      expect(
        await one(`SELECT toFloat64(sum(redemptions_net)) AS n, toFloat64(sum(sales_net)) AS sales FROM ${view}`),
      ).toEqual(await one(total));
    },
  );

  it.each(['store', 'product'])('each %s of each campaign is what its redemptions add up to', async (kind) => {
    const by = `campaign_id, ${kind}_id AS id, currency`;
    const parts = await rows<Record<string, string>>(
      data,
      `SELECT ${by}, redemptions_gross, redemptions_void, redemptions_net, redemptions_trial, redemptions_referred, redeemers, toString(sales_net) AS sales FROM campaign_${kind}s ORDER BY ALL`,
    );
    const added = await rows<Record<string, string>>(
      data,
      `SELECT ${by}, count() AS redemptions_gross, countIf(status = 'voided') AS redemptions_void, countIf(status != 'voided' AND is_valid) AS redemptions_net,
         countIf(status != 'voided' AND is_valid AND is_trial) AS redemptions_trial, redemptions_net - redemptions_trial AS redemptions_referred,
         uniqExactIf(person_id, status != 'voided' AND is_valid AND person_id != '') AS redeemers, toString(toDecimal64(sumIf(ifNull(amount, 0), status != 'voided' AND is_valid), 4)) AS sales
       FROM redemptions_current GROUP BY ALL ORDER BY ALL`,
    );
    expect(parts.length).toBeGreaterThan(0);
    expect(parts).toEqual(added);
  });

  it('each post of each influencer is what its events add up to', async () => {
    const columns = { click: 'clicks', like: 'likes', comment: 'comments', share: 'shares' } as const;
    const posts = await rows<Record<string, number>>(
      data,
      `SELECT influencer_id, post_id, toInt32(clicks) AS clicks, toInt32(likes) AS likes, toInt32(comments) AS comments, toInt32(shares) AS shares, toInt32(engagements) AS engagements,
         toInt32(clicks_by_people) AS clicks_by_people FROM post_performance WHERE post_id != '' ORDER BY ALL`,
    );
    const acts = await rows<{ type: keyof typeof columns; post_id: string; influencer_id: string; n: number }>(
      data,
      `SELECT type, post_id, influencer_id, toInt32(count) AS n FROM events_current WHERE post_id != '' AND influencer_id != '' AND type != 'coupon_redemption'`,
    );
    const sums = new Map<string, Record<string, number>>();
    for (const { type, post_id, influencer_id, n } of acts) {
      const of_post = sums.get(`${influencer_id}/${post_id}`) ?? { clicks: 0, likes: 0, comments: 0, shares: 0 };
      of_post[columns[type]]! += n;
      sums.set(`${influencer_id}/${post_id}`, of_post);
    }
    expect(posts.length).toBeGreaterThan(5);
    expect(
      new Map(
        posts.map(({ influencer_id, post_id, clicks, likes, comments, shares }) => [
          `${influencer_id}/${post_id}`,
          { clicks, likes, comments, shares },
        ]),
      ),
    ).toEqual(sums);
    for (const { engagements, likes, comments, shares, clicks_by_people, clicks } of posts) {
      expect(engagements).toBe(likes! + comments! + shares!);
      expect(clicks_by_people).toBeLessThanOrEqual(clicks!);
    }
    expect(posts.some(({ clicks_by_people, clicks }) => clicks_by_people! < clicks!)).toBe(true);
  });

  it('influencers and nobody, under each model', async () => {
    const whole = await one(total);
    const parts = await rows<Record<string, number>>(
      data,
      `SELECT toFloat64(sum(attributed_redemptions + unattributed_redemptions)) AS n, toFloat64(sum(attributed_amount + unattributed_amount)) AS sales FROM campaign_attribution GROUP BY model`,
    );
    expect(parts).toEqual(Array(7).fill(whole));
    const earned = await one(
      `SELECT toFloat64(sum(attributed_redemptions)) AS n FROM influencer_attribution WHERE model = 'linear'`,
    );
    const referred = await one(`SELECT toFloat64(sum(redemptions_referred)) AS n FROM influencer_performance`);
    const trials = await one(
      `SELECT toFloat64(sum(credit)) AS n FROM referred_credits WHERE model = 'linear' AND is_trial AND influencer_id != ''`,
    );
    expect(referred.n! + trials.n!).toBeCloseTo(earned.n!, 6);
  });
});

/** Lanczos approximation, g = 7, n = 9. */
function logGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  const sum = c.slice(1).reduce((acc, value, i) => acc + value / (x + i), c[0]!);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
/**
 * The pooled conversion, computed otherwise: the posterior of mean and size on a finer grid, the rate's density as the sum over that grid, and
 * its quantiles by adding up. Prior size^(-5/2): Gelman et al., Bayesian Data Analysis, 3rd ed., 5.3.
 */
function pooled(
  counts: { n: number; x: number }[],
): (n: number, x: number) => { p: number; low: number; high: number } {
  const grid: { mean: number; size: number; fit: number }[] = [];
  for (let logit = -5; logit < 2; logit += 0.04)
    for (let log_size = 0; log_size < 12; log_size += 0.3) {
      const [mean, size] = [1 / (1 + Math.exp(-logit)), Math.exp(log_size)];
      const fit = counts.reduce(
        (sum, { n, x }) =>
          sum +
          logGamma(mean * size + x) +
          logGamma((1 - mean) * size + n - x) -
          logGamma(size + n) -
          logGamma(mean * size) -
          logGamma((1 - mean) * size) +
          logGamma(size),
        Math.log(mean * (1 - mean)) - log_size / 2,
      );
      grid.push({ mean, size, fit });
    }
  const best = Math.max(...grid.map(({ fit }) => fit));
  const likely = grid.filter(({ fit }) => fit > best - 9).map((g) => ({ ...g, weight: Math.exp(g.fit - best) }));
  const total = likely.reduce((sum, { weight }) => sum + weight, 0);
  return (n, x) => {
    const steps = 2_000;
    const density = new Float64Array(steps);
    let p = 0;
    for (const { mean, size, weight } of likely) {
      const [a, b] = [mean * size + x, (1 - mean) * size + n - x];
      p += (weight / total) * (a / (a + b));
      const scale = logGamma(a + b) - logGamma(a) - logGamma(b);
      for (let i = 0; i < steps; i++) {
        const rate = (i + 0.5) / steps;
        density[i]! += weight * Math.exp(scale + (a - 1) * Math.log(rate) + (b - 1) * Math.log(1 - rate));
      }
    }
    const mass = density.reduce((sum, d) => sum + d, 0);
    const quantile = (at: number): number => {
      let below = 0;
      return (
        density.findIndex((d) => {
          below += d;
          return below >= at * mass;
        }) / steps
      );
    };
    return { p, low: quantile(0.05), high: quantile(0.95) };
  };
}

describe('influencer_performance', () => {
  it("pools conversion over what the brand's influencers convert, and is not surer than the counts allow", async () => {
    const found = await rows<{ n: number; x: number; p: number; low: number; high: number }>(
      data,
      `SELECT toInt32(people_engaged) AS n, toInt32(people_converted) AS x, conversion_pooled AS p, conversion_low AS low, conversion_high AS high FROM influencer_performance WHERE people_engaged > 0 ORDER BY n DESC`,
    );
    expect(found.length).toBeGreaterThan(20);
    const independent = pooled(found);
    for (const { n, x, p, low, high } of [...found.slice(0, 3), ...found.slice(-3)]) {
      const other = independent(n, x);
      expect(Math.abs(p / other.p - 1)).toBeLessThan(0.02);
      expect(Math.abs(low / other.low - 1)).toBeLessThan(0.2);
      expect(Math.abs(high / other.high - 1)).toBeLessThan(0.2);
    }
  });
});

describe('trust_comparison', () => {
  /** Johari et al. 2017: likelihood ratio of a normal mixture, and the radius at which it reaches 1 / α. */
  const likelihood = (theta: number, v: number, tau2: number): number =>
    Math.sqrt(v / (v + tau2)) * Math.exp((theta ** 2 * tau2) / (2 * v * (v + tau2)));
  const radiusOf = (v: number, tau2: number, alpha: number): number =>
    Math.sqrt(((v * (v + tau2)) / tau2) * (2 * Math.log(1 / alpha) + Math.log((v + tau2) / v)));

  it('takes its interval from a mixture sequential test: 62 and 41 of 1000, τ² 1e-4 → L 2.2089', () => {
    const v = (0.062 * 0.938 + 0.041 * 0.959) / 1_000;
    expect(likelihood(0.021, v, 1e-4)).toBeCloseTo(2.2089, 4);
    expect(radiusOf(v, 1e-4, 1 / likelihood(0.021, v, 1e-4))).toBeCloseTo(0.021, 10);
  });

  it('treats each influencer as one draw', async () => {
    type Cluster = { r: string; m: string; x: number; n: number };
    const clusters = await rows<Cluster>(
      data,
      'SELECT relationship AS r, model AS m, referred_per_influencer AS x, toInt32(people_per_influencer) AS n FROM trust_yields ARRAY JOIN referred_per_influencer, people_per_influencer',
    );
    const found = await rows<Record<string, number> & { r: string; m: string }>(
      data,
      'SELECT relationship AS r, model AS m, redemptions_referred AS x, toInt32(people_engaged) AS n, yield_low AS low, yield_high AS high, variance_of_log AS v FROM trust_comparison',
    );
    expect(found).toHaveLength(14);
    for (const { r, m, x, n, low, high, v } of found) {
      const own = clusters.filter((c) => c.r === r && c.m === m);
      const k = own.length;
      const [sum, pairs] = [own.reduce((t, c) => t + c.x, 0), own.reduce((t, c) => t + c.n, 0)];
      expect(x).toBeCloseTo(sum, 9);
      if (k < 4) {
        expect([low, high, v]).toEqual([null, null, null]);
        continue;
      }
      const between =
        ((k / (k - 1)) * own.reduce((t, c) => t + (c.x - (sum / pairs) * c.n) ** 2, 0)) / (sum + 0.5) ** 2;
      const variance = (Math.max(between, 1 / (sum + 0.5)) * (k - 1)) / (k - 3);
      expect(v).toBeCloseTo(variance, 9);
      const middle = (sum + 0.5) / (n! + 1);
      const radius = radiusOf(variance, Math.log(2) ** 2, 0.05);
      expect(low).toBeCloseTo(middle * Math.exp(-radius), 9);
      expect(high).toBeCloseTo(middle * Math.exp(radius), 9);
    }
  });

  it('gives a verdict that says what it rests on and what would be needed to know more', async () => {
    const found = await one<Record<string, unknown>>('SELECT * FROM trust_verdict');
    expect(found).toMatchObject({ rung: 4, margin: 1.25 });
    expect(['friends', 'bloggers', 'no_difference', 'undecided']).toContain(found.verdict);
    expect(found.needed).toMatch(/influencers|redemptions|randomised/);
  });
});

it('the funnel counts people at each stage', async () => {
  const found = await rows<{ stage: string; people: number }>(
    data,
    "SELECT stage, toInt32(people) AS people FROM funnel WHERE campaign_id = 'launch' ORDER BY step",
  );
  const performance = await one(
    `SELECT ${numbers(['people_sampled', 'people_engaged', 'people_clicked', 'redeemers'])} FROM campaign_performance WHERE campaign_id = 'launch'`,
  );
  expect(found.slice(0, 4).map((row) => row.people)).toEqual([
    performance.people_sampled,
    performance.people_engaged,
    performance.people_clicked,
    performance.redeemers,
  ]);
});
