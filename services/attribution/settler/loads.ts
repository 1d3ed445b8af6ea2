/** What the settler reads: the standing events of the redemptions asked for, the touches before them, and the ledger's balance. */
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { loadComponents } from '../components.ts';
import { type Journey, readJourney, redeemerOf, type StoredEvent, standingRedemption, type Touch } from '../journey.ts';
import type { Credit } from '../ledger.ts';
import { pairs } from '../pairs.ts';
import { weightsInForce } from '../weights.ts';

const touch_columns = [
  'event_id',
  'type',
  'brand_id',
  'campaign_id',
  'influencer_id',
  'post_id',
  'relationship',
  'tier',
  'count',
  'is_valid',
  'identity_key',
  'identity_kind',
  'identifier_pseudonyms',
  'influencer_identifiers',
] as const satisfies readonly (keyof Touch)[];
const redemption_columns = [
  ...touch_columns,
  'product_id',
  'coupon_code',
  'redemption_id',
  'status',
  'amount_e4',
  'currency',
  'retailer_id',
  'store_id',
  'campaign_scope',
  'owner_id',
  'owner_relationship',
  'owner_tier',
  'owner_identifiers',
  'flags',
  'leak_policy',
  'click_window_ms',
  'comment_window_ms',
  'share_window_ms',
  'like_window_ms',
] as const satisfies readonly (keyof StoredEvent)[];
const selected = (columns: readonly string[]): string =>
  `${columns.join(', ')}, toUnixTimestamp64Milli(occurred_at) AS occurred_ms, revision, sign`;

type Loaded<Row extends Touch> = Omit<Row, 'occurred_at'> & { occurred_ms: number; revision: number; sign: number };

const redemptionKey = (row: { brand_id: string; redemption_id: string }): string =>
  `${row.brand_id}/${row.redemption_id}`;
const personKey = (row: { brand_id: string; identity_key: string }): string => `${row.brand_id}/${row.identity_key}`;
const askedPairs = (asked: Asked[]) => pairs(asked.map((a) => [a.brand_id, a.redemption_id]));

function groupBy<T>(rows: T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** Rows whose signs do not cancel, by event id and revision. */
function standing<Row extends Touch>(rows: Loaded<Row>[]): Row[] {
  const sums = new Map<string, { sum: number; row: Loaded<Row> | null }>();
  for (const row of rows) {
    const key = `${row.brand_id}/${row.event_id}/${row.revision}`;
    const cell = sums.get(key) ?? { sum: 0, row: null };
    cell.sum += row.sign;
    if (row.sign > 0) cell.row = row;
    sums.set(key, cell);
  }
  const out: Row[] = [];
  for (const { sum, row } of sums.values()) {
    if (sum <= 0 || !row) continue;
    const { occurred_ms, revision: _revision, sign: _sign, ...event } = row;
    out.push({ ...event, occurred_at: occurred_ms } as unknown as Row);
  }
  return out;
}

export interface Asked {
  brand_id: string;
  redemption_id: string;
}

/** Standing redemption events by `brand/redemption id`. */
async function loadRedemptions(warehouse: Warehouse, asked: Asked[]): Promise<Map<string, StoredEvent[]>> {
  const rows = await warehouse.query<Loaded<StoredEvent>>(
    `SELECT ${selected(redemption_columns)} FROM events
     WHERE (brand_id, redemption_id) IN {keys:Array(Tuple(String, String))} AND type = 'coupon_redemption'`,
    { keys: askedPairs(asked) },
  );
  return groupBy(standing(rows), redemptionKey);
}

/** Standing touches by these people, by `brand/identity key`, as far back as any of the look-back windows reaches. */
async function loadTouches(
  warehouse: Warehouse,
  redemptions: StoredEvent[],
  people: [string, string][],
): Promise<Map<string, Touch[]>> {
  if (people.length === 0) return new Map();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const r of redemptions) {
    first = Math.min(
      first,
      r.occurred_at - Math.max(r.click_window_ms, r.comment_window_ms, r.share_window_ms, r.like_window_ms),
    );
    last = Math.max(last, r.occurred_at);
  }
  const rows = await warehouse.query<Loaded<Touch>>(
    `SELECT ${selected(touch_columns)} FROM events
     WHERE (brand_id, identity_key) IN {people:Array(Tuple(String, String))} AND type != 'coupon_redemption'
       AND occurred_at BETWEEN fromUnixTimestamp64Milli({first:Int64}, 'UTC') AND fromUnixTimestamp64Milli({last:Int64}, 'UTC')`,
    { people, first, last },
  );
  return groupBy(standing(rows), personKey);
}

/** Journeys by `brand/redemption id`; null where nothing stands. */
export interface Journeys {
  of(key: string): Journey | null;
}

/** The journeys of these redemptions: their events, their people, and what those people did before. */
export async function loadJourneys(warehouse: Warehouse, asked: Asked[]): Promise<Journeys> {
  const about = asked.length === 0 ? new Map<string, StoredEvent[]>() : await loadRedemptions(warehouse, asked);
  const redeemed = [...about.values()].flatMap((events) => standingRedemption(events) ?? []);
  const known = redeemed.filter((event) => event.identity_key !== '');
  const components = await loadComponents(
    warehouse,
    known.map((event) => [event.brand_id, event.identity_key] as const),
  );
  const reaches = new Map(
    known.map((event) => [
      redemptionKey(event),
      redeemerOf(event, components.personsOf(event.brand_id, event.identity_key)),
    ]),
  );
  const people = known.flatMap((event) =>
    reaches.get(redemptionKey(event))!.map(({ identifier }) => [event.brand_id, identifier] as const),
  );
  const touches = await loadTouches(warehouse, known, pairs(people));
  const weights = await weightsInForce(warehouse);
  return {
    of(key) {
      const reach = reaches.get(key) ?? [];
      const brand_id = about.get(key)?.[0]?.brand_id ?? '';
      const identifiers = new Set(reach.map(({ identifier }) => identifier));
      const before = [...identifiers].flatMap((identifier) => touches.get(`${brand_id}/${identifier}`) ?? []);
      return readJourney(about.get(key) ?? [], before, reach, weights);
    },
  };
}

type BalanceRow = Omit<Credit, 'touched_at' | 'redeemed_at'> & { touched_ms: number; redeemed_ms: number };

/** What the ledger says today, by `brand/redemption id`: sums over its postings, zero sums left out. */
export async function loadBalances(warehouse: Warehouse, asked: Asked[]): Promise<Map<string, Credit[]>> {
  const dimensions =
    'brand_id, redemption_id, model, touch_event_id, touch_type, campaign_id, influencer_id, relationship, tier, post_id, product_id, store_id, retailer_id, coupon_code, currency, matched_by, hops';
  const rows = await warehouse.query<BalanceRow>(
    `SELECT ${dimensions}, toUnixTimestamp64Milli(touched_at) AS touched_ms, toUnixTimestamp64Milli(redeemed_at) AS redeemed_ms,
       sum(ledger.credit_ppm) AS credit_ppm, sum(ledger.amount_e4) AS amount_e4
     FROM attribution_ledger AS ledger
     WHERE (brand_id, redemption_id) IN {keys:Array(Tuple(String, String))} AND kind = 'posting'
     GROUP BY ${dimensions}, touched_at, redeemed_at
     HAVING credit_ppm != 0 OR amount_e4 != 0`,
    { keys: askedPairs(asked) },
  );
  return groupBy(
    rows.map(({ touched_ms, redeemed_ms, ...credit }) => ({
      ...credit,
      touched_at: touched_ms,
      redeemed_at: redeemed_ms,
    })),
    redemptionKey,
  );
}
