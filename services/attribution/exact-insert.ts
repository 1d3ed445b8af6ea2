/**
 * INSERT under the batch's token. A replay looks first what is there by its batch, because the tables may have forgotten the token, and looks
 * again after each INSERT, because a kill -9 can record a token and lose its rows: what is missing goes in under the next token. Attempts that
 * meet agree: rows of a table partition arrive together, so what one of them misses the other misses, under the same token. More rows than
 * expected is a fault we stop at.
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

/** The first attempt's token, and the next ones. */
const tokenOf = (batch: Batch, table: string, attempt: number): string =>
  `${batch.name}/${table}${attempt === 1 ? '' : `/${attempt}`}`;
/** Each lost its rows to a kill -9: more in a row are no accident. */
const most_tokens = 5;

export interface Block {
  table: string;
  columns: readonly string[];
  /** Values in the order of `columns`, a marker row among them. */
  rows: unknown[][];
  /** What tells the marker row, such as `kind = 'marker'`. */
  marker: string;
}

const text = (rows: unknown[][]): string => rows.map((row) => JSON.stringify(row)).join('\n');

export async function insertExactly(warehouse: Warehouse, batch: Batch, wanted: Rows): Promise<void> {
  const { table, columns, rows } = wanted;
  let missing = batch.replayed ? await missingRows(warehouse, batch, wanted) : rows;
  for (let attempt = 1; missing.length > 0; attempt++) {
    if (attempt > most_tokens) throw new Error(lostAgain(batch, table));
    batch.fence();
    await warehouse.insert({ table, columns, token: tokenOf(batch, table, attempt), rows: text(missing) });
    missing = batch.replayed ? await missingRows(warehouse, batch, wanted) : [];
  }
}

/**
 * One block that is whole or absent, for what depends on a state that moves between attempts: whichever attempt's block is there stands, also
 * one that arrived while this attempt was read and decided. It saw all that its requests were asked for: later changes ask again. A replay has
 * looked for it already (`hasBlock`).
 */
export async function insertBlock(
  warehouse: Warehouse,
  batch: Batch,
  { table, columns, rows, marker }: Block,
): Promise<void> {
  for (let attempt = 1; attempt <= most_tokens; attempt++) {
    batch.fence();
    await warehouse.insert({ table, columns, token: tokenOf(batch, table, attempt), rows: text(rows) });
    if (!batch.replayed || (await hasBlock(warehouse, batch, table, marker))) return;
  }
  throw new Error(lostAgain(batch, table));
}

const lostAgain = (batch: Batch, table: string): string =>
  `rows of batch ${batch.name} do not stay in ${table}: ${most_tokens} INSERTs were acknowledged and left nothing; look at the disk of ClickHouse and its log`;

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
