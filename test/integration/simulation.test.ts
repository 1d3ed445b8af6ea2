/** Simulated campaigns through the pipeline: what is stored is what the simulator says it sent. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Truth } from '../../services/simulator/simulate.ts';
import { cli, cliJson, rows, scratch } from '../support/cli.ts';

const home = scratch();
afterAll(() => home.remove());

describe.each(Array.from({ length: 20 }, (_, i) => i + 1))('seed %d', (seed) => {
  it('stores every event once, refuses what is broken, sells to the cent what was sold, and knows who is a friend', async () => {
    const out = join(home.path, `campaign-${seed}`);
    const data = join(home.path, `data-${seed}`);
    const scenario = ['friends', 'bloggers', 'equal'][seed % 3]!;
    expect(
      (await cli(['simulate', '--out', out, '--people', '250', '--seed', String(seed), '--scenario', scenario])).code,
    ).toBe(0);
    const truth = JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8')) as Truth;
    const summary = await cliJson<Record<string, unknown>>([
      'run',
      join(out, 'events.ndjson'),
      '--reference',
      join(out, 'reference.ndjson'),
      '--data',
      data,
    ]);
    const { stored, duplicate, rejected, reference, by_type } = truth.sent;
    expect(summary).toMatchObject({
      received: stored + duplicate + rejected,
      stored,
      duplicate,
      rejected,
      difference: 0,
      reference,
      by_type,
    });
    const [found] = await rows<Record<string, unknown>>(
      data,
      `SELECT toInt32(countIf(status != 'voided')) AS redemptions, toInt64(sum(amount) * 10000) AS sales_e4,
         (SELECT groupUniqArray(tuple(influencer_id, toString(relationship))) FROM attribution_credits WHERE influencer_id != '') AS who,
         (SELECT toInt32(countIf(credit != 1)) FROM (SELECT sum(credit) AS credit FROM attribution_credits GROUP BY redemption_id, model)) AS unbalanced
       FROM redemptions_current SETTINGS output_format_json_quote_64bit_integers = 0`,
    );
    expect(found).toMatchObject({ redemptions: truth.redemptions_net, sales_e4: truth.sales_e4, unbalanced: 0 });
    for (const [id, relationship] of found!.who as [string, string][])
      expect(relationship, id).toBe(truth.relationship_of[id]);
  });
});
