import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCurrency, parseMoney } from './money.ts';

const e4 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 });
const written = (amount: number) => `${Math.floor(amount / 10_000)}.${String(amount % 10_000).padStart(4, '0')}`;

describe('parseMoney', () => {
  it('reads back every amount it can hold, with and without trailing zeros', () => {
    fc.assert(
      fc.property(e4, (amount) => {
        expect(parseMoney(written(amount))).toBe(amount);
        expect(parseMoney(written(amount).replace(/\.?0+$/, ''))).toBe(amount);
      }),
    );
  });

  it('reads a JSON number as the decimal it was written as, up to 15 digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (amount) => {
        expect(parseMoney(amount / 10_000)).toBe(amount);
      }),
    );
  });

  it('gives a safe integer >= 0 or null for anything at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.anything()), (value) => {
        const amount = parseMoney(value);
        expect(amount === null || (Number.isSafeInteger(amount) && amount >= 0)).toBe(true);
      }),
    );
  });

  it.each([
    ['1.99', 19_900],
    [1.99, 19_900],
    [0.8, 8_000],
    ['0', 0],
    [-0, 0],
    ['0.0001', 1],
    ['900719925474.0990', Number.MAX_SAFE_INTEGER - 1],
  ])('reads %s as %s', (value, amount) => expect(parseMoney(value)).toBe(amount));

  it.each([
    '1,99',
    '1,000.00',
    '-1',
    '+1',
    '0.00001',
    '1e3',
    '.5',
    '5.',
    ' 1',
    '1 USD',
    '',
    '１',
    '900719925474.0991',
    '1000000000000',
    -1,
    0.00001,
    0.1 + 0.2,
    1e21,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    true,
    null,
    [1],
  ])('does not read %j', (value) => expect(parseMoney(value)).toBeNull());
});

describe('parseCurrency', () => {
  it('folds to upper case', () => expect(parseCurrency('usd')).toBe('USD'));
  it.each(['', 'US', 'USDT', 'XYZ', '$', ' USD', '840'])('does not know %j', (text) =>
    expect(parseCurrency(text)).toBeNull(),
  );
});
