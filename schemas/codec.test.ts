import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Codec, CodecError, codecs, settlementRequest } from './codec.ts';
import type { SettlementRequest } from './generated/settlement_request.ts';

type Avro =
  | string
  | [string, Avro]
  | { type: string; items?: Avro; values?: Avro; fields?: { name: string; type: Avro }[] };

const fileOf = ({ name }: { name: string }): string => name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
const schemaOf = (codec: { name: string }): Avro =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'avro', `${fileOf(codec)}.avsc`), 'utf8')) as Avro;

const text = fc.string({ unit: 'grapheme' });
/** What avsc keeps exactly: one less than 2^53 - 1 above; below -2^52 it would err, where no field of ours goes. */
const long = fc.integer({ min: -(2 ** 52), max: Number.MAX_SAFE_INTEGER - 1 });
const scalars: Record<string, fc.Arbitrary<unknown>> = {
  string: text,
  int: fc.integer(),
  long,
  double: fc.double(),
  boolean: fc.boolean(),
  bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  null: fc.constant(null),
};

/** Any value of an Avro type. Its strings are well-formed, as ingest makes sure. */
function anyOf(type: Avro): fc.Arbitrary<unknown> {
  if (typeof type === 'string') return scalars[type]!;
  if (Array.isArray(type)) return fc.oneof(...type.map(anyOf));
  if (type.items) return fc.array(anyOf(type.items), { maxLength: 4 });
  if (type.values)
    return fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      anyOf(type.values),
      { maxKeys: 4 },
    );
  return fc.record(Object.fromEntries(type.fields!.map((field) => [field.name, anyOf(field.type)])));
}

const plain = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};

describe.each(codecs as readonly Codec<unknown>[])('$name', (codec) => {
  const kept = join(import.meta.dirname, 'fixtures', `${fileOf(codec)}.v1`);
  const lines = readFileSync(`${kept}.hex`, 'utf8').trim().split('\n');
  const bytes = Buffer.from(lines[0]!, 'hex');

  it('decodes to what was encoded, for any record', () => {
    fc.assert(
      fc.property(anyOf(schemaOf(codec)), (record) => {
        expect(plain(codec.decode(codec.encode(record)))).toEqual(plain(record));
      }),
    );
  });

  it('decodes the bytes kept of version 1, one record full and one sparse', () => {
    const expected = JSON.parse(readFileSync(`${kept}.json`, 'utf8')) as unknown[];
    expect(lines.map((line) => plain(codec.decode(Buffer.from(line, 'hex'))))).toEqual(expected);
    expect(expected).toHaveLength(2);
  });

  it('begins with byte 0 and its schema id', () => {
    expect(bytes.readUInt8(0)).toBe(0);
    expect(bytes.readUInt32BE(1)).toBe(codec.id);
  });

  it('refuses a body cut anywhere, or with a byte too many', () => {
    for (let end = 0; end < bytes.length; end++) expect(() => codec.decode(bytes.subarray(0, end))).toThrow(CodecError);
    expect(() => codec.decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(
      `${codec.name} cannot be decoded: body ends at ${bytes.length} of ${bytes.length + 1}`,
    );
  });

  it('refuses the records of every other codec by their id', () => {
    for (const other of codecs)
      if (other.id !== codec.id) {
        const foreign = Buffer.from(bytes);
        foreign.writeUInt32BE(other.id, 1);
        expect(() => codec.decode(foreign)).toThrow(`schema id ${other.id}, expected ${codec.id} (${codec.name})`);
      }
  });

  it('never fails on rubbish in another way than by its own error', () => {
    const header = bytes.subarray(0, 5);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (rubbish) => {
        try {
          codec.decode(Buffer.concat([header, rubbish]));
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
    );
  });
});

const request: SettlementRequest = {
  brand_id: 'moonspoon',
  redemption_id: 'till-1',
  reason: 'first',
  cause: 'till-1',
  caused_at: 1_791_460_800_250,
  needed_version: -1,
};

describe('a record that cannot be encoded', () => {
  it('is refused with every faulty path', () => {
    const wrong = { ...request, cause: null, caused_at: 2 ** 53 } as unknown as SettlementRequest;
    expect(() => settlementRequest.encode(wrong)).toThrow(CodecError);
    expect(() => settlementRequest.encode(wrong)).toThrow(
      'SettlementRequest cannot be encoded: cause (object), caused_at (number)',
    );
  });

  it('spoils nothing for the next', () => {
    const before = settlementRequest.encode(request);
    expect(() => settlementRequest.encode({ ...request, cause: 5 } as unknown as SettlementRequest)).toThrow(
      CodecError,
    );
    expect(settlementRequest.encode(request)).toEqual(before);
  });
});

describe('bytes in another format', () => {
  it.each([
    ['none', Buffer.alloc(0), '0 bytes, first none'],
    ['too few', Buffer.of(0, 0, 0, 1), '4 bytes, first 0'],
    ['JSON', Buffer.from('{"a":1}'), '7 bytes, first 123'],
  ])('are refused: %s', (_, bytes, found) =>
    expect(() => settlementRequest.decode(bytes)).toThrow(`not Avro in the Confluent wire format: ${found}`),
  );
});

it('a record larger than any before is encoded whole, and earlier bytes stay as they were', () => {
  const small = settlementRequest.encode(request);
  const copy = Buffer.from(small);
  for (const length of [16_000, 16_384, 40_000, 1_000_000]) {
    const large = { ...request, cause: 'é'.repeat(length) };
    expect(settlementRequest.decode(settlementRequest.encode(large)).cause).toBe(large.cause);
  }
  expect(small).toEqual(copy);
});

it('every record has an id of its own, and every kept version its bytes and its text', () => {
  expect(new Set(codecs.map(({ id }) => id)).size).toBe(codecs.length);
  const expected = codecs.flatMap((codec) => [`${fileOf(codec)}.v1.hex`, `${fileOf(codec)}.v1.json`]);
  expect(readdirSync(join(import.meta.dirname, 'fixtures')).sort()).toEqual(expect.arrayContaining(expected.sort()));
  expect(readdirSync(join(import.meta.dirname, 'avro')).sort()).toEqual(codecs.map((c) => `${fileOf(c)}.avsc`).sort());
});
