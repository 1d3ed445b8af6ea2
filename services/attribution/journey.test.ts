import { describe, expect, it } from 'vitest';
import { readJourney, type StoredEvent } from './journey.ts';
import { redeemed_at, singleJourney, stored, touch } from './journey-of.test-support.ts';
import { first_weights } from './models/engagement-weighted.ts';

const day_ms = 86_400_000;
const ids = (about: StoredEvent[], touches: StoredEvent[]) =>
  singleJourney(about, touches)?.touches.map((t) => t.event_id);
const one = (t: StoredEvent, redemption: Partial<StoredEvent> = {}) => ids([stored(redemption)], [t])?.length === 1;

describe('which touches may earn', () => {
  it('counts a touch of the same millisecond, and none that is one millisecond later', () => {
    expect(one(touch('a', 0))).toBe(true);
    expect(one(touch('a', 0, { occurred_at: redeemed_at + 1 }))).toBe(false);
  });
  it.each([
    ['click', 30],
    ['comment', 7],
    ['share', 7],
    ['like', 1],
  ])('looks back for a %s exactly %d days, inclusive', (type, days) => {
    expect(one(touch('a', days, { type }))).toBe(true);
    expect(one(touch('a', days, { type, occurred_at: redeemed_at - days * day_ms - 1 }))).toBe(false);
  });
  it('takes the windows of the redemption', () => {
    expect(one(touch('a', 2, { type: 'like' }), { like_window_ms: 2 * day_ms })).toBe(true);
  });
  it('ignores polled counters, bots, strangers and people without identity', () => {
    expect(one(touch('a', 1, { count: 2 }))).toBe(false);
    expect(one(touch('a', 1, { is_valid: false }))).toBe(false);
    expect(one(touch('a', 1, { identity_key: 'you' }))).toBe(false);
    expect(one(touch('a', 1, { identity_key: '' }), { identity_key: '' })).toBe(false);
  });
  it('counts a mere repeat', () => expect(ids([stored()], [touch('a', 2), touch('b', 2)])).toEqual(['a', 'b']));
  it('orders by time, then by event id', () => {
    expect(ids([stored()], [touch('c', 1), touch('b', 1), touch('a', 0.5), touch('d', 2)])).toEqual([
      'd',
      'b',
      'c',
      'a',
    ]);
  });
  it('credits nobody for the own redemption: actions on the own posts do not count, those on posts of others do', () => {
    expect(one(touch('a', 1, { influencer_identifiers: ['me'] }))).toBe(false);
    expect(one(touch('a', 1, { influencer_identifiers: ['someone'] }))).toBe(true);
  });
  it('takes a touch that names its influencer for the influencer’s own, whoever else holds the identifier', () => {
    const named = { identifier_pseudonyms: ['me', '@cool'] };
    expect(one(touch('a', 1, { ...named, influencer_identifiers: ['@cool'] }))).toBe(false);
    expect(one(touch('a', 1, { ...named, influencer_identifiers: ['@other'] }))).toBe(true);
  });
  it('sees the redeemer behind a weaker identifier too', () => {
    expect(
      one(touch('a', 1, { influencer_identifiers: ['my-card'] }), { identifier_pseudonyms: ['me', 'my-card'] }),
    ).toBe(false);
  });
  it('takes a handle that has passed on for the own of nobody but its holder of that time', () => {
    const passed = redeemed_at - 5 * day_ms;
    const handle = { identifier: '@cool', kind: 'handle', matched_by: 'handle', hops: 1 };
    const me = { identifier: 'me', kind: 'consumer_id', matched_by: 'consumer_id', hops: 0 };
    const always = { from_at: Number.NEGATIVE_INFINITY, until_at: Number.POSITIVE_INFINITY };
    const journey = (mine: { from_at: number; until_at: number }) =>
      readJourney(
        [stored({ owner_id: 'ana', owner_identifiers: ['@cool'] })],
        [1, 9].map((age) => touch(`${age} days`, age, { influencer_identifiers: ['@cool'] })),
        [
          { ...me, ...always },
          { ...handle, ...mine },
        ],
        first_weights,
      )!;
    const once = journey({ ...always, until_at: passed });
    expect([once.touches.map((each) => each.event_id), once.owned]).toEqual([['1 days'], true]);
    const now = journey({ ...always, from_at: passed });
    expect([now.touches.map((each) => each.event_id), now.owned]).toEqual([['9 days'], false]);
  });
  it('takes what the redemption itself names for the own of the redeemer, whoever else held it when', () => {
    const held = { identifier: '@cool', kind: 'handle', matched_by: 'handle', hops: 0 };
    const me = { identifier: 'me', kind: 'consumer_id', matched_by: 'consumer_id', hops: 0 };
    const always = { from_at: Number.NEGATIVE_INFINITY, until_at: Number.POSITIVE_INFINITY };
    const journey = readJourney(
      [stored({ identifier_pseudonyms: ['me', '@cool'], owner_id: 'ana', owner_identifiers: ['@cool'] })],
      [touch('own', 1, { influencer_identifiers: ['@cool'] })],
      [
        { ...me, ...always },
        { ...held, ...always, until_at: redeemed_at - 5 * day_ms },
      ],
      first_weights,
    )!;
    expect([journey.touches.map((each) => each.event_id), journey.owned]).toEqual([[], false]);
  });
  it('accepts any campaign of the brand, unless the campaign keeps to its own', () => {
    expect(one(touch('a', 1, { campaign_id: 'other' }))).toBe(true);
    expect(one(touch('a', 1, { campaign_id: 'other' }), { campaign_scope: 'campaign' })).toBe(false);
    expect(one(touch('a', 1), { campaign_scope: 'campaign' })).toBe(true);
  });
});

describe('what stands of a redemption', () => {
  const back = (partial: Partial<StoredEvent>) =>
    stored({ event_id: 'B', status: 'returned', occurred_at: redeemed_at + day_ms, ...partial });
  const net = (...about: StoredEvent[]) => singleJourney(about, [])?.net_e4;
  it('is nothing before it was redeemed: a void or a return waits for it', () => {
    expect(singleJourney([], [])).toBeNull();
    expect(singleJourney([stored({ status: 'voided' })], [])).toBeNull();
    expect(singleJourney([back({})], [])).toBeNull();
  });
  it('is nothing after a void, whichever came first', () => {
    expect(
      singleJourney([stored({ event_id: 'V', status: 'voided', occurred_at: redeemed_at - 1 }), stored()], []),
    ).toBeNull();
  });
  it('is nothing when quarantined', () => expect(singleJourney([stored({ is_valid: false })], [])).toBeNull());
  it('is the sale less what came back', () =>
    expect(net(stored(), back({ amount_e4: 40_000 }), back({ event_id: 'C', amount_e4: 10_000 }))).toBe(50_000));
  it('is 0 after a return of everything, named or not, and never below', () => {
    expect(net(stored(), back({ amount_e4: null, currency: '' }))).toBe(0);
    expect(net(stored(), back({ amount_e4: 100_000 }))).toBe(0);
    expect(net(stored(), back({ amount_e4: 900_000 }))).toBe(0);
  });
  it('is not lessened by a return in another currency', () =>
    expect(net(stored(), back({ amount_e4: 40_000, currency: 'EUR' }))).toBe(100_000));
  it('stays unpriced when it came without a price', () =>
    expect(net(stored({ amount_e4: null, currency: '' }), back({ amount_e4: null }))).toBeNull());
  it('is the earlier of two redeemed events with one id', () => {
    const later = stored({ event_id: 'A', occurred_at: redeemed_at + 1, amount_e4: 7 });
    expect(singleJourney([later, stored()], [])?.redemption.event_id).toBe('R');
    expect(singleJourney([stored({ event_id: 'Q' }), stored()], [])?.redemption.event_id).toBe('Q');
  });
});

describe('whether the owner of the code may earn', () => {
  const owned = (partial: Partial<StoredEvent>) => singleJourney([stored({ owner_id: 'ana', ...partial })], [])?.owned;
  it('does when known and active', () => expect(owned({})).toBe(true));
  it('does not without an owner, when inactive, or when the redeemer is the owner', () => {
    expect(owned({ owner_id: '' })).toBe(false);
    expect(owned({ flags: ['owner_inactive'] })).toBe(false);
    expect(owned({ owner_identifiers: ['me'] })).toBe(false);
  });
});
