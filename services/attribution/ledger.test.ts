import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { journeyOf, touch } from './journey-of.test-support.ts';
import { type Credit, creditsOf, postings } from './ledger.ts';
import { models } from './models/register.ts';

const journeys = fc
  .record({
    touches: fc.array(
      fc.record({
        age: fc.double({ min: 0, max: 30, noNaN: true }),
        type: fc.constantFrom('click', 'like', 'comment', 'share'),
      }),
      { maxLength: 12 },
    ),
    amount_e4: fc.option(fc.integer({ min: 0, max: 10_000_000_000 })),
    owned: fc.boolean(),
  })
  .map(({ touches, amount_e4, owned }) => {
    const sorted = touches.sort((a, b) => b.age - a.age);
    return journeyOf(
      sorted.map(({ age, type }, i) => touch(String(i).padStart(2, '0'), age, { type })),
      amount_e4,
      owned,
    );
  });

const sum = (credits: Credit[], field: 'credit_ppm' | 'amount_e4') =>
  credits.reduce((total, credit) => total + credit[field], 0);

describe('credits', () => {
  it('sum to exactly one redemption and exactly the net sale under every model', () => {
    fc.assert(
      fc.property(journeys, (journey) => {
        const credits = creditsOf(journey);
        for (const model of Object.keys(models)) {
          const own = credits.filter((credit) => credit.model === model);
          expect(sum(own, 'credit_ppm')).toBe(1_000_000);
          expect(sum(own, 'amount_e4')).toBe(journey.net_e4 ?? 0);
        }
      }),
    );
  });
  it('name no currency where there is no price', () => {
    expect(new Set(creditsOf(journeyOf([touch('a', 1)], null)).map((c) => `${c.currency}/${c.amount_e4}`))).toEqual(
      new Set(['/0']),
    );
  });
  it('of a full return stay whole, with amount 0', () => {
    const credits = creditsOf(journeyOf([touch('a', 2), touch('b', 1)], 0)).filter((c) => c.model === 'linear');
    expect(credits.map((c) => [c.credit_ppm, c.amount_e4, c.currency])).toEqual([
      [500_000, 0, 'USD'],
      [500_000, 0, 'USD'],
    ]);
  });
});

describe('postings', () => {
  const balanceAfter = (...rounds: Credit[][]): Credit[] => {
    let balance: Credit[] = [];
    for (const should of rounds) balance = postings([...balance, ...postings(should, balance)], []);
    return balance;
  };
  it('lead from any balance to what should be', () => {
    fc.assert(
      fc.property(journeys, journeys, (before, after) => {
        const [first, second] = [creditsOf(before), creditsOf(after)];
        expect(postings(second, balanceAfter(first, second))).toEqual([]);
      }),
    );
  });
  it('are none when settled twice', () => {
    const should = creditsOf(journeyOf([touch('a', 2), touch('b', 1)]));
    expect(postings(should, should)).toEqual([]);
  });
  it('take everything back when nothing stands any more', () => {
    const before = creditsOf(journeyOf([touch('a', 2), touch('b', 1)]));
    const back = postings([], before);
    expect(back.map((c) => [c.credit_ppm, c.amount_e4])).toEqual(before.map((c) => [-c.credit_ppm, -c.amount_e4]));
  });
  it('move only what changed when a late touch arrives', () => {
    const before = creditsOf(journeyOf([touch('friend', 1)])).filter((c) => c.model === 'linear');
    const after = creditsOf(journeyOf([touch('blogger', 2), touch('friend', 1)])).filter((c) => c.model === 'linear');
    expect(postings(after, before).map((c) => [c.touch_event_id, c.credit_ppm, c.amount_e4])).toEqual([
      ['friend', -500_000, -50_000],
      ['blogger', 500_000, 50_000],
    ]);
  });
  it('move the credit when what the influencer was changes', () => {
    const before = creditsOf(journeyOf([touch('a', 1, { relationship: 'blogger' })])).filter(
      (c) => c.model === 'linear',
    );
    const after = creditsOf(journeyOf([touch('a', 1, { relationship: 'friend' })])).filter((c) => c.model === 'linear');
    expect(postings(after, before).map((c) => [c.relationship, c.credit_ppm])).toEqual([
      ['blogger', -1_000_000],
      ['friend', 1_000_000],
    ]);
  });
});
