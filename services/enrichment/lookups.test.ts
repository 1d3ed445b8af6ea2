import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { day_ms, knowing, noon, referenceFrom } from '../../test/support/events.ts';
import { referenceIndex } from './lookups.ts';

const store = (region: string, validity: object = {}) => ({ kind: 'store', id: 's1', region, ...validity });
const regionAt = (index: ReturnType<typeof knowing>, at = noon) => index.at('store', 'acme', 's1', at)?.body.region;

describe('the record that speaks', () => {
  it('is the one that began last of those whose validity holds the moment', () => {
    const index = knowing(store('old'), store('new', { valid_from: noon }));
    expect(regionAt(index, noon - 1)).toBe('old');
    expect(regionAt(index, noon)).toBe('new');
  });

  it('holds from valid_from on and no longer at valid_to', () => {
    const index = knowing(store('short', { valid_from: noon, valid_to: noon + day_ms }));
    expect(regionAt(index, noon - 1)).toBeUndefined();
    expect(regionAt(index, noon)).toBe('short');
    expect(regionAt(index, noon + day_ms - 1)).toBe('short');
    expect(regionAt(index, noon + day_ms)).toBeUndefined();
  });

  it('gives way where it no longer holds: an older one speaks again', () => {
    const index = knowing(store('always'), store('guest', { valid_from: noon, valid_to: noon + day_ms }));
    expect(regionAt(index, noon + day_ms)).toBe('always');
  });

  it('is replaced by a newer one with the same valid_from, whatever its validity', () => {
    const index = knowing(
      store('wrong', { valid_from: noon }),
      store('right', { valid_from: noon, valid_to: noon + 1 }),
    );
    expect(regionAt(index)).toBe('right');
    expect(regionAt(index, noon + 1)).toBeUndefined();
  });

  it('is of the same kind, brand and id', () => {
    const index = knowing(store('west'));
    expect(index.at('store', 'other', 's1', noon)).toBeNull();
    expect(index.at('store', 'acme', 's2', noon)).toBeNull();
    expect(index.at('product', 'acme', 's1', noon)).toBeNull();
  });
});

const dated = [
  store('v0'),
  store('v1', { valid_from: noon - 2 * day_ms }),
  store('v2', { valid_from: noon - day_ms, valid_to: noon + day_ms }),
  store('v3', { valid_from: noon + 2 * day_ms }),
].map((record) => referenceFrom(record));

it('does not depend on the order in which records of different times are applied, only on their versions', () => {
  const records = dated.map((record, version) => ({ record, version }));
  fc.assert(
    fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (shuffled) => {
      const index = referenceIndex();
      for (const { record, version } of shuffled) index.apply(record, version);
      const regions = [-3, -2, -1, 0, 1, 2].map((days) => regionAt(index, noon + days * day_ms));
      expect(regions).toEqual(['v0', 'v1', 'v2', 'v2', 'v1', 'v3']);
      expect(index.version).toBe(3);
    }),
  );
});

it('does not depend on the order in which records of different times were sent, nor on how often', () => {
  const sent = fc
    .array(fc.constantFrom(...dated), { maxLength: 6 })
    .chain((again) => fc.shuffledSubarray([...dated, ...again], { minLength: dated.length + again.length }));
  fc.assert(
    fc.property(sent, (order) => {
      const index = referenceIndex();
      for (const [version, record] of order.entries())
        index.apply({ ...record, source_offset: record.source_offset + 100 * version }, version);
      const regions = [-3, -2, -1, 0, 1, 2].map((days) => regionAt(index, noon + days * day_ms));
      expect(regions).toEqual(['v0', 'v1', 'v2', 'v2', 'v1', 'v3']);
    }),
  );
});

it('keeps the newer record when an older one is written again behind it: a worker that woke up late, an echo of the log', () => {
  const index = referenceIndex();
  const [old, newer] = [referenceFrom(store('old')), referenceFrom(store('new'))];
  for (const [version, record] of [old, newer, old, newer, old].entries()) index.apply(record, version);
  expect(regionAt(index, noon)).toBe('new');
  expect(index.version).toBe(4);
});

it('counts records it does not look up as read', () => {
  const index = knowing({ kind: 'retailer', id: 'r1' });
  expect(index.version).toBe(0);
  expect(referenceIndex().version).toBe(-1);
});

it('knows an id whatever the time', () => {
  const index = knowing({ kind: 'influencer', id: 'ana', valid_to: noon });
  expect(index.knows('influencer', 'acme', 'ana')).toBe(true);
  expect(index.at('influencer', 'acme', 'ana', noon)).toBeNull();
  expect(index.knows('influencer', 'acme', 'bob')).toBe(false);
});

it('lists the coupons of a code and the campaigns of a hashtag once each, sorted, of one brand', () => {
  const coupon = (id: string) => ({ kind: 'coupon', id, code: 'x' });
  const campaign = (id: string) => ({ kind: 'campaign', id, hashtags: ['#Spoon'] });
  const index = knowing(coupon('k2'), coupon('k1'), coupon('k2'), campaign('c2'), campaign('c1'), campaign('c2'));
  expect(index.couponsOf('acme', 'X')).toEqual(['k1', 'k2']);
  expect(index.campaignsOf('acme', 'spoon')).toEqual(['c1', 'c2']);
  expect(index.couponsOf('other', 'X')).toEqual([]);
  expect(index.campaignsOf('other', 'spoon')).toEqual([]);
});
