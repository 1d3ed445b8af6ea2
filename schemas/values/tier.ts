/** Size classes of influencers by followers. */
export type Tier = 'nano' | 'micro' | 'macro' | 'mega';

/** nano below 10,000, micro below 100,000, macro below 1,000,000, else mega. */
export function tierOf(followers: number): Tier {
  if (followers < 10_000) return 'nano';
  if (followers < 100_000) return 'micro';
  return followers < 1_000_000 ? 'macro' : 'mega';
}
