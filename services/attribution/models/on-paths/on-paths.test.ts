import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { middle, resampler, uniformFrom } from './bootstrap.ts';
import { type Credit, fitted, least_journeys } from './fitted.ts';
import { markov } from './markov.ts';
import { type PathRow, pathsOf, transforms } from './paths.ts';
import { faultSaid, pathReader } from './read-paths.ts';

const row = (text: string, conversions: number, nulls: number): PathRow => ({
  touches: text.split('>'),
  conversions,
  nulls,
});
const creditsOf = (rows: PathRow[]): Credit[] => fitted(pathsOf(rows), { resamples: 0, seed: 1 });
const of = (rows: PathRow[], model: string): Record<string, number | null> =>
  Object.fromEntries(creditsOf(rows).flatMap((c) => (c.model === model ? [[c.channel, c.conversions]] : [])));
const near = (actual: Record<string, number | null>, expected: Record<string, number | null>, digits = 12): void => {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [channel, n] of Object.entries(expected))
    if (n === null) expect(actual[channel], channel).toBeNull();
    else expect(actual[channel], channel).toBeCloseTo(n, digits);
};

describe('the vectors of the domain notes, section 4 (agreed by at least two independent tools)', () => {
  const a = [row('C1>C2>C3', 1, 0), row('C1', 0, 1), row('C2>C3', 0, 1)];
  const b = [row('google ads', 2, 1), row('mailing', 1, 0), row('google ads>mailing', 1, 0)];
  it('A: Markov .2/.4/.4 with removal effects .5/1/1; Shapley (set) and linear 1/3 each; position .4/.2/.4', () => {
    near(of(a, 'markov'), { C1: 0.2, C2: 0.4, C3: 0.4 });
    expect(creditsOf(a).flatMap((c) => c.removal_effect ?? [])).toEqual([0.5, 1, 1]);
    for (const model of ['shapley', 'linear']) near(of(a, model), { C1: 1 / 3, C2: 1 / 3, C3: 1 / 3 });
    near(of(a, 'position_based'), { C1: 0.4, C2: 0.2, C3: 0.4 });
  });
  it('B: Markov 2.4/1.6; first 3/1; last 2/2; linear and Shapley (set) 2.5/1.5', () => {
    const both = (google: number, mailing: number) => ({ 'google ads': google, mailing });
    near(of(b, 'markov'), both(2.4, 1.6));
    near(of(b, 'first_touch'), both(3, 1));
    near(of(b, 'last_touch'), both(2, 2));
    for (const model of ['linear', 'shapley']) near(of(b, model), both(2.5, 1.5));
  });
  it('140.00 on Direct>Organic>Direct: first and last all to Direct, linear 46.67 each touch, position 56, 28, 56', () => {
    const sale = [row('Direct>Organic>Direct', 140, 0)];
    near(of(sale, 'first_touch'), { Direct: 140, Organic: 0 });
    near(of(sale, 'last_touch'), { Direct: 140, Organic: 0 });
    near(of(sale, 'linear'), { Direct: 280 / 3, Organic: 140 / 3 });
    near(of(sale, 'position_based'), { Direct: 112, Organic: 28 });
  });
  it('transforms of D,A,B,B,C,D,C,C: exposure D,A,B,C,D,C; first D,A,B,C', () => {
    const touches = ['D', 'A', 'B', 'B', 'C', 'D', 'C', 'C'];
    expect(transforms.exposure(touches)).toEqual(['D', 'A', 'B', 'C', 'D', 'C']);
    expect(transforms.first(touches)).toEqual(['D', 'A', 'B', 'C']);
    for (const name of ['none', 'unique'] as const) expect(transforms[name](touches)).toEqual(touches);
  });
});

const letters = 'abcde';
const anyRows = fc.array(
  fc.record({
    touches: fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 6 }),
    conversions: fc.nat(20),
    nulls: fc.nat(20),
  }),
  { minLength: 1, maxLength: 12 },
);
const names = ['first_touch', 'last_touch', 'linear', 'position_based', 'markov', 'shapley'];

describe.each(names)('%s', (model) => {
  it('gives out exactly the conversions, and nothing negative', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const credits = Object.values(of(rows, model));
        if (credits.includes(null)) {
          expect(rows.every(({ nulls }) => nulls === 0)).toBe(true);
          return;
        }
        const sum = credits.reduce<number>((a, b) => a + b!, 0);
        expect(sum).toBeCloseTo(
          rows.reduce((n, { conversions }) => n + conversions, 0),
          9,
        );
        expect(Math.min(...(credits as number[]))).toBeGreaterThanOrEqual(0);
      }),
    );
  });
  it('does not care what the channels are called', () => {
    const other = (channel: string): string => letters[letters.length - 1 - letters.indexOf(channel)]!;
    fc.assert(
      fc.property(anyRows, (rows) => {
        const renamed = of(
          rows.map((r) => ({ ...r, touches: r.touches.map(other) })),
          model,
        );
        near(renamed, Object.fromEntries(Object.entries(of(rows, model)).map(([c, n]) => [other(c), n])), 9);
      }),
    );
  });
  it('does not change when a row is split in two or the rows are turned round, nor do its intervals', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(), (rows, at) => {
        const { touches, conversions, nulls } = rows[at % rows.length]!;
        const [some, lost] = [conversions >> 1, nulls >> 2];
        const split = rows.with(at % rows.length, { touches, conversions: some, nulls: lost });
        split.push({ touches, conversions: conversions - some, nulls: nulls - lost });
        const all = (list: PathRow[]) =>
          fitted(pathsOf(list), { resamples: 100, seed: 5 }).filter((c) => c.model === model);
        expect(all(split.reverse())).toEqual(all(rows));
      }),
      { numRuns: 25 },
    );
  });
  it('gives nothing to a channel nobody met, and the others what they had', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const before = of(rows, model);
        near(
          of([...rows, row('a>never', 0, 0)], model),
          { a: 0, ...before, never: before[rows[0]!.touches[0]!] === null ? null : 0 },
          9,
        );
      }),
    );
  });
});

describe('Markov', () => {
  it('is moved by no repeat in a row, and by no transform that only collapses them', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const exposed = rows.map((r) => ({ ...r, touches: transforms.exposure(r.touches) }));
        near(of(exposed, 'markov'), of(rows, 'markov'), 9);
      }),
    );
  });
  it('keeps its digits however rare conversions are', () => {
    // Exact by hand: of two conversions one needs a and b, the other c, however often a and b were met in vain: every effect is 1/2.
    for (const k of [1e2, 1e8, 1e14])
      near(
        of([row('a>b>a>b>a>b', 0, k), row('a>b', 1, 0), row('c', 1, 1)], 'markov'),
        { a: 2 / 3, b: 2 / 3, c: 2 / 3 },
        12,
      );
  });
  it('is refused without journeys that did not convert, and gives nobody anything when none did', () => {
    expect(creditsOf([row('a>b', 50, 0)]).filter((c) => c.model === 'markov')).toMatchObject([
      { conversions: null, enough: false, remark: expect.stringContaining('did not convert') },
      { conversions: null, enough: false },
    ]);
    near(of([row('a>b', 0, 50)], 'markov'), { a: 0, b: 0 });
  });
});

function manyRows(channels: number, count: number): PathRow[] {
  const random = uniformFrom(7);
  return Array.from({ length: count }, () => ({
    touches: Array.from({ length: 1 + Math.floor(random() * 6) }, () => `c${Math.floor(random() ** 1.5 * channels)}`),
    conversions: Math.floor(random() * 4),
    nulls: Math.floor(random() * 30),
  }));
}
const indexed = (rows: PathRow[]) => {
  const channels = [...new Set(rows.flatMap((r) => r.touches))].sort();
  return { channels, at: new Map(channels.map((name, i) => [name, i])) };
};

describe('10,000 random rows, against computations written differently', () => {
  const rows = manyRows(12, 10_000);
  const { channels, at } = indexed(rows);

  it('Markov over 12 channels agrees with 300,000 simulated journeys within 4 standard errors', () => {
    // The walker draws its next step from the steps seen, as a list; it knows no matrix.
    const seen = new Map<string, { to: string; upto: number }[]>();
    const step = (from: string, to: string, n: number): void => {
      const list = seen.get(from) ?? [];
      if (n > 0) list.push({ to, upto: (list.at(-1)?.upto ?? 0) + n });
      seen.set(from, list);
    };
    for (const { touches, conversions, nulls } of rows) {
      for (const [i, touch] of touches.entries()) step(touches[i - 1] ?? '(start)', touch, conversions + nulls);
      step(touches.at(-1)!, '(conversion)', conversions);
      step(touches.at(-1)!, '(null)', nulls);
    }
    const random = uniformFrom(99);
    const next = (from: string): string => {
      const list = seen.get(from)!;
      const point = random() * list.at(-1)!.upto;
      let [low, high] = [0, list.length - 1];
      while (low < high) {
        const half = (low + high) >> 1;
        if (list[half]!.upto > point) high = half;
        else low = half + 1;
      }
      return list[low]!.to;
    };
    const lost = channels.map(() => 0);
    let converted = 0;
    for (let walk = 0; walk < 300_000; walk++) {
      const visited = new Set<string>();
      let here = next('(start)');
      for (; here !== '(conversion)' && here !== '(null)'; here = next(here)) visited.add(here);
      if (here === '(null)') continue;
      converted++;
      for (const channel of visited) lost[at.get(channel)!]!++;
    }
    const exact = creditsOf(rows).flatMap((c) => c.removal_effect ?? []);
    for (const [i, effect] of exact.entries())
      expect(Math.abs(lost[i]! / converted - effect), channels[i]).toBeLessThan(
        4 * Math.sqrt((effect * (1 - effect)) / converted),
      );
  });

  it('Markov over 12 channels agrees to 10 digits with stepping the chain until nobody is left in it, without each channel in turn', () => {
    const n = channels.length;
    const flow = Array.from({ length: n }, () => new Float64Array(n));
    const [begin, ends, leaves] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    for (const { touches, conversions, nulls } of rows) {
      begin[at.get(touches[0]!)!]! += conversions + nulls;
      for (const [i, touch] of touches.entries()) {
        leaves[at.get(touch)!]! += conversions + nulls;
        if (i > 0) flow[at.get(touches[i - 1]!)!]![at.get(touch)!]! += conversions + nulls;
      }
      ends[at.get(touches.at(-1)!)!]! += conversions;
    }
    const arriving = (removed: number): number => {
      let here = begin.map((x, i) => (i === removed ? 0 : x));
      let converted = 0;
      while (here.some((x) => x > 1e-12)) {
        const there = new Float64Array(n);
        for (let i = 0; i < n; i++) {
          converted += (here[i]! * ends[i]!) / leaves[i]!;
          for (let j = 0; j < n; j++) if (j !== removed) there[j]! += (here[i]! * flow[i]![j]!) / leaves[i]!;
        }
        here = there;
      }
      return converted;
    };
    const all = arriving(-1);
    expect(all).toBeCloseTo(
      rows.reduce((sum, { conversions }) => sum + conversions, 0),
      6,
    );
    for (const { channel, removal_effect } of creditsOf(rows).filter((c) => c.model === 'markov'))
      expect(removal_effect).toBeCloseTo(1 - arriving(at.get(channel)!) / all, 10);
  });

  it('Shapley over 8 channels agrees with the average over all 40,320 orders in which channels may join', () => {
    const eight = manyRows(8, 10_000);
    const { channels: players, at: bit } = indexed(eight);
    const worth = new Float64Array(256); // v(S) = conversions of paths inside S, by subset sums
    for (const { touches, conversions } of eight)
      worth[touches.reduce((set, touch) => set | (1 << bit.get(touch)!), 0)]! += conversions;
    for (let b = 0; b < 8; b++) for (let s = 0; s < 256; s++) if (s & (1 << b)) worth[s]! += worth[s ^ (1 << b)]!;
    const gained = new Float64Array(8);
    let orders = 0;
    const join = (order: number[]): void => {
      if (order.length === 8) {
        orders++;
        let set = 0;
        for (const p of order) {
          gained[p]! += worth[set | (1 << p)]! - worth[set]!;
          set |= 1 << p;
        }
      } else for (let p = 0; p < 8; p++) if (!order.includes(p)) join([...order, p]);
    };
    join([]);
    expect(orders).toBe(40_320);
    near(of(eight, 'shapley'), Object.fromEntries(players.map((name, i) => [name, gained[i]! / orders])), 6);
  });
});

describe('intervals', () => {
  it('hold the truth about as often as they say: 95 % of 300 samples, give or take four standard errors', () => {
    const random = uniformFrom(3);
    const draw = (): PathRow => {
      const path = random() < 0.5 ? 'a>b' : random() < 0.6 ? 'a' : 'b';
      const converts = random() < { 'a>b': 0.3, a: 0.1, b: 0.2 }[path]!;
      return row(path, Number(converts), Number(!converts));
    };
    // 500 journeys: a>b 250 (75 convert), a 150 (15), b 100 (20); linear a = 37.5 + 15.
    let held = 0;
    for (let sample = 0; sample < 300; sample++) {
      const credits = fitted(pathsOf(Array.from({ length: 500 }, draw)), { resamples: 200, seed: sample });
      const a = credits.find((c) => c.model === 'linear' && c.channel === 'a')!;
      if (a.low! <= 52.5 && 52.5 <= a.high!) held++;
    }
    expect(held / 300).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / 300));
  });
  it('have resamples with the mean and variance of counting journeys anew', () => {
    const next = resampler([Float64Array.of(1, 40), Float64Array.of(0, 59)], 11);
    const draws = Array.from({ length: 20_000 }, () => next()[0]![1]!);
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    expect(mean).toBeCloseTo(40, 0);
    expect(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length).toBeCloseTo((40 * 60) / 101, 0); // Dirichlet: n²·pq/(n+1)
    expect(
      middle(
        Float64Array.from({ length: 101 }, (_, i) => 100 - i),
        0.9,
      ),
    ).toEqual([5, 95].map((x) => expect.closeTo(x, 9)));
  });
  it('are the same for the same seed and not for another', () => {
    const paths = pathsOf(manyRows(4, 50));
    const by = (seed: number) => fitted(paths, { resamples: 100, seed });
    expect(by(1)).toEqual(by(1));
    expect(by(1)).not.toEqual(by(2));
  });
  it(`need ${least_journeys} converting journeys that earn the credit: fewer, or none at all, is "not enough"`, () => {
    const credits = fitted(pathsOf([row('a>b', 200, 100), row('c', 9, 50)]), { resamples: 100, seed: 1 });
    const first = Object.fromEntries(credits.flatMap((c) => (c.model === 'first_touch' ? [[c.channel, c]] : [])));
    expect(first.a).toMatchObject({ conversions: 200, journeys: 200, enough: true, remark: '' });
    expect(first.b).toMatchObject({ conversions: 0, low: null, high: null, journeys: 0, enough: false });
    expect(first.c).toMatchObject({
      conversions: 9,
      low: null,
      journeys: 9,
      remark: expect.stringContaining('9 of 10'),
    });
  });
  it('of Markov need ten journeys that did not convert', () => {
    const credits = fitted(pathsOf([row('a>b', 200, 1), row('a', 40, 0), row('b', 30, 0)]), {
      resamples: 100,
      seed: 1,
    });
    expect(credits.filter((c) => c.model === 'markov')).toMatchObject([
      { low: null, enough: false, remark: expect.stringContaining('1 of 10') },
      { low: null, enough: false },
    ]);
  });
});

describe('lines', () => {
  const readAll = (text: string) => {
    const read = pathReader();
    return text.split('\n').map((line) => {
      const outcome = read(line);
      if (!outcome) return null;
      return 'row' in outcome ? outcome.row : outcome.faults.map(faultSaid);
    });
  };
  it('are read with or without a header, with columns in another order, a BOM, `;` or tab, quotes and spaces', () => {
    const wanted = row('a, b>c', 12, 3);
    for (const text of [
      '"a, b > c",12,3',
      '\uFEFFpath;conversions;nulls\na, b>c;12;3',
      'Nulls\tPath\tshop\tConversions\n3\ta, b>c\tnorth\t12.0',
      'path,conversions,nulls\n\n"a, b>c", 12 ,3',
    ])
      expect(readAll(text).filter(Boolean), text).toEqual([wanted]);
  });
  it('that are faulty say what was expected and what came, all faults of a line, and spoil no other', () => {
    const [good, gaps, unclosed, short, hex, after] = readAll('a,1,2\nb>>c,-1,\n"d,1,2\ne,1\nf,0x10,1e2\ng,3,4');
    expect([good, after]).toEqual([row('a', 1, 2), row('g', 3, 4)]);
    expect(gaps).toEqual([
      'expected channels with > between them as path; got "b>>c"',
      'expected a whole number, 0 or more, as conversions; got "-1"',
      'expected a whole number, 0 or more, as nulls; got nothing',
    ]);
    expect(unclosed).toEqual([expect.stringContaining('every quote to be closed')]);
    expect(short).toEqual([expect.stringContaining('not 2')]);
    expect(hex).toHaveLength(2);
  });
  it('are shortened and escaped when they are quoted', () => {
    const [[said]] = readAll(`a\u001b[31m${'x'.repeat(5_000)},1`) as [string[]];
    expect(said!.length).toBeLessThan(160);
    expect(said).not.toContain('\u001b');
  });
});

it('a fitted chain can be asked again with other counts', () => {
  const chain = markov(pathsOf([row('a>b', 1, 1), row('b', 1, 1)]));
  const once = chain.credits(Float64Array.of(1, 1), Float64Array.of(1, 1));
  chain.credits(Float64Array.of(5, 0), Float64Array.of(0, 9));
  expect(chain.credits(Float64Array.of(1, 1), Float64Array.of(1, 1))).toEqual(once);
});
