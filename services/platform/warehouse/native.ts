/**
 * Native blocks for clients that name a protocol version (Go's driver, and with it Grafana's data source): ClickHouse's own HTTP server then puts
 * a block's info before it and, from a version on, a byte before each column. The engine in process writes Native as of version 0.
 * Layout: src/Formats/NativeWriter.cpp of ClickHouse.
 */
import { RequestRefused } from './http-request.ts';

/** DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION of ClickHouse. */
const with_serialization = 54_454;
/** Not an overflow row (field 1), no bucket (field 2: −1), end of fields. */
const block_info = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);
const plain = Buffer.from([0]);

/** The same blocks as of a protocol version. Throws RequestRefused for a type whose columns cannot be told apart. */
export function nativeAsOf(version: number, bytes: Buffer): Buffer {
  const out: Buffer[] = [];
  const reader = new Reader(bytes);
  while (reader.at < bytes.length) {
    out.push(block_info);
    const head = reader.at;
    const columns = reader.count();
    const rows = reader.count();
    out.push(bytes.subarray(head, reader.at));
    for (let column = 0; column < columns; column++) {
      const from = reader.at;
      reader.text();
      const type = reader.text().toString();
      out.push(bytes.subarray(from, reader.at));
      if (version >= with_serialization) out.push(plain);
      const data = reader.at;
      if (rows > 0) reader.skipColumn(type, rows);
      if (reader.at > bytes.length) throw new Error(`a column of type ${type} does not end where it should`);
      out.push(bytes.subarray(data, reader.at));
    }
  }
  return Buffer.concat(out);
}

/** Bytes of one value of a type without arguments. */
const sizes: Record<string, number> = {
  ...{ Nothing: 1, Bool: 1, UInt8: 1, Int8: 1, UInt16: 2, Int16: 2, BFloat16: 2, UInt32: 4, Int32: 4, Float32: 4 },
  ...{ UInt64: 8, Int64: 8, Float64: 8, UInt128: 16, Int128: 16, UInt256: 32, Int256: 32, UUID: 16, IPv4: 4, IPv6: 16 },
  ...{ Date: 2, Date32: 4, DateTime: 4, DateTime64: 8, Time: 4, Time64: 8, Enum8: 1, Enum16: 2 },
};

class Reader {
  readonly #bytes: Buffer;
  at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A number in groups of seven bits, the low ones first. */
  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes.readUInt8(this.at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** The bytes of a text, after their number. */
  text(): Buffer {
    const length = this.count();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  skipColumn(type: string, rows: number): void {
    this.#skipPrefix(type);
    this.#skip(type, rows);
  }

  /** Columns with dictionaries inside, however deep, begin with a number for each. */
  #skipPrefix(type: string): void {
    const { name, inner } = read(type);
    if (name === 'LowCardinality') this.at += 8;
    else if (holds_others.has(name)) for (const each of inner) this.#skipPrefix(each);
  }

  #skip(type: string, rows: number): void {
    const { name, inner } = read(type);
    if (rows === 0) return;
    if (name === 'String') for (let row = 0; row < rows; row++) this.text();
    else if (name === 'LowCardinality') this.#skipDictionary(inner[0]!);
    else if (name === 'Array' || name === 'Map' || name === 'Nested') {
      this.at += 8 * rows;
      const all = Number(this.#bytes.readBigUInt64LE(this.at - 8));
      for (const each of inner) this.#skip(each, all);
    } else if (name === 'Tuple' && inner.length > 0) for (const each of inner) this.#skip(each, rows);
    else if (name === 'Nullable') {
      this.at += rows;
      this.#skip(inner[0]!, rows);
    } else this.at += rows * sizeOf(name, inner);
  }

  /** What kind of indexes, the keys, the indexes into them. */
  #skipDictionary(type: string): void {
    const index_bytes = 2 ** this.#bytes.readUInt8(this.at);
    this.at += 8;
    const { name, inner } = read(type);
    this.#skip(name === 'Nullable' ? inner[0]! : type, this.#long());
    const indexes = this.#long();
    this.at += indexes * index_bytes;
  }

  #long(): number {
    this.at += 8;
    return Number(this.#bytes.readBigUInt64LE(this.at - 8));
  }
}

const holds_others = new Set(['Array', 'Map', 'Nested', 'Tuple', 'Nullable']);

/** A type's name and what stands between its brackets; of a simple aggregate, those of its values. */
function read(type: string): { name: string; inner: string[] } {
  const [, name = type, arguments_ = ''] = /^(\w+)(?:\((.*)\))?$/s.exec(type) ?? [];
  const inner = arguments_ === '' ? [] : argumentsOf(arguments_);
  return name === 'SimpleAggregateFunction' ? read(inner.at(-1)!) : { name, inner };
}

function sizeOf(name: string, [first = '']: readonly string[]): number {
  if (name === 'Tuple') return 1; // one of nothing
  if (name === 'FixedString') return Number(first);
  if (name.startsWith('Interval')) return 8;
  if (name === 'Decimal') {
    const digits = Number(first);
    return digits <= 9 ? 4 : digits <= 18 ? 8 : digits <= 38 ? 16 : 32;
  }
  const size = sizes[name];
  if (size !== undefined) return size;
  throw new RequestRefused(
    501,
    48,
    `a column of type ${name} is not served as Native to a client of a protocol version: cast it, toString(…), or ask for another format`,
    'NOT_IMPLEMENTED',
  );
}

/** Types between the outermost commas, without the names that tuples give them. */
function argumentsOf(inner: string): string[] {
  const found: string[] = [];
  let [depth, from] = [0, 0];
  for (let at = 0; at <= inner.length; at++) {
    const sign = inner[at];
    if (sign === "'" || sign === '`') at = endOfQuoted(inner, at);
    else if (sign === '(') depth++;
    else if (sign === ')') depth--;
    else if (sign === undefined || (sign === ',' && depth === 0)) {
      found.push(
        inner
          .slice(from, at)
          .trim()
          .replace(/^(?:`(?:[^`\\]|\\.)*`|\w+)\s+(?=\w)/s, ''),
      );
      from = at + 1;
    }
  }
  return found;
}

function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++)
    if (text[at] === '\\') at++;
    else if (text[at] === text[from]) return at;
  return text.length;
}
