import type { SharesOf } from './sharing.ts';

/**
 * Shapley value of a channel in the game v(S) = conversions of paths that hold no channel outside S: φ_j = Σ over channel sets A containing j
 * of conv(A) / size(A) (Zhao et al., arXiv:1804.05327). Each set is a unanimity game whose members share equally, so this sum *is* the exact
 * value: no sum over subsets is needed, and it is linear in the paths whatever the number of channels.
 */
export const shapley: SharesOf = (touches) => {
  const set = new Set(touches);
  return new Map([...set].map((channel) => [channel, 1 / set.size]));
};
