/**
 * What brands send in one run, from a seed: events of two months and reference records, some late, some changed later and back again; voids, returns,
 * rubbish, copies with the same and with other content and identifiers, and a file sent again.
 * What the order may legitimately decide is kept in order: all contents of one event id, and all records of one reference id, share a partition.
 */
import { type Random, randomFrom } from '../../services/simulator/random.ts';

export interface Sent {
  /** Place in the workload, by which a shorter story keeps it. */
  index: number;
  partition: number;
  /** Broker time, epoch ms: of November or of December. */
  timestamp: number;
  value: Buffer;
  /** For people. */
  text: string;
}

export const source_partitions = 2;
const broker_times = [Date.UTC(2026, 10, 30, 12), Date.UTC(2026, 11, 1, 12)] as const;
const last_day = Date.UTC(2026, 10, 30);
const hour_ms = 3_600_000;

type Body = Record<string, unknown>;

export function workload(seed: number): Sent[] {
  const random = randomFrom(seed * 2 + 1);
  const events = eventsOf(random);
  const references = referencesOf(random);
  const lines = [...woven(random, references, events)];
  copies(random, lines);
  if (random.chance(0.4)) sendAgain(random, lines);
  return lines.map((line, index) => ({
    index,
    partition: line.partition,
    timestamp: random.pick(broker_times),
    value: Buffer.from(line.text),
    text: line.text,
  }));
}

interface Line {
  partition: number;
  text: string;
  /** '' for rubbish and reference records. */
  event_id: string;
}

const placeOf = (id: string): number => [...id].reduce((sum, c) => sum + c.charCodeAt(0), 0) % source_partitions;
const line = (body: Body): Line => ({
  partition: placeOf(String(body.event_id ?? body.id)),
  text: JSON.stringify({ brand_id: 'acme', ...body }),
  event_id: String(body.event_id ?? ''),
});

const people = ['mia', 'noa', 'oli'] as const;

/** Known by a consumer id, by an e-mail address, or by both, which joins them; two of the addresses are shared. */
function personOf(random: Random): Body {
  const name = random.pick(people);
  const email = { kind: 'email', value: `${random.chance(0.15) ? random.pick(people) : name}@example.com` };
  const kind = random.below(10);
  if (kind < 5) return { consumer_id: name };
  if (kind < 7) return { identifiers: [email] };
  return { consumer_id: name, identifiers: [email] };
}

function eventsOf(random: Random): Line[] {
  const out: Line[] = [];
  const at = (): number => last_day - random.below(20 * 24) * hour_ms;
  const touches = 6 + random.below(9);
  for (let i = 0; i < touches; i++) {
    const event = { event_id: `t${i}`, occurred_at: at(), ...personOf(random) };
    const kind = random.below(6);
    if (kind <= 2) out.push(line({ ...event, type: 'click', link_code: random.pick(['l-fay', 'l-bea', 'l-zed']) }));
    else if (kind === 3)
      out.push(line({ ...event, type: 'like', post_id: 'p1', influencer_id: random.pick(['fay', 'bea', 'zed']) }));
    else if (kind === 4)
      out.push(line({ ...event, type: 'comment', post_id: 'p1', influencer_id: 'bea', text: 'where can I buy it?' }));
    else out.push(line({ ...event, type: 'share', hashtags: [random.pick(['#launch', '#spring'])] }));
  }
  const redemptions = 2 + random.below(3);
  for (let i = 0; i < redemptions; i++) {
    const id = `r${i}`;
    const sale = {
      type: 'coupon_redemption',
      coupon_code: random.pick(['FAY', 'BEA', 'SAVE', 'ZED']),
      store_id: random.pick(['s1', 's2']),
      ...(random.chance(0.9) ? { amount: `${1 + random.below(30)}.0${random.below(9)}`, currency: 'USD' } : {}),
    };
    out.push(line({ event_id: id, occurred_at: at(), ...personOf(random), ...sale }));
    if (random.chance(0.2))
      out.push(line({ event_id: `${id}-too`, redemption_id: id, occurred_at: at(), ...personOf(random), ...sale }));
    if (random.chance(0.25))
      out.push(
        line({
          event_id: `${id}-void`,
          type: 'coupon_redemption',
          status: 'voided',
          redemption_id: id,
          occurred_at: at(),
          coupon_code: sale.coupon_code,
        }),
      );
    if (random.chance(0.25))
      out.push(
        line({
          event_id: `${id}-back`,
          type: 'coupon_redemption',
          status: 'returned',
          redemption_id: id,
          occurred_at: at(),
          coupon_code: sale.coupon_code,
          amount: '0.5',
          currency: 'USD',
        }),
      );
  }
  const rubbish = [
    'not json',
    '{"brand_id":"acme","type":"wink","event_id":"w","occurred_at":"2026-11-01T00:00:00Z"}',
    '{"brand_id":"acme","event_id":"n","type":"click"}',
  ];
  for (const text of rubbish)
    if (random.chance(0.5)) out.push({ partition: random.below(source_partitions), text, event_id: '' });
  return shuffled(random, out);
}

/** Records in an order that keeps the changes of each id in theirs. */
function referencesOf(random: Random): Line[] {
  const chains: Body[][] = [
    [{ kind: 'brand', id: 'acme', currency: 'USD' }],
    [{ kind: 'campaign', id: 'launch', starts_at: '2026-09-01T00:00:00Z', hashtags: ['#launch'] }],
    [{ kind: 'influencer', id: 'fay', relationship: 'friend', followers: 300 }],
    [
      {
        kind: 'influencer',
        id: 'bea',
        relationship: 'blogger',
        followers: 50_000,
        identifiers: [{ kind: 'consumer_id', value: 'oli' }],
      },
    ],
    [{ kind: 'influencer', id: 'zed', relationship: 'expert', followers: 2_000 }],
    [{ kind: 'coupon', id: 'k-fay', code: 'FAY', influencer_id: 'fay', campaign_id: 'launch' }],
    [{ kind: 'coupon', id: 'k-bea', code: 'BEA', influencer_id: 'bea', campaign_id: 'launch' }],
    [{ kind: 'link', id: 'l-fay', influencer_id: 'fay', campaign_id: 'launch' }],
    [{ kind: 'link', id: 'l-bea', influencer_id: 'bea', campaign_id: 'launch' }],
    [{ kind: 'link', id: 'l-zed', influencer_id: 'zed', post_id: 'p9' }],
    [{ kind: 'store', id: 's1', retailer_id: 'grocer', region: 'west' }],
  ];
  const changes: Body[] = [
    { kind: 'brand', id: 'acme', lookback: { click: '2d', comment: '7d', share: '1d', like: '5d' } },
    { kind: 'campaign', id: 'launch', scope: 'campaign', hashtags: ['#spring'] },
    { kind: 'influencer', id: 'fay', relationship: 'celebrity', followers: 2_000_000 },
    { kind: 'influencer', id: 'zed', valid_to: '2026-11-01T00:00:00Z' },
    { kind: 'coupon', id: 'k-bea', code: 'SAVE', influencer_id: 'bea' },
    { kind: 'coupon', id: 'k-fay', code: 'FAY', influencer_id: 'bea' },
    { kind: 'link', id: 'l-fay', influencer_id: 'zed' },
    { kind: 'link', id: 'l-bea', influencer_id: 'fay', campaign_id: 'launch' },
    { kind: 'store', id: 's1', retailer_id: 'other', region: 'east' },
    { kind: 'store', id: 's2', region: 'south' },
    {
      kind: 'separation',
      id: 'apart',
      identifiers: [
        { kind: 'consumer_id', value: 'mia' },
        { kind: 'email', value: 'mia@example.com' },
      ],
    },
  ];
  for (const change of changes) {
    if (!random.chance(0.35)) continue;
    const chain = chains.find(([first]) => first!.kind === change.kind && first!.id === change.id);
    if (!chain) chains.push([change]);
    else {
      const [first] = chain;
      chain.push(change);
      if (random.chance(0.4)) chain.push(first!); // and back again
    }
  }
  const out: Line[] = [];
  while (chains.some((chain) => chain.length > 0)) {
    const chain = random.pick(chains.filter((left) => left.length > 0));
    out.push(line(chain.shift()!));
  }
  return out.filter(() => random.chance(0.8)).slice(0, 13);
}

/** References mostly first, some late. */
function* woven(random: Random, references: Line[], events: Line[]): Generator<Line> {
  const early = random.pick([0.3, 0.5, 0.8]);
  const [a, b] = [[...references], [...events]];
  while (a.length > 0 || b.length > 0) {
    const next = a.length > 0 && (b.length === 0 || random.chance(early)) ? a.shift() : b.shift();
    if (next) yield next;
  }
}

/** Copies of events: equal bytes from anywhere, other content and other identifiers behind the first. */
function copies(random: Random, lines: Line[]): void {
  const originals = lines.filter((one) => one.event_id !== '');
  for (let i = random.below(6); i > 0; i--) {
    const original = random.pick(originals);
    const at = lines.indexOf(original) + 1 + random.below(4);
    const kind = random.below(4);
    if (kind === 0) lines.splice(at, 0, { ...original });
    else if (kind === 1) lines.splice(at, 0, { ...original, partition: 1 - original.partition });
    else {
      const body = JSON.parse(original.text) as Body;
      const other =
        kind === 2
          ? { consumer_id: random.pick(people), identifiers: [{ kind: 'device_id', value: 'd1' }] }
          : { platform: 'tiktok' };
      lines.splice(at, 0, { ...original, text: JSON.stringify({ ...body, ...other }) });
    }
  }
}

function sendAgain(random: Random, lines: Line[]): void {
  const from = random.below(lines.length);
  lines.push(...lines.slice(from, from + 3 + random.below(6)));
}

function shuffled<T>(random: Random, list: T[]): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
