import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import { fill } from '../fill.ts';
import type { ReferenceIndex } from '../lookups.ts';

/**
 * Say where it was redeemed.
 * in       EnrichedEvent with store_id
 * adds     retailer_id where open, region of the store for a redemption
 * refuses  nothing
 */
export function resolveStore(event: EnrichedEvent, known: ReferenceIndex): Outcome<EnrichedEvent> {
  if (event.store_id === null) return kept(event);
  const store = known.at('store', event.brand_id, event.store_id, event.occurred_at);
  if (!store) return kept(event);
  const region = event.type === 'coupon_redemption' ? (store.body.region ?? null) : event.region;
  return kept({ ...fill(event, { retailer_id: store.body.retailer_id }), region });
}
