import type { Model } from './model.ts';

/** All credit to the owner of the redeemed code; of a leaked code as its policy says (DOMAIN 3). */
export const couponOwner: Model = ({ redemption, owned }) => {
  if (!owned || redemption.leak_policy === 'withhold') return [];
  if (redemption.leak_policy === 'halve')
    return [
      { to: 'owner', weight: 1 },
      { to: 'nobody', weight: 1 },
    ];
  return [{ to: 'owner', weight: 1 }];
};
