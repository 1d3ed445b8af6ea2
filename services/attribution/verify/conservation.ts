/**
 * The ledger balances: under every model a redemption has exactly 1,000,000 ppm, or nothing at all; the same money under every model; nobody
 * owes anything. What the money should be is the matter of `recomputed`.
 */
import { models } from '../models/register.ts';
import { type Check, keyWindow, note, nothing, within } from './check.ts';

const whole_ppm = 1_000_000;

interface Sums {
  brand_id: string;
  redemption_id: string;
  /** [model, ppm, e4, smallest ppm of an earner, smallest e4 of an earner] */
  sums: [string, number, number, number, number][];
}

export const conservation: Check = {
  name: 'conservation',
  promise: 'credits of a redemption sum to 1 and to one amount under every model, or to nothing',
  async look({ warehouse }, scope) {
    const looked = nothing('redemptions');
    const where = await keyWindow(warehouse, scope, 'attribution_ledger', ['brand_id', 'redemption_id']);
    const fresh = scope.round
      ? ` OR (brand_id, redemption_id) IN (SELECT brand_id, redemption_id FROM events WHERE type = 'coupon_redemption' AND ${within(scope.round.fresh)})`
      : '';
    const names = Object.keys(models);
    const list = names.map((name) => `'${name}'`).join(', ');
    const from = `
      SELECT brand_id, redemption_id, model, sum(ppm) AS credit, sum(e4) AS money, min(ppm) AS least_ppm, min(e4) AS least_e4
      FROM (
        SELECT brand_id, redemption_id, model, touch_event_id, sum(credit_ppm) AS ppm, sum(amount_e4) AS e4
        FROM attribution_ledger WHERE kind = 'posting' AND model IN (${list}) AND (${where}${fresh}) GROUP BY brand_id, redemption_id, model, touch_event_id
      )
      GROUP BY brand_id, redemption_id, model`;
    const odd = await warehouse.query<Sums>(
      `SELECT brand_id, redemption_id, groupArray((model, credit, money, least_ppm, least_e4)) AS sums FROM (${from}) GROUP BY brand_id, redemption_id
       HAVING uniqExact(credit) > 1 OR uniqExact(money) > 1 OR any(credit) NOT IN (0, ${whole_ppm}) OR (any(credit) = 0 AND any(money) != 0)
         OR (any(credit) != 0 AND count() != ${names.length}) OR min(least_ppm) < 0 OR min(least_e4) < 0
       SETTINGS optimize_aggregation_in_order = 1, optimize_use_projections = 0`,
    );
    for (const row of odd)
      for (const [place, expected, found] of faultsOf(row, names)) note(looked, place, expected, found);
    const [n] = await warehouse.query<{ n: number }>(
      `SELECT toInt64(uniqExact(brand_id, redemption_id)) AS n FROM attribution_ledger WHERE kind = 'posting' AND (${where}${fresh})`,
    );
    looked.looked_at = n?.n ?? 0;
    return looked;
  },
};

/** Names the models that are out of line with most. */
export function faultsOf(
  { brand_id, redemption_id, sums }: Sums,
  names: readonly string[],
): [string, string, string][] {
  const place = (model: string): string => `brand ${brand_id}, redemption ${redemption_id}, model ${model}`;
  const said = (ppm: number, e4: number): string => `credit ${ppm} ppm, amount ${e4} e4`;
  const votes = new Map<string, number>();
  for (const name of names) {
    const [, ppm = 0, e4 = 0] = sums.find(([model]) => model === name) ?? [];
    votes.set(said(ppm, e4), (votes.get(said(ppm, e4)) ?? 0) + 1);
  }
  const [usual = said(whole_ppm, 0)] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [];
  const out: [string, string, string][] = [];
  for (const name of names) {
    const [, ppm = 0, e4 = 0, least_ppm = 0, least_e4 = 0] = sums.find(([model]) => model === name) ?? [];
    if (ppm !== 0 && ppm !== whole_ppm) out.push([place(name), `credit ${whole_ppm} ppm, or 0`, said(ppm, e4)]);
    else if (said(ppm, e4) !== usual) out.push([place(name), `${usual}, as under the other models`, said(ppm, e4)]);
    else if (least_ppm < 0 || least_e4 < 0)
      out.push([place(name), 'nobody with less than 0', `somebody with ${said(least_ppm, least_e4)}`]);
    else if (ppm === 0 && e4 !== 0) out.push([place(name), 'no money without credit', said(ppm, e4)]);
  }
  return out;
}
