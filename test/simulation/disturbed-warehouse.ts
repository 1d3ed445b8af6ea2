/**
 * The real warehouse behind a gate. An INSERT over several table partitions takes effect part by part, as the engine does it; a part may vanish
 * although its token stays (what a kill -9 can do), and a deduplication window may end, with all its tokens.
 */
import type { Insert, Warehouse } from '../../services/platform/warehouse/port.ts';
import type { Call, Gate } from './memory-log.ts';

export interface InsertCall extends Call {
  verb: 'insert';
  /** Instead of the effect: the token is recorded, the rows are not. */
  lose(): void;
  /** Table, partition of it and token: two calls of one part are two attempts at it. */
  part: string;
  /** Under a further token: what an earlier one was recorded without. */
  again: boolean;
  /** A part of the INSERT has taken effect already. */
  begun: boolean;
}

/** What the tables remember, for all workers of a run. */
export class Tokens {
  /** Parts of tables whose token is recorded without its rows. */
  readonly #void = new Set<string>();
  #windows = 0;

  /** Everything recorded so far is forgotten. */
  endWindow(): void {
    this.#windows++;
    this.#void.clear();
  }

  lose(part: string): void {
    this.#void.add(part);
  }

  lost(part: string): boolean {
    return this.#void.has(part);
  }

  inWindow = (token: string): string => (this.#windows === 0 ? token : `${token} (window ${this.#windows})`);
}

export function disturbed(warehouse: Warehouse, gate: Gate, tokens: Tokens, reversed: () => boolean): Warehouse {
  return {
    query: (sql, parameters) => gate({ verb: 'query', text: about(sql) }, () => warehouse.query(sql, parameters)),
    ask: () => Promise.reject(new Error('services do not ask')),
    command: () => Promise.reject(new Error('services do not command')),
    close: async () => undefined,
    async insert(insert) {
      if (insert.rows === '') return warehouse.insert(insert);
      const parts = partsOf(insert);
      if (reversed()) parts.reverse();
      for (const [i, { name, rows }] of parts.entries()) {
        const part = `${insert.table}${name} ${insert.token}`;
        const call: InsertCall = {
          verb: 'insert',
          text: `${rows.length} rows into ${insert.table}${name} under ${rangeOf(insert.token)}`,
          lose: () => tokens.lose(part),
          part,
          again: /\/\d$/.test(insert.token),
          begun: i > 0,
        };
        await gate(call, async () => {
          if (tokens.lost(part)) return;
          const token = insert.token === '' ? '' : tokens.inWindow(insert.token);
          await warehouse.insert({ ...insert, token, rows: rows.join('\n') });
        });
      }
    },
  };
}

/** Of a token, without its checksum: that is another one in every run, because refused bytes are sealed under a random nonce. */
const rangeOf = (token: string): string => `${token.split('/').slice(1, 4).join('/')}${/\/\d$/.exec(token)?.[0] ?? ''}`;

/** Rows by the month `events` is partitioned by; the other tables are not partitioned. */
function partsOf({ table, columns, rows }: Insert): { name: string; rows: string[] }[] {
  const lines = rows.split('\n');
  if (table !== 'events') return [{ name: '', rows: lines }];
  const at = columns.indexOf('source_at');
  const months = new Map<string, string[]>();
  for (const line of lines) {
    const month = new Date((JSON.parse(line) as number[])[at]!).toISOString().slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), line]);
  }
  return [...months].map(([month, lines]) => ({ name: `[${month}]`, rows: lines }));
}

/** What a query is about: its table and the columns of its condition. */
const about = (sql: string): string =>
  /FROM\s+(\w+)[\s\S]*?(?:WHERE\s+(.{0,40}))?/.exec(sql)?.slice(1).filter(Boolean).join(' by ').replace(/\s+/g, ' ') ??
  sql.slice(0, 40);
