/**
 * Events decided under older reference data are sent back through `accepted`, naming the version they must be decided under. Insert first,
 * look after, on both sides: a new record looks for the stored events it concerns, a new event for stored records newer than its revision.
 */
import { acceptedEvent, referenceRecord } from '../../../schemas/codec.ts';
import { type AcceptedEvent, AcceptedEventSchema } from '../../../schemas/generated/accepted_event.ts';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import type { ReferenceRecord } from '../../../schemas/generated/reference_record.ts';
import type { OutgoingRecord } from '../../platform/event-log/port.ts';
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { pairs } from '../pairs.ts';
import { type ConcernRecord, concerned, concernOf } from './concerns.ts';
import { event_columns } from './rows.ts';

const page_events = 5_000;

/** New events that stored records, newer than what they were decided under, concern. */
export async function outdatedEvents(warehouse: Warehouse, events: EnrichedEvent[]): Promise<AcceptedEvent[]> {
  if (events.length === 0) return [];
  let oldest = Number.POSITIVE_INFINITY;
  for (const event of events) oldest = Math.min(oldest, event.reference_version);
  const records = await warehouse.query<ConcernRecord>(
    'SELECT kind, brand_id, id, version, body FROM reference_records WHERE version > {oldest:Int64}',
    { oldest },
  );
  return concerned(events, records).map(({ event, version }) => openAgain({ ...event }, event.identifiers, version));
}

/** Pages of stored events that these records concern and that were decided under an older version. */
export async function* eventsConcerned(
  warehouse: Warehouse,
  records: ConcernRecord[],
): AsyncGenerator<AcceptedEvent[]> {
  const { brands, hashtag, influencer_id, ...keyed } = concernOf(records);
  const conditions: string[] = [];
  const parameters: Record<string, unknown> = { version: Math.max(...records.map((record) => record.version)) };
  const match = (column: string, keys: unknown[], parameter: string): void => {
    if (keys.length === 0) return;
    parameters[parameter] = keys;
    conditions.push(`(brand_id, ${column}) IN {${parameter}:Array(Tuple(String, String))}`);
  };
  for (const [name, keys] of Object.entries(keyed)) match(name, keys, name);
  match('influencer_id', influencer_id, 'influencers');
  match('owner_id', influencer_id, 'owners');
  if (hashtag.length > 0) {
    parameters.tags = [...new Set(hashtag.map(([, tag]) => tag))];
    conditions.push('hasAny(hashtags, {tags:Array(String)})');
  }
  if (brands.length > 0) {
    parameters.brands = brands;
    conditions.push(`(type = 'coupon_redemption' AND brand_id IN {brands:Array(String)})`);
  }
  if (conditions.length === 0) return;
  const version = Number(parameters.version);
  for (let after = { brand_id: '', event_id: '' }; ; ) {
    const rows = await warehouse.query<StoredRow>(
      `SELECT ${selected} FROM events
       WHERE sign = 1 AND revision < {version:Int64} AND (brand_id, event_id) > ({brand:String}, {event:String}) AND (${conditions.join(' OR ')})
         AND (brand_id, event_id, revision) NOT IN (SELECT brand_id, event_id, revision FROM events WHERE sign = -1)
       ORDER BY brand_id, event_id LIMIT ${page_events}`,
      { ...parameters, brand: after.brand_id, event: after.event_id },
    );
    if (rows.length > 0) yield rows.map((row) => acceptedFromRow(row, version));
    if (rows.length < page_events) return;
    after = rows.at(-1)!;
  }
}

type Referenced = ReferenceRecord & { version: number };

/**
 * Of what is stored under the ids of these echoes, in the order in which it came, all that stands; nothing, where every echo is itself the newest.
 * An ingest that woke up late may have written an old record behind a newer one: compaction would keep the old one for ever.
 */
export async function newerThan(warehouse: Warehouse, echoes: readonly Referenced[]): Promise<ReferenceRecord[]> {
  if (echoes.length === 0) return [];
  const rows = await warehouse.query<Referenced>(
    `SELECT source_topic, source_partition, source_offset, toUnixTimestamp64Milli(source_at) AS source_ms, kind, brand_id, id, name,
       toUnixTimestamp64Milli(valid_from) AS from_ms, toUnixTimestamp64Milli(valid_to) AS to_ms, version, body
     FROM reference_records
     WHERE (brand_id, id) IN {keys:Array(Tuple(String, String))}
     ORDER BY kind, brand_id, id, valid_from, version DESC LIMIT 1 BY kind, brand_id, id, valid_from`,
    { keys: pairs(echoes.map((record) => [record.brand_id, record.id])) },
  );
  const standing = (
    rows as unknown as (Referenced & { source_ms: number; from_ms: number | null; to_ms: number | null })[]
  )
    .map(({ source_ms, from_ms, to_ms, ...row }) => ({
      ...row,
      source_at: source_ms,
      valid_from: from_ms,
      valid_to: to_ms,
    }))
    .sort((a, b) => a.version - b.version);
  const idOf = (record: ReferenceRecord): string => `${record.kind}/${record.brand_id}/${record.id}`;
  const at = (record: ReferenceRecord): string =>
    `${record.source_topic}/${record.source_partition}/${record.source_offset}`;
  const newest = new Set(standing.map(at));
  const overwritten = new Set(echoes.filter((echo) => !newest.has(at(echo))).map(idOf));
  return standing
    .filter((record) => overwritten.has(idOf(record)))
    .map(({ version: _version, name, ...record }) => ({ ...record, name: name === '' ? null : name }));
}

/** A reference record as ingest would send it. */
export const saidAgain = (topic: string, record: ReferenceRecord): OutgoingRecord => ({
  topic,
  key: `${record.kind}/${record.brand_id}/${record.id}/${record.valid_from ?? ''}`,
  value: referenceRecord.encode(record),
});

/** The record of `accepted` that has the event decided anew. */
export const resent = (topic: string, event: AcceptedEvent): OutgoingRecord => ({
  topic,
  key: `${event.brand_id}/${event.event_id}`,
  value: acceptedEvent.encode(event),
});

type StoredRow = Record<string, unknown> & { brand_id: string; event_id: string };

const accepted_fields = AcceptedEventSchema.fields.map((field) => field.name);
const nullable = new Set<string>(
  AcceptedEventSchema.fields.filter((field) => Array.isArray(field.type)).map((field) => field.name),
);
const times = new Set(['source_at', 'occurred_at']);
const stored_fields = [
  ...accepted_fields.filter((name) => (event_columns as readonly string[]).includes(name)),
  'filled',
  'identifier_kinds',
  'identifier_platforms',
  'identifier_pseudonyms',
];
/** Times under names of their own: an alias like a column's would be taken for the column. */
const selected = stored_fields
  .map((name) => (times.has(name) ? `toUnixTimestamp64Milli(${name}) AS ${name}_ms` : name))
  .join(', ');

function acceptedFromRow(row: StoredRow, needed_version: number): AcceptedEvent {
  const kinds = row.identifier_kinds as string[];
  const platforms = row.identifier_platforms as string[];
  const pseudonyms = row.identifier_pseudonyms as string[];
  const identifiers = kinds.map((kind, i) => ({ kind, platform: platforms[i]!, pseudonym: pseudonyms[i]! }));
  const event = { ...row, source_at: row.source_at_ms, occurred_at: row.occurred_at_ms };
  return openAgain(event, identifiers, needed_version);
}

/** As ingest accepted it: what enrichment filled is open again, '' is null. */
function openAgain(
  stored: Record<string, unknown>,
  identifiers: AcceptedEvent['identifiers'],
  needed_version: number,
): AcceptedEvent {
  const filled = new Set(stored.filled as string[]);
  const fields = accepted_fields.map((name) => {
    if (name === 'identifiers') return [name, identifiers];
    if (name === 'needed_version') return [name, needed_version];
    const value = stored[name];
    return [name, filled.has(name) || (value === '' && nullable.has(name)) ? null : value];
  });
  return Object.fromEntries(fields) as AcceptedEvent;
}
