/**
 * Workload W1 through the whole pipeline on the real engine, as a user runs it: every record accounted for, every credit checked by an
 * independent computation, and the same result whatever the order and the batches.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type W1Record, w1Events, w1Reference } from '../../bench/w1.ts';
import { cli, cliJson, rows, scratch } from '../support/cli.ts';

interface Summary {
  received: number;
  stored: number;
  duplicate: number;
  rejected: number;
  difference: number;
  reference: number;
  by_type: Record<string, number>;
}

const home = scratch();
const at = (name: string) => join(home.path, name);
const write = (name: string, lines: string[]) => {
  writeFileSync(at(name), `${lines.join('\n')}\n`);
  return at(name);
};
const run = (data: string, ...files: string[]) =>
  cliJson<Summary>(['run', ...files, '--reference', at('reference.ndjson'), '--data', at(data)]);
const credits = async (data: string) =>
  (await cli(['query', 'SELECT * FROM attribution_credits ORDER BY ALL', '--data', at(data)])).stdout;

const sent: W1Record[] = [...w1Events(12_000, 7)];
const lines = sent.map((record) => record.line);
const count = (kind: W1Record['kind']) => sent.filter((record) => record.kind === kind).length;
let first: Summary;

beforeAll(async () => {
  write(
    'reference.ndjson',
    [...w1Reference(7)].map((record) => JSON.stringify(record)),
  );
  first = await run('straight', write('events.ndjson', lines));
}, 120_000);
afterAll(() => home.remove());

describe('workload W1', () => {
  it('is accounted for to the last record', () => {
    expect(first).toMatchObject({
      received: 12_000,
      stored: count('valid'),
      duplicate: count('copy'),
      rejected: count('broken'),
      difference: 0,
      reference: 18_560,
    });
    const byType: Record<string, number> = {};
    for (const { kind, type } of sent) if (kind === 'valid') byType[type] = (byType[type] ?? 0) + 1;
    expect(first.by_type).toEqual(byType);
  });

  it('gets the credits that an independent SQL computation gives, within 1 ppm', async () => {
    const sql = readFileSync(new URL('independent-credits.sql', import.meta.url), 'utf8');
    expect(await rows(at('straight'), sql)).toEqual([]);
    const [found] = await rows<{ n: number }>(
      at('straight'),
      "SELECT toInt32(count()) AS n FROM attribution_credits WHERE touch_event_id != ''",
    );
    expect(found!.n).toBeGreaterThan(500);
  });

  it('has credits that sum to exactly one redemption and exactly its net sale, per model', async () => {
    const wrong = await rows(
      at('straight'),
      `SELECT redemption_id, model, sum(credit) AS credit, sum(attributed_amount) AS amount, any(r.amount) AS sale
       FROM redemptions_current AS r LEFT JOIN attribution_credits AS c USING (brand_id, redemption_id)
       GROUP BY brand_id, redemption_id, model HAVING credit != 1 OR amount != ifNull(sale, 0)`,
    );
    expect(wrong).toEqual([]);
  });

  it('has aggregates that equal the detail, read from the projections', async () => {
    const [sums] = await rows<Record<string, unknown>>(
      at('straight'),
      `SELECT
         (SELECT (sum(clicks), sum(engagements), sum(redemptions_gross)) FROM product_daily)
           = (SELECT (toInt64(countIf(type = 'click')), toInt64(countIf(type IN ('like', 'comment', 'share'))), toInt64(countIf(type = 'coupon_redemption'))) FROM events_current) AS actions,
         (SELECT (sum(redemptions_net), sum(sales_net)) FROM campaign_daily) = (SELECT (toInt64(count()), sum(amount)) FROM redemptions_current) AS sales,
         (SELECT groupArray((model, r, a)) FROM (SELECT model, sum(attributed_redemptions) AS r, sum(attributed_amount) AS a FROM model_comparison GROUP BY model ORDER BY model))
           = (SELECT groupArray((model, r, a)) FROM (SELECT model, toDecimal64(sum(credit), 6) AS r, toDecimal64(sum(attributed_amount), 4) AS a FROM attribution_credits GROUP BY model ORDER BY model)) AS models`,
    );
    expect(sums).toEqual({ actions: 1, sales: 1, models: 1 });
    for (const view of ['campaign_daily', 'model_comparison', 'influencer_attribution']) {
      const done = await cli([
        'query',
        `SELECT count() FROM ${view} SETTINGS force_optimize_projection = 1`,
        '--data',
        at('straight'),
      ]);
      expect(done.stderr).toBe('');
    }
    for (const view of ['campaign_performance', 'influencer_performance']) {
      const plan = await rows<{ explain: string }>(at('straight'), `EXPLAIN SELECT advice_rate FROM ${view}`);
      expect(plan.map(({ explain }) => explain).join('\n'), view).toContain('(by_signal)');
    }
    const raw = await cli([
      'query',
      'SELECT url, count() FROM events GROUP BY url SETTINGS force_optimize_projection = 1',
      '--data',
      at('straight'),
    ]);
    expect(raw.stderr, 'the setting does refuse what no projection serves').toMatch(/projection/i);
  });

  it('has one outcome for every source position', async () => {
    const [done] = await rows<Record<string, number>>(
      at('straight'),
      'SELECT toInt32(sum(seen)) AS seen, toInt32(sum(missing)) AS missing, toInt32(sum(repeated)) AS repeated FROM pipeline_completeness',
    );
    expect(done).toEqual({ seen: 12_000 + 18_560, missing: 0, repeated: 0 });
  });

  it('ends in byte-identical credits when the file comes shuffled, and when it comes in ten pieces', async () => {
    const expected = await credits('straight');
    const shuffled = lines
      .map((line, i) => ({ line, place: Math.imul(i + 1, 2_654_435_761) >>> 0 }))
      .sort((a, b) => a.place - b.place)
      .map(({ line }) => line);
    await run('shuffled', write('shuffled.ndjson', shuffled));
    expect(await credits('shuffled')).toBe(expected);
    for (let i = 0; i < 10; i++) {
      const piece = write(`piece-${i}.ndjson`, lines.slice(i * 1_200, (i + 1) * 1_200));
      expect(await run('pieces', piece)).toMatchObject({ difference: 0 });
    }
    expect(await credits('pieces')).toBe(expected);
  }, 240_000);

  it('ends in byte-identical credits when everything the brand knows comes after the events', async () => {
    await cliJson(['run', at('events.ndjson'), '--data', at('late')]);
    const before = await credits('late');
    await cliJson(['run', at('reference.ndjson'), '--data', at('late')]);
    expect(before).not.toBe(await credits('straight'));
    expect(await credits('late')).toBe(await credits('straight'));
    const [signed] = await rows<Record<string, number>>(
      at('late'),
      'SELECT toInt32(sum(sign)) AS standing, toInt32(countIf(sign < 0)) AS revised FROM events',
    );
    expect(signed!.standing).toBe(count('valid'));
    expect(signed!.revised).toBeGreaterThan(1_000);
  }, 120_000);

  it('stores nothing when the same file comes again', async () => {
    const again = await run('straight', at('events.ndjson'));
    expect(again).toMatchObject({
      received: 12_000,
      stored: 0,
      duplicate: count('valid') + count('copy'),
      rejected: count('broken'),
      difference: 0,
    });
  });
});
