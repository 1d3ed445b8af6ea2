/** Paths: the channels that people met, in order, and how many journeys along them converted and how many did not. */

export interface Path {
  /** Indices into `channels`, in the order they were met; never empty. */
  touches: readonly number[];
  /** Journeys along this path that ended in a conversion, and those that did not. */
  conversions: number;
  nulls: number;
}

export interface Paths {
  channels: readonly string[];
  paths: readonly Path[];
}

/** A path by its channels' names, as it is read. */
export interface PathRow {
  touches: readonly string[];
  conversions: number;
  nulls: number;
}

/** Rows → paths, equal ones added up. The order of the rows and splitting a row change nothing: channels and paths are sorted. */
export function pathsOf(rows: Iterable<PathRow>): Paths {
  const met = new Map<string, number>();
  const merged = new Map<string, Path>();
  for (const { touches, conversions, nulls } of rows) {
    const indices = touches.map((name) => {
      const index = met.get(name) ?? met.size;
      met.set(name, index);
      return index;
    });
    const key = indices.join();
    const path = merged.get(key);
    if (path) {
      path.conversions += conversions;
      path.nulls += nulls;
    } else merged.set(key, { touches: indices, conversions, nulls });
  }
  const names = [...met.keys()];
  const channels = [...names].sort();
  const rank = new Map(channels.map((name, i) => [name, i]));
  const paths = [...merged.values()].map((path) => ({
    ...path,
    touches: path.touches.map((i) => rank.get(names[i]!)!),
  }));
  return { channels, paths: paths.sort((a, b) => byTouches(a.touches, b.touches)) };
}

function byTouches(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((touch, i) => touch !== b[i]);
  return differs < 0 ? a.length - b.length : a[differs]! - (b[differs] ?? -1);
}

/** What a data-driven model may do to a path before it reads it (DOMAIN 3; named as in Google's fractribution, where `unique` keeps every touch). */
export const transforms = {
  none: <T>(touches: readonly T[]): readonly T[] => touches,
  exposure: <T>(touches: readonly T[]): readonly T[] => touches.filter((touch, i) => touch !== touches[i - 1]),
  first: <T>(touches: readonly T[]): readonly T[] => [...new Set(touches)],
  unique: <T>(touches: readonly T[]): readonly T[] => touches,
} as const;

export type Transform = keyof typeof transforms;
