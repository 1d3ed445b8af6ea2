import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from './instant.ts';

const latest = Date.UTC(2299, 11, 31);
const instant = fc.integer({ min: 86_400_000, max: latest });
const two = (number: number) => String(number).padStart(2, '0');

describe('parseInstant', () => {
  it('reads back every instant as ISO 8601 in UTC', () => {
    fc.assert(
      fc.property(instant, (at) => {
        expect(parseInstant(new Date(at).toISOString())).toBe(at);
      }),
    );
  });

  it('reads one instant the same, whatever zone it is written in', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -1_439, max: 1_439 }), fc.constantFrom(':', ''), (at, offset, colon) => {
        const local = new Date(at + offset * 60_000).toISOString().slice(0, -1);
        const minutes = Math.abs(offset);
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
        expect(parseInstant(local + zone)).toBe(at);
      }),
    );
  });

  it('takes whole numbers for milliseconds and refuses what looks like seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e11, max: latest }), (at) => {
        expect(parseInstant(at)).toBe(at);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ max: 1e11 - 1 }), (at) => {
        expect(parseInstant(at)).toBeNull();
      }),
    );
  });

  it('accepts exactly the days the calendar has', () => {
    for (const year of [1999, 2000, 2100, 2024, 2026])
      for (let month = 0; month <= 13; month++)
        for (let day = 0; day <= 32; day++) {
          const last = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
          const at = parseInstant(`${year}-${two(month)}-${two(day)}T00:00:00Z`);
          expect(at).toBe(day >= 1 && day <= last ? Date.UTC(year, month - 1, day) : null);
        }
  });

  it.each([
    ['2026-10-05T09:00Z', Date.UTC(2026, 9, 5, 9)],
    ['2026-10-05 09:00:00z', Date.UTC(2026, 9, 5, 9)],
    ['2026-10-05T09:00:00,5Z', Date.UTC(2026, 9, 5, 9, 0, 0, 500)],
    ['2026-10-05T09:00:00.123999999Z', Date.UTC(2026, 9, 5, 9, 0, 0, 123)],
    ['1970-01-01T00:00:00-00:00', 0],
    ['2299-12-31T00:00:00Z', latest],
  ])('reads %s', (text, at) => expect(parseInstant(text)).toBe(at));

  it.each([
    '2026-02-30T10:00:00Z',
    '2026-10-05T09:00:00',
    '2026-10-05',
    '2026-10-05T24:00:00Z',
    '2026-10-05T09:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-10-05T09:00:00+24:00',
    '2026-10-05T09:00:00+02',
    '2026-10-05T09:00:00.Z',
    '05/10/2026 09:00:00Z',
    ' 2026-10-05T09:00:00Z',
    '0099-06-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00+01:00',
    '2299-12-31T00:00:01Z',
    '1790000000',
    '',
    1_790_000_000,
    1_790_000_000_000.5,
    latest + 1,
    Number.POSITIVE_INFINITY,
    null,
    true,
    {},
  ])('does not read %j', (value) => expect(parseInstant(value)).toBeNull());
});
