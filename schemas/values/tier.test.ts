import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tierOf } from './tier.ts';

const order = ['nano', 'micro', 'macro', 'mega'];

describe('tierOf', () => {
  it.each([
    [0, 'nano'],
    [9_999, 'nano'],
    [10_000, 'micro'],
    [99_999, 'micro'],
    [100_000, 'macro'],
    [999_999, 'macro'],
    [1_000_000, 'mega'],
    [Number.MAX_SAFE_INTEGER, 'mega'],
  ])('of %i followers is %s', (followers, tier) => expect(tierOf(followers)).toBe(tier));

  it('never falls when followers come', () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), fc.nat(2_000_000), (before, more) => {
        expect(order.indexOf(tierOf(before + more))).toBeGreaterThanOrEqual(order.indexOf(tierOf(before)));
      }),
    );
  });
});
