/**
 * The settler: one writer per redemption. It computes the credits each model should have, subtracts what the ledger says, and
 * posts the difference. A batch is one INSERT of one block into the unpartitioned ledger and always holds a marker row: a
 * stale settler that wakes up finds its token used.
 */
import { settlementRequest } from '../../../schemas/codec.ts';
import type { SettlementRequest } from '../../../schemas/generated/settlement_request.ts';
import type { Batch, Service } from '../../platform/run-service.ts';
import { insertExactly } from '../exact-insert.ts';
import { readJourney, type StoredEvent, type Touch } from '../journey.ts';
import { type Credit, creditsOf, postings } from '../ledger.ts';
import type { AttributionParts } from '../recorder/recorder.ts';
import { loadBalances, loadRedemptions, loadTouches } from './loads.ts';

const name = 'grapevine-settler';

const credit_columns = [
  'brand_id',
  'redemption_id',
  'model',
  'touch_event_id',
  'touch_type',
  'campaign_id',
  'influencer_id',
  'relationship',
  'tier',
  'post_id',
  'product_id',
  'store_id',
  'retailer_id',
  'coupon_code',
  'touched_at',
  'redeemed_at',
  'credit_ppm',
  'amount_e4',
  'currency',
  'matched_by',
  'hops',
] as const satisfies readonly (keyof Credit)[];
export const ledger_columns = [...credit_columns, 'reason', 'cause', 'posted_at', 'kind', 'batch'] as const;

export function settler(parts: AttributionParts): Service {
  return {
    name,
    topics: [parts.topics.settlements],
    exact: true,
    batch_records: parts.batch_records,
    fill_ms: parts.fill_ms,
    work: (batch) => settle(batch, parts),
  };
}

async function settle(batch: Batch, { warehouse, telemetry }: AttributionParts): Promise<void> {
  const asked = telemetry.busy(name, 'decode', () =>
    oncePerRedemption(batch.records.map((r) => settlementRequest.decode(r.value))),
  );
  const about = await loadRedemptions(warehouse, asked);
  const touches = await loadTouches(warehouse, [...about.values()].flat());
  const balances = await loadBalances(warehouse, asked);
  const rows = telemetry.busy(name, 'decide', () => {
    const posted = asked.flatMap((request) => postingRows(request, about, touches, balances, batch.name));
    return [...posted, markerRow(asked, batch.name)];
  });
  telemetry.count('settlements', {}, asked.length);
  const reason_at = ledger_columns.indexOf('reason');
  for (const row of rows.slice(0, -1)) telemetry.count('postings', { reason: String(row[reason_at]) }, 1);
  await insertExactly(warehouse, batch, {
    table: 'attribution_ledger',
    columns: ledger_columns,
    rows: await withoutOwn(batch, rows, warehouse),
    identity: ['brand_id', 'redemption_id', 'model', 'touch_event_id', 'kind'],
  });
}

/** On a replay: nothing, when this batch's block is already there (one block is whole or absent). */
async function withoutOwn(
  batch: Batch,
  rows: unknown[][],
  warehouse: AttributionParts['warehouse'],
): Promise<unknown[][]> {
  if (!batch.replayed) return rows;
  const [stored] = await warehouse.query<{ n: number }>(
    `SELECT count() AS n FROM attribution_ledger WHERE batch = {batch:String} AND kind = 'marker'`,
    { batch: batch.name },
  );
  return stored && stored.n > 0 ? [] : rows;
}

const reason_order = ['first', 'void', 'return', 'erasure', 'identity', 'reference', 'model', 'replay', 'late_touch'];

/** One request per redemption: the weightiest reason, the latest cause. */
function oncePerRedemption(requests: SettlementRequest[]): SettlementRequest[] {
  const rank = (r: SettlementRequest): number => reason_order.indexOf(r.reason);
  const once = new Map<string, SettlementRequest>();
  for (const request of requests) {
    const key = `${request.brand_id}/${request.redemption_id}`;
    const other = once.get(key);
    if (!other) {
      once.set(key, { ...request });
      continue;
    }
    if (rank(request) < rank(other)) [other.reason, other.cause] = [request.reason, request.cause];
    other.caused_at = Math.max(other.caused_at, request.caused_at);
  }
  return [...once.values()];
}

function postingRows(
  request: SettlementRequest,
  about: Map<string, StoredEvent[]>,
  touches: Map<string, Touch[]>,
  balances: Map<string, Credit[]>,
  batch: string,
): unknown[][] {
  const key = `${request.brand_id}/${request.redemption_id}`;
  const events = about.get(key) ?? [];
  const people = new Set(events.map((event) => event.identity_key));
  const before = [...people].flatMap((person) => touches.get(`${request.brand_id}/${person}`) ?? []);
  const journey = readJourney(events, before);
  const balance = balances.get(key) ?? [];
  const reason = balance.length === 0 ? 'first' : request.reason === 'first' ? 'replay' : request.reason;
  return postings(journey ? creditsOf(journey) : [], balance).map((credit) => [
    ...credit_columns.map((column) => credit[column]),
    reason,
    request.cause,
    request.caused_at,
    'posting',
    batch,
  ]);
}

/** A row that posts nothing and says that this batch was settled. */
function markerRow(asked: SettlementRequest[], batch: string): unknown[] {
  const at = Math.max(...asked.map((request) => request.caused_at));
  const times = new Set(['touched_at', 'redeemed_at', 'credit_ppm', 'amount_e4', 'hops']);
  return [...credit_columns.map((column) => (times.has(column) ? 0 : '')), 'replay', '', at, 'marker', batch];
}
