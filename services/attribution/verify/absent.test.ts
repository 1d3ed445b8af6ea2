import { describe, expect, it } from 'vitest';
import type { EventLog } from '../../platform/event-log/port.ts';
import { askLog, rangesOf } from './absent.ts';

/** A log of one partition that keeps these offsets. */
function logOf(kept: number[], start: number, end: number): { log: EventLog; reads: number[] } {
  const reads: number[] = [];
  const log = {
    bounds: async () => [{ partition: 0, start, end }],
    read: async (topic: string, partition: number, from: number, max: number) => {
      reads.push(from);
      const offsets = kept.filter((offset) => offset >= from).slice(0, max);
      return offsets.map((offset) => ({ topic, partition, offset, timestamp: 0, key: null, value: Buffer.alloc(0) }));
    },
  };
  return { log: log as unknown as EventLog, reads };
}
const ask = (log: EventLog, ...offsets: number[]) => askLog(log, 'collected', 0, rangesOf(offsets));

describe('asking the log about offsets without outcome', () => {
  it('tells a record from a hole, such as the marker of a transaction', async () => {
    const { log } = logOf([5, 6, 8, 9], 5, 12);
    expect(await ask(log, 6, 7, 8)).toEqual({
      lost: [
        { first: 6, end: 7 },
        { first: 8, end: 9 },
      ],
      holes: [{ first: 7, end: 8 }],
      unknown: [],
    });
  });
  it('calls what lies before the first kept offset unknown', async () => {
    const { log, reads } = logOf([5, 6], 5, 7);
    expect(await ask(log, 2, 3, 4, 5)).toEqual({
      lost: [{ first: 5, end: 6 }],
      holes: [],
      unknown: [{ first: 2, end: 5 }],
    });
    expect(Math.min(...reads), 'an offset out of range is never read').toBe(5);
  });
  it('takes what follows the last record for holes', async () => {
    const { log } = logOf([0, 1], 0, 5);
    expect((await ask(log, 2, 3, 4)).holes).toEqual([{ first: 2, end: 5 }]);
  });
  it('reads once for many gaps that lie together', async () => {
    const records = Array.from({ length: 1_000 }, (_, i) => i * 2);
    const { log, reads } = logOf(records, 0, 2_000);
    const verdict = await ask(log, ...records.map((offset) => offset + 1));
    expect(verdict.holes).toHaveLength(1_000);
    expect(verdict.lost).toEqual([]);
    expect(reads.length).toBeLessThan(3);
  });
});
