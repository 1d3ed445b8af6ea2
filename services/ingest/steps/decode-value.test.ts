import { expect, it } from 'vitest';
import { sourceRecord } from '../../../test/support/events.ts';
import { openKeys } from '../../platform/keys.ts';
import { decodeValue, max_bytes } from './decode-value.ts';

const lookups = { keys: openKeys(Buffer.alloc(32, 7)), sources: new Map() };
const decoded = (bytes: string | Buffer) => decodeValue(sourceRecord(Buffer.from(bytes as string)), lookups);
const refusal = (bytes: string | Buffer) => {
  const outcome = decoded(bytes);
  return outcome.kind === 'rejected' ? outcome.faults.map((fault) => fault.code).join() : outcome.kind;
};
const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
/** A JSON object of exactly so many bytes. */
const sized = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;

it('reads one JSON object, also after a byte order mark, and keeps its source', () => {
  const source = sourceRecord(Buffer.from('\uFEFF {"a": "ü", "a": 1, "b": {}}\n'));
  expect(decodeValue(source, lookups)).toEqual({ kind: 'kept', value: { source, json: { a: 1, b: {} } } });
});

it.each([
  ['empty', ''],
  ['not_json', ' '],
  ['not_json', '{"a":1'],
  ['not_json', '{"a":1}{"b":2}'],
  ['not_json', "{'a':1}"],
  ['not_json', '{"a":NaN}'],
  ['not_an_object', 'null'],
  ['not_an_object', '[{}]'],
  ['not_an_object', '"text"'],
  ['not_an_object', '7'],
  ['not_utf8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['not_utf8', Buffer.from('{"a":"ü"}', 'latin1')],
])('refuses as %s: %s', (code, bytes) => expect(refusal(bytes)).toBe(code));

it('reads 64 KiB and not a byte more', () => {
  expect(refusal(sized(max_bytes))).toBe('kept');
  expect(refusal(sized(max_bytes + 1))).toBe('too_large');
});

it('reads 32 levels and not one more, however deep the bytes go', () => {
  expect(refusal(nested(32))).toBe('kept');
  expect(refusal(nested(33))).toBe('too_deep');
  expect(refusal(nested(30_000))).toBe('too_deep');
});

it('shows the size of what it refuses, never its content', () => {
  const outcome = decoded('{"email":"jane@example.com"');
  expect(outcome).toMatchObject({ kind: 'rejected', faults: [{ code: 'not_json', path: '' }] });
  expect(JSON.stringify(outcome)).toContain('found 27 bytes');
  expect(JSON.stringify(outcome)).not.toContain('jane');
});
