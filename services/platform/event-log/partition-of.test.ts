import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur2, partitionOf } from './partition-of.ts';

describe('murmur2', () => {
  // org.apache.kafka.common.utils.UtilsTest#testMurmur2
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what Kafka makes of it', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });
});

describe('partitionOf', () => {
  test('is the positive hash modulo the number of partitions', () => {
    expect(partitionOf('abc', 7)).toBe(479470107 % 7);
    expect(partitionOf('21', 7)).toBe((-973932308 & 0x7fffffff) % 7);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 1_000 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(partition).toBe((murmur2(Buffer.from(key)) & 0x7fffffff) % partitions);
        expect(partition >= 0 && partition < partitions).toBe(true);
      }),
    );
  });

  test('spreads keys evenly', () => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) counts[partitionOf(`acme/${i}`, 4)]!++;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(100);
  });
});
