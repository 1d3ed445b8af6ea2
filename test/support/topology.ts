/**
 * The whole topology in memory, without a log or a warehouse: ingest, enrichment, the recorder's decisions, settlement and the ledger are
 * the real ones; what a batch looks up comes from maps instead of tables. Milliseconds a story.
 */

import type { EnrichedEvent } from '../../schemas/generated/enriched_event.ts';
import { readJourney, type StoredEvent } from '../../services/attribution/journey.ts';
import { type Credit, creditsOf, postings } from '../../services/attribution/ledger.ts';
import { decideRecording, eventKey, type Seen } from '../../services/attribution/recorder/decide.ts';
import { type EventRow, event_columns } from '../../services/attribution/recorder/rows.ts';
import { referenceIndex } from '../../services/enrichment/lookups.ts';
import { enrichment } from '../../services/enrichment/pipeline.ts';
import { ingest } from '../../services/ingest/pipeline.ts';
import { openKeys } from '../../services/platform/keys.ts';

const keys = openKeys(Buffer.alloc(32, 7));
const topic = 'engagement.collected';
const sources = new Map([[topic, { brand_ids: '*' as const }]]);

export interface Topology {
  /** Feeds records as one batch; returns what became of each. */
  feed(records: object[]): string[];
  /** Balances of the ledger, sorted by their text. */
  credits(): Credit[];
  /** Every posting ever made. */
  ledger: Credit[];
}

export function openTopology(now = Date.UTC(2026, 11, 31)): Topology {
  const known = referenceIndex();
  const standing = new Map<string, Seen>();
  const ledger: Credit[] = [];
  let offset = 0;
  let version = 0;

  const settle = (): void => {
    const events = [...standing.values()].map((seen) => storedEvent(seen.row!));
    for (const [, about] of group(
      events.filter((e) => e.redemption_id !== ''),
      (e) => `${e.brand_id}/${e.redemption_id}`,
    )) {
      const first = about[0]!;
      const touches = events.filter(
        (e) =>
          e.type !== 'coupon_redemption' &&
          e.brand_id === first.brand_id &&
          about.some((r) => r.identity_key === e.identity_key),
      );
      const journey = readJourney(about, touches);
      const balance = balances(
        ledger.filter((c) => c.brand_id === first.brand_id && c.redemption_id === first.redemption_id),
      );
      ledger.push(...postings(journey ? creditsOf(journey) : [], balance));
    }
  };

  return {
    ledger,
    feed(records) {
      const said: string[] = [];
      const batch: EnrichedEvent[] = [];
      for (const record of records) {
        const source = {
          topic,
          partition: 0,
          offset: offset++,
          timestamp: now,
          value: Buffer.from(JSON.stringify(record)),
        };
        const verdict = ingest.decide(source, { keys, sources });
        if (verdict.kind !== 'kept')
          said.push(verdict.kind === 'rejected' ? verdict.faults.map((f) => f.code).join(' ') : verdict.reason);
        else if (verdict.value.kind === 'reference') {
          known.apply(verdict.value.reference, version++);
          said.push('reference');
        } else {
          const enriched = enrichment.decide(verdict.value.event, known);
          if (enriched.kind !== 'kept') throw new Error('enrichment refuses nothing');
          batch.push(enriched.value);
          said.push('accepted');
        }
      }
      const recording = decideRecording(batch, standing, `batch-${offset}`);
      for (const { event } of recording.changed) {
        const row = recording.events.find(
          (r) =>
            r[event_columns.indexOf('event_id')] === event.event_id &&
            r[event_columns.indexOf('brand_id')] === event.brand_id &&
            r[event_columns.indexOf('sign')] === 1,
        )!;
        const { source_topic, source_partition, source_offset, reference_version: revision, content_hash } = event;
        standing.set(eventKey(event), { source_topic, source_partition, source_offset, revision, content_hash, row });
      }
      settle();
      return said;
    },
    credits: () => balances(ledger).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}

const balances = (lines: Credit[]): Credit[] => postings(lines, []);

function storedEvent(row: EventRow): StoredEvent {
  return Object.fromEntries(event_columns.map((name, i) => [name, row[i]])) as unknown as StoredEvent;
}

function group<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
