/** Partitions of a service that have lag and do not move, seen from one copy of it. */
import type { PartitionLag } from './lag.ts';

export const standstill_after_s = 300;

/**
 * Asked whenever the lags are known, and by the last ones known when they are not. Time counts from when a place was first seen with lag, so that
 * a record after a long silence is none. Each copy answers for the partitions it holds, and for those that no copy has ever read (a topic got
 * more of them); one that holds none, when no partition moves at all.
 */
export function watchStandstill(): (
  lags: readonly PartitionLag[],
  held: ReadonlySet<string>,
  now_s: number,
) => string[] {
  const since = new Map<string, { position: number; at_s: number }>();
  return (lags, held, now_s) => {
    const behind = lags.filter(({ lag }) => lag > 0);
    const standing = new Set<string>();
    for (const place of lags) {
      const name = placeOf(place);
      const seen = since.get(name);
      if (place.lag === 0) since.delete(name);
      else if (seen?.position !== place.position) since.set(name, { position: place.position, at_s: now_s });
      else if (now_s - seen.at_s > standstill_after_s) standing.add(name);
    }
    const unread = new Set(behind.filter(({ has_begun }) => !has_begun).map(placeOf));
    if (held.size > 0) return [...standing].filter((name) => held.has(name) || unread.has(name));
    return standing.size === behind.length ? [...standing] : [];
  };
}

export const placeOf = ({ topic, partition }: { topic?: string; partition?: number | string }): string =>
  `${topic}/${partition}`;
