/**
 * The ledger says what the settler would say now: credits recomputed from the journey, by the settler's own loads and code, equal the balance.
 * A redemption that differs is looked at again once everything in flight has been worked through: only what is the same then is a difference.
 * A sample is joined by all suspects: redemptions that stand without credit, that have credit without standing, or another amount than sold.
 */
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { type Credit, creditsOf, postings } from '../ledger.ts';
import { type Asked, loadBalances, loadJourneys } from '../settler/loads.ts';
import { type Check, note, nothing, type Scope, within } from './check.ts';
import { suspects } from './sales.ts';
import { workedThrough } from './snapshot.ts';

const batch_redemptions = 2_000;
const page_redemptions = 50_000;
/** A redemption that moves between two looks is looked at again this often. */
const looks = 3;

/** Credits should − balance, as text, by `brand/redemption`; what is equal is absent. */
type Differences = Map<string, { asked: Asked; left: Credit[]; state: string }>;

export const recomputed: Check = {
  name: 'recomputed',
  promise: 'credits recomputed from the journeys equal the ledger',
  async look(parts, scope, snapshot) {
    const looked = nothing('redemptions');
    let differing: Differences = new Map();
    for await (const asked of chosen(parts.warehouse, scope)) {
      looked.looked_at += asked.length;
      for (const [key, difference] of await differences(parts.warehouse, asked)) differing.set(key, difference);
    }
    const certain: Differences = new Map();
    let through = snapshot.settled;
    for (let look = 1; look < looks && differing.size > 0 && through; look++) {
      through = await workedThrough(parts);
      if (!through) break;
      const again = await differences(
        parts.warehouse,
        [...differing.values()].map(({ asked }) => asked),
      );
      for (const [key, found] of again) if (found.state === differing.get(key)?.state) certain.set(key, found);
      differing = new Map([...again].filter(([key]) => !certain.has(key)));
    }
    looked.pending = differing.size;
    for (const { asked, left } of certain.values()) {
      const [first] = left;
      note(
        looked,
        `brand ${asked.brand_id}, redemption ${asked.redemption_id}, model ${first!.model}, ${first!.touch_event_id === '' ? 'nobody' : `touch ${first!.touch_event_id}`}`,
        `${first!.credit_ppm} ppm and ${first!.amount_e4} e4 more than the ledger says`,
        left.length === 1 ? 'this one difference' : `this and ${left.length - 1} more differences`,
      );
    }
    return looked;
  },
};

/** should − balance of each redemption, where it is not nothing. */
async function differences(warehouse: Warehouse, all: Asked[]): Promise<Differences> {
  const out: Differences = new Map();
  for (let i = 0; i < all.length; i += batch_redemptions) {
    const asked = all.slice(i, i + batch_redemptions);
    const journeys = await loadJourneys(warehouse, asked);
    const balances = await loadBalances(warehouse, asked);
    for (const one of asked) {
      const key = `${one.brand_id}/${one.redemption_id}`;
      const journey = journeys.of(key);
      const balance = balances.get(key) ?? [];
      const left = postings(journey ? creditsOf(journey) : [], balance);
      if (left.length > 0) out.set(key, { asked: one, left, state: JSON.stringify([left, balance]) });
    }
  }
  return out;
}

const everything = `
  SELECT brand_id, redemption_id FROM events WHERE type = 'coupon_redemption'
  UNION ALL SELECT brand_id, redemption_id FROM attribution_ledger WHERE kind = 'posting'`;

async function* chosen(warehouse: Warehouse, { redemptions, number, round }: Scope): AsyncGenerator<Asked[]> {
  if (redemptions === 'all') return yield* pages(warehouse, '1');
  const [total] = await warehouse.query<{ n: number }>(
    `SELECT toInt64(uniq(brand_id, redemption_id)) AS n FROM (${everything})`,
  );
  const share = Math.max(1, Math.ceil((total?.n ?? 0) / redemptions));
  yield* pages(warehouse, `cityHash64(brand_id, redemption_id) % ${share} = ${number % share}`);
  if (round) {
    const fresh = await warehouse.query<Asked>(
      `SELECT DISTINCT brand_id, redemption_id FROM events WHERE type = 'coupon_redemption' AND ${within(round.fresh)} LIMIT ${redemptions}`,
    );
    if (fresh.length > 0) yield fresh;
  } else {
    const suspected = await suspects(warehouse, '1');
    if (suspected.length > 0) yield suspected;
  }
}

/** By key, a page at a time: memory does not grow with the number of redemptions. */
async function* pages(warehouse: Warehouse, where: string): AsyncGenerator<Asked[]> {
  for (let after: Asked = { brand_id: '', redemption_id: '' }; ; ) {
    const page = await warehouse.query<Asked>(
      `SELECT DISTINCT brand_id, redemption_id FROM (${everything}) WHERE ${where} AND (brand_id, redemption_id) > ({brand:String}, {redemption:String})
       ORDER BY brand_id, redemption_id LIMIT ${page_redemptions}`,
      { brand: after.brand_id, redemption: after.redemption_id },
    );
    if (page.length > 0) yield page;
    if (page.length < page_redemptions) return;
    after = page.at(-1)!;
  }
}
