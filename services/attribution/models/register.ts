/** THE register of per-redemption models: the name in the ledger → the model. */
import { couponOwner } from './coupon-owner.ts';
import { engagementWeighted } from './engagement-weighted.ts';
import { firstTouch } from './first-touch.ts';
import { lastTouch } from './last-touch.ts';
import { linear } from './linear.ts';
import type { Model } from './model.ts';
import { positionBased } from './position-based.ts';
import { timeDecay } from './time-decay.ts';

export const models: Readonly<Record<string, Model>> = {
  last_touch: lastTouch,
  first_touch: firstTouch,
  linear,
  time_decay: timeDecay,
  position_based: positionBased,
  coupon_owner: couponOwner,
  engagement_weighted: engagementWeighted,
};
