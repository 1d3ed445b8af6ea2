/** What goes into ingest, what it looks up, and what comes out. */
import type { AcceptedEvent } from '../../schemas/generated/accepted_event.ts';
import type { ReferenceRecord } from '../../schemas/generated/reference_record.ts';
import type { Keys } from '../platform/keys.ts';

/** A record of a source topic. */
export interface SourceRecord {
  topic: string;
  partition: number;
  offset: number;
  /** Broker time, epoch ms. */
  timestamp: number;
  value: Buffer;
}

export interface IngestLookups {
  keys: Keys;
  /** Source topic → the brands that may speak there, and how they write. */
  sources: ReadonlyMap<string, Source>;
  /** Decoders of the schema ids of Avro sources, loaded per batch; null = the registry does not know the id. */
  decoders?: ReadonlyMap<number, ((bytes: Buffer) => unknown) | null>;
}

export interface Source {
  brand_ids: '*' | readonly string[];
  /** json (default), or avro in the Confluent wire format, its schemas in the registry. */
  format?: 'json' | 'avro';
}

/** What ingest makes of a record. */
export type Ingested = { kind: 'event'; event: AcceptedEvent } | { kind: 'reference'; reference: ReferenceRecord };
