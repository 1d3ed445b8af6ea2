import { describe, expect, it } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import {
  day_ms,
  enrichedEvent,
  enrichedRedemption,
  keptOf,
  knowing,
  noon,
  pseudonym,
} from '../../../test/support/events.ts';
import { resolveCoupon } from './resolve-coupon.ts';

const coupon = (id: string, more: object = {}) => ({
  kind: 'coupon',
  id,
  code: 'ana10',
  influencer_id: 'ana',
  ...more,
});
const found = (partial: Partial<EnrichedEvent>, ...records: object[]) =>
  keptOf(resolveCoupon(enrichedRedemption(partial), knowing(...records)));

it('finds coupon, owner and campaign of a code', () =>
  expect(found({}, coupon('k1', { campaign_id: 'launch', use: 'unique' }))).toMatchObject({
    coupon_id: 'k1',
    coupon_use: 'unique',
    owner_id: 'ana',
    campaign_id: 'launch',
    filled: ['campaign_id'],
    issued_to: [],
    leak_policy: null,
    flags: [],
  }));

it('leaves the campaign that the sender named, and takes a coupon for shared unless it says otherwise', () =>
  expect(found({ campaign_id: 'summer' }, coupon('k1', { campaign_id: 'launch' }))).toMatchObject({
    campaign_id: 'summer',
    coupon_use: 'shared',
    filled: [],
  }));

it('finds the product of a coupon that is for one alone, unless the sender named another', () => {
  expect(found({ product_id: null }, coupon('k1', { product_ids: ['p1'] }))).toMatchObject({
    product_id: 'p1',
    filled: ['product_id'],
  });
  expect(found({ product_id: 'p9' }, coupon('k1', { product_ids: ['p1'] })).product_id).toBe('p9');
  expect(found({ product_id: null }, coupon('k1', { product_ids: ['p1', 'p2'] })).product_id).toBeNull();
});

it('needs no owner', () => {
  const event = found({}, { kind: 'coupon', id: 'k1', code: 'ANA10' });
  expect(event).toMatchObject({ coupon_id: 'k1', owner_id: null, flags: [] });
});

it('says to whom the coupon was issued, by pseudonym', () => {
  const issued_to = [{ kind: 'email', value: 'Jane@Example.com' }];
  expect(found({}, coupon('k1', { issued_to })).issued_to).toEqual([pseudonym('email', 'jane@example.com')]);
});

it('leaves open and flags a code that nobody knows', () => {
  const nothing = { coupon_id: null, owner_id: null, campaign_id: null, filled: [] };
  expect(found({})).toMatchObject({ ...nothing, flags: ['unknown_code'] });
  expect(found({ brand_id: 'other' }, coupon('k1'))).toMatchObject({ ...nothing, flags: ['unknown_code'] });
});

it('leaves open and flags a code outside its validity', () => {
  const validity = { valid_from: noon, valid_to: noon + day_ms };
  const at = (occurred_at: number) => found({ occurred_at }, coupon('k1', validity));
  for (const occurred_at of [noon - 1, noon + day_ms])
    expect(at(occurred_at)).toMatchObject({ coupon_id: null, owner_id: null, flags: ['outside_validity'] });
  for (const occurred_at of [noon, noon + day_ms - 1]) expect(at(occurred_at).coupon_id).toBe('k1');
});

it('gives a code that passes to another influencer to each in their time', () => {
  const owners = (...records: object[]) =>
    [noon - 1, noon].map((occurred_at) => found({ occurred_at }, ...records).owner_id);
  const passed = coupon('k1', { influencer_id: 'bob', valid_from: noon });
  expect(owners(coupon('k1'), passed)).toEqual(['ana', 'bob']);
  expect(owners(coupon('k1', { valid_to: noon }), { ...passed, id: 'k2' })).toEqual(['ana', 'bob']);
});

it('no longer knows a coupon by the code it had before', () => {
  const records = [coupon('k1'), coupon('k1', { code: 'ANA20', valid_from: noon })];
  expect(found({ occurred_at: noon - 1 }, ...records).coupon_id).toBe('k1');
  expect(found({}, ...records).flags).toEqual(['outside_validity']);
  expect(found({ coupon_code: 'ANA20' }, ...records).coupon_id).toBe('k1');
  expect(found({ coupon_code: 'ANA20', occurred_at: noon - 1 }, ...records).flags).toEqual(['outside_validity']);
});

describe('one code in several campaigns', () => {
  const spring = coupon('k1', { campaign_id: 'spring' });
  const launch = coupon('k2', { campaign_id: 'launch' });

  it('belongs to the one that is valid, whatever campaign the event names', () => {
    const ended = { ...spring, valid_to: noon };
    expect(found({}, ended, launch)).toMatchObject({ coupon_id: 'k2', campaign_id: 'launch' });
    expect(found({ campaign_id: 'spring' }, ended, launch)).toMatchObject({ coupon_id: 'k2', campaign_id: 'spring' });
  });

  it('belongs, of several valid ones, to the one of the campaign of the event', () =>
    expect(found({ campaign_id: 'spring' }, spring, launch)).toMatchObject({ coupon_id: 'k1', flags: [] }));

  it.each([
    ['names none of them', null],
    ['names another', 'summer'],
  ])('is left open and flagged when the event %s', (_, campaign_id) =>
    expect(found({ campaign_id }, spring, launch)).toMatchObject({
      coupon_id: null,
      owner_id: null,
      campaign_id,
      flags: ['ambiguous_code'],
    }),
  );

  it('is left open when two coupons of the campaign have it', () =>
    expect(found({ campaign_id: 'spring' }, spring, { ...spring, id: 'k3' }, launch).flags).toEqual([
      'ambiguous_code',
    ]));
});

it('applies the policy of a leaked code from the leak on', () => {
  const policyAt = (occurred_at: number, more: object) =>
    found({ occurred_at }, coupon('k1', { leaked_at: noon, ...more })).leak_policy;
  expect(policyAt(noon - 1, { leak_policy: 'halve' })).toBeNull();
  expect(policyAt(noon, { leak_policy: 'halve' })).toBe('halve');
  expect(policyAt(noon, {})).toBe('keep');
  expect(found({}, coupon('k1', { leak_policy: 'halve' })).leak_policy).toBeNull();
});

it('leaves other events, and redemptions without code, as they are', () => {
  for (const event of [enrichedEvent({ coupon_code: 'ANA10' }), enrichedRedemption({ coupon_code: null })])
    expect(keptOf(resolveCoupon(event, knowing(coupon('k1'))))).toBe(event);
});
