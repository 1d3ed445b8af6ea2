/** Wiring of ingest: collected → accepted, reference, rejected. At least once; the sink makes it exact. */
import {
  acceptedEvent,
  foreignDecoder,
  referenceRecord,
  rejectedRecord,
  schemaIdOf,
  UnreadableSchema,
} from '../../schemas/codec.ts';
import type { TopicNames } from '../../schemas/topics.ts';
import type { EventLog, LogRecord, OutgoingRecord } from '../platform/event-log/port.ts';
import type { SchemaRegistry } from '../platform/registry.ts';
import type { Service } from '../platform/run-service.ts';
import type { Telemetry } from '../platform/telemetry.ts';
import { ingest } from './pipeline.ts';
import type { IngestLookups } from './records.ts';
import { rejectedOf } from './rejected-of.ts';

const name = 'grapevine-ingest';

export interface IngestParts {
  log: EventLog;
  telemetry: Telemetry;
  topics: TopicNames;
  lookups: IngestLookups;
  /** Needed when a source writes Avro. */
  registry: SchemaRegistry | null;
  batch_records: number;
}

export function ingestService({ log, telemetry, topics, lookups, registry, batch_records }: IngestParts): Service {
  const decoders = new Map<number, (bytes: Buffer) => unknown>();
  return {
    name,
    topics: [...lookups.sources.keys()],
    exact: false,
    batch_records,
    fill_ms: 0,
    most_fill_ms: 0,
    async work(batch) {
      const loaded = { ...lookups, decoders: await loadDecoders(batch.records, lookups, registry, decoders) };
      const out = telemetry.busy(name, 'decide', () =>
        batch.records.map((record) => decideOne(record, topics, loaded, telemetry)),
      );
      batch.fence();
      await log.produce(out);
    },
  };
}

function decideOne(
  record: LogRecord,
  topics: TopicNames,
  lookups: IngestLookups,
  telemetry: Telemetry,
): OutgoingRecord {
  const verdict = ingest.decide(record, lookups);
  if (verdict.kind === 'kept') {
    const { value } = verdict;
    if (value.kind === 'event') {
      const { event } = value;
      telemetry.count('outcomes', { service: name, brand: event.brand_id, outcome: 'accepted', code: '' }, 1);
      return { topic: topics.accepted, key: `${event.brand_id}/${event.event_id}`, value: acceptedEvent.encode(event) };
    }
    const { reference } = value;
    telemetry.count('outcomes', { service: name, brand: reference.brand_id, outcome: 'reference', code: '' }, 1);
    const key = `${reference.kind}/${reference.brand_id}/${reference.id}/${reference.valid_from ?? ''}`;
    return { topic: topics.reference, key, value: referenceRecord.encode(reference) };
  }
  const faults =
    verdict.kind === 'rejected' ? verdict.faults : [{ code: verdict.reason, path: '', detail: verdict.reason }];
  const refused = rejectedOf(record, faults, verdict.step, lookups);
  telemetry.count(
    'outcomes',
    { service: name, brand: refused.brand_id, outcome: 'rejected', code: faults[0]?.code ?? '' },
    1,
  );
  const key = `${record.topic}/${record.partition}/${record.offset}`;
  return { topic: topics.rejected, key, value: rejectedRecord.encode(refused) };
}

/** Decoders of the schemas a batch names. A schema the registry does not know may be registered later: it is asked for again. */
async function loadDecoders(
  records: readonly LogRecord[],
  { sources }: IngestLookups,
  registry: SchemaRegistry | null,
  known: Map<number, (bytes: Buffer) => unknown>,
): Promise<IngestLookups['decoders'] & {}> {
  const decoders = new Map<number, ((bytes: Buffer) => unknown) | null>();
  for (const { topic, value } of records) {
    const id = sources.get(topic)?.format === 'avro' ? schemaIdOf(value) : null;
    if (id === null || decoders.has(id)) continue;
    if (!registry) throw new Error(`source ${topic} writes Avro: set SCHEMA_REGISTRY_URL`);
    const schema = known.has(id) ? '' : await registry.schemaOf(id);
    if (schema) known.set(id, decoderOf(schema));
    decoders.set(id, known.get(id) ?? null);
  }
  return decoders;
}

/** A schema that is no Avro, or not whole in itself, makes the records that name it unreadable; it does not stop the others. */
function decoderOf(schema: string): (bytes: Buffer) => unknown {
  try {
    return foreignDecoder(schema);
  } catch (error) {
    if (!(error instanceof UnreadableSchema)) throw error;
    return () => {
      throw error;
    };
  }
}
