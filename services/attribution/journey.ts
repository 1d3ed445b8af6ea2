/**
 * A journey: one redemption as it now stands, the touches that may earn its credit, and the owner of its code. Rules: DOMAIN 3.
 * Pure: the same set of stored events gives the same journey, in whatever order they came.
 */

import { byteOrder } from './byte-order.ts';
import type { EngagementWeights } from './models/engagement-weighted.ts';
import { alone, type Persons, type Reach, reachOf } from './persons.ts';

/** A standing click, like, comment or share, as far as settlement needs it. '' = absent. */
export interface Touch {
  event_id: string;
  type: string;
  /** Epoch ms. */
  occurred_at: number;
  brand_id: string;
  campaign_id: string;
  influencer_id: string;
  post_id: string;
  relationship: string;
  tier: string;
  count: number;
  is_valid: boolean;
  /** Pseudonym of the strongest identifier; '' when nobody is known. */
  identity_key: string;
  identity_kind: string;
  identifier_pseudonyms: string[];
  influencer_identifiers: string[];
}

/** A standing row that speaks of a redemption. */
export interface StoredEvent extends Touch {
  product_id: string;
  coupon_code: string;
  redemption_id: string;
  status: string;
  amount_e4: number | null;
  currency: string;
  retailer_id: string;
  store_id: string;
  campaign_scope: string;
  owner_id: string;
  owner_relationship: string;
  owner_tier: string;
  owner_identifiers: string[];
  flags: string[];
  leak_policy: string;
  click_window_ms: number;
  comment_window_ms: number;
  share_window_ms: number;
  like_window_ms: number;
}

/** A touch of the redeemer, and how we know that it is. */
export interface MatchedTouch extends Touch {
  /** The weakest kind of identifier between touch and redemption. */
  matched_by: string;
  /** Identity links between the identifier of the touch and those of the redemption. */
  hops: number;
}

export interface Journey {
  /** The `redeemed` event that stands. */
  redemption: StoredEvent;
  /** Net of returns, in 1/10,000 of the currency unit; null = unpriced. */
  net_e4: number | null;
  /** Touches that may earn credit, by (occurred_at, event_id). */
  touches: MatchedTouch[];
  /** Whether the code has an owner who may earn: known, active, not the redeemer. */
  owned: boolean;
  /** The weights in force. */
  weights: EngagementWeights;
}

/** The `redeemed` event that stands, of all standing events that name a redemption: the earliest, unless it is quarantined or voided. */
export function standingRedemption(about: readonly StoredEvent[]): StoredEvent | null {
  const [redemption] = about.filter((event) => event.status === 'redeemed').sort(byTime);
  if (!redemption?.is_valid || about.some((event) => event.status === 'voided')) return null;
  return redemption;
}

/**
 * The journey of a redemption, from all standing events that name it, all standing touches of its person, that person's identifiers, and the
 * weights in force.
 * null when nothing stands: never redeemed (yet), voided, or quarantined.
 */
export function readJourney(
  about: readonly StoredEvent[],
  touches: readonly Touch[],
  redeemer: readonly Reach[],
  weights: EngagementWeights,
): Journey | null {
  const redemption = standingRedemption(about);
  if (!redemption) return null;
  const isOwn = ownBy(redemption, redeemer);
  return {
    redemption,
    net_e4: netOf(
      redemption,
      about.filter((event) => event.status === 'returned'),
    ),
    touches: touches.flatMap((touch) => matched(touch, redemption, redeemer, isOwn) ?? []).sort(byTime),
    owned:
      redemption.owner_id !== '' &&
      !redemption.flags.includes('owner_inactive') &&
      !isOwn(redemption.owner_identifiers, redemption.occurred_at),
    weights,
  };
}

/** Every identifier of the redeemer at the time of the redemption, and how it is reached; [] when nobody is known. */
export function redeemerOf(redemption: StoredEvent, persons: Persons | null): Reach[] {
  const { identity_key, identity_kind, identifier_pseudonyms, occurred_at } = redemption;
  if (identity_key === '') return [];
  const person = persons?.of(identity_key, occurred_at) ?? alone(identity_key, identity_kind);
  return reachOf(person, [identity_key, ...identifier_pseudonyms], occurred_at);
}

const covers = ({ from_at, until_at }: Reach, at: number): boolean => from_at <= at && at < until_at;

type OwnAt = (identifiers: readonly string[], at: number) => boolean;

/**
 * Whether one of some identifiers is the redeemer's at a time: a handle may pass on. What the redemption names, though nobody or somebody else
 * is known to hold it then, is theirs always: nobody is credited for their own redemption on the strength of a doubt.
 */
function ownBy({ identifier_pseudonyms, occurred_at }: StoredEvent, redeemer: readonly Reach[]): OwnAt {
  const held = new Set(redeemer.filter((reach) => covers(reach, occurred_at)).map(({ identifier }) => identifier));
  const named = new Set(identifier_pseudonyms.filter((identifier) => !held.has(identifier)));
  return (identifiers, at) =>
    identifiers.some(
      (identifier) =>
        named.has(identifier) || redeemer.some((reach) => reach.identifier === identifier && covers(reach, at)),
    );
}

/** (occurred_at, event_id): the order in which ties are broken everywhere, in the views too. */
const byTime = (a: Touch, b: Touch): number => a.occurred_at - b.occurred_at || byteOrder(a.event_id, b.event_id);

/** What is left after returns, never below 0. A return without amount takes all; one in another currency cannot be subtracted. */
function netOf({ amount_e4, currency }: StoredEvent, returns: StoredEvent[]): number | null {
  if (amount_e4 === null) return null;
  let left = amount_e4;
  for (const back of returns) {
    if (back.amount_e4 === null) return 0;
    if (back.currency === currency) left -= back.amount_e4;
  }
  return Math.max(0, left);
}

const windows: Record<string, 'click_window_ms' | 'comment_window_ms' | 'share_window_ms' | 'like_window_ms'> = {
  click: 'click_window_ms',
  comment: 'comment_window_ms',
  share: 'share_window_ms',
  like: 'like_window_ms',
};

/** Whether the touch itself names its influencer as who did it: by a handle that somebody else is known to hold, or that is joined with nobody. */
const isByInfluencer = ({ identifier_pseudonyms, influencer_identifiers }: Touch): boolean =>
  influencer_identifiers.some((identifier) => identifier_pseudonyms.includes(identifier));

/** Same person, in the look-back of its type, a single real action, and not on the redeemer's own posts; null when it may not earn. */
function matched(touch: Touch, redemption: StoredEvent, redeemer: readonly Reach[], isOwn: OwnAt): MatchedTouch | null {
  const window = windows[touch.type];
  if (window === undefined || touch.count !== 1 || !touch.is_valid) return null;
  const age = redemption.occurred_at - touch.occurred_at;
  if (age < 0 || age > redemption[window]) return null;
  if (redemption.campaign_scope === 'campaign' && touch.campaign_id !== redemption.campaign_id) return null;
  if (isOwn(touch.influencer_identifiers, touch.occurred_at) || isByInfluencer(touch)) return null;
  const reach = redeemer.find((each) => each.identifier === touch.identity_key && covers(each, touch.occurred_at));
  return reach ? { ...touch, matched_by: reach.matched_by, hops: reach.hops } : null;
}
