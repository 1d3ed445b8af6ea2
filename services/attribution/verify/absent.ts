/** Asks the log about offsets that have no outcome: was a record ever there? Transaction markers and aborted records take offsets too. */
import type { EventLog } from '../../platform/event-log/port.ts';

export interface Offsets {
  /** First offset. */
  first: number;
  /** One after the last. */
  end: number;
}

export interface Verdict {
  /** The log holds a record there. */
  lost: Offsets[];
  /** The log holds none. */
  holes: Offsets[];
  /** Before the first offset the log keeps. */
  unknown: Offsets[];
}

const page_records = 2_000;

/** `wanted`: ascending, all before the end of the partition. Reads a page at a time, from one wanted offset to the next. */
export async function askLog(log: EventLog, topic: string, partition: number, wanted: Offsets[]): Promise<Verdict> {
  const verdict: Verdict = { lost: [], holes: [], unknown: [] };
  const bounds = (await log.bounds(topic)).find((b) => b.partition === partition);
  const kept_from = bounds?.start ?? Number.POSITIVE_INFINITY;
  let page = { first: 0, end: 0, offsets: new Set<number>() };
  for (const { first, end } of wanted) {
    const known_from = Math.min(end, Math.max(first, kept_from));
    if (first < known_from) verdict.unknown.push({ first, end: known_from });
    for (let offset = known_from; offset < end; ) {
      if (offset < page.first || offset >= page.end) page = await readPage(log, topic, partition, offset, end);
      for (; offset < end && offset < page.end; offset++)
        extend(page.offsets.has(offset) ? verdict.lost : verdict.holes, offset);
    }
  }
  return verdict;
}

/** What is known after one read: everything up to the last record it gave; all that was asked for, when it gave none. */
async function readPage(log: EventLog, topic: string, partition: number, from: number, end: number) {
  const records = await log.read(topic, partition, from, page_records);
  const last = records.at(-1);
  return { first: from, end: last ? last.offset + 1 : end, offsets: new Set(records.map((record) => record.offset)) };
}

/** Appends one offset to ascending ranges. */
function extend(ranges: Offsets[], offset: number): void {
  const last = ranges.at(-1);
  if (last?.end === offset) last.end++;
  else ranges.push({ first: offset, end: offset + 1 });
}

/** Ascending numbers as ranges. */
export function rangesOf(offsets: Iterable<number>): Offsets[] {
  const ranges: Offsets[] = [];
  for (const offset of offsets) extend(ranges, offset);
  return ranges;
}

export const named = ({ first, end }: Offsets): string =>
  end === first + 1 ? `offset ${first}` : `offsets ${first} to ${end - 1}`;
