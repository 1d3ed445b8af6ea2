import { schemaIdOf, UnreadableSchema } from '../../../schemas/codec.ts';
import type { Fault } from '../../../schemas/fault.ts';
import { fault } from '../../../schemas/faults-of.ts';
import { kept, type Outcome, rejected } from '../../platform/outcome.ts';
import type { IngestLookups, SourceRecord } from '../records.ts';

export interface DecodedRecord {
  source: SourceRecord;
  json: Record<string, unknown>;
}

export const max_bytes = 64 * 1024;
const max_depth = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Read the value as one JSON object; a value of an Avro source by the writer's schema.
 * in       SourceRecord
 * adds     json
 * refuses  empty, too_large, not_utf8, not_json, not_avro, unknown_schema, not_an_object, too_deep
 */
export function decodeValue(source: SourceRecord, { sources, decoders }: IngestLookups): Outcome<DecodedRecord> {
  const { value } = source;
  if (value.length === 0) return rejected([{ ...fault('empty', '', undefined, 'a JSON object') }]);
  if (value.length > max_bytes) return rejected([sized('too_large', value, `at most ${max_bytes} bytes`)]);
  const read = sources.get(source.topic)?.format === 'avro' ? readAvro(value, decoders) : readJson(value);
  if ('fault' in read) return rejected([read.fault]);
  const { json } = read;
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return rejected([fault('not_an_object', '', json, 'a JSON object')]);
  if (deeper(json, max_depth)) return rejected([sized('too_deep', value, `at most ${max_depth} levels`)]);
  return kept({ source, json: json as Record<string, unknown> });
}

type Read = { json: unknown } | { fault: Fault };

function readJson(value: Buffer): Read {
  const text = decoded(value);
  if (text === null) return { fault: sized('not_utf8', value, 'UTF-8') };
  const json = parsed(text);
  return json === undefined ? { fault: sized('not_json', value, 'a whole JSON object') } : { json };
}

function readAvro(value: Buffer, decoders: IngestLookups['decoders']): Read {
  const id = schemaIdOf(value);
  if (id === null) return { fault: sized('not_avro', value, 'byte 0, a schema id and a body') };
  const decode = decoders?.get(id);
  if (decode === undefined) throw new Error(`the schema ${id} was not loaded for this batch`);
  if (decode === null)
    return { fault: { ...sized('unknown_schema', value, `a schema id of the registry, not ${id}`) } };
  try {
    return { json: decode(value) };
  } catch (error) {
    const unreadable = error instanceof UnreadableSchema;
    const expected = unreadable
      ? `an Avro schema: schema ${id} is no Avro, or needs other schemas`
      : `a body of schema ${id}`;
    return { fault: sized('not_avro', value, expected) };
  }
}

const sized = (
  code: 'too_large' | 'not_utf8' | 'not_json' | 'not_avro' | 'unknown_schema' | 'too_deep',
  value: Buffer,
  expected: string,
) => {
  const { detail, ...rest } = fault(code, '', '', expected);
  return { ...rest, detail: detail.replace(/^found .*?, /, `found ${value.length} bytes, `) };
};

function decoded(value: Buffer): string | null {
  try {
    return utf8.decode(value);
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Level by level, not recursively: the depth is the sender's to choose, the stack is ours. */
function deeper(json: object, limit: number): boolean {
  let level: object[] = [json];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: object[] = [];
    for (const value of level)
      for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) next.push(inner);
    level = next;
  }
  return false;
}
