import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brokerCommit, logCommit, packed, places, unpacked } from './packing.ts';

const record = (key: string, bytes: number) => ({ key, value: Buffer.alloc(bytes, 7) });
const read = (messages: { key: string | null; value: Buffer }[], from: number) =>
  messages.flatMap(({ key, value }, i) =>
    unpacked({ topic: 't', partition: 2, offset: from + i, timestamp: 9, key, value }),
  );

test('records come out of their messages as they went in, in order, each at an offset of its own', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string(), fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 60 }),
      fc.nat(1_000_000),
      (content, from) => {
        const records = content.map(([key, bytes]) => ({ key, value: Buffer.from(bytes) }));
        const out = read([...packed(records)], from);
        expect(out.map(({ key, value }) => ({ key, value }))).toEqual(records);
        for (const [i, { offset }] of out.entries()) expect(offset).toBeGreaterThan(out[i - 1]?.offset ?? -1);
        expect(out[0]!.offset).toBeGreaterThanOrEqual(from * places);
        expect(out.at(-1)).toMatchObject({ topic: 't', partition: 2, timestamp: 9 });
      },
    ),
  );
});

test('a message holds at most 256 KiB, unless one record is larger, and at most 4,096 records', () => {
  const large = [record('a', 200_000), record('b', 100_000), record('c', 900_000), record('d', 1)];
  expect([...packed(large)].map((message) => read([message], 0).map(({ key }) => key))).toEqual([
    ['a'],
    ['b'],
    ['c'],
    ['d'],
  ]);
  const many = [...packed(Array.from({ length: 5_000 }, () => record('', 0)))];
  expect(many.map((message) => read([message], 0).length)).toEqual([4_096, 904]);
  expect([...packed([])]).toEqual([]);
});

test('the offset after the last record of a message is the first of the next: nothing is left to commit there', () => {
  const [message] = packed([record('a', 1), record('b', 1), record('c', 1)]);
  const records = unpacked({ topic: 't', partition: 0, offset: 41, timestamp: 0, key: null, value: message!.value });
  expect(brokerCommit(records[2]!.offset + 1, '')).toEqual({ offset: 42, metadata: '' });
  expect(brokerCommit(records[1]!.offset + 1, 'intent')).toEqual({ offset: 41, metadata: '+4095 intent' });
});

test('an offset and metadata come back from the broker as they were committed', () => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.string(), fc.nat(places), (offset, text, place) => {
      for (const metadata of [text, '', `+${place} ${text}`])
        for (const at of [offset, offset - (offset % places)]) {
          const kept = brokerCommit(at, metadata);
          expect(logCommit(kept.offset, kept.metadata)).toEqual({ offset: at, metadata });
        }
    }),
  );
});

test('a value that is no pack is one record, with its own key', () => {
  const value = Buffer.from([0, 0, 0, 0, 101]);
  expect(unpacked({ topic: 't', partition: 0, offset: 5, timestamp: 0, key: 'k', value })).toEqual([
    { topic: 't', partition: 0, offset: 6 * places - 1, timestamp: 0, key: 'k', value },
  ]);
});
