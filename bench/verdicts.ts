/**
 * `npm run bench:verdicts -- --seeds N`: how often `trust_verdict` is right. N campaigns of each planted truth (friends, bloggers, none,
 * too little data), each a brand of its own, through the whole pipeline; then one query. The truth of a campaign is what the simulator knows
 * to have moved each buyer, per person who engaged.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simulate } from '../services/simulator/simulate.ts';
import { brand_id, type SimulatorOptions } from '../services/simulator/world.ts';
import { cli } from '../test/support/cli.ts';

/** What is planted, and the verdict that would be right. 24 friends and 16 bloggers; little: 4 and 4. */
const truths = {
  friends: { scenario: 'friends', people: 800, friends: 24, bloggers: 16, right: 'friends' },
  bloggers: { scenario: 'bloggers', people: 800, friends: 24, bloggers: 16, right: 'bloggers' },
  none: { scenario: 'alike', people: 800, friends: 24, bloggers: 16, right: 'no_difference' },
  little: { scenario: 'friends', people: 120, friends: 4, bloggers: 4, right: 'undecided' },
} as const;
const verdicts = ['friends', 'bloggers', 'no_difference', 'undecided'] as const;

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '50' } } });
const seeds = Number(values.seeds);
const home = mkdtempSync(join(tmpdir(), 'grapevine-verdicts-'));
try {
  const file = join(home, 'all.ndjson');
  writeFileSync(file, '');
  let records = 0;
  for (const [truth, { right: _, ...planted }] of Object.entries(truths))
    for (let seed = 1; seed <= seeds; seed++) {
      const options: SimulatorOptions = { ...planted, seed, begins_at: Date.UTC(2026, 8, 1) };
      const { reference, lines } = simulate(options);
      const own = `"brand_id":"${truth}-${seed}"`;
      const texts = [
        ...reference.map((record) => JSON.stringify(record).replace(`"id":"${brand_id}"`, `"id":"${truth}-${seed}"`)),
        ...lines.map((line) => line.text),
      ].map((text) => text.replace(`"brand_id":"${brand_id}"`, own));
      records += texts.length;
      writeFileSync(file, `${texts.join('\n')}\n`, { flag: 'a' });
    }
  const data = join(home, 'data');
  const run = await cli(['run', file, '--data', data, '--json']);
  if (run.code !== 0) throw new Error(run.stderr);
  const sql = `SELECT extract(brand_id, '^[a-z]+') AS truth, verdict, count() AS n, round(median(ratio), 2) AS ratio FROM trust_verdict GROUP BY ALL`;
  const asked = await cli(['query', sql, '--data', data, '--format', 'JSONEachRow']);
  const rows = asked.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { truth: string; verdict: string; n: number });
  console.log(`${records} records, ${seeds} campaigns of each truth`);
  console.log(['planted', ...verdicts, 'right'].map((word) => word.padEnd(14)).join(''));
  for (const [truth, { right }] of Object.entries(truths)) {
    const counts = verdicts.map((verdict) =>
      Number(rows.find((r) => r.truth === truth && r.verdict === verdict)?.n ?? 0),
    );
    console.log([truth, ...counts, right].map((word) => String(word).padEnd(14)).join(''));
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
