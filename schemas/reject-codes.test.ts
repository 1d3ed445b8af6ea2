import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { reject_codes } from './reject-codes.ts';

it('the table of services/ingest/README.md is the register: its codes in its order, their meanings and remedies', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../services/ingest/README.md'), 'utf8');
  const section = text.split('## Reject codes')[1] ?? '';
  const rows = [...section.matchAll(/^\| `(.+?)` +\| (.+?) +\| (.+?) +\|$/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual(Object.entries(reject_codes).map(([code, { meaning, remedy }]) => [code, meaning, remedy]));
});

it('every code says what it means and what to do, as half a sentence', () => {
  for (const [code, { meaning, remedy }] of Object.entries(reject_codes)) {
    expect(code).toMatch(/^[a-z][a-z0-9_]+$/);
    for (const words of [meaning, remedy]) expect(words, code).toMatch(/^[a-z][^|]{5,}[^.\s]$/);
  }
});
