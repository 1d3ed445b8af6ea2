import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitExactly } from './split-exactly.ts';

const weights = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 30,
  })
  .filter((list) => list.some((weight) => weight > 1e-9));
const total = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('splitting exactly', () => {
  it('loses nothing: the parts sum to the whole', () => {
    fc.assert(
      fc.property(total, weights, (whole, list) => {
        expect(splitExactly(whole, list).reduce((a, b) => a + BigInt(b), 0n)).toBe(BigInt(whole));
      }),
    );
  });
  it('moves no part by more than one unit from its exact quota', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), weights, (whole, list) => {
        const sum = list.reduce((a, b) => a + b, 0);
        for (const [i, part] of splitExactly(whole, list).entries())
          expect(Math.abs(part - (whole * list[i]!) / sum)).toBeLessThan(1 + 1e-6);
      }),
    );
  });
  it('gives what is left over to the largest remainders, ties to the earlier', () => {
    expect(splitExactly(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(splitExactly(1, [1, 2])).toEqual([0, 1]);
    expect(splitExactly(7, [0, 1])).toEqual([0, 7]);
  });
  it('refuses weights that are all 0', () => expect(() => splitExactly(1, [0, 0])).toThrow(RangeError));
});
