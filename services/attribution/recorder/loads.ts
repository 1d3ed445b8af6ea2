/** What the recorder reads from the warehouse: event ids already stored, and the redemptions a batch may touch. */
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import type { SettlementRequest } from '../../../schemas/generated/settlement_request.ts';
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { pairs } from '../pairs.ts';
import { eventKey, type Recording, revises, type Seen } from './decide.ts';
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
     HAVING sum(sign) > 0`,
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

const reasonOfStatus: Record<string, string> = { redeemed: 'first', voided: 'void', returned: 'return' };

/** One request per redemption the batch may touch: its own redemptions, and those that its touches may precede. */
export async function affectedRedemptions(
  warehouse: Warehouse,
  changed: Recording['changed'],
): Promise<SettlementRequest[]> {
  const requests = new Map<string, SettlementRequest>();
  const touchesBy = new Map<string, { event: EnrichedEvent; reason: string }[]>();
  const ask = (event: EnrichedEvent, redemption_id: string, reason: string): void => {
    const key = `${event.brand_id}/${redemption_id}`;
    if (requests.has(key)) return;
    const { brand_id, event_id: cause, source_at: caused_at } = event;
    requests.set(key, { brand_id, redemption_id, reason, cause, caused_at, needed_version: -1 });
  };
  for (const { event, reason } of changed) {
    if (event.redemption_id !== null)
      ask(event, event.redemption_id, reason === 'new' ? (reasonOfStatus[event.status ?? ''] ?? 'first') : 'reference');
    const person = event.identifiers[0];
    if (event.type === 'coupon_redemption' || !person || event.count !== 1) continue;
    const key = `${event.brand_id}/${person.pseudonym}`;
    const list = touchesBy.get(key) ?? [];
    list.push({ event, reason: reason === 'new' ? 'late_touch' : 'reference' });
    touchesBy.set(key, list);
  }
  if (touchesBy.size > 0) {
    for (const redemption of await redemptionsOf(
      warehouse,
      [...touchesBy.values()].flat().map((t) => t.event),
    )) {
      const touch = touchesBy
        .get(`${redemption.brand_id}/${redemption.identity_key}`)
        ?.find((t) => inReach(t.event, redemption));
      if (touch) ask(touch.event, redemption.redemption_id, touch.reason);
    }
  }
  return [...requests.values()];
}

interface RedemptionReach {
  brand_id: string;
  redemption_id: string;
  identity_key: string;
  redeemed_ms: number;
  window_ms: number;
}

const inReach = (touch: EnrichedEvent, { redeemed_ms, window_ms }: RedemptionReach): boolean =>
  touch.occurred_at <= redeemed_ms && redeemed_ms - touch.occurred_at <= window_ms;

function redemptionsOf(warehouse: Warehouse, touches: EnrichedEvent[]): Promise<RedemptionReach[]> {
  let first = Number.POSITIVE_INFINITY;
  for (const touch of touches) first = Math.min(first, touch.occurred_at);
  return warehouse.query<RedemptionReach>(
    `SELECT brand_id, redemption_id, redeemer AS identity_key, toUnixTimestamp64Milli(occurred_at) AS redeemed_ms,
       greatest(click_window_ms, comment_window_ms, share_window_ms, like_window_ms) AS window_ms
     FROM events
     WHERE (brand_id, redeemer) IN {people:Array(Tuple(String, String))}
       AND status = 'redeemed' AND occurred_at >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')
     GROUP BY brand_id, redemption_id, redeemer, occurred_at, window_ms
     HAVING sum(sign) > 0`,
    {
      people: pairs(touches.map((t) => [t.brand_id, t.identifiers[0]?.pseudonym ?? ''])),
      first,
    },
  );
}
