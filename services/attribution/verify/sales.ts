/**
 * What is paid out is what was sold: the ledger's credits of a redemption are the sale that `redemptions_current` shows (read from
 * `redemption_sales`, where that view has it from, so that one redemption can be asked about without all). The settler tells the
 * sale in TypeScript, the views tell it in SQL: whichever of the two is wrong, the difference is found here, and not by computing credits again.
 */
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { pairs } from '../pairs.ts';
import type { Asked } from '../settler/loads.ts';
import { type Check, note, nothing, type Scope, within } from './check.ts';
import { workedThrough } from './snapshot.ts';

/** Redemptions that are named at most, and looked at again, once all that was in flight has been worked through. */
const most_suspects = 2_000;

export interface Suspect extends Asked {
  /** What should be credited: 1,000,000 ppm and the net sale in 1/10,000, or nothing. */
  stands_ppm: number;
  sold_e4: number;
  credited_ppm: number;
  credited_e4: number;
}

export const sales: Check = {
  name: 'sales',
  promise: 'the ledger credits each redemption with the sale that redemptions_current shows',
  async look(parts, scope, snapshot) {
    const looked = nothing('redemptions');
    looked.looked_at = await countOf(parts.warehouse, scope);
    const before = await suspects(parts.warehouse, chosen(scope));
    if (before.length === 0) return looked;
    if (!snapshot.settled || !(await workedThrough(parts))) return { ...looked, pending: before.length };
    const asked = pairs(before.map(({ brand_id, redemption_id }) => [brand_id, redemption_id]));
    const known = new Set(before.map((row) => JSON.stringify(row)));
    for (const row of await suspects(
      parts.warehouse,
      '(brand_id, redemption_id) IN {asked:Array(Tuple(String, String))}',
      { asked },
    )) {
      if (known.has(JSON.stringify(row)))
        note(
          looked,
          `brand ${row.brand_id}, redemption ${row.redemption_id}`,
          `credit ${row.stands_ppm} ppm, amount ${row.sold_e4} e4, as redemptions_current shows`,
          `credit ${row.credited_ppm} ppm, amount ${row.credited_e4} e4 in the ledger`,
        );
      else looked.pending++;
    }
    return looked;
  },
};

/** SQL: the whole, or in a round the redemptions of which something is new. */
const chosen = ({ round }: Scope): string =>
  round
    ? `(brand_id, redemption_id) IN (SELECT brand_id, redemption_id FROM events WHERE type = 'coupon_redemption' AND ${within(round.fresh)})`
    : '1';

async function countOf(warehouse: Warehouse, scope: Scope): Promise<number> {
  const [row] = await warehouse.query<{ n: number }>(
    `SELECT toInt64(uniqExact(brand_id, redemption_id)) AS n FROM events WHERE type = 'coupon_redemption' AND ${chosen(scope)}`,
  );
  return row?.n ?? 0;
}

/** Redemptions whose credits under one model (`conservation` sees to it that all have the same) are not their sale. */
export const suspects = (
  warehouse: Warehouse,
  where: string,
  parameters: Record<string, unknown> = {},
): Promise<Suspect[]> =>
  warehouse.query<Suspect>(
    `SELECT brand_id, redemption_id, sum(stands) AS stands_ppm, sum(sold) AS sold_e4, sum(credited) AS credited_ppm, sum(posted) AS credited_e4 FROM
     (
       SELECT brand_id, redemption_id, toInt64(1000000) AS stands, toInt64(ifNull(amount, 0) * 10000) AS sold, toInt64(0) AS credited, toInt64(0) AS posted
       FROM redemption_sales WHERE status != 'voided' AND is_valid AND (${where})
       UNION ALL
       SELECT brand_id, redemption_id, 0, 0, sum(credit_ppm), sum(amount_e4) FROM attribution_ledger
       WHERE kind = 'posting' AND model = 'last_touch' AND (${where}) GROUP BY brand_id, redemption_id
     )
     GROUP BY brand_id, redemption_id HAVING stands_ppm != credited_ppm OR sold_e4 != credited_e4
     ORDER BY brand_id, redemption_id LIMIT ${most_suspects}`,
    parameters,
  );
