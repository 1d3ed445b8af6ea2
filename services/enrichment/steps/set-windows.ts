import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import { flagged } from '../fill.ts';
import type { ReferenceIndex } from '../lookups.ts';

const day_ms = 86_400_000;

/** Look-backs where neither campaign nor brand says another (DOMAIN 3). */
export const default_windows = {
  click_window_ms: 30 * day_ms,
  comment_window_ms: 7 * day_ms,
  share_window_ms: 7 * day_ms,
  like_window_ms: day_ms,
};

/**
 * How far back a redemption looks, and whose touches it accepts: from its campaign, else the brand, else the defaults, each type on its own.
 * in       EnrichedEvent of a redemption
 * adds     the four windows, campaign_scope; flag outside_campaign
 * refuses  nothing
 */
export function setWindows(event: EnrichedEvent, known: ReferenceIndex): Outcome<EnrichedEvent> {
  if (event.type !== 'coupon_redemption') return kept(event);
  const { brand_id, campaign_id, occurred_at } = event;
  const campaign = campaign_id === null ? undefined : known.at('campaign', brand_id, campaign_id, occurred_at)?.body;
  const brand = known.at('brand', brand_id, brand_id, occurred_at)?.body.lookback;
  const own = campaign?.lookback;
  const outside =
    campaign &&
    (occurred_at < (campaign.starts_at ?? 0) || occurred_at >= (campaign.ends_at ?? Number.POSITIVE_INFINITY));
  const placed = outside ? flagged(event, 'outside_campaign') : event;
  return kept({
    ...placed,
    campaign_scope: campaign?.scope ?? 'brand',
    click_window_ms: own?.click_ms ?? brand?.click_ms ?? default_windows.click_window_ms,
    comment_window_ms: own?.comment_ms ?? brand?.comment_ms ?? default_windows.comment_window_ms,
    share_window_ms: own?.share_ms ?? brand?.share_ms ?? default_windows.share_window_ms,
    like_window_ms: own?.like_ms ?? brand?.like_ms ?? default_windows.like_window_ms,
  });
}
