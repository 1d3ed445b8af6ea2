/** What became of the records between two positions of the source topic, read from the receipts. */
import type { Telemetry } from '../platform/telemetry.ts';
import type { Pipeline } from './pipeline.ts';

export interface RunSummary {
  /** Events read; reference records are counted apart. */
  received: number;
  stored: number;
  duplicate: number;
  rejected: number;
  /** Of the duplicates: those that say something else than what was sent first under their event id, which stands. */
  conflicting: number;
  /** received − stored − duplicate − rejected: anything but 0 is a fault. */
  difference: number;
  reference: number;
  /** Stored, yet no act of a person (a bot, a click without a user agent): counted gross, never credited. */
  quarantined: number;
  by_type: Record<string, number>;
  rejected_by_code: Record<string, number>;
  /** Of each code what the first record was told: where, what was found, what was expected. */
  first_rejected: Record<string, string>;
  seconds: number;
  /** CPU time of the process per received event, µs: our synchronous code by service; `rest` is the engine, the log and the runtime. */
  cpu_us_per_event: Record<string, number>;
  /** Largest resident set so far. */
  peak_rss_bytes: number;
}

type Bounds = { partition: number; end: number }[];

/** Accounts for every position of `collected` from `before` (its bounds then) to now. */
export async function summarise(
  { log, warehouse, topics, telemetry }: Pipeline,
  before: Bounds,
  seconds: number,
): Promise<RunSummary> {
  const now = await log.bounds(topics.collected);
  const startOf = new Map(before.map((b) => [b.partition, b.end]));
  const ranges = now.map(({ partition, end }) => ({ partition, from: startOf.get(partition) ?? 0, end }));
  const where = `source_topic = {topic:String} AND (${ranges
    .map((r) => `(source_partition = ${r.partition} AND source_offset >= ${r.from} AND source_offset < ${r.end})`)
    .join(' OR ')})`;
  const topic = { topic: topics.collected };
  const outcomes = await warehouse.query<{ outcome: string; n: number; conflicting: number }>(
    `SELECT outcome, count() AS n, countIf(code = 'conflicting_duplicate') AS conflicting FROM receipts WHERE ${where} GROUP BY outcome`,
    topic,
  );
  const position = 'bitShiftLeft(toUInt64(source_partition), 48) + toUInt64(source_offset)'; // a bitmap of a million of them takes 100 KB, a set 150 MB
  const types = await warehouse.query<{ type: string; n: number; invalid: number }>(
    `SELECT type, groupBitmap(${position}) AS n, groupBitmapIf(${position}, NOT is_valid) AS invalid
     FROM events WHERE sign > 0 AND ${where} GROUP BY type ORDER BY type`,
    topic,
  );
  const codes = await warehouse.query<{ code: string; n: number; first: string }>(
    `SELECT fault_codes[1] AS code, count() AS n,
       argMin(concat(if(fault_paths[1] = '', 'the whole record', fault_paths[1]), ': ', fault_details[1]), (source_partition, source_offset)) AS first
     FROM rejected_events WHERE ${where} GROUP BY code ORDER BY n DESC, code`,
    topic,
  );
  const count = (outcome: string): number => outcomes.find((o) => o.outcome === outcome)?.n ?? 0;
  const positions = ranges.reduce((sum, r) => sum + (r.end - r.from), 0);
  const received = positions - count('reference');
  const [stored, duplicate, rejected] = [count('stored'), count('duplicate'), count('rejected')];
  return {
    received,
    stored,
    duplicate,
    rejected,
    conflicting: outcomes.reduce((sum, o) => sum + (o.outcome === 'duplicate' ? o.conflicting : 0), 0),
    difference: received - stored - duplicate - rejected,
    reference: count('reference'),
    quarantined: types.reduce((sum, t) => sum + t.invalid, 0),
    by_type: Object.fromEntries(types.map((t) => [t.type, t.n])),
    rejected_by_code: Object.fromEntries(codes.map((c) => [c.code, c.n])),
    first_rejected: Object.fromEntries(codes.map((c) => [c.code, c.first])),
    seconds,
    cpu_us_per_event: cpuPerEvent(telemetry, received),
    peak_rss_bytes: process.resourceUsage().maxRSS * 1_024,
  };
}

function cpuPerEvent(telemetry: Telemetry, events: number): Record<string, number> {
  const per = (us: number): number => Math.round((us / Math.max(1, events)) * 10) / 10;
  const { user, system } = process.cpuUsage();
  const busy: Record<string, number> = {};
  for (const { metric, labels, value } of telemetry.read())
    if (metric === 'busy_us') busy[labels.service ?? ''] = (busy[labels.service ?? ''] ?? 0) + value;
  const ours = Object.values(busy).reduce((a, b) => a + b, 0);
  return {
    ...Object.fromEntries(Object.entries(busy).map(([service, us]) => [service, per(us)])),
    rest: per(user + system - ours),
    total: per(user + system),
  };
}
