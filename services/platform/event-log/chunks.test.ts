import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkCount, chunkTime, decodeChunk, encodeChunk } from './chunks.ts';

const record = fc.record({
  key: fc.option(fc.string({ unit: 'grapheme', maxLength: 50 })),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

describe('a chunk', () => {
  test('is read back as it was written: keys, values, count and time', () => {
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 0, max: 8.64e15 }), (records, time) => {
        const chunk = encodeChunk(records, time);
        expect([chunkCount(chunk), chunkTime(chunk)]).toEqual([records.length, time]);
        expect(decodeChunk(chunk)).toEqual(records);
      }),
    );
  });

  test('tells no key from an empty one', () => {
    const records = [null, ''].map((key) => ({ key, value: Buffer.alloc(0) }));
    expect(decodeChunk(encodeChunk(records, 0))).toEqual(records);
  });

  test('holds keys of 65,534 bytes and refuses longer ones', () => {
    const key = 'é'.repeat(32_767);
    expect(decodeChunk(encodeChunk([{ key, value: Buffer.from('x') }], 0))[0]!.key).toBe(key);
    expect(() => encodeChunk([{ key: `${key}x`, value: Buffer.from('x') }], 0)).toThrow(/65535 bytes is too long/);
  });
});
