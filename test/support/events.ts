/**
 * Events and reference records for tests of single steps. All of brand `acme`, written as a brand sends them and read by the real
 * ingest, so that a step never sees a shape that ingest does not make.
 */
import type { AcceptedEvent } from '../../schemas/generated/accepted_event.ts';
import type { EnrichedEvent } from '../../schemas/generated/enriched_event.ts';
import type { ReferenceRecord } from '../../schemas/generated/reference_record.ts';
import { type ReferenceIndex, referenceIndex } from '../../services/enrichment/lookups.ts';
import { stampRevision } from '../../services/enrichment/steps/stamp-revision.ts';
import { ingest } from '../../services/ingest/pipeline.ts';
import type { Ingested, IngestLookups, SourceRecord } from '../../services/ingest/records.ts';
import { openKeys } from '../../services/platform/keys.ts';
import type { Outcome } from '../../services/platform/outcome.ts';
import type { Verdict } from '../../services/platform/pipeline.ts';

/** When events happen unless they say otherwise: noon of 5 October 2026, UTC. */
export const noon = Date.UTC(2026, 9, 5, 12);
export const day_ms = 86_400_000;

export const lookups: IngestLookups = {
  keys: openKeys(Buffer.alloc(32, 7)),
  sources: new Map([['engagement.collected', { brand_ids: '*' }]]),
};

/** A record of `engagement.collected`: bytes as they are, anything else as JSON. */
export const sourceRecord = (value: object | Buffer, partial: Partial<SourceRecord> = {}): SourceRecord => ({
  topic: 'engagement.collected',
  partition: 0,
  offset: 0,
  timestamp: noon + 30 * day_ms,
  value: Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
  ...partial,
});

/** What ingest says of a record. */
export const ingested = (value: object, partial: Partial<SourceRecord> = {}): Verdict<Ingested> =>
  ingest.decide(sourceRecord(value, partial), lookups);

/** The value of an outcome; throws when it was not kept. */
export function keptOf<T>(outcome: Outcome<T>): T {
  if (outcome.kind !== 'kept') throw new Error(`not kept: ${JSON.stringify(outcome)}`);
  return outcome.value;
}

/** The event that ingest makes of `raw`, which says only what matters. */
export function acceptedFrom(raw: object, partial: Partial<SourceRecord> = {}): AcceptedEvent {
  const least = { event_id: 'e1', type: 'click', occurred_at: noon, brand_id: 'acme', consumer_id: 'mia' };
  const value = keptOf(ingested({ ...least, ...raw }, partial));
  if (value.kind !== 'event') throw new Error('a reference record, expected an event');
  return value.event;
}

let references = 0;

/** Each from a source position of its own. */
export function referenceFrom(raw: object): ReferenceRecord {
  const value = keptOf(ingested({ brand_id: 'acme', ...raw }));
  if (value.kind !== 'reference') throw new Error('an event, expected a reference record');
  return { ...value.reference, source_offset: references++ };
}

export const acceptedEvent = (partial: Partial<AcceptedEvent> = {}): AcceptedEvent => ({
  ...acceptedFrom({}),
  ...partial,
});

/** An event as the first step leaves it: nothing found yet. */
export const enrichedEvent = (partial: Partial<EnrichedEvent> = {}): EnrichedEvent => ({
  ...keptOf(stampRevision(acceptedEvent(), referenceIndex())),
  ...partial,
});

/** A redemption of the code ANA10 as the first step leaves it. */
export const enrichedRedemption = (partial: Partial<EnrichedEvent> = {}): EnrichedEvent =>
  enrichedEvent({
    type: 'coupon_redemption',
    redemption_id: 'e1',
    status: 'redeemed',
    coupon_code: 'ANA10',
    ...partial,
  });

/** An index of these records, versions 0, 1, 2… in the order given. */
export function knowing(...records: object[]): ReferenceIndex {
  const index = referenceIndex();
  for (const [version, record] of records.entries()) index.apply(referenceFrom(record), version);
  return index;
}

/** What `acme` calls somebody. `value` is already normalised. */
export const pseudonym = (kind: string, value: string, platform = ''): string =>
  lookups.keys.pseudonym('acme', kind, platform, value);

/** All that a stream gives. */
export async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
}
