/** Metrics whose small print is easily missed, each on a story small enough to count by hand. */
import { describe, expect, it } from 'vitest';
import { findRedemptions, inWords, storyOf } from '../../services/dashboard/story.ts';
import {
  ann,
  campaign_id,
  card,
  event,
  mail,
  record,
  sold,
  tellStories,
  user_agent,
} from '../support/small-stories.ts';

const cost = (amount: number, currency: string, influencer_id?: string) => ({
  kind: 'fee',
  amount,
  currency,
  influencer_id,
});

const at = '2026-10-01T10:00:00Z';
const sample = [
  record('coupon', 'k', { code: 'OPEN', use: 'shared', campaign_id }),
  record('distribution', 'd', {
    campaign_id,
    identifiers: [...card('L9'), ...mail('e9')],
    at,
  }),
  sold(3, 'OPEN', { campaign_id, identifiers: mail('e9') }),
  event('share', 4, { campaign_id, share_kind: 'review', identifiers: mail('e9') }),
];
const half_named = [
  event('click', 1, { campaign_id, post_id: 'p1', identifiers: mail('fan'), user_agent }),
  event('click', 1, { ...ann, post_id: 'p1', identifiers: mail('fan'), user_agent }),
  event('click', 2, { ...ann, post_id: 'p1', identifiers: mail('fan'), user_agent }),
];
const two_named = ['ann', 'bob'].map((influencer_id) =>
  event('click', 1, { campaign_id, influencer_id, identifiers: mail('fan'), user_agent }),
);
/** A link may be called what a post is called. */
const alike = [
  event('click', 1, { ...ann, link_code: 'spring', identifiers: mail('fan'), user_agent }),
  event('click', 1, { ...ann, post_id: 'spring', identifiers: mail('fan'), user_agent }),
];
/** Between two clicks of one hour she became a blogger. */
const became_a_blogger = [
  record('influencer', 'ann', { relationship: 'friend' }),
  record('influencer', 'ann', { relationship: 'blogger', valid_from: '2026-10-01T10:30:00Z' }),
  ...['10:10', '10:50'].map((time) => ({
    ...event('click', 1, { ...ann, post_id: 'p1', identifiers: mail('fan'), user_agent }),
    occurred_at: `2026-10-01T${time}:00Z`,
  })),
];
const stories: Record<string, object[]> = {
  half_named,
  two_named,
  alike,
  became_a_blogger,
  ignored: [
    record('influencer', 'ann', { followers: 100 }),
    record('post_snapshot', 's1', {
      post_id: 'p1',
      influencer_id: 'ann',
      at: '2026-10-03T00:00:00Z',
      reach: 100,
      views: 200,
    }),
    record('post_snapshot', 's2', {
      post_id: 'p2',
      influencer_id: 'ann',
      at: '2026-10-03T00:00:00Z',
      reach: 900,
      views: 200,
    }),
    record('influencer', 'bob', { followers: 100 }),
    record('post_snapshot', 's3', { post_id: 'p3', influencer_id: 'bob', at: '2026-10-03T00:00:00Z', reach: 50 }),
    event('like', 1, { ...ann, post_id: 'p1', identifiers: mail('fan') }),
  ],
  reach: [
    record('post_snapshot', 's1', { post_id: 'p1', influencer_id: 'ann', at: '2026-10-03T00:00:00Z', reach: 100 }),
    record('post_snapshot', 's2', { post_id: 'p2', influencer_id: 'ann', at: '2026-10-03T00:00:00Z', views: 1_000 }),
    event('like', 1, { ...ann, post_id: 'p1', identifiers: mail('fan0') }),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) =>
      event('like', 1, { ...ann, post_id: 'p2', identifiers: mail(`fan${n}`) }),
    ),
  ],
  sample,
  sample_twice: [...sample, sold(5, 'OPEN', { campaign_id, identifiers: card('L9') })],
  cost: [
    record('campaign', 'silent', { costs: [cost(100, 'USD')] }),
    record('campaign', 'abroad', { costs: [cost(40, 'EUR')] }),
    record('coupon', 'k', { code: 'OPEN', use: 'shared', campaign_id: 'abroad' }),
    sold(3, 'OPEN', { campaign_id: 'abroad', identifiers: mail('e9') }),
  ],
  two_campaigns: [
    record('coupon', 'k', { code: 'OPEN', use: 'shared', campaign_id: 'home' }),
    event('click', 1, { influencer_id: 'ann', campaign_id: 'away', identifiers: mail('mia'), user_agent }),
    ...['mia', 'leo', 'ida', 'tom'].map((name) => sold(3, 'OPEN', { campaign_id: 'home', identifiers: mail(name) })),
  ],
  returning: [
    sold(1, 'OPEN', { event_id: 'once', identifiers: mail('mia') }),
    sold(3, 'OPEN', { event_id: 'again', identifiers: mail('mia') }),
    sold(1, 'OPEN', { event_id: 'undone', identifiers: mail('leo') }),
    sold(2, 'OPEN', { redemption_id: 'undone', status: 'voided', amount: undefined, currency: undefined }),
    sold(3, 'OPEN', { event_id: 'first', identifiers: mail('leo') }),
    ...['stranger', 'another'].map((event_id, day) => sold(1 + day, 'OPEN', { event_id })),
  ],
  taken_back: [
    sold(1, 'OPEN', { campaign_id, event_id: 'v', identifiers: mail('mia') }),
    sold(1, 'OPEN', { campaign_id, event_id: 'r', identifiers: mail('leo'), amount: 20 }),
    sold(2, 'OPEN', { campaign_id, redemption_id: 'v', status: 'voided', amount: undefined, currency: undefined }),
    sold(2, 'OPEN', { campaign_id, redemption_id: 'r', status: 'returned', amount: 5 }),
  ],
  sample_of_nobody: [
    record('distribution', 'a', { campaign_id, at, identifiers: card('anonymous') }),
    record('distribution', 'b', { campaign_id, at, identifiers: [] }),
    record('distribution', 'c', { campaign_id, at, identifiers: mail('mia') }),
  ],
  beginner: [
    record('influencer', 'first', { followers: 0 }),
    record('influencer', 'unsaid', { relationship: 'friend' }),
    event('like', 1, { influencer_id: 'first', identifiers: mail('fan') }),
    event('like', 1, { influencer_id: 'stranger', identifiers: mail('fan') }),
  ],
  own_channel: [
    record('campaign', campaign_id, { costs: [cost(5, 'USD')] }),
    record('coupon', 'k', { code: 'OPEN', use: 'shared', campaign_id }),
    event('click', 1, { campaign_id, identifiers: mail('mia'), user_agent }),
    ...['mia', 'leo'].map((name) => sold(3, 'OPEN', { campaign_id, identifiers: mail(name) })),
  ],
  stranger: [
    record('influencer', 'bea', { relationship: 'blogger', followers: 10_000 }),
    record('influencer', 'zoe', { relationship: 'blogger', followers: 20_000 }),
    record('campaign', campaign_id, { costs: [cost(20, 'USD', 'bea'), cost(50, 'USD', 'zoe')] }),
    record('coupon', 'b', { code: 'BEA', use: 'shared', influencer_id: 'bea', campaign_id }),
    record('coupon', 'z', { code: 'ZOE', use: 'shared', influencer_id: 'zoe', campaign_id }),
    event('click', 1, { influencer_id: 'bea', campaign_id, identifiers: mail('mia'), user_agent }),
    sold(2, 'BEA', { campaign_id, identifiers: mail('mia') }),
    sold(2, 'ZOE', { campaign_id, identifiers: mail('stranger'), amount: 7 }),
  ],
  code_of_two: [
    record('coupon', 'k1', { code: 'BOTH', use: 'shared', influencer_id: 'bea', campaign_id, name: 'of Bea' }),
    record('coupon', 'k2', {
      code: 'BOTH',
      use: 'shared',
      influencer_id: 'zoe',
      campaign_id: 'autumn',
      name: 'of Zoe',
    }),
    record('coupon', 'k3', { code: 'ONE', use: 'shared', influencer_id: 'zoe', campaign_id, name: 'of Zoe' }),
    sold(2, 'BOTH', { campaign_id: 'autumn', identifiers: mail('mia') }),
    sold(2, 'ONE', { campaign_id, identifiers: mail('leo') }),
  ],
  one_receipt: [
    record('coupon', 'k1', { code: 'ONE', use: 'shared', campaign_id }),
    record('coupon', 'k2', { code: 'TWO', use: 'shared', campaign_id: 'autumn' }),
    sold(3, 'ONE', { campaign_id, identifiers: card('L1') }),
    sold(3, 'TWO', { campaign_id: 'autumn', identifiers: card('L1') }),
    sold(5, 'TWO', { campaign_id: 'autumn', identifiers: card('L2') }),
    sold(6, 'ONE', { campaign_id, identifiers: card('L2') }),
  ],
  in_force: [
    record('influencer', 'ann', {
      name: 'Ann now',
      relationship: 'blogger',
      followers: 900,
      valid_from: '2020-01-01T00:00:00Z',
    }),
    record('influencer', 'ann', {
      name: 'Ann then',
      relationship: 'friend',
      followers: 90,
      valid_to: '2020-01-01T00:00:00Z',
    }),
    record('influencer', 'bob', { name: 'Bob before', followers: 1, valid_to: '2019-01-01T00:00:00Z' }),
    record('influencer', 'bob', {
      name: 'Bob',
      followers: 2,
      valid_from: '2020-01-01T00:00:00Z',
      valid_to: '2021-01-01T00:00:00Z',
    }),
    record('influencer', 'bob', { name: 'Bob to be', followers: 3, valid_from: '2099-01-01T00:00:00Z' }),
    record('influencer', 'bob', { name: 'Bob before that', followers: 4, valid_to: '2018-01-01T00:00:00Z' }),
    record('influencer', 'eve', { name: 'Eve to be', valid_from: '2098-01-01T00:00:00Z' }),
    record('influencer', 'eve', { name: 'Eve in the end', valid_from: '2099-01-01T00:00:00Z' }),
    record('influencer', 'dan', { name: 'Dan of March', valid_from: '2020-03-01T00:00:00Z' }),
    record('influencer', 'dan', { name: 'Dan of February, said later', valid_from: '2020-02-01T00:00:00Z' }),
    record('brand', 'in_force', { time_zone: 'Pacific/Auckland', valid_from: '2020-01-01T00:00:00Z' }),
    record('brand', 'in_force', { time_zone: 'America/New_York', valid_to: '2020-01-01T00:00:00Z' }),
    ...['ann', 'bob', 'eve', 'dan'].map((influencer_id) =>
      event('like', 1, {
        influencer_id,
        campaign_id,
        identifiers: mail('mia'),
        user_agent,
        occurred_at: '2026-10-01T12:30:00Z',
      }),
    ),
  ],
  advice: [
    event('comment', 1, { ...ann, identifiers: mail('mia'), text: 'where can I buy this?', user_agent }),
    event('comment', 1, {
      ...ann,
      identifiers: mail('bot'),
      text: 'where can I buy this?',
      user_agent: 'Googlebot/2.1',
    }),
    event('like', 1, { ...ann, identifiers: mail('leo'), user_agent }),
    event('like', 1, { ...ann, identifiers: mail('ida'), user_agent }),
  ],
  shelf: [
    record('coupon', 'k', { code: 'OPEN', use: 'shared', campaign_id }),
    sold(3, 'OPEN', { campaign_id }),
    sold(4, 'OPEN', { campaign_id }),
  ],
};

const { warehouse, answer, ask } = tellStories(stories);
const whole = 'campaign_performance';
const each = 'influencer_performance';

describe('a post whose reach nobody knows', () => {
  it.each([whole, each])(
    'has no part in the engagement rate by reach of %s, nor one without views in that by views',
    async (view) => {
      expect(await ask('er_reach, er_views', view, 'reach')).toEqual([{ er_reach: 0.01, er_views: 0.009 }]);
    },
  );
});

it('an influencer without a follower is nano, one whose followers nobody said of no tier, as in events', async () => {
  expect(
    await answer(
      `SELECT influencer_id, tier FROM influencer_performance WHERE brand_id = 'beginner' ORDER BY influencer_id`,
    ),
  ).toEqual([
    { influencer_id: 'first', tier: 'nano' },
    { influencer_id: 'stranger', tier: '' },
    { influencer_id: 'unsaid', tier: '' },
  ]);
  expect(
    await answer(`SELECT influencer_id, tier FROM events_current WHERE brand_id = 'beginner' ORDER BY influencer_id`),
  ).toEqual([
    { influencer_id: 'first', tier: 'nano' },
    { influencer_id: 'stranger', tier: '' },
  ]);
});

describe('a post nobody engaged with', () => {
  const rates = (influencer_id: string) =>
    ask('er_reach, er_views', each, 'ignored', `AND influencer_id = '${influencer_id}'`);
  it('lowers the engagement rates of who posted it by all whom it reached', async () => {
    expect(await rates('ann')).toEqual([{ er_reach: 0.001, er_views: 0.0025 }]);
  });
  it('gives who posted nothing else a rate of 0 by what is known of it, and none by what is not', async () => {
    expect(await rates('bob')).toEqual([{ er_reach: 0, er_views: null }]);
  });
});

describe('who has redeemed for the brand before', () => {
  it('is flagged as a returning buyer; a voided redemption is none, and nobody knows who a stranger is', async () => {
    const returning = "has(flags, 'returning_buyer')";
    expect(
      await answer(
        `SELECT redemption_id, ${returning} AS is_returning FROM redemptions_current WHERE brand_id = 'returning' ORDER BY ALL`,
      ),
    ).toEqual(
      ['again', 'another', 'first', 'once', 'stranger', 'undone'].map((redemption_id) => ({
        redemption_id,
        is_returning: redemption_id === 'again' ? 1 : 0,
      })),
    );
  });
});

describe('what was sold and taken back', () => {
  it('stands in the gross figures and not in the net ones', async () => {
    expect(await ask('redemptions_gross, redemptions_net, sales_gross, sales_net', whole, 'taken_back')).toEqual([
      { redemptions_gross: 2, redemptions_net: 1, sales_gross: 30, sales_net: 15 },
    ]);
  });
});

describe('clicks of one person on one post in one hour', () => {
  it('are one valid click, though only one of them names the influencer', async () => {
    expect(await ask('clicks, clicks_valid, people_clicked', whole, 'half_named')).toEqual([
      { clicks: 3, clicks_valid: 2, people_clicked: 1 },
    ]);
  });
});

describe('clicks of one person in one hour without a link or post', () => {
  it('are one valid click of the campaign, and one of each influencer', async () => {
    expect(await ask('clicks, clicks_valid, people_clicked', whole, 'two_named')).toEqual([
      { clicks: 2, clicks_valid: 1, people_clicked: 1 },
    ]);
    expect(await ask('clicks, clicks_valid', each, 'two_named')).toEqual([
      { clicks: 1, clicks_valid: 1 },
      { clicks: 1, clicks_valid: 1 },
    ]);
  });
});

it('clicks on a link and on a post of the same name are two valid clicks', async () => {
  const two = [{ clicks: 2, clicks_valid: 2 }];
  expect(await ask('clicks, clicks_valid', whole, 'alike')).toEqual(two);
  expect(await ask('clicks, clicks_valid', each, 'alike')).toEqual(two);
});

it('a click repeated within the hour in which its influencer became a blogger is one valid click', async () => {
  const one = [{ clicks: 2, clicks_valid: 1 }];
  expect(await ask('clicks, clicks_valid', whole, 'became_a_blogger')).toEqual(one);
  expect(await ask('clicks, clicks_valid', each, 'became_a_blogger')).toEqual(one);
});

describe('what was handed out without saying to whom', () => {
  it('is a coupon distributed, and no person sampled', async () => {
    expect(await ask('coupons_distributed, people_sampled', whole, 'sample_of_nobody')).toEqual([
      { coupons_distributed: 3, people_sampled: 1 },
    ]);
    expect(await ask('people', 'funnel', 'sample_of_nobody', 'AND step = 1')).toEqual([{ people: 1 }]);
  });
});

describe('a sample handed to somebody known by a card and an e-mail', () => {
  const columns = 'people_sampled, sample_to_purchase, mention_rate, hours_from_distribution_p50';
  it('is followed to the till and to a review by the e-mail alone', async () => {
    expect(await ask(columns, whole, 'sample')).toEqual([
      { people_sampled: 1, sample_to_purchase: 1, mention_rate: 1, hours_from_distribution_p50: 48 },
    ]);
  });

  it('is still one person sampled and one buyer when the card buys as well, later', async () => {
    expect(await ask(`${columns}, redeemers, redemptions_trial`, whole, 'sample_twice')).toEqual([
      {
        people_sampled: 1,
        sample_to_purchase: 1,
        mention_rate: 1,
        hours_from_distribution_p50: 72,
        redeemers: 2,
        redemptions_trial: 2,
      },
    ]);
  });
});

describe('a campaign that cost something', () => {
  const columns = 'attributed_amount, unattributed_rate, cost, roas, roi';
  it('and sold nothing lost all of it, under every model', async () => {
    const lost = { attributed_amount: 0, unattributed_rate: null, cost: 100, roas: 0, roi: -1 };
    expect(await ask(columns, 'campaign_attribution', 'cost', "AND campaign_id = 'silent'")).toEqual(
      Array(7).fill(lost),
    );
  });

  it('in one currency and sold in another has a row for each', async () => {
    const found = await ask(
      columns,
      'campaign_attribution',
      'cost',
      "AND campaign_id = 'abroad' AND model = 'linear' ORDER BY currency",
    );
    expect(found).toEqual([
      { attributed_amount: 0, unattributed_rate: null, cost: 40, roas: 0, roi: -1 },
      { attributed_amount: 0, unattributed_rate: 1, cost: null, roas: null, roi: null },
    ]);
  });
});

describe('redemptions of a campaign of which touches of another earned one in four', () => {
  const rates = (campaign: string, model: string) =>
    ask(
      'attributed_redemptions, unattributed_redemptions, unattributed_rate',
      'campaign_attribution',
      'two_campaigns',
      `AND campaign_id = '${campaign}' AND model = '${model}'`,
    );
  it('went to nobody at a rate of three in four of its own redemptions', async () => {
    expect(await rates('home', 'linear')).toEqual([
      { attributed_redemptions: 0, unattributed_redemptions: 3, unattributed_rate: 0.75 },
    ]);
    expect(await rates('home', 'coupon_owner')).toEqual([
      { attributed_redemptions: 0, unattributed_redemptions: 4, unattributed_rate: 1 },
    ]);
  });

  it('give the other, which had none itself, no such rate', async () => {
    expect(await rates('away', 'linear')).toEqual([
      { attributed_redemptions: 1, unattributed_redemptions: 0, unattributed_rate: null },
    ]);
  });
});

describe("a click on the brand's own link, without an influencer", () => {
  it('earns its campaign the sale: only what no touch came before is of nobody', async () => {
    expect(
      await ask(
        'attributed_redemptions, attributed_amount, unattributed_redemptions, unattributed_amount, unattributed_rate, roas',
        'campaign_attribution',
        'own_channel',
        "AND model = 'linear'",
      ),
    ).toEqual([
      {
        attributed_redemptions: 1,
        attributed_amount: 10,
        unattributed_redemptions: 1,
        unattributed_amount: 10,
        unattributed_rate: 0.5,
        roas: 2,
      },
    ]);
  });

  it('is of an unknown relationship when models are compared, not of nobody', async () => {
    expect(
      await answer(
        `SELECT relationship, toFloat64(attributed_redemptions) AS n FROM model_comparison
         WHERE brand_id = 'own_channel' AND model = 'last_touch' ORDER BY relationship`,
      ),
    ).toEqual([
      { relationship: '', n: 1 },
      { relationship: 'nobody', n: 1 },
    ]);
  });

  it('is told as of no influencer where the redemption is explained, and what no touch came before as of nobody', async () => {
    const redemptions = await answer(
      `SELECT redemption_id FROM redemptions_current WHERE brand_id = 'own_channel' ORDER BY redemption_id`,
    );
    const told = await Promise.all(
      redemptions.map(async ({ redemption_id }) => {
        const [found] = await findRedemptions(warehouse(), String(redemption_id), 'own_channel');
        const { postings } = await storyOf(warehouse(), found!);
        return inWords(postings).find((line) => line.includes('last_touch'));
      }),
    );
    expect(told.sort()).toEqual([
      '  last_touch          gives 1.000000 / 10.0000 to no influencer',
      '  last_touch          gives 1.000000 / 10.0000 to nobody',
    ]);
  });

  it('pays no influencer', async () => {
    expect(await ask('attributed_amount', 'influencer_attribution', 'own_channel')).toEqual([]);
  });
});

describe('a code redeemed by strangers, of a blogger whom nobody engaged with', () => {
  it.each(['linear', 'coupon_owner'])(
    'leaves redemptions and sales of bloggers to the others, and costs them all the same, under %s',
    async (model) => {
      const columns =
        'influencers, people_engaged, redemptions_referred, redemptions_all, yield_per_engaged, attributed_amount, cost, yield_per_cost';
      expect(await ask(columns, 'trust_comparison', 'stranger', `AND model = '${model}'`)).toEqual([
        {
          influencers: 1,
          people_engaged: 1,
          redemptions_referred: 1,
          redemptions_all: 1,
          yield_per_engaged: 1,
          attributed_amount: 10,
          cost: 70,
          yield_per_cost: 1 / 70,
        },
      ]);
    },
  );

  it('still earns what it earned', async () => {
    expect(await ask('attributed_amount', 'influencer_attribution', 'stranger', "AND influencer_id = 'zoe'")).toEqual([
      { attributed_amount: 7 },
    ]);
  });
});

describe('small denominators', () => {
  it.each([whole, each])(
    '%s counts the questions of bots among advice, as it counts them among engagements',
    async (view) => {
      expect(await ask('engagements, advice_rate', view, 'advice')).toEqual([{ engagements: 4, advice_rate: 0.5 }]);
    },
  );

  it('leave it open how independent redeemers are of whom none is known', async () => {
    expect(await ask('redemptions_net, redeemers, independent_redeemer_share', whole, 'shelf')).toEqual([
      { redemptions_net: 2, redeemers: 0, independent_redeemer_share: null },
    ]);
  });
});

it('a code that two coupons share is said to be of neither of their owners', async () => {
  const found = await warehouse().query(
    `SELECT coupon_code, name, owner_id, campaign_id, toInt32(redemptions_net) AS net FROM coupon_performance
     WHERE brand_id = 'code_of_two' ORDER BY coupon_code`,
  );
  expect(found).toEqual([
    { coupon_code: 'BOTH', name: 'BOTH', owner_id: '', campaign_id: '', net: 1 },
    { coupon_code: 'ONE', name: 'of Zoe', owner_id: 'zoe', campaign_id: 'launch', net: 1 },
  ]);
});

describe('a record that is in force', () => {
  it('names and describes an influencer, though one that has ended, has not begun or began before it was sent after it; else the one that ended last, else the one that begins first', async () => {
    const found = await answer(
      `SELECT DISTINCT influencer_id, name, relationship, toFloat64(followers) AS followers FROM influencer_performance
       WHERE brand_id = 'in_force' ORDER BY influencer_id`,
    );
    expect(found).toEqual([
      { influencer_id: 'ann', name: 'Ann now', relationship: 'blogger', followers: 900 },
      { influencer_id: 'bob', name: 'Bob', relationship: '', followers: 2 },
      { influencer_id: 'dan', name: 'Dan of March', relationship: '', followers: 0 },
      { influencer_id: 'eve', name: 'Eve to be', relationship: '', followers: 0 },
    ]);
  });

  it('says by which days a brand counts', async () => {
    expect(
      await answer("SELECT DISTINCT toString(day) AS day FROM influencer_daily WHERE brand_id = 'in_force'"),
    ).toEqual([{ day: '2026-10-02' }]);
  });
});

it('two coupons on one receipt are of somebody new to the brand both: neither is before the other', async () => {
  const found = await answer(
    "SELECT campaign_id, new_to_brand_rate AS rate FROM campaign_performance WHERE brand_id = 'one_receipt' ORDER BY campaign_id",
  );
  expect(found).toEqual([
    { campaign_id: 'autumn', rate: 1 },
    { campaign_id: 'launch', rate: 0.5 },
  ]);
});
