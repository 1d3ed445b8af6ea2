import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { tierOf } from '../../../schemas/values/tier.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import { flagged } from '../fill.ts';
import type { ReferenceIndex } from '../lookups.ts';

/**
 * Say what the influencer and the owner of the code are, as of the event's time: friend or blogger, how many follow them, who they are
 * themselves (nobody is credited for their own redemption).
 * in       EnrichedEvent with influencer_id or owner_id
 * adds     relationship, tier, region (unless a redemption), influencer_identifiers; the same of the owner; flags unknown_influencer, owner_inactive
 * refuses  nothing
 */
export function nameInfluencer(event: EnrichedEvent, known: ReferenceIndex): Outcome<EnrichedEvent> {
  const named = event.influencer_id === null ? event : withInfluencer(event, event.influencer_id, known);
  return kept(named.owner_id === null ? named : withOwner(named, named.owner_id, known));
}

interface Profile {
  relationship: string | null;
  tier: string | null;
  region: string | null;
  identifiers: string[];
}

function profileOf(event: EnrichedEvent, id: string, known: ReferenceIndex): Profile | null {
  const { brand_id, occurred_at } = event;
  const body = known.at('influencer', brand_id, id, occurred_at)?.body;
  if (!body) return null;
  const handles = (body.handles ?? []).filter(
    (h) => (h.valid_from ?? 0) <= occurred_at && occurred_at < (h.valid_to ?? Number.POSITIVE_INFINITY),
  );
  return {
    relationship: body.relationship ?? null,
    tier: body.followers === undefined ? null : tierOf(body.followers),
    region: body.region ?? null,
    identifiers: [...(body.identifiers ?? []), ...handles].map(({ pseudonym }) => pseudonym),
  };
}

function withInfluencer(event: EnrichedEvent, id: string, known: ReferenceIndex): EnrichedEvent {
  const profile = profileOf(event, id, known);
  if (!profile) return flagged(event, 'unknown_influencer');
  const { relationship, tier, identifiers } = profile;
  const region = event.type === 'coupon_redemption' ? event.region : profile.region;
  return { ...event, relationship, tier, region, influencer_identifiers: identifiers };
}

/** An owner with records, none of them valid at the time, has left the programme. */
function withOwner(event: EnrichedEvent, id: string, known: ReferenceIndex): EnrichedEvent {
  const profile = profileOf(event, id, known);
  if (!profile) return known.knows('influencer', event.brand_id, id) ? flagged(event, 'owner_inactive') : event;
  return {
    ...event,
    owner_relationship: profile.relationship,
    owner_tier: profile.tier,
    owner_identifiers: profile.identifiers,
  };
}
