/**
 * The whole topology in memory, without a log or a warehouse: ingest, enrichment, the recorder's decisions, settlement and the ledger are
 * the real ones; what a batch looks up comes from maps instead of tables. Milliseconds a story.
 */

import type { AcceptedEvent } from '../../schemas/generated/accepted_event.ts';
import type { EnrichedEvent } from '../../schemas/generated/enriched_event.ts';
import type { SeparationBody } from '../../services/attribution/components.ts';
import { readJourney, redeemerOf, type StoredEvent, standingRedemption } from '../../services/attribution/journey.ts';
import { type Credit, creditsOf, postings } from '../../services/attribution/ledger.ts';
import { first_weights } from '../../services/attribution/models/engagement-weighted.ts';
import { type Link, type Persons, personsOf } from '../../services/attribution/persons.ts';
import { decideRecording, eventKey, type Seen } from '../../services/attribution/recorder/decide.ts';
import { type EventRow, event_columns, link_columns } from '../../services/attribution/recorder/rows.ts';
import { namesCode } from '../../services/attribution/voided-codes.ts';
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

  const accepted: AcceptedEvent[] = [];
  const links: LinkRow[] = [];
  const separations = new Map<string, { brand_id: string; pair: [string, string]; withdrawn: boolean }>();

  const settle = (): void => {
    const events = [...standing.values()].map((seen) => storedEvent(seen.row!));
    for (const [, about] of group(
      events.filter((e) => e.redemption_id !== ''),
      (e) => `${e.brand_id}/${e.redemption_id}`,
    )) {
      const { brand_id, redemption_id } = about[0]!;
      const touches = events.filter((e) => e.type !== 'coupon_redemption' && e.brand_id === brand_id);
      const redemption = standingRedemption(about);
      const apart = [...separations.values()].filter((s) => s.brand_id === brand_id && !s.withdrawn).map((s) => s.pair);
      const redeemer = redemption
        ? redeemerOf(redemption, personsAmong(standingEvidence(links, events), brand_id, apart))
        : [];
      const journey = readJourney(about, touches, redeemer, first_weights);
      const balance = balances(ledger.filter((c) => c.brand_id === brand_id && c.redemption_id === redemption_id));
      ledger.push(...postings(journey ? creditsOf(journey) : [], balance));
    }
  };

  const record = (events: AcceptedEvent[]): void => {
    const batch = events.map((event): EnrichedEvent => {
      const enriched = enrichment.decide(event, known);
      if (enriched.kind !== 'kept') throw new Error('enrichment refuses nothing');
      return enriched.value;
    });
    const recording = decideRecording(batch, standing, `batch-${offset}`);
    for (const row of recording.links)
      links.push(Object.fromEntries(link_columns.map((name, i) => [name, row[i]])) as unknown as LinkRow);
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
  };

  return {
    ledger,
    feed(records) {
      const said: string[] = [];
      const batch: AcceptedEvent[] = [];
      for (const record of records) {
        const value = Buffer.from(JSON.stringify(record));
        const verdict = ingest.decide(
          { topic, partition: 0, offset: offset++, timestamp: now, value },
          { keys, sources },
        );
        if (verdict.kind !== 'kept')
          said.push(verdict.kind === 'rejected' ? verdict.faults.map((f) => f.code).join(' ') : verdict.reason);
        else if (verdict.value.kind === 'reference') {
          const { reference } = verdict.value;
          known.apply(reference, version++);
          if (reference.kind === 'separation') {
            const { identifiers, withdrawn = false } = JSON.parse(reference.body) as SeparationBody;
            const pair = identifiers.map(({ pseudonym }) => pseudonym) as [string, string];
            const { brand_id } = reference;
            separations.set(`${brand_id}/${reference.id}`, { brand_id, pair, withdrawn });
          }
          said.push('reference');
        } else {
          batch.push(verdict.value.event);
          said.push('accepted');
        }
      }
      record(batch);
      accepted.push(...batch);
      record(accepted); // everything once more under what is known now: what nothing new is said about changes nothing
      settle();
      return said;
    },
    credits: () => balances(ledger).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}

interface LinkRow extends Omit<Link, 'first_at'> {
  brand_id: string;
  occurred_at: number;
  sign: number;
}

/** Links without those that a voided redemption made with a code. */
function standingEvidence(rows: readonly LinkRow[], events: readonly StoredEvent[]): LinkRow[] {
  const key = (brand_id: string, id: string): string => `${brand_id}/${id}`;
  const voided = new Set(events.filter((e) => e.status === 'voided').map((e) => key(e.brand_id, e.redemption_id)));
  const about = new Map(events.map((e) => [key(e.brand_id, e.event_id), key(e.brand_id, e.redemption_id)]));
  return rows.filter((row) => !namesCode(row) || !voided.has(about.get(key(row.brand_id, row.event_id)) ?? ''));
}

/** Persons among all links of a brand that stand: resolving everything at once is resolving every component. */
function personsAmong(rows: readonly LinkRow[], brand_id: string, separations: [string, string][]): Persons {
  const links = new Map<string, Link>();
  for (const [, said] of group(
    rows.filter((row) => row.brand_id === brand_id),
    (row) => `${row.left} ${row.right} ${row.event_id}`,
  )) {
    const { left, left_kind, right, right_kind, occurred_at: first_at, event_id } = said[0]!;
    if (left > right || said.reduce((sum, row) => sum + row.sign, 0) <= 0) continue;
    const other = links.get(`${left} ${right}`);
    if (!other || first_at < other.first_at || (first_at === other.first_at && event_id < other.event_id))
      links.set(`${left} ${right}`, { left, left_kind, right, right_kind, first_at, event_id });
  }
  return personsOf({ links: [...links.values()], separations, frozen: false });
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
