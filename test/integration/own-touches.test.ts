/** What influencers do themselves, under whatever handle and whoever held it when, counts among nobody who engaged with them. */
import { describe, expect, it } from 'vitest';
import {
  ann,
  as,
  campaign_id,
  card,
  event,
  mail,
  record,
  sold,
  tellStories,
  user_agent,
} from '../support/small-stories.ts';

const handle = { kind: 'handle', platform: 'tiktok', value: 'cool' };
const handed_over = [
  record('influencer', 'quin', {
    relationship: 'friend',
    handles: [{ platform: 'tiktok', handle: 'cool' }],
    followers: 90,
  }),
  event('like', 1, { influencer_id: 'quin', post_id: 'q1', identifiers: [...as('pia'), handle] }),
  event('share', 5, { influencer_id: 'quin', share_kind: 'post', identifiers: [...as('quin'), handle] }),
  event('click', 8, { influencer_id: 'quin', post_id: 'q1', identifiers: mail('fan'), user_agent }),
];
const other_handle = { kind: 'handle', platform: 'tiktok', value: 'cooler' };
const renamed = (from: number, until: number) => [
  record('influencer', 'quin', {
    handles: [
      { platform: 'tiktok', handle: 'cool', valid_to: `2026-10-0${until}T00:00:00Z` },
      { platform: 'tiktok', handle: 'cooler', valid_from: `2026-10-0${from}T00:00:00Z` },
    ],
  }),
  event('click', 2, { influencer_id: 'quin', post_id: 'q1', identifiers: [...as('quin'), handle], user_agent }),
  event('click', 8, { influencer_id: 'quin', post_id: 'q1', identifiers: [...as('quin'), other_handle], user_agent }),
  event('click', 8, { influencer_id: 'quin', post_id: 'q1', identifiers: mail('fan'), user_agent }),
];
/** In the pause between two handles she looks at what she posted for another campaign. */
const renamed_between_campaigns = [
  ...renamed(7, 4).map((told) => ('type' in told ? { ...told, campaign_id: 'home' } : told)),
  event('click', 5, {
    influencer_id: 'quin',
    post_id: 'q2',
    campaign_id: 'away',
    identifiers: as('quin'),
    user_agent,
  }),
];
const lent = [
  record('influencer', 'quin', {
    handles: [
      { platform: 'tiktok', handle: 'cool', valid_to: '2026-10-03T00:00:00Z' },
      { platform: 'tiktok', handle: 'cool', valid_from: '2026-10-07T00:00:00Z' },
    ],
  }),
  event('click', 5, { influencer_id: 'quin', post_id: 'q1', identifiers: [handle], user_agent }),
];
const lent_to_bob = [
  ...lent.slice(0, 1),
  event('click', 5, { influencer_id: 'quin', post_id: 'q1', identifiers: [...as('bob'), handle], user_agent }),
  event('click', 6, { influencer_id: 'quin', post_id: 'q1', identifiers: as('bob'), user_agent }),
];
/** Both handles were lent, or one was and the other given up, whatever they are called. */
const lent_beside = (name: string, back: boolean) => [
  record('influencer', 'quin', {
    handles: ['cool', name].flatMap((held) => [
      { platform: 'tiktok', handle: held, valid_to: '2026-10-03T00:00:00Z' },
      ...(held === 'cool' || back ? [{ platform: 'tiktok', handle: held, valid_from: '2026-10-07T00:00:00Z' }] : []),
    ]),
  }),
  event('click', 5, {
    influencer_id: 'quin',
    post_id: 'q1',
    identifiers: [...as('bob'), handle, { kind: 'handle', platform: 'tiktok', value: name }],
    user_agent,
  }),
  event('click', 6, { influencer_id: 'quin', post_id: 'q1', identifiers: as('bob'), user_agent }),
];
/** Lent, and she clicks herself before and after: each touch is judged by its own time. */
const lent_and_own = [
  ...lent.slice(0, 1),
  ...[2, 5, 8].map((day) =>
    event('click', day, { influencer_id: 'quin', post_id: 'q1', identifiers: [handle], user_agent }),
  ),
];
const others = ['a', 'b', 'c', 'd', 'e', 'f'];
const { ask } = tellStories({
  lent,
  lent_and_own,
  lent_both: lent_beside('both', true),
  ...Object.fromEntries(others.map((name) => [`lent_${name}`, lent_beside(name, false)])),
  lent_to_bob,
  renamed: renamed(5, 5),
  renamed_after_a_pause: renamed(7, 4),
  renamed_between_campaigns,
  own_posts: [
    record('influencer', 'ann', { relationship: 'friend', identifiers: mail('ann'), followers: 90 }),
    event('share', 1, { ...ann, identifiers: mail('ann'), share_kind: 'post', post_id: 'p1' }),
    event('click', 1, { ...ann, identifiers: [...mail('ann'), ...card('A1')], post_id: 'p1', user_agent }),
    event('like', 2, { ...ann, identifiers: card('A1'), post_id: 'p1' }),
    event('click', 2, { ...ann, identifiers: mail('fan'), post_id: 'p1', user_agent }),
    event('like', 2, { influencer_id: 'bob', identifiers: mail('ann') }),
    sold(3, 'OPEN', { campaign_id, identifiers: mail('fan') }),
  ],
  handed_over,
  handed_over_and_engaged: [
    ...handed_over,
    event('click', 2, { influencer_id: 'quin', post_id: 'q1', identifiers: as('quin'), user_agent }),
    event('click', 8, { influencer_id: 'quin', post_id: 'q1', identifiers: as('pia'), user_agent }),
  ],
});
const each = 'influencer_performance';

describe('an influencer', () => {
  it('is nobody who engaged with the influencer, by whatever identifier', async () => {
    const of = (influencer_id: string) =>
      ask(
        'people_engaged, conversion',
        'influencer_performance',
        'own_posts',
        `AND influencer_id = '${influencer_id}'`,
      );
    expect([...(await of('ann')), ...(await of('bob'))]).toEqual([
      { people_engaged: 1, conversion: 1 },
      { people_engaged: 1, conversion: 0 },
    ]);
    expect(await ask('people_engaged', 'trust_comparison', 'own_posts', "AND model = 'linear'")).toEqual([
      { people_engaged: 1 },
    ]);
  });
});

describe('a handle that has passed on', () => {
  const engaged = (brand: string) => ask('people_engaged', each, brand);
  it('makes nobody of its holders engaged with the influencer while it was theirs', async () => {
    expect(await engaged('handed_over')).toEqual([{ people_engaged: 1 }]);
  });
  it('does not hide who engaged before it came or after it went', async () => {
    expect(await engaged('handed_over_and_engaged')).toEqual([{ people_engaged: 3 }]);
  });
});

describe('a handle that went and came back', () => {
  it.each(['lent', 'lent_and_own', 'lent_to_bob', 'lent_both', ...others.map((name) => `lent_${name}`)])(
    'does not hide who engaged under it in between: %s',
    async (brand) => {
      expect(await ask('people_engaged', each, brand)).toEqual([{ people_engaged: 1 }]);
    },
  );
});

describe('an influencer with a new handle', () => {
  it.each(['renamed', 'renamed_after_a_pause', 'renamed_between_campaigns'])(
    'is still the same, and does not engage with herself: %s',
    async (brand) => {
      expect(await ask('people_engaged', each, brand)).toEqual([{ people_engaged: 1 }]);
    },
  );
});
