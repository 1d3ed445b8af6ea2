/**
 * How far the sources had been read when we began, and whether everything that had been read by then has been worked through since.
 * What ingest committed has been produced; what enrichment committed of that has been produced; and so on to the ledger. So once each group
 * has committed past the ends of a moment, no record of before that moment is on its way any more.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { TopicNames } from '../../../schemas/topics.ts';
import type { EventLog } from '../../platform/event-log/port.ts';

export interface SourceRange {
  topic: string;
  partition: number;
  /** First offset the log keeps. */
  start: number;
  /** Next offset ingest will read. */
  end: number;
}

export interface Snapshot {
  sources: SourceRange[];
  /** Every position before `end` of its range has been recorded. */
  recorded: boolean;
  /** Every settlement that these asked for has been posted. */
  settled: boolean;
}

interface Place {
  log: EventLog;
  topics: TopicNames;
  sources: readonly string[];
  wait_ms: number;
  signal: AbortSignal | null;
}

const pause_ms = 50;

export async function takeSnapshot({ log, topics, sources, wait_ms, signal }: Place): Promise<Snapshot> {
  const ranges: SourceRange[] = [];
  for (const topic of sources) {
    const read = new Map((await log.committed('grapevine-ingest', topic)).map((c) => [c.partition, c.offset]));
    for (const { partition, start } of await log.bounds(topic)) {
      const end = read.get(partition);
      if (end) ranges.push({ topic, partition, start, end });
    }
  }
  const late = lateness(wait_ms, signal);
  const recorded = await recordedPast(log, topics, late);
  const settled = recorded && (await passed(log, 'grapevine-settler', [topics.settlements], late));
  return { sources: ranges, recorded, settled };
}

/** Whether all that is in the log now has been worked through, by all groups; waits for it at most `wait_ms`. */
export async function workedThrough({ log, topics, wait_ms, signal }: Omit<Place, 'sources'>): Promise<boolean> {
  const late = lateness(wait_ms, signal);
  return (
    (await recordedPast(log, topics, late)) && (await passed(log, 'grapevine-settler', [topics.settlements], late))
  );
}

function lateness(wait_ms: number, signal: AbortSignal | null): () => boolean {
  const deadline = performance.now() + wait_ms;
  return () => signal?.aborted === true || performance.now() >= deadline;
}

async function recordedPast(log: EventLog, topics: TopicNames, late: () => boolean): Promise<boolean> {
  const apart = await endsOf(log, [topics.rejected, topics.reference]);
  return (
    (await passed(log, 'grapevine-enrichment', [topics.accepted], late)) &&
    (await passed(log, 'grapevine-recorder', [topics.enriched], late)) &&
    (await passed(log, 'grapevine-recorder', apart, late))
  );
}

type Ends = { topic: string; partition: number; start: number; end: number }[];

async function endsOf(log: EventLog, topics: readonly string[]): Promise<Ends> {
  const ends: Ends = [];
  for (const topic of topics) for (const bounds of await log.bounds(topic)) ends.push({ topic, ...bounds });
  return ends;
}

/** Waits until the group has committed past the ends the topics have now (or had). */
async function passed(
  log: EventLog,
  group: string,
  of: readonly string[] | Ends,
  late: () => boolean,
): Promise<boolean> {
  let left = typeof of[0] === 'string' ? await endsOf(log, of as string[]) : (of as Ends);
  for (;;) {
    const behind: Ends = [];
    for (const topic of new Set(left.map((place) => place.topic))) {
      const committed = new Map((await log.committed(group, topic)).map((c) => [c.partition, c.offset]));
      for (const place of left)
        if (place.topic === topic && place.end > Math.max(place.start, committed.get(place.partition) ?? place.start))
          behind.push(place);
    }
    if (behind.length === 0) return true;
    if (late()) return false;
    left = behind;
    await wait(pause_ms);
  }
}
