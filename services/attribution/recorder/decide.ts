/**
 * What a batch of enriched events becomes: rows to store, duplicates, links, and whose redemptions to look at afterwards. Pure.
 *
 * Same event id from the same source position is an echo of our own redelivery and counts nothing, unless it carries a higher
 * revision (it was decided under newer reference data): then the old row is cancelled and the new one written. From another
 * position it is a duplicate. "Seen" means stored from another batch, or earlier in this one.
 */
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { cancelled, duplicateRow, type EventRow, eventRow, linkRows, sameContent, unlinked } from './rows.ts';

/** The row standing now for an event id. */
export interface Seen {
  source_topic: string;
  source_partition: number;
  source_offset: number;
  revision: number;
  content_hash: string;
  /** The whole row, loaded only where a higher revision arrived. */
  row: EventRow | null;
}

export const eventKey = (event: { brand_id: string; event_id: string }): string =>
  `${event.brand_id}/${event.event_id}`;

export interface Recording {
  events: EventRow[];
  duplicates: unknown[][];
  links: unknown[][];
  /** Events whose rows are new or changed, with the reason to settle for. */
  changed: { event: EnrichedEvent; reason: 'new' | 'reference' }[];
}

const samePosition = (event: EnrichedEvent, seen: Seen): boolean =>
  event.source_offset === seen.source_offset &&
  event.source_partition === seen.source_partition &&
  event.source_topic === seen.source_topic;

/** True when the event revises what is stored, so that the stored row must be loaded whole. */
export const revises = (event: EnrichedEvent, seen: Seen): boolean =>
  samePosition(event, seen) && event.reference_version > seen.revision;

export function decideRecording(events: EnrichedEvent[], seen: ReadonlyMap<string, Seen>, batch: string): Recording {
  const out: Recording = { events: [], duplicates: [], links: [], changed: [] };
  const standing = new Map(seen);
  for (const event of events) {
    const key = eventKey(event);
    const old = standing.get(key);
    if (!old) {
      const row = eventRow(event, batch);
      out.events.push(row);
      for (const link of linkRows(row, batch)) out.links.push(link);
      out.changed.push({ event, reason: 'new' });
      standing.set(key, seenFrom(event, row));
    } else if (!samePosition(event, old)) {
      const code = event.content_hash === old.content_hash ? 'duplicate' : 'conflicting_duplicate';
      out.duplicates.push(duplicateRow(event, code, batch));
    } else if (revises(event, old)) {
      if (!old.row) throw new Error(`the stored row of ${key} was not loaded`);
      const row = eventRow(event, batch);
      if (sameContent(old.row, row)) continue;
      out.events.push(cancelled(old.row, batch), row);
      const [said, says] = [linkRows(old.row, batch), linkRows(row, batch)];
      if (JSON.stringify(said) !== JSON.stringify(says)) out.links.push(...said.map(unlinked), ...says);
      out.changed.push({ event, reason: 'reference' });
      standing.set(key, seenFrom(event, row));
    }
  }
  return out;
}

const seenFrom = (event: EnrichedEvent, row: EventRow): Seen => ({
  source_topic: event.source_topic,
  source_partition: event.source_partition,
  source_offset: event.source_offset,
  revision: event.reference_version,
  content_hash: event.content_hash,
  row,
});
