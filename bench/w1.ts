/**
 * Workload W1: 40 days of ten brands, 50 campaigns, 1,000 influencers, 5,000 shared codes, 100,000 people of whom few are busy and most
 * are not. 1 % of the records are exact copies, 0.5 % are broken, 2 % of the rest happened up to three days before their place in the
 * stream. The same seed gives the same bytes. Every look-back is 30 days.
 *   npx tsx bench/w1.ts events 20000 7 > events.ndjson;  npx tsx bench/w1.ts reference 7 > reference.ndjson
 */
import { fileURLToPath } from 'node:url';

export interface W1Record {
  kind: 'valid' | 'copy' | 'broken';
  type: string;
  line: string;
}

const day_ms = 86_400_000;
const begins_at = Date.UTC(2026, 9, 1);
const days = 40;
const lookback = { click: '30d', comment: '30d', share: '30d', like: '30d' };
const pad = (n: number, width: number) => String(n).padStart(width, '0');
const brandOf = (campaign: number) => `b${pad(campaign % 10, 2)}`;
const influencerOf = (campaign: number, place: number) => `inf${pad((campaign * 37 + place * 17) % 1_000, 4)}`;

/** mulberry32: a small generator of numbers in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function* w1Reference(seed: number): Generator<object> {
  const random = randomFrom(seed ^ 0x5eed);
  for (let b = 0; b < 10; b++) {
    const brand_id = `b${pad(b, 2)}`;
    yield { kind: 'brand', brand_id, id: brand_id, currency: 'USD', time_zone: 'UTC', lookback };
  }
  for (let c = 0; c < 50; c++)
    yield {
      kind: 'campaign',
      brand_id: brandOf(c),
      id: `c${pad(c, 2)}`,
      name: `Campaign ${c}`,
      starts_at: '2026-09-01T00:00:00Z',
      ends_at: '2026-12-31T00:00:00Z',
      lookback,
    };
  for (let i = 0; i < 1_000; i++) {
    const followers = Math.floor(1_000 * 10 ** (random() * 3.7));
    const relationship = followers < 10_000 ? 'friend' : followers < 300_000 ? 'blogger' : 'celebrity';
    for (let b = 0; b < 10; b++)
      yield {
        kind: 'influencer',
        brand_id: `b${pad(b, 2)}`,
        id: `inf${pad(i, 4)}`,
        relationship,
        followers,
        region: 'US',
      };
  }
  for (let p = 0; p < 500; p++)
    yield { kind: 'product', brand_id: brandOf(p), id: `prd${pad(p, 4)}`, category: 'snacks' };
  for (let k = 0; k < 5_000; k++) {
    const c = k % 50;
    yield {
      kind: 'coupon',
      brand_id: brandOf(c),
      id: `k${pad(k, 5)}`,
      code: `CPN${pad(k, 5)}`,
      use: 'shared',
      influencer_id: influencerOf(c, Math.floor(random() * 60)),
      campaign_id: `c${pad(c, 2)}`,
    };
  }
  for (let s = 0; s < 300; s++)
    for (let b = 0; b < 10; b++)
      yield {
        kind: 'store',
        brand_id: `b${pad(b, 2)}`,
        id: `st${pad(s, 3)}`,
        retailer_id: `rt${pad(s % 20, 2)}`,
        region: `region ${s % 8}`,
      };
}

const agents = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
];
const words =
  'love this so much where can i buy it not sure about the price but worth trying thanks for sharing need more'.split(
    ' ',
  );

/** `people`: with half a person an event everybody does as much as in W1 of 200,000, whatever N is. */
export function* w1Events(n: number, seed: number, people = 100_000): Generator<W1Record> {
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const recent: W1Record[] = [];
  for (let i = 0; i < n; i++) {
    const lot = random();
    if (lot < 0.01 && recent.length > 0) {
      yield { ...recent[below(recent.length)]!, kind: 'copy' };
      continue;
    }
    const event = w1Event(i, n, people, random, below);
    if (lot >= 0.01 && lot < 0.015) {
      yield { kind: 'broken', type: event.type, line: broken(event, below(4)) };
      continue;
    }
    const record: W1Record = { kind: 'valid', type: event.type, line: JSON.stringify(event) };
    recent[Math.min(i % 5_000, recent.length)] = record;
    yield record;
  }
}

/** Few are busy, most are not: person k of 100,000 acts in proportion to (k + 401)^−0.8; of twice as many, two as each of those. */
const personOf = (lot: number, people: number): number =>
  Math.floor(((401 ** 0.2 + lot * (100_401 ** 0.2 - 401 ** 0.2)) ** 5 - 401) * (people / 100_000));

type W1Event = Record<string, unknown> & { type: string };

function w1Event(
  i: number,
  n: number,
  people: number,
  random: () => number,
  below: (limit: number) => number,
): W1Event {
  const lot = random();
  const type =
    lot < 0.6 ? 'click' : lot < 0.84 ? 'like' : lot < 0.92 ? 'comment' : lot < 0.97 ? 'share' : 'coupon_redemption';
  const late = random() < 0.02 ? below(3 * day_ms) : 0;
  const person = personOf(random(), people);
  const brand = random() < 0.5 ? (person * 7 + 3) % 10 : below(10);
  const campaign = brand + 10 * below(5);
  const event: W1Event = {
    event_id: `${i.toString(16).padStart(8, '0')}-${below(0x1_0000_0000).toString(16).padStart(8, '0')}`,
    type,
    occurred_at: new Date(begins_at + Math.floor((i * days * day_ms) / n) - late).toISOString(),
    brand_id: `b${pad(brand, 2)}`,
    consumer_id: `u${pad(person, 6)}`,
    product_id: `prd${pad(brand + 10 * below(50), 4)}`,
  };
  if (type === 'coupon_redemption') {
    const quantity = 1 + below(4);
    const store = below(300);
    return {
      ...event,
      coupon_code: `CPN${pad(brand + 10 * below(500), 5)}`,
      store_id: `st${pad(store, 3)}`,
      retailer_id: `rt${pad(store % 20, 2)}`,
      quantity,
      amount: Math.round(quantity * (5 + random() * 95) * 100) / 100,
      currency: ['USD', 'EUR', 'GBP'][below(3)],
    };
  }
  const influencer_id = influencerOf(campaign, Math.floor(60 * random() * random()));
  Object.assign(event, {
    campaign_id: `c${pad(campaign, 2)}`,
    influencer_id,
    post_id: `${influencer_id}-${below(20)}`,
    platform: ['instagram', 'tiktok', 'youtube'][below(3)],
  });
  if (type === 'click')
    Object.assign(event, { url: `https://shop.example.com/${event.product_id}`, user_agent: agents[below(3)] });
  if (type === 'comment')
    event.text = Array.from({ length: 8 + below(12) }, () => words[below(words.length)]).join(' ');
  if (type === 'share') event.channel = ['dm', 'story', 'copy_link'][below(3)];
  return event;
}

function broken(event: W1Event, way: number): string {
  if (way === 0) return JSON.stringify(event).slice(0, -40);
  const spoilt: Record<string, unknown> = { ...event };
  if (way === 1) delete spoilt[event.type === 'coupon_redemption' ? 'coupon_code' : 'consumer_id'];
  else if (way === 2) spoilt.type = 'view';
  else spoilt.occurred_at = 'yesterday';
  return JSON.stringify(spoilt);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [what, a, b] = process.argv.slice(2);
  const lines =
    what === 'reference'
      ? [...w1Reference(Number(a ?? 42))].map((r) => JSON.stringify(r))
      : [...w1Events(Number(a ?? 1_000_000), Number(b ?? 42))].map((r) => r.line);
  for (let i = 0; i < lines.length; i += 10_000) process.stdout.write(`${lines.slice(i, i + 10_000).join('\n')}\n`);
}
