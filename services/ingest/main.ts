/** Wiring of ingest: collected → accepted, reference, rejected. At least once; the sink makes it exact. */
import { acceptedEvent, referenceRecord, rejectedRecord } from '../../schemas/codec.ts';
import type { TopicNames } from '../../schemas/topics.ts';
import type { EventLog, LogRecord, OutgoingRecord } from '../platform/event-log/port.ts';
import type { Service } from '../platform/run-service.ts';
import type { Telemetry } from '../platform/telemetry.ts';
import { type IngestLookups, ingest } from './pipeline.ts';
import { rejectedOf } from './rejected-of.ts';

const name = 'grapevine-ingest';

export interface IngestParts {
  log: EventLog;
  telemetry: Telemetry;
  topics: TopicNames;
  lookups: IngestLookups;
  batch_records: number;
}

export function ingestService({ log, telemetry, topics, lookups, batch_records }: IngestParts): Service {
  return {
    name,
    topics: [...lookups.sources.keys()],
    exact: false,
    batch_records,
    fill_ms: 0,
    async work(batch) {
      const out = telemetry.busy(name, 'decide', () =>
        batch.records.map((record) => decideOne(record, topics, lookups, telemetry)),
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
