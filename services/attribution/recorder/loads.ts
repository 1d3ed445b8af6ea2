/** What the recorder reads from the warehouse before it decides: event ids already stored. */
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { pairs } from '../pairs.ts';
import { eventKey, revises, type Seen } from './decide.ts';
import { type EventRow, event_columns } from './rows.ts';

type SeenRow = Omit<Seen, 'row'> & { brand_id: string; event_id: string };

const eventPairs = (events: EnrichedEvent[]) => pairs(events.map((event) => [event.brand_id, event.event_id]));

/** Rows standing for the event ids of a batch, stored by other batches (rows of our own earlier attempt are not "seen"). */
export async function loadSeen(
  warehouse: Warehouse,
  events: EnrichedEvent[],
  batch: string,
): Promise<Map<string, Seen>> {
  const rows = await warehouse.query<SeenRow>(
    `SELECT brand_id, event_id, source_topic, source_partition, source_offset, revision, content_hash
     FROM events
     WHERE (brand_id, event_id) IN {keys:Array(Tuple(String, String))} AND batch != {batch:String}
     GROUP BY brand_id, event_id, source_topic, source_partition, source_offset, revision, content_hash
     HAVING sum(sign) > 0
     SETTINGS optimize_use_projections = 0`,
    { keys: eventPairs(events), batch },
  );
  const seen = new Map<string, Seen>();
  for (const row of rows) seen.set(eventKey(row), { ...row, row: null });
  const revised = events.filter((event) => {
    const old = seen.get(eventKey(event));
    return old !== undefined && revises(event, old);
  });
  if (revised.length > 0) await loadWholeRows(warehouse, revised, seen, batch);
  return seen;
}

const times = new Set(['source_at', 'occurred_at']);
const selectWhole = event_columns
  .map((name) => (times.has(name) ? `toUnixTimestamp64Milli(${name})` : name))
  .join(', ');

async function loadWholeRows(
  warehouse: Warehouse,
  events: EnrichedEvent[],
  seen: Map<string, Seen>,
  batch: string,
): Promise<void> {
  const rows = await warehouse.query<{ brand_id: string; event_id: string; revision: number; row: EventRow }>(
    `SELECT brand_id, event_id, revision, tuple(${selectWhole}) AS row FROM events
     WHERE (brand_id, event_id) IN {keys:Array(Tuple(String, String))} AND batch != {batch:String} AND sign > 0
     SETTINGS output_format_json_named_tuples_as_objects = 0`,
    { keys: eventPairs(events), batch },
  );
  for (const { brand_id, event_id, revision, row } of rows) {
    const old = seen.get(eventKey({ brand_id, event_id }));
    if (old && old.revision === revision) old.row = row;
  }
}
