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
import { nameInfluencer } from './name-influencer.ts';

const ana = { kind: 'influencer', id: 'ana', relationship: 'friend', followers: 800, region: 'CA' };
const touch = (partial: Partial<EnrichedEvent>, ...records: object[]) =>
  keptOf(nameInfluencer(enrichedEvent({ influencer_id: 'ana', ...partial }), knowing(...records)));
const redeemed = (partial: Partial<EnrichedEvent>, ...records: object[]) =>
  keptOf(nameInfluencer(enrichedRedemption({ owner_id: 'ana', ...partial }), knowing(...records)));

it('says who recommended it', () =>
  expect(touch({}, ana)).toMatchObject({ relationship: 'friend', tier: 'nano', region: 'CA', flags: [] }));

it('says nothing of what the brand does not know', () =>
  expect(touch({}, { kind: 'influencer', id: 'ana' })).toMatchObject({
    relationship: null,
    tier: null,
    region: null,
    influencer_identifiers: [],
    flags: [],
  }));

it('takes the tier as of the time of the event', () => {
  const records = [
    ana,
    { ...ana, followers: 10_000, valid_from: noon },
    { ...ana, followers: 2e6, valid_from: noon + day_ms },
  ];
  const tiers = [-1, 0, day_ms].map((ms) => touch({ occurred_at: noon + ms }, ...records).tier);
  expect(tiers).toEqual(['nano', 'micro', 'mega']);
});

it.each([
  ['nano', 0],
  ['nano', 9_999],
  ['micro', 10_000],
  ['micro', 99_999],
  ['macro', 100_000],
  ['macro', 999_999],
  ['mega', 1_000_000],
])('calls %s an influencer with %d followers', (tier, followers) =>
  expect(touch({}, { ...ana, followers }).tier).toBe(tier),
);

it('flags an influencer for whom no record speaks at the time', () => {
  expect(touch({})).toMatchObject({ relationship: null, flags: ['unknown_influencer'] });
  expect(touch({}, { ...ana, valid_from: noon + 1 }).flags).toEqual(['unknown_influencer']);
  expect(touch({ brand_id: 'other' }, ana).flags).toEqual(['unknown_influencer']);
});

it('leaves the region of a redemption to its store', () =>
  expect(redeemed({ influencer_id: 'ana', region: 'OR' }, ana)).toMatchObject({
    region: 'OR',
    relationship: 'friend',
  }));

describe('who the influencer is herself', () => {
  const handle = (name: string, validity: object = {}) => ({ platform: 'Instagram', handle: name, ...validity });
  const instagram = (name: string) => pseudonym('handle', name, 'instagram');

  it('her identifiers, then her handles, as events will name her', () => {
    const identifiers = [{ kind: 'email', value: 'ANA@example.com' }];
    const event = touch({}, { ...ana, identifiers, handles: [handle(' @Ana_Eats')] });
    expect(event.influencer_identifiers).toEqual([pseudonym('email', 'ana@example.com'), instagram('ana_eats')]);
  });

  it('her handles of the time: from their first instant until they are given up', () => {
    const handles = [
      handle('ana', { valid_to: noon }),
      handle('ana_eats', { valid_from: noon, valid_to: noon + day_ms }),
      handle('ana_always'),
    ];
    const at = (occurred_at: number) => touch({ occurred_at }, { ...ana, handles }).influencer_identifiers;
    expect(at(noon - 1)).toEqual([instagram('ana'), instagram('ana_always')]);
    expect(at(noon)).toEqual([instagram('ana_eats'), instagram('ana_always')]);
    expect(at(noon + day_ms)).toEqual([instagram('ana_always')]);
  });
});

describe('the owner of the code', () => {
  it('is named apart from the influencer', () => {
    const bob = { kind: 'influencer', id: 'bob', relationship: 'blogger', followers: 50_000 };
    const identifiers = [{ kind: 'consumer_id', value: 'a1' }];
    expect(redeemed({ influencer_id: 'bob' }, { ...ana, identifiers }, bob)).toMatchObject({
      relationship: 'blogger',
      tier: 'micro',
      influencer_identifiers: [],
      owner_relationship: 'friend',
      owner_tier: 'nano',
      owner_identifiers: [pseudonym('consumer_id', 'a1')],
      flags: [],
    });
  });

  it('is inactive when none of her records holds at the time', () => {
    const left = { ...ana, valid_to: noon };
    expect(redeemed({ occurred_at: noon - 1 }, left)).toMatchObject({ owner_relationship: 'friend', flags: [] });
    expect(redeemed({}, left)).toMatchObject({ owner_id: 'ana', owner_relationship: null, flags: ['owner_inactive'] });
  });

  it('is not called inactive before any record of her has come', () =>
    expect(redeemed({})).toMatchObject({ owner_id: 'ana', owner_relationship: null, flags: [] }));
});

it('leaves an event of nobody as it is', () => {
  const event = enrichedEvent();
  expect(keptOf(nameInfluencer(event, knowing(ana)))).toBe(event);
});
