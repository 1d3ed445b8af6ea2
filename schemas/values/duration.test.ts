import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longest_ms, parseDuration } from './duration.ts';

const second_of = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const unit = fc.constantFrom('s', 'm', 'h', 'd', 'w');

describe('parseDuration', () => {
  it('is the count times the unit, or null beyond ten years', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), unit, (count, letter) => {
        const ms = count * second_of[letter] * 1_000;
        expect(parseDuration(`${count}${letter}`)).toBe(ms <= longest_ms ? ms : null);
      }),
    );
  });

  it.each([
    ['30d', 2_592_000_000],
    ['12h', 43_200_000],
    ['90m', 5_400_000],
    ['45s', 45_000],
    ['2w', 1_209_600_000],
    ['0d', 0],
    ['3650d', longest_ms],
  ])('reads %s as %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', 'd', '30', '30 d', ' 30d', '30d ', '30D', '1.5h', '-1d', '1y', '1d12h', '3651d', '522w', '9999999999s'])(
    'does not read %j',
    (text) => expect(parseDuration(text)).toBeNull(),
  );
});
