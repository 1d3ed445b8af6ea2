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
  /** The same for everybody who saw a post; friends are answered more often, so fewer of those who engaged buy. */
  equal: { friend: 0.02, blogger: 0.02 },
  /** About the same for everybody who engaged. */
  alike: { friend: 0.04, blogger: 0.0245 },
};

export interface SimulatorOptions {
  seed: number;
  /** Dairy-free consumers in reach. */
  people: number;
  scenario: keyof typeof scenarios;
  /** Midnight UTC of the first day, epoch ms. */
  begins_at: number;
  /** How many of each; one friend for 50 people and one blogger for 500 by default. */
  friends?: number;
  bloggers?: number;
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
  stores: { id: string; city: string; lat: number; lon: number; retailer_id: string }[];
  people: Person[];
  influencers: Influencer[];
}

export const brand_id = 'moonspoon';
export const campaign_id = 'launch';
const cities = [
  { city: 'Fairfax', lat: 37.987, lon: -122.589 },
  { city: 'Berkeley', lat: 37.872, lon: -122.273 },
  { city: 'Santa Cruz', lat: 36.974, lon: -122.031 },
  { city: 'Davis', lat: 38.545, lon: -121.741 },
  { city: 'Ojai', lat: 34.448, lon: -119.243 },
  { city: 'Arcata', lat: 40.867, lon: -124.083 },
  { city: 'San Luis Obispo', lat: 35.283, lon: -120.66 },
  { city: 'Topanga', lat: 34.094, lon: -118.602 },
  { city: 'Encinitas', lat: 33.037, lon: -117.292 },
  { city: 'Nevada City', lat: 39.262, lon: -121.016 },
  { city: 'Sebastopol', lat: 38.402, lon: -122.824 },
  { city: 'Pasadena', lat: 34.148, lon: -118.145 },
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
  const stores = cities.map((place, i) => ({
    id: `shop-${i + 1}`,
    ...place,
    retailer_id: i % 3 === 0 ? 'good-earth' : 'natural-grocers',
  }));
  // Assumption: seven of ten redeem through the brand's app, which knows them; the others show a loyalty card.
  const people = Array.from({ length: options.people }, (_, i) => ({
    id: `p${String(i + 1).padStart(5, '0')}`,
    known: random.chance(0.7),
    store_id: random.pick(stores).id,
  }));
  // One everyday person for 50 consumers, one blogger for 500.
  const friends = Array.from({ length: options.friends ?? Math.max(2, Math.round(options.people / 50)) }, (_, i) =>
    friendOf(i, people, random),
  );
  const bloggers = Array.from({ length: options.bloggers ?? Math.max(2, Math.round(options.people / 500)) }, (_, i) =>
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
      costs: costsOf(influencers),
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
    ...stores.map(({ id, city, lat, lon, retailer_id }) => ({
      kind: 'store',
      id,
      name: `${retailer_id === 'good-earth' ? 'Good Earth' : 'Natural Grocers'}, ${city}`,
      retailer_id,
      store_type: 'natural',
      region: 'California',
      city,
      lat,
      lon,
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
      {
        kind: 'post_snapshot',
        id: `s-${id}`,
        post_id: `post-${id}`,
        influencer_id: id,
        at: day(30),
        ...seenOf(relationship, followers),
      },
    ]),
  ].map(own);
}

/** Assumption: product and shipping for everybody; bloggers ask a fee of one cent a follower. */
function costsOf(influencers: readonly Influencer[]): object[] {
  const line = (kind: string, amount: number, influencer_id?: string) => ({
    kind,
    amount: amount.toFixed(2),
    currency: 'USD',
    ...(influencer_id ? { influencer_id } : {}),
  });
  return [
    line('handling', 150),
    ...influencers.flatMap(({ id, relationship, followers }) => [
      line('cogs', 8.4, id),
      line('shipping', 6.2, id),
      ...(relationship === 'blogger' ? [line('fee', followers / 100, id)] : []),
    ]),
  ];
}

/** Assumption: a friend's post reaches six of ten followers, a blogger's one in four; some look twice. */
function seenOf(relationship: Influencer['relationship'], followers: number): { reach: number; views: number } {
  const reach = Math.round(followers * (relationship === 'friend' ? 0.6 : 0.25));
  return { reach, views: Math.round(reach * 1.3) };
}
