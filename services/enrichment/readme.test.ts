/** The README is true: its steps are the pipeline's, its flags those of the register, and the register those the steps set. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { flags } from './flags.ts';
import { enrichment } from './pipeline.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
const readme = read('README.md');

it('lists the steps in their order', () =>
  expect([...readme.matchAll(/^\d+\. `(\w+)`/gm)].map((row) => row[1])).toEqual(enrichment.steps));

it('has every flag of the register with its meaning, and nothing else', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map((row) => [row[1], row[2]]);
  expect(Object.fromEntries(rows)).toEqual(flags);
});

it('every flag that a step sets is in the register, and every one there is set', () => {
  const sources = readdirSync(join(import.meta.dirname, 'steps')).filter((file) => !file.endsWith('.test.ts'));
  const set = sources.flatMap((file) => [...read(`steps/${file}`).matchAll(/\bflagged\(\s*\w+,\s*'(\w+)'/g)]);
  expect([...new Set(set.map((hit) => hit[1]))].sort()).toEqual(Object.keys(flags).sort());
});
