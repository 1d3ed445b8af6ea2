/**
 * Avro in the Confluent wire format: byte 0, a 4-byte schema id, the body. The only file that imports avsc.
 * Ids are fixed: they name a released version of a record for ever.
 */
import avsc from 'avsc';
import { type AcceptedEvent, AcceptedEventSchema } from './generated/accepted_event.ts';
import { type EnrichedEvent, EnrichedEventSchema } from './generated/enriched_event.ts';
import { type ReferenceRecord, ReferenceRecordSchema } from './generated/reference_record.ts';
import { type RejectedRecord, RejectedRecordSchema } from './generated/rejected_record.ts';
import { type SettlementRequest, SettlementRequestSchema } from './generated/settlement_request.ts';

/** The bytes are not a record of ours: which schema id they name, or what is wrong with them. */
export class CodecError extends Error {
  override name = 'CodecError';
}

export interface Codec<T> {
  readonly name: string;
  readonly id: number;
  /** Throws CodecError naming every faulty path. */
  encode(record: T): Buffer;
  /** Throws CodecError for a wrong magic byte, an unknown id or a short body. */
  decode(bytes: Buffer): T;
}

function codec<T>(id: number, schema: unknown): Codec<T> {
  const type = avsc.Type.forSchema(schema as avsc.Schema);
  const name = type.name?.split('.').pop() ?? String(id);
  let scratch = Buffer.allocUnsafe(16_384);
  return {
    name,
    id,
    encode(record) {
      let end: number;
      try {
        end = type.encode(record, scratch, 5);
        if (end < 0) {
          scratch = Buffer.allocUnsafe(scratch.length * 2 - end);
          end = type.encode(record, scratch, 5);
        }
      } catch {
        const paths: string[] = [];
        type.isValid(record, { errorHook: (path, value) => paths.push(`${path.join('.')} (${typeof value})`) });
        throw new CodecError(`${name} cannot be encoded: ${paths.join(', ') || 'unknown path'}`);
      }
      scratch[0] = 0;
      scratch.writeUInt32BE(id, 1);
      return Buffer.from(scratch.subarray(0, end));
    },
    decode(bytes) {
      if (bytes.length < 5 || bytes[0] !== 0)
        throw new CodecError(
          `not Avro in the Confluent wire format: ${bytes.length} bytes, first ${bytes[0] ?? 'none'}`,
        );
      const found = bytes.readUInt32BE(1);
      if (found !== id) throw new CodecError(`schema id ${found}, expected ${id} (${name})`);
      try {
        const { value, offset } = type.decode(bytes, 5) as { value: T; offset: number };
        if (offset !== bytes.length) throw new Error(`body ends at ${offset} of ${bytes.length}`);
        return value;
      } catch (error) {
        throw new CodecError(`${name} cannot be decoded: ${error instanceof Error ? error.message : error}`);
      }
    },
  };
}

export const acceptedEvent = codec<AcceptedEvent>(101, AcceptedEventSchema);
export const enrichedEvent = codec<EnrichedEvent>(201, EnrichedEventSchema);
export const settlementRequest = codec<SettlementRequest>(301, SettlementRequestSchema);
export const rejectedRecord = codec<RejectedRecord>(401, RejectedRecordSchema);
export const referenceRecord = codec<ReferenceRecord>(501, ReferenceRecordSchema);
export const codecs = [acceptedEvent, enrichedEvent, settlementRequest, rejectedRecord, referenceRecord] as const;

/** The schema id of a value in the Confluent wire format; null when it is none. */
export const schemaIdOf = (bytes: Buffer): number | null =>
  bytes.length >= 5 && bytes[0] === 0 ? bytes.readUInt32BE(1) : null;

/** The schema itself cannot be read: it is no Avro, or names types that stand in other schemas. */
export class UnreadableSchema extends CodecError {
  override name = 'UnreadableSchema';
}

/**
 * Reads values written under somebody else's schema (JSON text) as plain JSON values: bytes become base64, unions their value, decimals text
 * ("12.5"), times milliseconds. Throws UnreadableSchema; what it returns throws CodecError.
 */
export function foreignDecoder(schema: string): (bytes: Buffer) => unknown {
  let type: avsc.Type;
  try {
    type = avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, {
      wrapUnions: 'always', // those of two numbers can be read in no other way
      logicalTypes: { decimal: DecimalText, 'timestamp-micros': Milliseconds },
    });
  } catch (error) {
    throw new UnreadableSchema(error instanceof Error ? error.message : String(error));
  }
  return (bytes) => {
    try {
      const { value, offset } = type.decode(bytes, 5) as { value: unknown; offset: number };
      if (offset !== bytes.length) throw new Error(`the body ends at ${offset} of ${bytes.length}`);
      return plain(value);
    } catch (error) {
      throw new CodecError(error instanceof Error ? error.message : String(error));
    }
  };
}

const most_scale = 76;
/** A number of fixed scale, big-endian in two's complement (Avro 1.12, "Decimal"), as text without zeros at its end. */
class DecimalText extends avsc.types.LogicalType {
  readonly #scale: number;
  constructor(schema: avsc.Schema, options: object) {
    super(schema, options);
    this.#scale = (schema as { scale?: number }).scale ?? 0;
    if (!(this.#scale >= 0 && this.#scale <= most_scale)) throw new Error(`scale ${this.#scale}`); // then they are bytes
  }
  protected override _fromValue(bytes: Buffer): string {
    const unscaled = bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(this.#scale + 1, '0');
    const whole = digits.slice(0, digits.length - this.#scale);
    const part = digits.slice(digits.length - this.#scale).replace(/0+$/, '');
    return `${unscaled < 0n ? '-' : ''}${whole}${part && '.'}${part}`;
  }
}

class Milliseconds extends avsc.types.LogicalType {
  protected override _fromValue(micros: number): number {
    return Math.floor(micros / 1_000);
  }
}

const isBranch = (value: object): value is { unwrap(): unknown } =>
  'unwrap' in value && typeof value.unwrap === 'function';

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if (isBranch(value)) return plain(value.unwrap());
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
