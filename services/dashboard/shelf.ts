/** Answers kept in the warehouse, for the next start and for other copies. Losing them costs time, so no fault of theirs is anybody's. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Warehouse } from '../platform/warehouse/port.ts';
import type { Computed, DatedShelf, Shelf } from './kept.ts';
import { bounds } from './question.ts';

const columns = ['question_hash', 'as_of', 'took_ms', 'cost_ms', 'answer'] as const;
/** An insert holds no more than this and one answer. */
const most_insert_bytes = 8 << 20;

const sql = `SELECT answer AS text, toUnixTimestamp64Milli(as_of) AS at, took_ms, cost_ms FROM kept_answers
  WHERE question_hash = {hash:String} ORDER BY as_of DESC LIMIT 1 SETTINGS output_format_json_quote_64bit_integers = 0`;

const as_of_sql =
  'SELECT toString(max(toUnixTimestamp64Milli(as_of))) AS at FROM kept_answers WHERE question_hash = {hash:String}';

/** Only rows of views: their text is made by the engine, so that it is the same whatever release asks. */
const of_view = /^(?:JSONEachRow|CSVWithNames|TabSeparated) /;
/** Nobody waits longer for what is only a help. */
const patience_ms = 300;

type Tables = Pick<Warehouse, 'query' | 'ask' | 'insert'>;

/** `warn` hears when answers could not be put there. */
export async function openShelf(
  warehouse: Tables,
  database: string,
  warn: (text: string) => void,
): Promise<DatedShelf> {
  const views = await viewsOf(warehouse, database);
  const hashOf = (question: string): string =>
    createHash('sha256').update(`${views}\n${bounds.quick}\n${question}`).digest('hex');
  let told = false;
  return {
    async find(question) {
      if (!of_view.test(question)) return null;
      const finding = warehouse.ask(sql, 'JSONEachRow', { hash: hashOf(question) }, 'brief').catch(() => '');
      const text = await Promise.race([finding, wait(patience_ms, '', { ref: false })]);
      if (text === '') return null;
      const { at, ...answer } = JSON.parse(text) as Omit<Computed, 'as_of'> & { at: number };
      return { ...answer, as_of: at };
    },
    async asOf(question) {
      if (!of_view.test(question)) return null;
      const at = Number(await warehouse.ask(as_of_sql, 'TabSeparated', { hash: hashOf(question) }, 'brief'));
      return at === 0 ? null : at;
    },
    async put(answers) {
      const views_only = answers.filter(([question]) => of_view.test(question));
      try {
        for (const rows of pieces(views_only, hashOf))
          await warehouse.insert({ table: 'kept_answers', columns, token: `kept_answers/${randomUUID()}`, rows });
        told = false;
      } catch (error) {
        const why = error instanceof Error ? error.message : error;
        if (!told) warn(`answers of the read API are not kept for the next start: ${why}`);
        told = true; // said once, not every minute
      }
    },
  };
}

/** What all views say, in short. */
async function viewsOf(warehouse: Pick<Warehouse, 'query'>, database: string): Promise<string> {
  const [row] = await warehouse.query<{ views: string }>(
    `SELECT hex(SHA256(arrayStringConcat(arraySort(groupArray(create_table_query)), '\\n'))) AS views
     FROM system.tables WHERE database = {database:String} AND engine = 'View'`,
    { database },
  );
  return row?.views ?? '';
}

function* pieces(answers: Parameters<Shelf['put']>[0], hashOf: (question: string) => string): Generator<string> {
  let [rows, bytes] = [[] as string[], 0];
  for (const [question, { as_of, took_ms, cost_ms, text }] of answers) {
    const row = JSON.stringify([hashOf(question), as_of, Math.round(took_ms), Math.round(cost_ms), text]);
    rows.push(row);
    bytes += row.length;
    if (bytes < most_insert_bytes) continue;
    yield rows.join('\n');
    [rows, bytes] = [[], 0];
  }
  if (rows.length > 0) yield rows.join('\n');
}
