import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalsOf } from './bootstrap.ts';
import { chainOf, markov } from './markov.ts';
import { type Attribution, channelsOf, conversionsOf, type Path, placeModels, transforms } from './paths.ts';
import { shapley } from './shapley.ts';

const path = (text: string, conversions: number, nulls: number): Path => ({
  touches: text.split('>'),
  conversions,
  nulls,
});
const rounded = (attribution: Attribution | null, digits = 10): Record<string, number> =>
  Object.fromEntries([...attribution!].map(([channel, n]) => [channel, Number(n.toFixed(digits))]));

const a = [path('C1>C2>C3', 1, 0), path('C1', 0, 1), path('C2>C3', 0, 1)];
const b = [path('google ads', 2, 1), path('mailing', 1, 0), path('google ads>mailing', 1, 0)];

describe('the vectors of DOMAIN 4 (agreed by at least two independent tools)', () => {
  it('A: Markov .2/.4/.4, Shapley and linear a third each, position .4/.2/.4', () => {
    expect(rounded(markov(a))).toEqual({ C1: 0.2, C2: 0.4, C3: 0.4 });
    const third = { C1: 0.3333333333, C2: 0.3333333333, C3: 0.3333333333 };
    expect(rounded(shapley(a))).toEqual(third);
    expect(rounded(placeModels.linear!(a))).toEqual(third);
    expect(rounded(placeModels.position_based!(a))).toEqual({ C1: 0.4, C2: 0.2, C3: 0.4 });
  });

  it('B: Markov 2.4/1.6, first 3/1, last 2/2, linear and Shapley 2.5/1.5', () => {
    const of = (google: number, mailing: number) => ({ 'google ads': google, mailing });
    expect(rounded(markov(b))).toEqual(of(2.4, 1.6));
    expect(rounded(placeModels.first_touch!(b))).toEqual(of(3, 1));
    expect(rounded(placeModels.last_touch!(b))).toEqual(of(2, 2));
    expect(rounded(placeModels.linear!(b))).toEqual(of(2.5, 1.5));
    expect(rounded(shapley(b))).toEqual(of(2.5, 1.5));
  });

  it('transforms of D,A,B,B,C,D,C,C: exposure D,A,B,C,D,C; first D,A,B,C', () => {
    const touches = ['D', 'A', 'B', 'B', 'C', 'D', 'C', 'C'];
    expect(transforms.exposure!(touches)).toEqual(['D', 'A', 'B', 'C', 'D', 'C']);
    expect(transforms.first!(touches)).toEqual(['D', 'A', 'B', 'C']);
    expect(transforms.unique!(touches)).toEqual(['A', 'B', 'C', 'D']);
    expect(transforms.none!(touches)).toEqual(touches);
  });
});

const names = ['a', 'b', 'c', 'd', 'e'];
const anyPaths = fc.array(
  fc.record({
    touches: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 6 }),
    conversions: fc.integer({ min: 0, max: 20 }),
    nulls: fc.integer({ min: 0, max: 20 }),
  }),
  { minLength: 1, maxLength: 12 },
);
const near = (x: Attribution | null, y: Attribution | null, rename: (channel: string) => string = (c) => c): void => {
  expect(x === null).toBe(y === null);
  for (const [channel, n] of x ?? []) expect(y!.get(rename(channel)) ?? 0).toBeCloseTo(n, 8);
};

describe.each<[string, (paths: readonly Path[]) => Attribution | null]>([
  ['markov', markov],
  ['shapley', shapley],
  ...Object.entries(placeModels),
])('%s', (name, model) => {
  it('gives out exactly the conversions, and nothing negative', () => {
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const given = model(paths);
        if (!given) return;
        expect([...given.values()].reduce((x, y) => x + y, 0)).toBeCloseTo(conversionsOf(paths), 7);
        for (const n of given.values()) expect(n).toBeGreaterThanOrEqual(-1e-9);
      }),
    );
  });

  it('does not care what the channels are called, nor whether a row is split in two', () => {
    fc.assert(
      fc.property(anyPaths, fc.nat(), (paths, at) => {
        const other = (channel: string): string => `other ${channel}`;
        near(model(paths), model(paths.map((p) => ({ ...p, touches: p.touches.map(other) }))), other);
        const row = paths[at % paths.length]!;
        const [some, lost] = [Math.floor(row.conversions / 2), Math.floor(row.nulls / 3)];
        const split = [
          ...paths.filter((p) => p !== row),
          { ...row, conversions: some, nulls: lost },
          { ...row, conversions: row.conversions - some, nulls: row.nulls - lost },
        ];
        near(model(paths), model(split));
      }),
    );
  });

  if (name === 'markov' || name === 'shapley')
    it('is not moved by repeats in a row: self-loops change nothing', () => {
      fc.assert(
        fc.property(anyPaths, (paths) => {
          near(model(paths), model(paths.map((p) => ({ ...p, touches: transforms.exposure!(p.touches) }))));
        }),
      );
    });
});

describe('Markov', () => {
  it('says nothing when every journey converted, or none', () => {
    expect(markov([path('a>b', 5, 0)])).toBeNull();
    expect(markov([path('a>b', 0, 5)])).toBeNull();
  });
});

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function manyPaths(channels: number, count: number): Path[] {
  const random = randomFrom(7);
  return Array.from({ length: count }, () => ({
    touches: Array.from({ length: 1 + Math.floor(random() * 6) }, () => `ch${Math.floor(random() ** 1.5 * channels)}`),
    conversions: Math.floor(random() * 4),
    nulls: Math.floor(random() * 30),
  }));
}

describe('10,000 random paths, against computations written differently', () => {
  it('over 12 channels: Markov agrees with a walk of 400,000 simulated journeys within 3 standard errors', () => {
    const paths = manyPaths(12, 10_000);
    const channels = channelsOf(paths);
    const { start, next, converts } = chainOf(paths, channels);
    const random = randomFrom(99);
    const draw = (weights: Float64Array, rest: number): number => {
      let at = random();
      for (let i = 0; i < weights.length; i++) {
        at -= weights[i]!;
        if (at < 0) return i;
      }
      return rest;
    };
    const walks = 400_000;
    const without = new Float64Array(channels.length);
    let converted = 0;
    for (let w = 0; w < walks; w++) {
      const visited = new Set<number>();
      for (let at = draw(start, -1); at >= 0; ) {
        visited.add(at);
        if (random() < converts[at]!) {
          converted++;
          for (let i = 0; i < channels.length; i++) if (!visited.has(i)) without[i]!++; // it would have converted without i too
          break;
        }
        at = draw(
          next[at]!.map((p) => p / (1 - converts[at]!)),
          -1,
        );
      }
    }
    const effects = [...without].map((n) => 1 - n / converted);
    const sum = effects.reduce((x, y) => x + y, 0);
    const exact = markov(paths)!;
    for (const [i, channel] of channels.entries()) {
      const share = exact.get(channel)! / conversionsOf(paths);
      const error = (3 * Math.sqrt((effects[i]! * (1 - effects[i]!)) / converted)) / sum;
      expect(Math.abs(share - effects[i]! / sum), channel).toBeLessThan(error + 1e-4);
    }
  }, 60_000);

  it('over 8 channels: Shapley agrees with the average over all 40,320 orders in which channels may join', () => {
    const paths = manyPaths(8, 10_000);
    const channels = channelsOf(paths).sort();
    const bit = new Map(channels.map((channel, i) => [channel, 1 << i]));
    const exactly = new Float64Array(1 << channels.length);
    for (const p of paths) {
      let set = 0;
      for (const channel of p.touches) set |= bit.get(channel)!;
      exactly[set]! += p.conversions;
    }
    const worth = exactly.map((_, set) => exactly.reduce((sum, n, part) => ((part & set) === part ? sum + n : sum), 0));
    const sums = new Float64Array(channels.length);
    let orders = 0;
    const visit = (joined: number): number => {
      if (joined === exactly.length - 1) {
        orders++;
        return 1;
      }
      let below = 0;
      for (let i = 0; i < channels.length; i++) {
        if (joined & (1 << i)) continue;
        const n = visit(joined | (1 << i));
        sums[i]! += n * (worth[joined | (1 << i)]! - worth[joined]!);
        below += n;
      }
      return below;
    };
    expect(visit(0)).toBe(40_320);
    const exact = shapley(paths);
    for (const [i, channel] of channels.entries()) expect(sums[i]! / orders).toBeCloseTo(exact.get(channel)!, 6);
  }, 60_000);
});

describe('intervals', () => {
  const paths = manyPaths(4, 300);
  it('hold the estimate, are the same for the same seed, and narrow with more data', () => {
    const width = (list: Path[]): number => {
      const [first] = intervalsOf(list, shapley, { seed: 3 }).values();
      return (first!.high - first!.low) / conversionsOf(list);
    };
    for (const [channel, interval] of intervalsOf(paths, markov, { seed: 3 })) {
      expect(markov(paths)!.get(channel)).toBeGreaterThan(interval!.low);
      expect(markov(paths)!.get(channel)).toBeLessThan(interval!.high);
    }
    expect(intervalsOf(paths, markov, { seed: 3 })).toEqual(intervalsOf(paths, markov, { seed: 3 }));
    expect(width(paths.map((p) => ({ ...p, conversions: p.conversions * 100, nulls: p.nulls * 100 })))).toBeLessThan(
      width(paths) / 5,
    );
  });

  it('are refused where the data are not enough', () => {
    expect([...intervalsOf(a, markov).values()]).toEqual([null, null, null]);
    expect(intervalsOf([path('a', 100, 5), path('b', 9, 1)], shapley).get('b')).toBeNull();
    expect(intervalsOf([path('a', 100, 5), path('b', 9, 1)], shapley).get('a')).not.toBeNull();
  });
});
