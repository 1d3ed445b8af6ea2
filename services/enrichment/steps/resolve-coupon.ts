import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import { fill, flagged } from '../fill.ts';
import type { Known, ReferenceIndex } from '../lookups.ts';

/**
 * Find the campaign and the influencer behind a redeemed code, as of the redemption's time. Of several coupons with one code the
 * valid one counts, then the one of the event's campaign; else the code is left open.
 * in       EnrichedEvent of a redemption with coupon_code (folded to upper case)
 * adds     coupon_id, coupon_use, owner_id, issued_to, leak_policy, campaign_id and the only product where open; flags unknown_code, outside_validity, ambiguous_code
 * refuses  nothing
 */
export function resolveCoupon(event: EnrichedEvent, known: ReferenceIndex): Outcome<EnrichedEvent> {
  const { brand_id, coupon_code, campaign_id, occurred_at } = event;
  if (event.type !== 'coupon_redemption' || coupon_code === null) return kept(event);
  const ids = known.couponsOf(brand_id, coupon_code);
  if (ids.length === 0) return kept(flagged(event, 'unknown_code'));
  const valid = ids
    .map((id) => known.at('coupon', brand_id, id, occurred_at))
    .filter((coupon): coupon is Known<'coupon'> => coupon?.body.code === coupon_code);
  if (valid.length === 0) return kept(flagged(event, 'outside_validity'));
  const own = valid.length > 1 ? valid.filter((coupon) => coupon.body.campaign_id === campaign_id) : valid;
  const [coupon] = own;
  return kept(own.length === 1 && coupon ? withCoupon(event, coupon) : flagged(event, 'ambiguous_code'));
}

function withCoupon(event: EnrichedEvent, { id, body }: Known<'coupon'>): EnrichedEvent {
  const leaked = body.leaked_at !== undefined && body.leaked_at <= event.occurred_at;
  return {
    ...fill(event, { campaign_id: body.campaign_id, product_id: only(body.product_ids) }),
    coupon_id: id,
    coupon_use: body.use ?? 'shared',
    owner_id: body.influencer_id ?? null,
    issued_to: (body.issued_to ?? []).map(({ pseudonym }) => pseudonym),
    leak_policy: leaked ? (body.leak_policy ?? 'keep') : null,
  };
}

const only = (ids: readonly string[] = []): string | undefined => (ids.length === 1 ? ids[0] : undefined);
