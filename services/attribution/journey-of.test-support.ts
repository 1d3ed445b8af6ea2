/** Journeys for tests: touches named by letter, ages in days before the redemption. */
import {
  type Journey,
  type MatchedTouch,
  readJourney,
  redeemerOf,
  type StoredEvent,
  standingRedemption,
} from './journey.ts';
import { first_weights } from './models/engagement-weighted.ts';

export const redeemed_at = Date.UTC(2026, 9, 31);
const day_ms = 86_400_000;

export function stored(partial: Partial<StoredEvent> = {}): StoredEvent {
  return {
    event_id: 'R',
    type: 'coupon_redemption',
    occurred_at: redeemed_at,
    brand_id: 'b',
    campaign_id: 'c',
    influencer_id: '',
    post_id: '',
    product_id: 'p',
    relationship: '',
    tier: '',
    count: 1,
    is_valid: true,
    identity_key: 'me',
    identity_kind: 'consumer_id',
    influencer_identifiers: [],
    identifier_pseudonyms: ['me'],
    coupon_code: 'CODE',
    redemption_id: 'R',
    status: 'redeemed',
    amount_e4: 100_000,
    currency: 'USD',
    retailer_id: 'r',
    store_id: 's',
    campaign_scope: 'brand',
    owner_id: '',
    owner_relationship: '',
    owner_tier: '',
    owner_identifiers: [],
    flags: [],
    leak_policy: '',
    click_window_ms: 30 * day_ms,
    comment_window_ms: 7 * day_ms,
    share_window_ms: 7 * day_ms,
    like_window_ms: day_ms,
    ...partial,
  };
}

/** A touch `age` days before the redemption. */
export const touch = (
  event_id: string,
  age: number,
  partial: Partial<StoredEvent> = {},
): StoredEvent & MatchedTouch => ({
  matched_by: 'consumer_id',
  hops: 0,
  ...stored({
    event_id,
    type: 'click',
    occurred_at: redeemed_at - age * day_ms,
    influencer_id: event_id,
    redemption_id: '',
    status: '',
    amount_e4: null,
    currency: '',
    ...partial,
  }),
});

/** A journey of these touches, oldest first, with a sale of `amount_e4`. */
export const journeyOf = (touches: MatchedTouch[], amount_e4: number | null = 100_000, owned = false): Journey => ({
  redemption: stored({ amount_e4 }),
  net_e4: amount_e4,
  touches,
  owned,
  weights: first_weights,
});

/** The journey of someone known by single identifiers. */
export function singleJourney(about: StoredEvent[], touches: StoredEvent[]): Journey | null {
  const redemption = standingRedemption(about);
  return readJourney(about, touches, redemption ? redeemerOf(redemption, null) : [], first_weights);
}
