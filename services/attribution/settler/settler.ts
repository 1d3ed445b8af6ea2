/**
 * The settler: one writer per redemption. It computes the credits each model should have, subtracts what the ledger says, and
 * posts the difference. A batch is one INSERT of one block into the unpartitioned ledger and always holds a marker row: a
 * stale settler that wakes up finds its token used.
 */
import { settlementRequest } from '../../../schemas/codec.ts';
import type { SettlementRequest } from '../../../schemas/generated/settlement_request.ts';
import type { Batch, Service } from '../../platform/run-service.ts';
import { loadComponents, most_followed } from '../components.ts';
import { hasBlock, insertBlock } from '../exact-insert.ts';
import { type Credit, creditsOf, postings } from '../ledger.ts';
import type { AttributionParts } from '../recorder/recorder.ts';
import { type BatchSize, batchSize } from './batch-size.ts';
import { type Journeys, loadBalances, loadJourneys } from './loads.ts';
import { loadMemberships, membershipRows, person_columns } from './memberships.ts';

const name = 'grapevine-settler';
const most_requests = 1_000;
/** Few of the events are redemptions: it takes a while until a batch is worth its eight questions. */
const most_fill_ms = 2_000;

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

const ledger_block = { table: 'attribution_ledger', columns: ledger_columns, marker: `kind = 'marker'` };
const persons_block = { table: 'persons', columns: person_columns, marker: `identifier = ''` };

export function settler(parts: AttributionParts): Service {
  const size = batchSize(Math.min(parts.batch_records, most_requests));
  return {
    name,
    topics: [parts.topics.settlements],
    exact: true,
    get batch_records() {
      return size.requests;
    },
    fill_ms: parts.fill_ms,
    most_fill_ms,
    work: (batch) => settle(batch, parts, size),
  };
}

async function settle(batch: Batch, parts: AttributionParts, size: BatchSize): Promise<void> {
  const requests = parts.telemetry.busy(name, 'decode', () =>
    batch.records.map((r) => settlementRequest.decode(r.value)),
  );
  await postPersons(
    batch,
    requests.filter((request) => request.redemption_id === ''),
    parts,
  );
  size.posted(requests.length, await postCredits(batch, requests, parts));
}

/** Posts what each redemption's credits should be, less what the ledger says, and returns how many rows that took. */
async function postCredits(
  batch: Batch,
  requests: SettlementRequest[],
  { warehouse, telemetry }: AttributionParts,
): Promise<number> {
  if (batch.replayed && (await hasBlock(warehouse, batch, ledger_block.table, ledger_block.marker))) return 0;
  const asked = oncePerRedemption(requests.filter((request) => request.redemption_id !== ''));
  const journeys = await loadJourneys(warehouse, asked);
  const balances = await loadBalances(warehouse, asked);
  const rows = telemetry.busy(name, 'decide', () => {
    const posted = asked.flatMap((request) => postingRows(request, journeys, balances, batch.name));
    return [...posted, markerRow(requests, batch.name)];
  });
  telemetry.count('settlements', {}, asked.length);
  const reason_at = ledger_columns.indexOf('reason');
  for (const row of rows.slice(0, -1)) telemetry.count('postings', { reason: String(row[reason_at]) }, 1);
  await insertBlock(warehouse, batch, { ...ledger_block, rows });
  return rows.length;
}

/** Persons of identifiers whose links changed: what they are now, less what the table says, as one block with a marker row. */
async function postPersons(
  batch: Batch,
  requests: SettlementRequest[],
  { warehouse }: AttributionParts,
): Promise<void> {
  if (requests.length === 0) return;
  if (batch.replayed && (await hasBlock(warehouse, batch, persons_block.table, persons_block.marker))) return;
  const asked = requests.map(({ brand_id, cause }) => [brand_id, cause] as const);
  const components = await loadComponents(warehouse, asked, most_followed);
  const rows = membershipRows(asked, components, await loadMemberships(warehouse, asked, components), batch.name);
  await insertBlock(warehouse, batch, { ...persons_block, rows });
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
  journeys: Journeys,
  balances: Map<string, Credit[]>,
  batch: string,
): unknown[][] {
  const key = `${request.brand_id}/${request.redemption_id}`;
  const journey = journeys.of(key);
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
