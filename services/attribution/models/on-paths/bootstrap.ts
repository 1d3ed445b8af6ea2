/** Resampling of journeys, and the intervals it gives. The same seed gives the same intervals. */

/** [0, 1), 32 bits at a time: sfc32 (Chris Doty-Humphrey, PractRand), which passes BigCrush. */
export function uniformFrom(seed: number): () => number {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** Draws from Gamma(shape, 1), shape ≥ 1: Marsaglia and Tsang, ACM Transactions on Mathematical Software 26 (2000). */
export function gammaFrom(uniform: () => number): (shape: number) => number {
  return (shape) => {
    if (shape === 1) return -Math.log(1 - uniform());
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
}

/**
 * Bayesian bootstrap (Rubin, Annals of Statistics 9, 1981): every journey gets an Exp(1) weight, so `count` equal ones get Gamma(count), and all are
 * scaled to as many as there were. It costs the same for a million journeys along a path as for one.
 */
export function resampler(counts: readonly Float64Array[], seed: number): () => Float64Array[] {
  const gamma = gammaFrom(uniformFrom(seed));
  const total = counts.reduce((sum, column) => column.reduce((a, b) => a + b, sum), 0);
  return () => {
    let drawn = 0;
    const draws = counts.map((column) =>
      column.map((count) => {
        const weight = count === 0 ? 0 : gamma(count);
        drawn += weight;
        return weight;
      }),
    );
    return draws.map((column) => column.map((weight) => (weight * total) / drawn));
  };
}

/** Between which values the middle `level` of the draws lies (linear between neighbours). Sorts them. */
export function middle(draws: Float64Array, level: number): [low: number, high: number] {
  draws.sort();
  const quantile = (p: number): number => {
    const at = p * (draws.length - 1);
    const below = Math.floor(at);
    return draws[below]! + (at - below) * (draws[Math.min(below + 1, draws.length - 1)]! - draws[below]!);
  };
  return [quantile((1 - level) / 2), quantile((1 + level) / 2)];
}
