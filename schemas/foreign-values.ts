/** Values that others wrote, under schemas of theirs. */
import avsc from 'avsc';
import { CodecError } from './codec.ts';

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

/** A number of fixed scale, big-endian in two's complement (Avro 1.12, "Decimal"), as text without zeros at its end. */
class DecimalText extends avsc.types.LogicalType {
  readonly #scale: number;
  constructor(schema: avsc.Schema, options: object) {
    super(schema, options);
    this.#scale = (schema as { scale?: number }).scale ?? 0;
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
