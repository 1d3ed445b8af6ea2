import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeChunk, encodeChunk } from './chunks.ts';

const record = fc.record({
  key: fc.option(fc.string({ unit: 'grapheme', maxLength: 50 })),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

describe('a chunk', () => {
  test('is read back as it was written: keys and values', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        expect(decodeChunk(encodeChunk(records))).toEqual(records);
      }),
    );
  });

  test('tells no key from an empty one', () => {
    const records = [null, ''].map((key) => ({ key, value: Buffer.alloc(0) }));
    expect(decodeChunk(encodeChunk(records))).toEqual(records);
  });

  test('holds keys of 65,534 bytes and refuses longer ones', () => {
    const key = 'é'.repeat(32_767);
    expect(decodeChunk(encodeChunk([{ key, value: Buffer.from('x') }]))[0]!.key).toBe(key);
    expect(() => encodeChunk([{ key: `${key}x`, value: Buffer.from('x') }])).toThrow(/65535 bytes is too long/);
  });
});
