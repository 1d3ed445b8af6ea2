import type { Journey, MatchedTouch } from '../journey.ts';

/** A share of one redemption's credit. Weights are >= 0; a share is its weight over the sum of all. */
export interface Share {
  /** The touch that earns, the owner of the redeemed code, or nobody. */
  to: MatchedTouch | 'owner' | 'nobody';
  weight: number;
}

/** Journey → shares that sum to 1, in the order in which ties are broken. [] or only zero weights: nobody earns. */
export type Model = (journey: Journey) => Share[];

/** Shares of the touches with these weights. */
export const weighted = (touches: MatchedTouch[], weightOf: (touch: MatchedTouch, index: number) => number): Share[] =>
  touches.map((touch, index) => ({ to: touch, weight: weightOf(touch, index) }));
