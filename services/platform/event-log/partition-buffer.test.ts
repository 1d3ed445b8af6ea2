import { expect, test } from 'vitest';
import { PartitionBuffer } from './partition-buffer.ts';

const record = (offset: number) => ({
  topic: 't',
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  value: Buffer.alloc(1),
});
const flow = { seek: () => undefined, pause: () => undefined, resume: () => undefined, report: () => undefined };
const { signal } = new AbortController();

test('of two readers of one partition none gets records from where the other asked', async () => {
  const buffer = new PartitionBuffer(flow);
  const first = buffer.take(0, 10, 200, signal);
  const second = buffer.take(7, 10, 5_000, signal);
  buffer.put([record(7), record(8)]);
  expect((await second).map(({ offset }) => offset)).toEqual([7, 8]);
  buffer.put([record(9)]);
  expect(await first).toEqual([]);
  expect((await buffer.take(9, 10, 0, signal)).map(({ offset }) => offset)).toEqual([9]);
});
