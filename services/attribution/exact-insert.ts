/**
 * INSERT under the batch's token, and on a replay read back what is there by its batch: what is missing is inserted under
 * token + `/2` (a kill -9 can record a token and lose its data). More rows than expected is a fault we stop at.
 */
import type { Batch } from '../platform/run-service.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';

export interface Rows {
  table: string;
  columns: readonly string[];
  /** Values in the order of `columns`. */
  rows: unknown[][];
  /** Columns that tell the rows of one batch apart. */
  identity: readonly string[];
}

const tokenOf = (batch: Batch, table: string): string => `${batch.name}/${table}`;
const secondOf = (batch: Batch, table: string): string => `${batch.name}/${table}/2`;

export interface Block {
  table: string;
  columns: readonly string[];
  /** Values in the order of `columns`, a marker row among them. */
  rows: unknown[][];
  /** What tells the marker row, such as `kind = 'marker'`. */
  marker: string;
}

const text = (rows: unknown[][]): string => rows.map((row) => JSON.stringify(row)).join('\n');

export async function insertExactly(
  warehouse: Warehouse,
  batch: Batch,
  { table, columns, rows, identity }: Rows,
): Promise<void> {
  if (rows.length === 0) return;
  batch.fence();
  await warehouse.insert({ table, columns, token: tokenOf(batch, table), rows: text(rows) });
  if (!batch.replayed) return;
  const missing = await missingRows(warehouse, batch, { table, columns, rows, identity });
  batch.fence();
  await warehouse.insert({ table, columns, token: secondOf(batch, table), rows: text(missing) });
}

/**
 * One block that is whole or absent, for what depends on a state that moves between attempts: whichever attempt's block is there stands, also
 * one that arrived while this attempt was read and decided. It saw all that its requests were asked for: later changes ask again.
 */
export async function insertBlock(
  warehouse: Warehouse,
  batch: Batch,
  { table, columns, rows, marker }: Block,
): Promise<void> {
  batch.fence();
  await warehouse.insert({ table, columns, token: tokenOf(batch, table), rows: text(rows) });
  if (!batch.replayed || (await hasBlock(warehouse, batch, table, marker))) return;
  batch.fence();
  await warehouse.insert({ table, columns, token: secondOf(batch, table), rows: text(rows) });
}

/** Whether an attempt's block is there. */
export async function hasBlock(warehouse: Warehouse, batch: Batch, table: string, marker: string): Promise<boolean> {
  const [stored] = await warehouse.query<{ n: number }>(
    `SELECT count() AS n FROM ${table} WHERE ${marker} AND batch = {batch:String}`,
    { batch: batch.name },
  );
  return stored !== undefined && stored.n > 0;
}

async function missingRows(
  warehouse: Warehouse,
  batch: Batch,
  { table, columns, rows, identity }: Rows,
): Promise<unknown[][]> {
  const stored = await warehouse.query<Record<string, string | number>>(
    `SELECT ${identity.map((name) => `toString(${name}) AS k_${name}`).join(', ')} FROM ${table} WHERE batch = {batch:String}`,
    { batch: batch.name },
  );
  const left = new Map<string, number>();
  for (const row of stored) {
    const key = identity.map((name) => String(row[`k_${name}`])).join('\u0000');
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  const at = identity.map((name) => columns.indexOf(name));
  const missing: unknown[][] = [];
  for (const row of rows) {
    const key = at.map((index) => String(row[index])).join('\u0000');
    const found = left.get(key) ?? 0;
    if (found > 0) left.set(key, found - 1);
    else missing.push(row);
  }
  const surplus = [...left.values()].reduce((sum, n) => sum + n, 0);
  if (surplus > 0)
    throw new Error(
      `${table} holds ${surplus} rows of batch ${batch.name} that it should not: run \`grapevine verify\``,
    );
  return missing;
}
