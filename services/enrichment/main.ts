/**
 * Wiring of enrichment: accepted → enriched. Reference data is read to the end before a batch is decided, so that the batch
 * knows everything the log held when it was read. At least once; the sink makes it exact.
 */
import { acceptedEvent, enrichedEvent, referenceRecord } from '../../schemas/codec.ts';
import type { AcceptedEvent } from '../../schemas/generated/accepted_event.ts';
import type { TopicNames } from '../../schemas/topics.ts';
import type { EventLog, OutgoingRecord } from '../platform/event-log/port.ts';
import type { Service } from '../platform/run-service.ts';
import type { Telemetry } from '../platform/telemetry.ts';
import { type ReferenceIndex, referenceIndex } from './lookups.ts';
import { enrichment } from './pipeline.ts';

const name = 'grapevine-enrichment';

export interface EnrichmentParts {
  log: EventLog;
  telemetry: Telemetry;
  topics: TopicNames;
  batch_records: number;
}

export function enrichmentService({ log, telemetry, topics, batch_records }: EnrichmentParts): Service {
  const known = referenceIndex();
  const reader = referenceReader(log, topics.reference, known);
  return {
    name,
    topics: [topics.accepted],
    exact: false,
    batch_records,
    fill_ms: 0,
    most_fill_ms: 0,
    async work(batch) {
      await reader.catchUp();
      const out = telemetry.busy(name, 'decide', () =>
        batch.records.map((record) => enrichOne(acceptedEvent.decode(record.value), known, topics.enriched)),
      );
      batch.fence();
      await log.produce(out);
    },
  };
}

function enrichOne(event: AcceptedEvent, known: ReferenceIndex, topic: string): OutgoingRecord {
  if (event.needed_version > known.version)
    throw new Error(
      `event ${event.event_id} needs reference version ${event.needed_version}, the topic ends at ${known.version}`,
    );
  const verdict = enrichment.decide(event, known);
  if (verdict.kind !== 'kept')
    throw new Error(`enrichment refuses nothing, yet step ${verdict.step} gave ${verdict.kind}`);
  return { topic, key: `${event.brand_id}/${event.event_id}`, value: enrichedEvent.encode(verdict.value) };
}

/** The log does not bring what it says it has: reference data that was not read must not be taken for read. */
class ReferenceLate extends Error {
  override name = 'ReferenceLate';
  readonly retriable = true;
}

/**
 * Reads the reference topic (one partition) into the index, to the end it has when asked. Who asks while it is being read gets the next read: the
 * one under way may have asked for the end before what the caller needs was written. Callers that wait for a read share it.
 */
export function referenceReader(log: EventLog, topic: string, known: ReferenceIndex): { catchUp(): Promise<void> } {
  let next: number | null = null;
  let reading: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  const read = async (): Promise<void> => {
    const [bounds] = await log.bounds(topic);
    if (!bounds) throw new Error(`topic ${topic} has no partition: run \`grapevine topics\``);
    let from = Math.max(next ?? bounds.start, bounds.start);
    while (from < bounds.end) {
      const records = await log.read(topic, 0, from, 5_000);
      if (records.length === 0)
        throw new ReferenceLate(`${topic} ends at ${bounds.end}, and nothing comes from ${from} on`);
      for (const record of records) known.apply(referenceRecord.decode(record.value), record.offset);
      from = records.at(-1)!.offset + 1;
    }
    next = from;
  };
  return {
    catchUp() {
      waiting ??= reading
        .catch(() => undefined) // who asked for it heard of it
        .then(() => {
          waiting = null;
          reading = read();
          return reading;
        });
      return waiting;
    },
  };
}
