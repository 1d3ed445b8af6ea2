/** Evidence that a voided redemption gave: who redeemed a unique code no longer holds it, and whoever redeems it next is not the same person for it. */
import type { Warehouse } from '../platform/warehouse/port.ts';
import { page_keys, pairs } from './pairs.ts';

interface Evidence {
  brand_id: string;
  left_kind: string;
  right_kind: string;
  first: [first_at: number, event_id: string];
}

/** Whether one end of a link is a unique coupon code. */
export const namesCode = ({ left_kind, right_kind }: Pick<Evidence, 'left_kind' | 'right_kind'>): boolean =>
  left_kind === 'coupon_code' || right_kind === 'coupon_code';

/** Evidence without what joins somebody with a code by an event of a voided redemption. */
export async function withoutVoided<E extends Evidence>(warehouse: Warehouse, evidence: E[]): Promise<E[]> {
  const voided = new Set<string>();
  const keys = pairs(evidence.filter(namesCode).map(({ brand_id, first }) => [brand_id, first[1]]));
  for (let from = 0; from < keys.length; from += page_keys)
    for (const { brand_id, event_id } of await warehouse.query<{ brand_id: string; event_id: string }>(
      `WITH said AS
       (
           SELECT brand_id, event_id, redemption_id FROM events
           WHERE (brand_id, event_id) IN {keys:Array(Tuple(String, String))} AND redemption_id != ''
           GROUP BY brand_id, event_id, redemption_id HAVING sum(sign) > 0
       )
       SELECT brand_id, event_id FROM said WHERE (brand_id, redemption_id) IN
       (
           SELECT brand_id, redemption_id FROM events
           WHERE (brand_id, redemption_id) IN (SELECT brand_id, redemption_id FROM said) AND status = 'voided'
           GROUP BY brand_id, redemption_id HAVING sum(sign) > 0
       )`,
      { keys: keys.slice(from, from + page_keys) },
    ))
      voided.add(`${brand_id}/${event_id}`);
  return evidence.filter((e) => !namesCode(e) || !voided.has(`${e.brand_id}/${e.first[1]}`));
}

/** Everybody whom redemptions joined with a unique code, and the codes: whom to look at anew when these are voided. */
export async function holdersOf(
  warehouse: Warehouse,
  redemptions: (readonly [brand_id: string, redemption_id: string])[],
): Promise<{ brand_id: string; redemption_id: string; identifiers: string[] }[]> {
  if (redemptions.length === 0) return [];
  return warehouse.query(
    `SELECT brand_id, redemption_id, arrayConcat(identifier_pseudonyms, [concat('coupon:', coupon_id)]) AS identifiers FROM events
     WHERE (brand_id, redemption_id) IN {keys:Array(Tuple(String, String))} AND coupon_use = 'unique' AND coupon_id != ''
     GROUP BY brand_id, redemption_id, identifiers HAVING sum(sign) > 0`,
    { keys: pairs(redemptions) },
  );
}
