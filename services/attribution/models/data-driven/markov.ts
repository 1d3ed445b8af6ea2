import { type Attribution, channelsOf, conversionsOf, type Path } from './paths.ts';

/**
 * First-order Markov chain with removal effects (Anderl, Becker, von Wangenheim and Schumann, 2016): RE_j = 1 − P(conversion without j) / P(conversion),
 * where the traffic of a removed channel ends without conversion; credit is RE_j / Σ RE of all conversions. The chain is solved exactly.
 * null when nothing converted, or when no path ended without a conversion: then every removal looks the same for lack of data.
 */
export function markov(paths: readonly Path[]): Attribution | null {
  const channels = channelsOf(paths);
  const conversions = conversionsOf(paths);
  if (conversions === 0 || paths.every((path) => path.nulls === 0)) return null;
  const chain = chainOf(paths, channels);
  const all = reach(chain, null);
  const effects = channels.map((_, removed) => 1 - reach(chain, removed) / all);
  const sum = effects.reduce((a, b) => a + b, 0);
  return new Map(channels.map((channel, i) => [channel, (conversions * effects[i]!) / sum]));
}

export interface Chain {
  /** Share of journeys that begin at each channel. */
  start: Float64Array;
  /** Probability of the next channel, row after row; self-loops taken out, which changes nothing (they only delay). */
  next: Float64Array[];
  /** Probability of converting next. */
  converts: Float64Array;
}

export function chainOf(paths: readonly Path[], channels: readonly string[]): Chain {
  const n = channels.length;
  const index = new Map(channels.map((channel, i) => [channel, i]));
  const start = new Float64Array(n);
  const next = Array.from({ length: n }, () => new Float64Array(n));
  const converts = new Float64Array(n);
  const leaves = new Float64Array(n);
  let journeys = 0;
  for (const { touches, conversions, nulls } of paths) {
    const weight = conversions + nulls;
    journeys += weight;
    let at = index.get(touches[0]!)!;
    start[at]! += weight;
    for (const channel of touches.slice(1)) {
      const to = index.get(channel)!;
      if (to === at) continue;
      next[at]![to]! += weight;
      leaves[at]! += weight;
      at = to;
    }
    converts[at]! += conversions;
    leaves[at]! += weight;
  }
  for (let i = 0; i < n; i++) {
    start[i]! /= journeys || 1;
    for (let j = 0; j < n; j++) next[i]![j]! /= leaves[i] || 1;
    converts[i]! /= leaves[i] || 1;
  }
  return { start, next, converts };
}

/** Probability that a journey converts when one channel (or none) leads nowhere: x = converts + next·x, solved by elimination with pivoting. */
export function reach({ start, next, converts }: Chain, removed: number | null): number {
  const n = start.length;
  const rows = Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n + 1);
    row[i] = 1;
    if (i === removed) return row;
    for (let j = 0; j < n; j++) if (j !== removed) row[j]! -= next[i]![j]!;
    row[n] = converts[i]!;
    return row;
  });
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    if (Math.abs(top[column]!) < 1e-14) continue; // a circle nobody leaves: nothing converts from there
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]! / top[column]!;
      if (factor !== 0) for (let j = column; j <= n; j++) rows[i]![j]! -= factor * top[j]!;
    }
  }
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const diagonal = rows[i]![i]!;
    if (Math.abs(diagonal) >= 1e-14) sum += start[i]! * (rows[i]![n]! / diagonal);
  }
  return sum;
}
