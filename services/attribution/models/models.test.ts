/**
 * The per-redemption models against vectors that at least two independent attribution tools agree on, as collected in the project's
 * domain notes; the definition each test follows is named in its title.
 */
import { describe, expect, it } from 'vitest';
import { journeyOf, touch } from '../journey-of.test-support.ts';
import { creditsOf } from '../ledger.ts';
import { models } from './register.ts';

const credits = (model: string, ages: number[], amount_e4: number, types: string[] = []) =>
  creditsOf(
    journeyOf(
      ages.map((age, i) => touch(String.fromCharCode(97 + i), age, { type: types[i] ?? 'click' })),
      amount_e4,
    ),
  ).filter((credit) => credit.model === model);
const money = (model: string, ages: number[], amount: number) =>
  credits(model, ages, amount * 10_000).map((c) => c.amount_e4 / 10_000);
const shares = (model: string, ages: number[], types: string[] = []) =>
  credits(model, ages, 0, types).map((c) => c.credit_ppm);

describe('time decay', () => {
  it('gives 175.1952 … 7545.4470 of 12,000 to ages 38, 33, 26, 8 and 0 days (2^(−age/H) normalised, half-life 7 d as in Google Analytics)', () => {
    const split = money('time_decay', [38, 33, 26, 8, 0], 12_000);
    const expected = [175.1952, 287.4376, 574.8752, 3417.045, 7545.447];
    for (const [i, amount] of expected.entries()) expect(split[i]).toBeCloseTo(amount, 3);
    expect(split.reduce((a, b) => a + b, 0)).toBeCloseTo(12_000, 9);
  });
  it('gives .0667 .1333 .2667 .5333 to ages 28, 21, 14 and 7 days', () => {
    expect(shares('time_decay', [28, 21, 14, 7])).toEqual([66_667, 133_333, 266_667, 533_333]);
  });
  it('has no steps by day: half a day counts as half a day', () => {
    const [older, newer] = shares('time_decay', [3.5, 0]);
    expect(older! / newer!).toBeCloseTo(2 ** -0.5, 5);
  });
});

describe('first, last, linear and position on 140.00 over three touches (Direct > Organic > Direct; position = 40/20/40)', () => {
  it('first touch: 140, 0, 0', () =>
    expect(credits('first_touch', [3, 2, 1], 1_400_000).map((c) => [c.touch_event_id, c.amount_e4])).toEqual([
      ['a', 1_400_000],
    ]));
  it('last touch: 0, 0, 140', () =>
    expect(credits('last_touch', [3, 2, 1], 1_400_000).map((c) => [c.touch_event_id, c.amount_e4])).toEqual([
      ['c', 1_400_000],
    ]));
  it('linear: 46.67 each, to the last 1/10,000', () =>
    expect(money('linear', [3, 2, 1], 140)).toEqual([46.6667, 46.6667, 46.6666]));
  it('position: 56, 28, 56', () => expect(money('position_based', [3, 2, 1], 140)).toEqual([56, 28, 56]));
  it('66.50 over two touches: 33.25 each under linear and position', () => {
    expect(money('linear', [2, 1], 66.5)).toEqual([33.25, 33.25]);
    expect(money('position_based', [2, 1], 66.5)).toEqual([33.25, 33.25]);
  });
  it('position over four touches: 40, 10, 10, 40', () =>
    expect(shares('position_based', [4, 3, 2, 1])).toEqual([400_000, 100_000, 100_000, 400_000]));
});

describe('paths A and B of the domain notes', () => {
  const byChannel = (model: string, paths: string[][]) => {
    const sums: Record<string, number> = {};
    for (const path of paths)
      for (const credit of creditsOf(
        journeyOf(path.map((channel, i) => touch(`${i}`, path.length - i, { influencer_id: channel }))),
      ).filter((c) => c.model === model))
        sums[credit.influencer_id] = (sums[credit.influencer_id] ?? 0) + credit.credit_ppm / 1e6;
    return sums;
  };
  it('A, C1 > C2 > C3: linear a third each, position .4 .2 .4', () => {
    expect(byChannel('position_based', [['C1', 'C2', 'C3']])).toEqual({ C1: 0.4, C2: 0.2, C3: 0.4 });
    expect(byChannel('linear', [['C1', 'C2', 'C3']])).toEqual({ C1: 0.333334, C2: 0.333333, C3: 0.333333 });
  });
  it('B: first 3/1, last 2/2, linear 2.5/1.5', () => {
    const paths = [['google ads'], ['google ads'], ['mailing'], ['google ads', 'mailing']];
    expect(byChannel('first_touch', paths)).toEqual({ 'google ads': 3, mailing: 1 });
    expect(byChannel('last_touch', paths)).toEqual({ 'google ads': 2, mailing: 2 });
    expect(byChannel('linear', paths)).toEqual({ 'google ads': 2.5, mailing: 1.5 });
  });
});

describe('engagement weighted', () => {
  it('gives .019522 .192175 .312352 .475951 to a like 10 d, a comment 5 d, a share 3 d and a click 1 d before (click 1, share .8, comment .6, like .1; H 7 d)', () => {
    expect(shares('engagement_weighted', [10, 5, 3, 1], ['like', 'comment', 'share', 'click'])).toEqual([
      19_522, 192_175, 312_352, 475_951,
    ]);
  });
  it('gives nobody anything when every weight is 0', () => {
    const [only, ...others] = credits('engagement_weighted', [1], 100, ['wave']);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ touch_event_id: '', influencer_id: '', credit_ppm: 1_000_000, amount_e4: 100 });
  });
});

describe('coupon owner', () => {
  const owner = (leak_policy: string) => {
    const journey = journeyOf([], 100_001, true);
    Object.assign(journey.redemption, { owner_id: 'ana', leak_policy });
    return creditsOf(journey)
      .filter((c) => c.model === 'coupon_owner')
      .map((c) => [c.influencer_id, c.touch_type, c.touch_event_id, c.amount_e4]);
  };
  it('gives all to the influencer of the redeemed code, under the event id of the redemption', () => {
    expect(owner('')).toEqual([['ana', 'coupon', 'R', 100_001]]);
  });
  it('keeps, halves or withholds the credit of a leaked code, as its policy says', () => {
    expect(owner('keep')).toEqual([['ana', 'coupon', 'R', 100_001]]);
    expect(owner('halve')).toEqual([
      ['ana', 'coupon', 'R', 50_001],
      ['', '', '', 50_000],
    ]);
    expect(owner('withhold')).toEqual([['', '', '', 100_001]]);
  });
  it('gives nobody anything without an owner', () => {
    expect(
      creditsOf(journeyOf([touch('a', 1)]))
        .filter((c) => c.model === 'coupon_owner')
        .map((c) => c.influencer_id),
    ).toEqual(['']);
  });
});

it('every model gives one touch everything', () => {
  for (const model of Object.keys(models).filter((name) => name !== 'coupon_owner'))
    expect(shares(model, [1]), model).toEqual([1_000_000]);
});
