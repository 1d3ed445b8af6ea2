import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogRecord } from './event-log/port.ts';
import { checkRange, intentOf, intentText, parseIntent, RangeChanged } from './intent.ts';

const record = (offset: number, text: string, key: string | null = 'k'): LogRecord => ({
  topic: 't',
  partition: 0,
  offset,
  timestamp: offset,
  key,
  value: Buffer.from(text),
});
const records = [record(3, 'a'), record(4, 'b'), record(9, '')];

describe('an intent', () => {
  test('says the log, the range with its gaps, the count and a checksum', () => {
    const intent = intentOf('log-1', records);
    expect(intent).toEqual({
      log: 'log-1',
      first: 3,
      end: 10,
      count: 3,
      checksum: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(() => intentOf('log-1', [])).toThrow(/at least one record/);
  });

  test('survives its text, which always fits into committed metadata', () => {
    const offset = fc.nat(Number.MAX_SAFE_INTEGER - 10);
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), offset, fc.string(), (log, first, value) => {
        const intent = intentOf(log, [record(first, value), record(first + 1, value)]);
        const text = intentText(intent);
        expect(parseIntent(text)).toEqual(intent);
        expect(Buffer.byteLength(text)).toBeLessThan(4_096);
      }),
    );
    expect(parseIntent('')).toBeNull();
  });

  test.each([
    'not ours',
    'null',
    '7',
    '[]',
    '{}',
    '{"log":"l","checksum":"c"}',
    '{"log":1,"first":0,"end":1,"count":1,"checksum":"c"}',
  ])('is not read from %s: someone else committed there', (metadata) => {
    expect(() => parseIntent(metadata)).toThrow(RangeChanged);
  });

  test('holds for the same records, whenever the broker says they were written', () => {
    const again = records.map((r) => ({ ...r, timestamp: 77, value: Buffer.from(r.value) }));
    expect(() => checkRange(intentOf('log-1', records), 'log-1', again)).not.toThrow();
  });

  test.each<[string, string, LogRecord[]]>([
    ['another log', 'log-2', records],
    ['no records', 'log-1', []],
    ['a record less at the end', 'log-1', records.slice(0, 2)],
    ['a record less at the beginning', 'log-1', records.slice(1)],
    ['a record less between', 'log-1', [records[0]!, records[2]!]],
    ['a record more between', 'log-1', [records[0]!, records[1]!, record(5, 'x'), records[2]!]],
    ['another value', 'log-1', [records[0]!, record(4, 'B'), records[2]!]],
    ['another key', 'log-1', [records[0]!, record(4, 'b', 'K'), records[2]!]],
    ['another offset between', 'log-1', [records[0]!, record(5, 'b'), records[2]!]],
    ['bytes moved from one value to the next', 'log-1', [record(3, ''), record(4, 'ab'), records[2]!]],
  ])('does not hold for %s', (_, log, found) => {
    expect(() => checkRange(intentOf('log-1', records), log, found)).toThrow(RangeChanged);
  });
});
