/** Paths: who was touched in what order, how often that ended in a conversion and how often it did not. What the data-driven models are fitted on. Pure. */

export interface Path {
  /** Channels (influencers, platforms, …) in order of time; at least one. */
  touches: string[];
  /** Journeys like this that converted, >= 0. */
  conversions: number;
  /** Journeys like this that did not, >= 0. */
  nulls: number;
}

/** Conversions attributed to each channel; they sum to the conversions of all paths. */
export type Attribution = Map<string, number>;

/** Channels in the order of their first appearance. */
export const channelsOf = (paths: readonly Path[]): string[] => [...new Set(paths.flatMap((path) => path.touches))];

export const conversionsOf = (paths: readonly Path[]): number => paths.reduce((sum, path) => sum + path.conversions, 0);

/** What may be done to paths before a model sees them (DOMAIN 3): nothing, collapse repeats in a row, keep the first of each channel, or the set of channels. */
export const transforms: Readonly<Record<string, (touches: readonly string[]) => string[]>> = {
  none: (touches) => [...touches],
  exposure: (touches) => touches.filter((channel, i) => channel !== touches[i - 1]),
  first: (touches) => [...new Set(touches)],
  unique: (touches) => [...new Set(touches)].sort(),
};

/** Shares of a path's places, summing to 1, given to their channels. */
const byPlace =
  (sharesOf: (n: number) => number[]) =>
  (paths: readonly Path[]): Attribution => {
    const out: Attribution = new Map(channelsOf(paths).map((channel) => [channel, 0]));
    for (const { touches, conversions } of paths)
      for (const [i, share] of sharesOf(touches.length).entries())
        out.set(touches[i]!, out.get(touches[i]!)! + share * conversions);
    return out;
  };

/** The models that look at places alone. Time decay and engagement weights need times and types, which a path does not have. */
export const placeModels: Readonly<Record<string, (paths: readonly Path[]) => Attribution>> = {
  first_touch: byPlace((n) => Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0))),
  last_touch: byPlace((n) => Array.from({ length: n }, (_, i) => (i === n - 1 ? 1 : 0))),
  linear: byPlace((n) => Array.from({ length: n }, () => 1 / n)),
  position_based: byPlace((n) => {
    if (n <= 2) return Array.from({ length: n }, () => 1 / n);
    return Array.from({ length: n }, (_, i) => (i === 0 || i === n - 1 ? 0.4 : 0.2 / (n - 2)));
  }),
};
