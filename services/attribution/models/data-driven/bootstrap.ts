/** How sure a result is: the Poisson bootstrap (every journey counts 0, 1, 2, … times, independently), percentile intervals. Deterministic by seed. Pure. */
import type { Attribution, Path } from './paths.ts';

export interface Interval {
  low: number;
  high: number;
}

/** Fewer conversions than this, in all or with a channel in them: no interval, but "not enough". */
export const least_conversions = 30;
export const least_with_channel = 10;

/** 95 % intervals by channel; null where the data are not enough to say. */
export function intervalsOf(
  paths: readonly Path[],
  model: (paths: readonly Path[]) => Attribution | null,
  { replicates = 200, seed = 1 } = {},
): Map<string, Interval | null> {
  const point = model(paths);
  const out = new Map<string, Interval | null>();
  if (!point) return out;
  const enough = enoughFor(paths);
  const draws = new Map<string, number[]>([...point.keys()].map((channel) => [channel, []]));
  const poisson = poissonFrom(seed);
  const some = [...point.keys()].some(enough);
  for (let r = 0; some && r < replicates; r++) {
    const again = paths.map((path) => ({
      ...path,
      conversions: poisson(path.conversions),
      nulls: poisson(path.nulls),
    }));
    const drawn = model(again);
    for (const [channel, values] of draws) values.push(drawn?.get(channel) ?? 0);
  }
  for (const [channel, values] of draws) {
    values.sort((a, b) => a - b);
    const at = (share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))]!;
    out.set(channel, enough(channel) ? { low: at(0.025), high: at(0.975) } : null);
  }
  return out;
}

function enoughFor(paths: readonly Path[]): (channel: string) => boolean {
  const withChannel = new Map<string, number>();
  let all = 0;
  for (const { touches, conversions } of paths) {
    all += conversions;
    for (const channel of new Set(touches)) withChannel.set(channel, (withChannel.get(channel) ?? 0) + conversions);
  }
  return (channel) => all >= least_conversions && (withChannel.get(channel) ?? 0) >= least_with_channel;
}

/** Poisson draws: by multiplication (Knuth) below 30, by the normal approximation above. */
function poissonFrom(seed: number): (mean: number) => number {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return (mean) => {
    if (mean === 0) return 0;
    if (mean >= 30) {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
    }
    const limit = Math.exp(-mean);
    let n = 0;
    for (let product = next(); product > limit; product *= next()) n++;
    return n;
  };
}
