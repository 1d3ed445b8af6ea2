import { expect, test } from 'vitest';
import type { Batch } from '../platform/run-service.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { hasBlock, insertBlock } from './exact-insert.ts';

/** Keeps tokens as the tables do: an INSERT under a known one is dropped. */
function memory() {
  const tokens = new Set<string>();
  const rows: string[] = [];
  const warehouse = {
    insert: async (insert: { token: string; rows: string }) => {
      if (insert.rows === '' || tokens.has(insert.token)) return;
      tokens.add(insert.token);
      rows.push(...insert.rows.split('\n'));
    },
    query: async () => [{ n: rows.filter((row) => row.includes('marker')).length }],
  } as unknown as Warehouse;
  return { warehouse, tokens, rows };
}
const batch = (replayed: boolean): Batch => ({ name: 'b', replayed, fence: () => undefined }) as unknown as Batch;
const block = (rows: unknown[][]) => ({ table: 'attribution_ledger', columns: ['x'], rows, marker: `kind = 'marker'` });

test('a block of a stale attempt that arrives while the next attempt decides stands whole, and nothing is added to it', async () => {
  const { warehouse, rows } = memory();
  expect(await hasBlock(warehouse, batch(true), 'attribution_ledger', `kind = 'marker'`)).toBe(false);
  await insertBlock(warehouse, batch(false), block([['friend 1'], ['marker']])); // the stale attempt, late
  await insertBlock(warehouse, batch(true), block([['friend ½'], ['blogger ½'], ['marker']]));
  expect(rows).toEqual(['["friend 1"]', '["marker"]']);
});

test('a token that was recorded without its rows does not keep the block out', async () => {
  const { warehouse, tokens, rows } = memory();
  tokens.add('b/attribution_ledger');
  await insertBlock(warehouse, batch(true), block([['friend 1'], ['marker']]));
  expect(rows).toEqual(['["friend 1"]', '["marker"]']);
});
