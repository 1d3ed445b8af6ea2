/**
 * The loop, written once: read a batch → load → decide → write → commit. One runs per claimed partition.
 * Exact services (`exact: true`) announce their range first; the others are at-least-once and may repeat it.
 * What happens if we die at each line stands beside it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Claim, ClaimLost, type Consumer, type EventLog, type LogRecord } from './event-log/port.ts';
import { checkRange, type Intent, intentOf, intentText, parseIntent } from './intent.ts';
import type { Telemetry } from './telemetry.ts';

export interface Batch {
  topic: string;
  partition: number;
  records: LogRecord[];
  /** Names the range and its content: the stem of every deduplication token, and the `batch` column of every row. */
  name: string;
  /** An earlier attempt at this very range may have written something. */
  replayed: boolean;
  /** The fence: throws ClaimLost when the partition is no longer ours. Call it before every write. */
  fence(): void;
}

export interface Service {
  /** Consumer group and metric label. */
  name: string;
  topics: string[];
  /** Announce the range before writing (for services that write to the warehouse). */
  exact: boolean;
  /** Most records in the next batch. */
  readonly batch_records: number;
  /** How long to wait at least for a batch to fill up once it has a first record, ms; 0 = never. */
  fill_ms: number;
  /** A batch costs more than its rows: while batches take long, the next ones are let grow for as long as the last one took, at most this, ms. */
  most_fill_ms: number;
  /** load → decide → write. Must not leave anything running when it returns. */
  work(batch: Batch): Promise<void>;
}

export interface LoopOptions {
  log: EventLog;
  telemetry: Telemetry;
  /** A batch older than this is handed over instead of written, ms: half of what the deduplication windows allow. */
  intent_age_ms: number;
  /** ms from any beginning, never jumping: the wall clock may. */
  now(): number;
  /** How to wait between attempts; absent: by the clock of the machine. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const idle_ms = 1_000;
/** Fetches in a row that may bring nothing of an announced range before it counts as gone. */
const patience = 60;
const retriable = (error: unknown): boolean => (error as { retriable?: unknown } | null)?.retriable === true;

/** Runs a service until its consumer is stopped or a batch fails for good. */
export function runService(service: Service, options: LoopOptions): Promise<Consumer> {
  return options.log.consume({
    group: service.name,
    topics: service.topics,
    onClaim: async (claim) => {
      const { topic, partition } = claim;
      const held = (by: number) =>
        options.telemetry.count('held', { service: service.name, topic, partition: String(partition) }, by);
      held(1); // counted: the same partition may come back before the last claim has ended
      try {
        await runClaim(claim, service, options);
      } finally {
        held(-1);
      }
    },
  });
}

async function runClaim(claim: Claim, service: Service, options: LoopOptions): Promise<void> {
  let offset = claim.committed.offset;
  let took_ms = 0;
  let outages = 0;
  let announced = service.exact ? parseIntent(claim.committed.metadata) : null;
  while (!claim.signal.aborted) {
    try {
      offset ??= await firstKept(claim, options.log);
      const records = announced
        ? await rereadRange(claim, offset, announced, options) // die here: nothing was written by us
        : await readBatch(
            claim,
            offset,
            service,
            Math.max(service.fill_ms, Math.min(took_ms, service.most_fill_ms)),
            options,
          );
      if (records.length === 0) continue;
      const from = options.now();
      const replayed = announced !== null;
      const intent: Intent = announced ?? intentOf(options.log.id, records);
      if (service.exact && !replayed) await claim.commit(offset, intentText(intent)); // die here: the next owner replays this range
      announced = service.exact ? intent : null;
      await oneBatch(claim, offset, records, { ...intent, replayed }, service, options);
      announced = null;
      offset = intent.end;
      took_ms = service.fill_ms > 0 ? options.now() - from : 0;
      outages = 0;
    } catch (error) {
      if (claim.lost.aborted || error instanceof ClaimLost) return;
      if (claim.signal.aborted && (error as Error).name === 'AbortError') return; // stopped while waiting for an outage to end
      if (retriable(error)) {
        await outage(service, ++outages, error, claim, options).catch(() => undefined); // stopped: the loop ends
        continue;
      }
      throw new Error(
        `${service.name} stopped at ${claim.topic}/${claim.partition}, offset ${offset}: ${message(error)}`,
        { cause: error },
      );
    }
  }
}

/** Where a group begins that has never committed: at the first record that is still there. */
async function firstKept({ topic, partition }: Claim, log: EventLog): Promise<number> {
  return (await log.bounds(topic)).find((bounds) => bounds.partition === partition)?.start ?? 0;
}

/** Work (retrying outages) and commit. */
async function oneBatch(
  claim: Claim,
  offset: number,
  records: LogRecord[],
  intent: Intent & { replayed: boolean },
  service: Service,
  options: LoopOptions,
): Promise<void> {
  const { log, telemetry, intent_age_ms, now } = options;
  const started = now();
  const batch: Batch = {
    topic: claim.topic,
    partition: claim.partition,
    records,
    name: `${log.id}/${claim.topic}/${claim.partition}/${offset}-${intent.end}/${intent.checksum}`, // from the offset, not the first record: names lie end to end
    replayed: intent.replayed,
    fence() {
      if (claim.lost.aborted) throw new ClaimLost(`${claim.topic}/${claim.partition} was taken away`);
      if (service.exact && now() - started > intent_age_ms)
        throw new Error(
          `the batch is older than ${intent_age_ms} ms; not written, the next owner checks by rows what is there`,
        );
    },
  };
  for (let attempt = 1; ; attempt++) {
    try {
      batch.fence();
      await service.work(batch); // die here: part of it may be written; the replay finds its tokens used and fills what is missing
      break;
    } catch (error) {
      if (!retriable(error)) throw error;
      await outage(service, attempt, error, claim, options);
      batch.replayed = true;
    }
  }
  batch.fence();
  await claim.commit(intent.end, ''); // die here: the whole batch is written; the replay writes nothing new
  telemetry.batch(service.name, records, now() - started);
}

/** Says so and waits, longer each time; throws when the claim is to be given up meanwhile. */
async function outage(
  { name }: Service,
  attempt: number,
  error: unknown,
  { signal }: Claim,
  { telemetry, wait = (ms, signal) => pause(ms, undefined, { signal }) }: LoopOptions,
): Promise<void> {
  telemetry.count('retries', { service: name }, 1);
  telemetry.warn(`${name}: attempt ${attempt} failed, trying again: ${message(error)}`);
  await wait(Math.min(10_000, 50 * 2 ** attempt), signal);
}

/** Reads until the batch is full or `fill_ms` have passed since its first record. */
async function readBatch(
  claim: Claim,
  offset: number,
  service: Service,
  fill_ms: number,
  { now }: LoopOptions,
): Promise<LogRecord[]> {
  const most = service.batch_records;
  const records = await claim.fetch(offset, most, idle_ms);
  const last = now() + fill_ms;
  while (records.length > 0 && records.length < most && !claim.signal.aborted) {
    const left = last - now();
    if (left <= 0) break;
    const more = await claim.fetch(records.at(-1)!.offset + 1, most - records.length, left);
    for (const record of more) records.push(record);
  }
  return records;
}

/** Reads exactly the announced range, joining fetches, and checks that it still is what was announced. */
async function rereadRange(claim: Claim, offset: number, intent: Intent, { log }: LoopOptions): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  let from = offset;
  let silences = 0;
  while (records.length < intent.count && from < intent.end && !claim.signal.aborted) {
    const fetched = await claim.fetch(from, intent.count - records.length, idle_ms);
    for (const record of fetched) if (record.offset < intent.end) records.push(record);
    if (fetched.length > 0) from = fetched.at(-1)!.offset + 1;
    else if (++silences > patience || !(await holds(claim, from, intent.end, log))) break;
  }
  if (claim.signal.aborted) return [];
  checkRange(intent, log.id, records);
  return records;
}

/** Whether the log still says it has these offsets: then a fetch that brought nothing is a slow network, not a changed range. */
async function holds({ topic, partition }: Claim, from: number, end: number, log: EventLog): Promise<boolean> {
  const bounds = (await log.bounds(topic)).find((b) => b.partition === partition);
  return bounds !== undefined && bounds.start <= from && bounds.end >= end;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
