import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import { fill, flagged } from '../fill.ts';
import type { ReferenceIndex } from '../lookups.ts';

/**
 * Find the campaign behind hashtags (a packaging contest, a mention), as of the event's time.
 * in       EnrichedEvent with hashtags and no campaign yet
 * adds     campaign_id when exactly one running campaign has one of them; flag ambiguous_hashtag when several do
 * refuses  nothing
 */
export function resolveHashtags(event: EnrichedEvent, known: ReferenceIndex): Outcome<EnrichedEvent> {
  if (event.hashtags.length === 0 || event.campaign_id !== null) return kept(event);
  const running = new Set<string>();
  for (const tag of event.hashtags)
    for (const id of known.campaignsOf(event.brand_id, tag)) if (has(event, known, id, tag)) running.add(id);
  const [campaign_id] = running;
  if (running.size > 1) return kept(flagged(event, 'ambiguous_hashtag'));
  return kept(fill(event, { campaign_id }));
}

function has(event: EnrichedEvent, known: ReferenceIndex, id: string, tag: string): boolean {
  const campaign = known.at('campaign', event.brand_id, id, event.occurred_at)?.body;
  if (!campaign?.hashtags?.includes(tag)) return false;
  return (
    (campaign.starts_at ?? 0) <= event.occurred_at && event.occurred_at < (campaign.ends_at ?? Number.POSITIVE_INFINITY)
  );
}
