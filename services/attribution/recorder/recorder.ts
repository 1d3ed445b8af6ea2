/**
 * The recorder: enriched → events, duplicates, identity links; rejected → rejected_events; reference → reference_records.
 * It inserts first and looks for affected redemptions after: of a touch and a redemption that arrive together on different
 * workers, at least one sees the other.
 */
import { enrichedEvent, referenceRecord, rejectedRecord, settlementRequest } from '../../../schemas/codec.ts';
import type { ReferenceRecord } from '../../../schemas/generated/reference_record.ts';
import type { SettlementRequest } from '../../../schemas/generated/settlement_request.ts';
import type { TopicNames } from '../../../schemas/topics.ts';
import type { EventLog, OutgoingRecord } from '../../platform/event-log/port.ts';
import type { Batch, Service } from '../../platform/run-service.ts';
import type { Telemetry } from '../../platform/telemetry.ts';
import type { Warehouse } from '../../platform/warehouse/port.ts';
import type { SeparationBody } from '../components.ts';
import { insertExactly } from '../exact-insert.ts';
import { pairs } from '../pairs.ts';
import { affectedRedemptions, separatedRedemptions } from './affected.ts';
import { decideRecording } from './decide.ts';
import { loadSeen } from './loads.ts';
import { eventsConcerned, newerThan, outdatedEvents, resent, saidAgain } from './resend.ts';
import {
  duplicate_columns,
  event_columns,
  link_columns,
  reference_columns,
  referenceRow,
  rejected_columns,
  rejectedRow,
} from './rows.ts';

export interface AttributionParts {
  log: EventLog;
  warehouse: Warehouse;
  telemetry: Telemetry;
  topics: TopicNames;
  batch_records: number;
  fill_ms: number;
}

const name = 'grapevine-recorder';
const most_fill_ms = 500;
const position = ['source_topic', 'source_partition', 'source_offset'] as const;

export function recorder(parts: AttributionParts): Service {
  const { topics } = parts;
  const works: Record<string, (batch: Batch, parts: AttributionParts) => Promise<void>> = {
    [topics.enriched]: recordEvents,
    [topics.rejected]: recordRejected,
    [topics.reference]: recordReference,
  };
  return {
    name,
    topics: Object.keys(works),
    exact: true,
    batch_records: parts.batch_records,
    fill_ms: parts.fill_ms,
    most_fill_ms,
    work: (batch) => works[batch.topic]!(batch, parts),
  };
}

async function recordEvents(batch: Batch, { log, warehouse, telemetry, topics }: AttributionParts): Promise<void> {
  const events = telemetry.busy(name, 'decode', () =>
    batch.records.map((record) => enrichedEvent.decode(record.value)),
  );
  const seen = await loadSeen(warehouse, events, batch.name);
  const recording = telemetry.busy(name, 'decide', () => decideRecording(events, seen, batch.name));
  await insertExactly(warehouse, batch, {
    table: 'events',
    columns: event_columns,
    rows: recording.events,
    identity: ['brand_id', 'event_id', 'revision', 'sign'],
  });
  await insertExactly(warehouse, batch, {
    table: 'duplicates',
    columns: duplicate_columns,
    rows: await unrecorded(warehouse, batch, 'duplicates', recording.duplicates),
    identity: position,
  });
  await insertExactly(warehouse, batch, {
    table: 'identity_links',
    columns: link_columns,
    rows: recording.links,
    identity: ['brand_id', 'event_id', 'left', 'right', 'sign'],
  });
  telemetry.freshness(recording.changed.flatMap(({ event, reason }) => (reason === 'new' ? [event.source_at] : []))); // not what is decided anew
  const requests = await affectedRedemptions(warehouse, recording); // insert first, look after
  batch.fence();
  await log.produce(requests.map((request) => outgoing(topics.settlements, request)));
  const outdated = await outdatedEvents(
    warehouse,
    recording.changed.map(({ event }) => event),
  );
  batch.fence();
  await log.produce(outdated.map((event) => resent(topics.accepted, event)));
}

const outgoing = (topic: string, request: SettlementRequest): OutgoingRecord => ({
  topic,
  key: `${request.brand_id}/${request.redemption_id}`,
  value: settlementRequest.encode(request),
});

async function recordRejected(batch: Batch, { warehouse }: AttributionParts): Promise<void> {
  const rows = batch.records.map((record) => rejectedRow(rejectedRecord.decode(record.value), batch.name));
  await insertExactly(warehouse, batch, {
    table: 'rejected_events',
    columns: rejected_columns,
    rows: await unrecorded(warehouse, batch, 'rejected_events', rows),
    identity: position,
  });
}

async function recordReference(batch: Batch, { log, warehouse, topics }: AttributionParts): Promise<void> {
  const records = batch.records.map((record) => ({ ...referenceRecord.decode(record.value), version: record.offset }));
  const rows = records.map((record) => referenceRow(record, record.version, batch.name));
  const unseen = await unrecorded(warehouse, batch, 'reference_records', rows);
  await insertExactly(warehouse, batch, {
    table: 'reference_records',
    columns: reference_columns,
    rows: unseen,
    identity: position,
  });
  const echoes = records.filter((_, i) => !unseen.includes(rows[i]!));
  const newer = await newerThan(warehouse, echoes);
  batch.fence();
  await log.produce(newer.map((record) => saidAgain(topics.reference, record)));
  for await (const events of eventsConcerned(warehouse, records)) {
    batch.fence();
    await log.produce(events.map((event) => resent(topics.accepted, event)));
  }
  const requests = await separatedRedemptions(warehouse, await everSeparated(warehouse, records));
  batch.fence();
  await log.produce(requests.map((request) => outgoing(topics.settlements, request)));
}

/** The identifiers that separation records of a batch name, and those that earlier records of the same id named. */
async function everSeparated(warehouse: Warehouse, records: (ReferenceRecord & { version: number })[]) {
  const separations = records.filter((record) => record.kind === 'separation');
  if (separations.length === 0) return [];
  const rows = await warehouse.query<{ brand_id: string; id: string; body: string }>(
    `SELECT brand_id, id, body FROM reference_records
     WHERE kind = 'separation' AND (brand_id, id) IN {keys:Array(Tuple(String, String))}`,
    { keys: pairs(separations.map((record) => [record.brand_id, record.id])) },
  );
  return separations.map(({ brand_id, id, source_at }) => ({
    brand_id,
    identifiers: rows
      .filter((row) => row.brand_id === brand_id && row.id === id)
      .flatMap((row) => (JSON.parse(row.body) as SeparationBody).identifiers.map(({ pseudonym }) => pseudonym)),
    reason: 'identity',
    cause: `separation ${id}`,
    caused_at: source_at,
  }));
}

/** Rows whose source position has no row yet, in another batch or earlier in this one: an echo from upstream counts nothing. */
async function unrecorded(warehouse: Warehouse, batch: Batch, table: string, rows: unknown[][]): Promise<unknown[][]> {
  if (rows.length === 0) return rows;
  const known = new Set<string>();
  const key = (topic: unknown, partition: unknown, offset: unknown): string => `${topic}/${partition}/${offset}`;
  const stored = await warehouse.query<{ source_topic: string; source_partition: number; source_offset: number }>(
    `SELECT source_topic, source_partition, source_offset FROM ${table}
     WHERE source_topic IN {topics:Array(String)} AND source_offset IN {offsets:Array(Int64)} AND batch != {batch:String}`,
    {
      topics: [...new Set(rows.map((row) => String(row[0])))],
      offsets: [...new Set(rows.map((row) => Number(row[2])))],
      batch: batch.name,
    },
  );
  for (const row of stored) known.add(key(row.source_topic, row.source_partition, row.source_offset));
  return rows.filter((row) => {
    const at = key(row[0], row[1], row[2]);
    if (known.has(at)) return false;
    known.add(at);
    return true;
  });
}
