import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import { fill, flagged } from '../fill.ts';
import type { ReferenceIndex } from '../lookups.ts';

/**
 * Find what a short link stands for, as of the event's time.
 * in       EnrichedEvent with link_code
 * adds     influencer_id, campaign_id, post_id, product_id where open; flag unknown_link
 * refuses  nothing
 */
export function resolveLink(event: EnrichedEvent, known: ReferenceIndex): Outcome<EnrichedEvent> {
  if (event.link_code === null) return kept(event);
  const link = known.at('link', event.brand_id, event.link_code, event.occurred_at);
  return kept(link ? fill(event, link.body) : flagged(event, 'unknown_link'));
}
