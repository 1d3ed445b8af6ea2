import { type Attribution, channelsOf, type Path } from './paths.ts';

/**
 * Shapley value over sets of channels: φ_j = Σ over the sets A that contain j of conversions(A) / size(A), where conversions(A) counts the paths
 * whose channels are exactly A (Zhao, Mahboobi and Bagheri, arXiv:1804.05327). Exact, one pass, never negative.
 */
export function shapley(paths: readonly Path[]): Attribution {
  const out: Attribution = new Map(channelsOf(paths).map((channel) => [channel, 0]));
  for (const { touches, conversions } of paths) {
    const set = new Set(touches);
    for (const channel of set) out.set(channel, out.get(channel)! + conversions / set.size);
  }
  return out;
}
