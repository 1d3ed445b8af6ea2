/** Answers kept in the warehouse, for the next start and for other copies. Losing them costs time, so no fault of theirs is anybody's. */
import { createHash, randomUUID } from 'node:crypto';
import type { Warehouse } from '../platform/warehouse/port.ts';
import type { Computed, Shelf } from './kept.ts';

const columns = ['question_hash', 'as_of', 'took_ms', 'cost_ms', 'answer'] as const;
/** An insert holds no more than this and one answer. */
const most_insert_bytes = 8 << 20;

const sql = `SELECT answer AS text, toUnixTimestamp64Milli(as_of) AS at, took_ms, cost_ms FROM kept_answers
  WHERE question_hash = {hash:String} ORDER BY as_of DESC LIMIT 1`;

type Tables = Pick<Warehouse, 'query' | 'insert'>;

/** `warn` hears when answers could not be put there. */
export async function openShelf(warehouse: Tables, database: string, warn: (text: string) => void): Promise<Shelf> {
  const views = await viewsOf(warehouse, database);
  const hashOf = (question: string): string => createHash('sha256').update(`${views}\n${question}`).digest('hex');
  return {
    async find(question) {
      const [found] = await warehouse
        .query<Omit<Computed, 'as_of'> & { at: number }>(sql, { hash: hashOf(question) }) // not queued behind what is being computed
        .catch(() => []);
      if (!found) return null;
      const { at, ...answer } = found;
      return { ...answer, as_of: at };
    },
    async put(answers) {
      try {
        for (const rows of pieces(answers, hashOf))
          await warehouse.insert({ table: 'kept_answers', columns, token: `kept_answers/${randomUUID()}`, rows });
      } catch (error) {
        warn(
          `answers of the read API were not kept for the next start: ${error instanceof Error ? error.message : error}`,
        );
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
