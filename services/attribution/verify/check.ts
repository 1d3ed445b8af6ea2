/** What a check is given and what it says. Findings are values: a check throws only for our own faults. */
import type { TopicNames } from '../../../schemas/topics.ts';
import type { EventLog } from '../../platform/event-log/port.ts';
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { quoted } from '../../platform/warehouse/statement.ts';
import type { Snapshot, SourceRange } from './snapshot.ts';

/** One difference, named so that it can be looked at: offset, event, redemption, part. */
export interface Finding {
  check: string;
  /** difference: certain. unconfirmed: an offset without outcome that the log no longer keeps, so that nobody can tell a loss from a hole. */
  kind: 'difference' | 'unconfirmed';
  place: string;
  expected: string;
  found: string;
}

export interface Looked {
  /** How much was looked at, in `unit`. */
  looked_at: number;
  unit: string;
  /** All differences; `findings` names the first of them. */
  differences: number;
  findings: Omit<Finding, 'check'>[];
  /** What could not be judged yet: records that may explain it are still in flight, or an aggregate is still being made. */
  pending: number;
}

export interface VerifyParts {
  log: EventLog;
  /** Reads of the checks go through its `query`; see `readingApart`. */
  warehouse: Warehouse;
  topics: TopicNames;
  /** Topics that ingest reads. */
  sources: readonly string[];
  /** True when the log's offsets have no holes (the embedded one): then a gap is a loss even where the log no longer keeps it. */
  dense: boolean;
  /** ms that may pass until what was in flight at the beginning is worked through; 0 = do not wait (nobody works). */
  wait_ms: number;
  /** Ends the waiting early. */
  signal: AbortSignal | null;
}

/** How much to look at. */
export interface Scope {
  /** Redemptions to recompute: all, or a sample of about this many. */
  redemptions: number | 'all';
  /** Chooses the sample: another number, another sample. */
  number: number;
  /** null: the whole tables. Else only what is new since the rounds before, and a window that moves on with every round. */
  round: Round | null;
}

/** What the rounds of a loop remember, in memory: a process that starts anew looks at everything once more, bit by bit. */
export interface Round {
  /** Rows of a table that one round looks at besides what is new. */
  window_rows: number;
  /** Source positions that are new in this round. */
  fresh: SourceRange[];
  /** Per source partition (`topic/partition`): every position before it was looked at. */
  seen_to: Map<string, number>;
  /** Per table: parts looked at. Parts never change, so once is enough; a merge or a mutation makes new ones. */
  seen_parts: Map<string, Set<string>>;
  /** Per check: where the moving window ended. */
  cursor: Map<string, string[]>;
}

export interface Check {
  /** As in the metric's label. */
  name: string;
  /** What it promises, for the table. */
  promise: string;
  look(parts: VerifyParts, scope: Scope, snapshot: Snapshot): Promise<Looked>;
}

/** Findings named by one check in one run. */
export const most_findings = 100;
/** Rows of a table that one round looks at besides what is new, if nothing else is said. */
const window_rows = 50_000;

export const newRound = (rows = window_rows): Round => ({
  window_rows: rows,
  fresh: [],
  seen_to: new Map(),
  seen_parts: new Map(),
  cursor: new Map(),
});

/** Positions of a partition that one round looks at as new, and again later: after a long pause the rest waits for the next rounds. */
export const positionsOf = ({ window_rows }: Round): number => window_rows * 5;

export const nothing = (unit: string): Looked => ({ looked_at: 0, unit, differences: 0, findings: [], pending: 0 });

export const note = (looked: Looked, place: string, expected: string, found: string): void => {
  looked.differences++;
  if (looked.findings.length < most_findings) looked.findings.push({ kind: 'difference', place, expected, found });
};

/** SQL: the position is in one of the ranges. Topic names need no quoting: Kafka allows letters, digits, . _ - */
export const within = (ranges: readonly SourceRange[]): string =>
  ranges.length === 0
    ? '0'
    : `(${ranges
        .map(
          (r) =>
            `(source_topic = '${r.topic}' AND source_partition = ${r.partition} AND source_offset >= ${r.start} AND source_offset < ${r.end})`,
        )
        .join(' OR ')})`;

/** SQL: rows in the next window of a table ordered by these two keys; 1 = the whole table. */
export async function keyWindow(
  warehouse: Warehouse,
  { round }: Scope,
  table: string,
  [first, second]: readonly [string, string],
): Promise<string> {
  if (!round) return '1';
  const name = `${table}/${second}`;
  const after = (key: readonly string[]): string =>
    `(${first} > ${quoted(key[0]!)} OR (${first} = ${quoted(key[0]!)} AND ${second} > ${quoted(key[1]!)}))`;
  const lower = round.cursor.get(name);
  const from = lower ? after(lower) : '1';
  const [last] = await warehouse.query<{ a: string; b: string }>(
    `SELECT ${first} AS a, ${second} AS b FROM ${table} WHERE ${from} ORDER BY ${first}, ${second} LIMIT 1 OFFSET ${round.window_rows}`,
  );
  if (!last) {
    round.cursor.delete(name);
    return from;
  }
  round.cursor.set(name, [last.a, last.b]);
  return `${from} AND NOT ${after([last.a, last.b])}`;
}

/** SQL: rows of parts that no round has looked at, as many as the budget allows; 1 = the whole table, null = none. */
export async function partWindow(
  warehouse: Warehouse,
  { round }: Scope,
  table: string,
  by: string,
): Promise<string | null> {
  if (!round) return '1';
  const parts = await warehouse.query<{ name: string; n: number }>(
    `SELECT name, rows AS n FROM system.parts WHERE database = currentDatabase() AND table = '${table}' AND active ORDER BY modification_time DESC`,
  );
  const key = `${by}/${table}`;
  const seen = round.seen_parts.get(key) ?? new Set();
  round.seen_parts.set(key, new Set(parts.filter(({ name }) => seen.has(name)).map(({ name }) => name)));
  const chosen: string[] = [];
  let budget = round.window_rows;
  for (const { name, n } of parts) {
    if (seen.has(name) || (n > budget && chosen.length > 0)) continue;
    chosen.push(name);
    budget -= n;
  }
  for (const name of chosen) round.seen_parts.get(key)!.add(name);
  return chosen.length === 0 ? null : `_part IN (${chosen.map(quoted).join(', ')})`;
}

/**
 * Reads on the connection meant for people: a connection answers one statement at a time, and the decisive reads of the services must not
 * wait behind ours. `threads` bounds what a statement takes from the others.
 */
export function readingApart(warehouse: Warehouse, threads: number | null): Warehouse {
  const settings = [
    'output_format_json_quote_64bit_integers = 0',
    'min_table_rows_to_use_projection_index = 0',
    'max_projection_rows_to_use_projection_index = 1000000000',
    ...(threads === null ? [] : [`max_threads = ${threads}`]),
  ].join(', ');
  return {
    async query<Row>(sql: string, parameters: Record<string, unknown> = {}): Promise<Row[]> {
      const own = /\sSETTINGS\s[^()]*$/.test(sql);
      const text = await warehouse.ask(`${sql}${own ? ', ' : '\nSETTINGS '}${settings}`, 'JSONEachRow', parameters);
      return text === '' ? [] : (JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as Row[]);
    },
    ask: (sql, format, parameters) => warehouse.ask(sql, format, parameters),
    insert: (insert) => warehouse.insert(insert),
    command: (sql) => warehouse.command(sql),
    close: () => warehouse.close(),
  };
}
