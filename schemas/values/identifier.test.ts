import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byStrength, identifier_kinds, isBlocked, normaliseIdentifier, platform_kinds } from './identifier.ts';

const words = (letters: string) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== '');
const space = fc.constantFrom('', ' ', '\t', '\n ');

describe('normaliseIdentifier', () => {
  it('changes nothing the second time', () => {
    const kind = fc.constantFrom(...identifier_kinds);
    const value = fc.oneof(
      words('aZé0.-_@ '),
      fc.emailAddress(),
      words('0123456789').map((digits) => `+${digits}`),
    );
    fc.assert(
      fc.property(kind, value, (k, v) => {
        const once = normaliseIdentifier(k, v);
        if (once !== null) expect(normaliseIdentifier(k, once)).toBe(once);
      }),
    );
  });

  it('makes one of an e-mail or handle however it is cased and padded', () => {
    fc.assert(
      fc.property(fc.emailAddress(), space, space, (email, before, after) => {
        const plain = normaliseIdentifier('email', email);
        expect(plain).toBe(email.toLowerCase());
        expect(normaliseIdentifier('email', before + email.toUpperCase() + after)).toBe(plain);
      }),
    );
    fc.assert(
      fc.property(words('abcXYZ09._'), space, fc.nat(2), (name, pad, ats) => {
        expect(normaliseIdentifier('handle', `${pad}${'@'.repeat(ats)}${name}${pad}`)).toBe(name.toLowerCase());
      }),
    );
  });

  it('makes E.164 of a phone, whatever stands between its digits', () => {
    const between = fc.array(fc.constantFrom('', ' ', '-', '.', '/', ' (', ') '), { minLength: 15, maxLength: 15 });
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 999_999_999_999_999 }), between, (number, gaps) => {
        const digits = [...String(number)].map((digit, i) => digit + gaps[i]).join('');
        expect(normaliseIdentifier('phone', `+${digits}`)).toBe(`+${number}`);
        expect(normaliseIdentifier('phone', `00${digits}`)).toBe(`+${number}`);
      }),
    );
  });

  it('keeps the case of ids, which may carry meaning', () => {
    for (const kind of ['consumer_id', 'loyalty_id', 'platform_id', 'click_id', 'device_id'] as const)
      expect(normaliseIdentifier(kind, ' Ab-9 ')).toBe('Ab-9');
  });

  it.each([
    ['email', 'jane'],
    ['email', '@example.com'],
    ['email', 'jane@'],
    ['email', 'ja ne@example.com'],
    ['email', 'a@b@c'],
    ['phone', '415 555 2671'],
    ['phone', '+0415 555 2671'],
    ['phone', '+123456'],
    ['phone', '+1234567890123456'],
    ['phone', '+1 415 CALL NOW'],
    ['phone', ''],
    ['handle', '@'],
    ['handle', ' '],
  ] as const)('takes no %s from %j', (kind, value) => expect(normaliseIdentifier(kind, value)).toBeNull());
});

describe('isBlocked', () => {
  it.each(['', ' ', '0', 'NULL', ' Guest ', 'n/a', '[object Object]', 'undefined'])('%j names nobody', (value) =>
    expect(isBlocked(value)).toBe(true),
  );
  it.each(['00', 'nullable', 'guest-7', 'anonymous@example.com'])('%j names somebody', (value) =>
    expect(isBlocked(value)).toBe(false),
  );
});

describe('byStrength', () => {
  const identifier = fc.record({
    kind: fc.constantFrom(...identifier_kinds),
    platform: fc.constantFrom('', 'instagram', 'tiktok'),
    value: words('ab'),
  });

  it('gives one order, however the sender listed them, strongest kind first', () => {
    const list = fc.uniqueArray(identifier, { selector: (i) => `${i.kind}/${i.platform}/${i.value}`, maxLength: 12 });
    fc.assert(
      fc.property(
        list.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const sorted = [...all].sort(byStrength);
          expect([...shuffled].sort(byStrength)).toEqual(sorted);
          const ranks = sorted.map(({ kind }) => identifier_kinds.indexOf(kind));
          expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
        },
      ),
    );
  });
});

it('only handles and platform ids need their platform', () => {
  expect(identifier_kinds.filter((kind) => platform_kinds.has(kind))).toEqual(['platform_id', 'handle']);
});
