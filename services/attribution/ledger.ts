/** Credits a journey should have, and the postings that lead there from what the ledger says. Pure. */
import type { Journey, MatchedTouch, StoredEvent } from './journey.ts';
import type { Share } from './models/model.ts';
import { models } from './models/register.ts';
import { splitExactly } from './split-exactly.ts';

/** One line of the ledger, or a balance: who has how much of a redemption under a model. */
export interface Credit {
  brand_id: string;
  redemption_id: string;
  model: string;
  /** The touch that earns; the redemption's own event id for the owner of its code; '' = nobody. */
  touch_event_id: string;
  /** click, like, comment, share, coupon (the owner), '' = nobody. */
  touch_type: string;
  campaign_id: string;
  influencer_id: string;
  relationship: string;
  tier: string;
  post_id: string;
  product_id: string;
  store_id: string;
  retailer_id: string;
  coupon_code: string;
  /** Epoch ms. */
  touched_at: number;
  /** Epoch ms. */
  redeemed_at: number;
  /** Parts per million of the redemption. */
  credit_ppm: number;
  /** Money in 1/10,000 of the currency unit. */
  amount_e4: number;
  currency: string;
  matched_by: string;
  hops: number;
}

const whole_ppm = 1_000_000;

/** The credits of a standing redemption under every model: per model Σ credit_ppm = 1,000,000 and Σ amount_e4 = the net sale (0 if unpriced). */
export const creditsOf = (journey: Journey): Credit[] =>
  Object.entries(models).flatMap(([name, model]) => creditsUnder(name, model(journey), journey));

function creditsUnder(model: string, shares: Share[], journey: Journey): Credit[] {
  const earning = shares.filter((share) => share.weight > 0);
  const split: Share[] = earning.length > 0 ? earning : [{ to: 'nobody', weight: 1 }];
  const weights = split.map((share) => share.weight);
  const ppm = splitExactly(whole_ppm, weights);
  const money = splitExactly(journey.net_e4 ?? 0, weights);
  return split.map(({ to }, i) => creditOf(model, journey, earner(to, journey.redemption), ppm[i]!, money[i]!));
}

/** Every field by its name: an object put together from others takes four times the memory, and nothing is made as often as credits. */
function creditOf(
  model: string,
  { redemption, net_e4 }: Journey,
  by: ReturnType<typeof earner>,
  credit_ppm: number,
  amount_e4: number,
): Credit {
  return {
    brand_id: redemption.brand_id,
    redemption_id: redemption.redemption_id,
    model,
    touch_event_id: by.touch_event_id,
    touch_type: by.touch_type,
    campaign_id: by.campaign_id,
    influencer_id: by.influencer_id,
    relationship: by.relationship,
    tier: by.tier,
    post_id: by.post_id,
    product_id: redemption.product_id,
    store_id: redemption.store_id,
    retailer_id: redemption.retailer_id,
    coupon_code: redemption.coupon_code,
    touched_at: by.touched_at,
    redeemed_at: redemption.occurred_at,
    credit_ppm,
    amount_e4,
    currency: net_e4 === null ? '' : redemption.currency,
    matched_by: by.matched_by,
    hops: by.hops,
  };
}

function earner(to: MatchedTouch | 'owner' | 'nobody', redemption: StoredEvent) {
  const { campaign_id, occurred_at: touched_at, event_id, owner_id, owner_relationship, owner_tier } = redemption;
  if (to === 'nobody')
    return {
      touch_event_id: '',
      touch_type: '',
      campaign_id,
      influencer_id: '',
      relationship: '',
      tier: '',
      post_id: '',
      touched_at,
      matched_by: '',
      hops: 0,
    };
  if (to === 'owner')
    return {
      touch_event_id: event_id,
      touch_type: 'coupon',
      campaign_id,
      influencer_id: owner_id,
      relationship: owner_relationship,
      tier: owner_tier,
      post_id: '',
      touched_at,
      matched_by: 'coupon_code',
      hops: 0,
    };
  return {
    touch_event_id: to.event_id,
    touch_type: to.type,
    campaign_id: to.campaign_id,
    influencer_id: to.influencer_id,
    relationship: to.relationship,
    tier: to.tier,
    post_id: to.post_id,
    touched_at: to.occurred_at,
    matched_by: to.matched_by,
    hops: to.hops,
  };
}

/** Everything of a credit but its two amounts: a change in any of it moves the credit. */
const keyOf = (c: Credit): string =>
  [
    c.brand_id,
    c.redemption_id,
    c.model,
    c.touch_event_id,
    c.touch_type,
    c.campaign_id,
    c.influencer_id,
    c.relationship,
    c.tier,
    c.post_id,
    c.product_id,
    c.store_id,
    c.retailer_id,
    c.coupon_code,
    c.touched_at,
    c.redeemed_at,
    c.currency,
    c.matched_by,
    c.hops,
  ].join('\0');

/** should − balance, per model and earner; what is equal posts nothing. Negative amounts take back. */
export function postings(should: readonly Credit[], balance: readonly Credit[]): Credit[] {
  const differences = new Map<string, Credit>();
  const add = (credit: Credit, sign: 1 | -1): void => {
    const key = keyOf(credit);
    const found = differences.get(key) ?? { ...credit, credit_ppm: 0, amount_e4: 0 };
    found.credit_ppm += sign * credit.credit_ppm;
    found.amount_e4 += sign * credit.amount_e4;
    differences.set(key, found);
  };
  for (const credit of balance) add(credit, -1);
  for (const credit of should) add(credit, 1);
  return [...differences.values()].filter(({ credit_ppm, amount_e4 }) => credit_ppm !== 0 || amount_e4 !== 0);
}
