import { describe, expect, it } from 'vitest';
import { PartitionBuffer } from './partition-buffer.ts';
import type { LogRecord } from './port.ts';

const records = (from: number, count: number, bytes = 1): LogRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    topic: 't',
    partition: 0,
    offset: from + i,
    timestamp: 0,
    key: null,
    value: Buffer.alloc(bytes),
  }));

function opened() {
  const said: string[] = [];
  const buffer = new PartitionBuffer({
    seek: (offset) => said.push(`seek ${offset}`),
    pause: () => said.push('pause'),
    resume: () => said.push('resume'),
    report: () => undefined,
  });
  const { signal } = new AbortController();
  return {
    said,
    buffer,
    take: async (from: number, max: number, wait = 0) =>
      (await buffer.take(from, max, wait, signal)).map((r) => r.offset),
  };
}

describe('a partition buffer', () => {
  it('keeps nothing before somebody says where to begin, and seeks there', async () => {
    const { said, buffer, take } = opened();
    buffer.put(records(0, 5));
    expect(await take(3, 10)).toEqual([]);
    expect(said).toEqual(['seek 3']);
    buffer.put(records(3, 3));
    expect(await take(3, 2)).toEqual([3, 4]);
    expect(await take(5, 2)).toEqual([5]);
    expect(said).toEqual(['seek 3']);
  });
  it('drops what a fetch before a seek still brings', async () => {
    const { said, buffer, take } = opened();
    await take(10, 1);
    buffer.put(records(4, 3));
    buffer.put(records(10, 2));
    expect(await take(10, 5)).toEqual([10, 11]);
    await take(2, 1);
    expect(said).toEqual(['seek 10', 'seek 2']);
  });
  it('skips ahead within what it has without a seek', async () => {
    const { said, buffer, take } = opened();
    await take(0, 1);
    buffer.put(records(0, 10));
    expect(await take(4, 3)).toEqual([4, 5, 6]);
    expect(said).toEqual(['seek 0']);
  });
  it('pauses when full and resumes when nearly empty', async () => {
    const { said, buffer, take } = opened();
    await take(0, 1);
    for (let i = 0; i < 18; i++) buffer.put(records(i, 1, 1 << 20));
    expect(said).toEqual(['seek 0', 'pause']);
    for (let i = 0; i < 15; i++) await take(i, 1);
    expect(said).toEqual(['seek 0', 'pause', 'resume']);
  });
  it('wakes a waiting reader when records come, and when it is to give up', async () => {
    const { buffer, take } = opened();
    const waiting = take(0, 5, 10_000);
    buffer.put(records(0, 2));
    expect(await waiting).toEqual([0, 1]);
    const stop = new AbortController();
    const ending = buffer.take(2, 5, 10_000, stop.signal);
    stop.abort();
    expect(await ending).toEqual([]);
  });
});
