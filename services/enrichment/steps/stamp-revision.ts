import type { AcceptedEvent } from '../../../schemas/generated/accepted_event.ts';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import type { ReferenceIndex } from '../lookups.ts';
import { default_windows } from './set-windows.ts';

/**
 * Say under which reference version the event is decided, and leave room for what the steps will find.
 * in       AcceptedEvent
 * adds     reference_version; everything else empty, valid, unfilled
 * refuses  nothing
 */
export function stampRevision(
  { needed_version: _needed, ...event }: AcceptedEvent,
  { version }: ReferenceIndex,
): Outcome<EnrichedEvent> {
  return kept({
    ...event,
    reference_version: version,
    is_valid: true,
    invalid_reasons: [],
    flags: [],
    filled: [],
    relationship: null,
    tier: null,
    region: null,
    influencer_identifiers: [],
    campaign_scope: 'brand',
    coupon_id: null,
    coupon_use: null,
    owner_id: null,
    owner_relationship: null,
    owner_tier: null,
    owner_identifiers: [],
    issued_to: [],
    leak_policy: null,
    ...default_windows,
    comment_signal: null,
  });
}
