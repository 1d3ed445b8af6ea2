/** Exact division of a whole into whole parts. */

/** Weights that are not whole are taken to 52 binary places of the largest: from there on the division is exact. */
const scale = 2 ** 52;

/**
 * Splits `total` (an integer >= 0) in proportion to the weights (>= 0, at least one > 0) into integers that sum to it exactly: largest
 * remainder (Hamilton's method), ties to the earlier.
 */
export function splitExactly(total: number, weights: readonly number[]): number[] {
  if (weights.length === 1) return [total];
  const whole = wholeWeights(weights);
  const sum = whole.reduce((a, b) => a + b, 0n);
  if (sum === 0n) throw new RangeError('at least one weight must be above 0');
  const products = whole.map((weight) => BigInt(total) * weight);
  const parts = products.map((product) => Number(product / sum));
  const left = total - parts.reduce((a, b) => a + b, 0);
  const byRemainder = products
    .map((product, i) => ({ i, remainder: product % sum }))
    .sort((a, b) => (a.remainder > b.remainder ? -1 : a.remainder < b.remainder ? 1 : a.i - b.i));
  for (const { i } of byRemainder.slice(0, left)) parts[i]! += 1;
  return parts;
}

function wholeWeights(weights: readonly number[]): bigint[] {
  if (weights.every(Number.isSafeInteger)) return weights.map(BigInt);
  const largest = Math.max(...weights);
  return weights.map((weight) => BigInt(Math.round((weight / largest) * scale)));
}
