/**
 * The people, ties, influencers and shops of a simulated campaign: a new dairy-free dessert in California. Numbers without a source are
 * assumptions, named here: they make a campaign that looks real, they prove nothing about real ones.
 */
import { type Random, randomFrom } from './random.ts';

export interface Strengths {
  /** Probability that a person who saw a friend's post is moved to buy by it. */
  friend: number;
  /** The same for a blogger's post. */
  blogger: number;
}

export const scenarios: Readonly<Record<string, Strengths>> = {
  friends: { friend: 0.05, blogger: 0.006 },
  bloggers: { friend: 0.005, blogger: 0.08 },
  equal: { friend: 0.02, blogger: 0.02 },
};

export interface SimulatorOptions {
  seed: number;
  /** Dairy-free consumers in reach. */
  people: number;
  scenario: keyof typeof scenarios;
  /** Midnight UTC of the first day, epoch ms. */
  begins_at: number;
}

export interface Person {
  id: string;
  /** Known to the shop and the brand's app under one id (true), or only to the shop by a loyalty card. */
  known: boolean;
  store_id: string;
}

export interface Influencer {
  id: string;
  relationship: 'friend' | 'blogger';
  followers: number;
  code: string;
  link: string;
  /** Who of the people follow. */
  audience: Person[];
  /** The influencer's own id as a shopper. */
  self: string;
}

export interface World {
  options: SimulatorOptions;
  random: Random;
  stores: { id: string; city: string; retailer_id: string }[];
  people: Person[];
  influencers: Influencer[];
}

export const brand_id = 'moonspoon';
export const campaign_id = 'launch';
const cities = [
  'Fairfax',
  'Berkeley',
  'Santa Cruz',
  'Davis',
  'Ojai',
  'Arcata',
  'San Luis Obispo',
  'Topanga',
  'Encinitas',
  'Nevada City',
  'Sebastopol',
  'Pasadena',
];
const names = [
  'ana',
  'ben',
  'cleo',
  'dara',
  'eli',
  'flor',
  'gus',
  'hana',
  'ines',
  'joao',
  'kim',
  'lena',
  'milo',
  'noor',
  'omar',
  'pia',
  'rosa',
  'sam',
  'tess',
  'uma',
];

export function worldOf(options: SimulatorOptions): World {
  const random = randomFrom(options.seed);
  const stores = cities.map((city, i) => ({
    id: `shop-${i + 1}`,
    city,
    retailer_id: i % 3 === 0 ? 'good-earth' : 'natural-grocers',
  }));
  // Assumption: seven of ten redeem through the brand's app, which knows them; the others show a loyalty card.
  const people = Array.from({ length: options.people }, (_, i) => ({
    id: `p${String(i + 1).padStart(5, '0')}`,
    known: random.chance(0.7),
    store_id: random.pick(stores).id,
  }));
  // One everyday person for 50 consumers, one blogger for 500.
  const friends = Array.from({ length: Math.max(2, Math.round(options.people / 50)) }, (_, i) =>
    friendOf(i, people, random),
  );
  const bloggers = Array.from({ length: Math.max(2, Math.round(options.people / 500)) }, (_, i) =>
    bloggerOf(i, people, random),
  );
  return { options, random, stores, people, influencers: [...friends, ...bloggers] };
}

/** A friend is followed by neighbours: people of the own shop, mostly. */
function friendOf(i: number, people: Person[], random: Random): Influencer {
  const self = random.pick(people);
  const size = 20 + random.below(60);
  const neighbours = people.filter((person) => person.store_id === self.store_id && person !== self);
  const audience = new Set<Person>();
  for (let tries = 0; audience.size < size && tries < size * 4; tries++)
    audience.add(random.chance(0.8) && neighbours.length > 0 ? random.pick(neighbours) : random.pick(people));
  audience.delete(self);
  const id = `${names[i % names.length]}-${i + 1}`;
  return {
    id,
    relationship: 'friend',
    followers: 80 + random.below(900),
    code: id.toUpperCase(),
    link: `f${i + 1}`,
    audience: [...audience],
    self: self.id,
  };
}

/** A blogger is followed by anybody: about one in four of the people. */
function bloggerOf(i: number, people: Person[], random: Random): Influencer {
  const id = `blog-${i + 1}`;
  const audience = people.filter(() => random.chance(0.25));
  return {
    id,
    relationship: 'blogger',
    followers: 20_000 + random.below(70_000),
    code: `BLOG${i + 1}`,
    link: `b${i + 1}`,
    audience,
    self: `blogger-${i + 1}`,
  };
}

/** What the brand knows, as it would send it. */
export function referenceOf({ options, stores, influencers }: World): object[] {
  const day = (n: number) => new Date(options.begins_at + n * 86_400_000).toISOString();
  const own = (record: object) => ({ brand_id, ...record });
  return [
    { kind: 'brand', id: brand_id, name: 'Moonspoon', currency: 'USD', time_zone: 'America/Los_Angeles' },
    { kind: 'product', id: 'dessert', name: 'Dairy-free dessert', category: 'dessert', tags: ['dairy-free'] },
    {
      kind: 'campaign',
      id: campaign_id,
      name: 'Launch in California',
      starts_at: day(0),
      ends_at: day(60),
      product_ids: ['dessert'],
      hashtags: ['moonspoon'],
      lookback: { click: '30d', comment: '14d', share: '14d', like: '14d' },
    },
    {
      kind: 'campaign',
      id: 'packaging',
      name: 'Contest on the packaging',
      starts_at: day(0),
      ends_at: day(60),
      hashtags: ['spoonoff'],
    },
    { kind: 'coupon', id: 'k-generic', code: 'TRYMOON', use: 'shared', campaign_id },
    ...stores.map(({ id, city, retailer_id }) => ({
      kind: 'store',
      id,
      retailer_id,
      store_type: 'natural',
      region: 'California',
      city,
    })),
    ...influencers.flatMap(({ id, relationship, followers, code, link, self }) => [
      {
        kind: 'influencer',
        id,
        relationship,
        followers,
        region: 'California',
        identifiers: [{ kind: 'consumer_id', value: self }],
      },
      { kind: 'coupon', id: `k-${id}`, code, use: 'shared', influencer_id: id, campaign_id },
      {
        kind: 'link',
        id: link,
        influencer_id: id,
        campaign_id,
        post_id: `post-${id}`,
        url: 'https://moonspoon.example/try',
      },
      {
        kind: 'distribution',
        id: `d-${id}`,
        campaign_id,
        identifiers: [{ kind: 'consumer_id', value: self }],
        at: day(0),
      },
    ]),
  ].map(own);
}
