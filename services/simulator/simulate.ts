/**
 * A campaign with a known truth: who moved whom. Influencers are handed product and post; followers see, like, comment, click, share; some are
 * moved, and redeem days later in their shop; some buy anyway. Then what the real world does to data: late till files, voids, returns,
 * copies, broken lines, crawlers, a leaked code. Deterministic by seed.
 */
import {
  brand_id,
  campaign_id,
  type Influencer,
  type Person,
  referenceOf,
  type SimulatorOptions,
  scenarios,
  type World,
  worldOf,
} from './world.ts';

/** One line of the stream, in order of arrival. */
export interface SimulatedLine {
  /** When it reaches the source topic, epoch ms. */
  arrives_at: number;
  /** The line as sent. */
  text: string;
  outcome: 'stored' | 'duplicate' | 'rejected';
}

/** What really moved a redemption. */
export interface Cause {
  redemption_id: string;
  /** '' = nobody: it would have been bought anyway. */
  influencer_id: string;
  relationship: 'friend' | 'blogger' | 'nobody';
}

export interface Truth {
  options: SimulatorOptions;
  sent: { stored: number; duplicate: number; rejected: number; reference: number; by_type: Record<string, number> };
  /** Redemptions that stand at the end, and what was sold net of returns, in 1/10,000 of a dollar. */
  redemptions_net: number;
  sales_e4: number;
  relationship_of: Record<string, string>;
  causes: Cause[];
}

export interface Simulation {
  reference: object[];
  lines: SimulatedLine[];
  truth: Truth;
}

const day_ms = 86_400_000;
const days = 30;
const agents = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Instagram 350.0',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/130.0 Mobile',
];
const crawler = 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)';
const remarks = [
  'where can i buy this?',
  'i need this',
  'is it really dairy free?',
  'so creamy, love it',
  'my kids would love this',
  'too sweet for me',
  'trying it this weekend',
  'not sure about the price',
  'got mine yesterday, delicious',
  'how many calories?',
];

/** How people answer a post they have seen: assumptions; friends are answered more often (cf. engagement falling with audience size). */
const answers = {
  friend: { sees: 0.6, like: 0.3, comment: 0.1, click: 0.2, share: 0.04 },
  blogger: { sees: 0.25, like: 0.1, comment: 0.02, click: 0.06, share: 0.008 },
} as const;

export function simulate(options: SimulatorOptions): Simulation {
  const campaign = new Campaign(worldOf(options));
  for (const influencer of campaign.world.influencers) campaign.post(influencer);
  campaign.buyAnyway();
  campaign.leak();
  return campaign.finish();
}

interface Sale {
  redemption_id: string;
  amount_e4: number;
}

class Campaign {
  readonly world: World;
  readonly #lines: SimulatedLine[] = [];
  readonly #causes: Cause[] = [];
  readonly #sales: Sale[] = [];
  readonly #bought = new Set<string>();
  #number = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** The influencer posts two to four times; followers see it, some answer, some are moved. */
  post(influencer: Influencer): void {
    const { random, options } = this.world;
    for (let n = 0; n < (influencer.relationship === 'friend' ? 2 + random.below(3) : 4); n++) {
      const posted_at = options.begins_at + Math.floor((1 + random.next() * 20) * day_ms);
      this.#event('share', posted_at, {
        consumer_id: influencer.self,
        share_kind: random.chance(0.5) ? 'review' : 'post',
        influencer_id: influencer.id,
        post_id: `post-${influencer.id}`,
        platform: 'instagram',
        hashtags: ['moonspoon'],
      });
      for (const person of influencer.audience)
        if (random.chance(answers[influencer.relationship].sees)) this.#answer(influencer, person, posted_at);
    }
  }

  #answer(influencer: Influencer, person: Person, posted_at: number): void {
    const { random, options } = this.world;
    const odds = answers[influencer.relationship];
    const at = (): number => posted_at + Math.floor(random.around(0.4, 0.8) * day_ms);
    const about = {
      ...this.#who(person, 'social'),
      influencer_id: influencer.id,
      post_id: `post-${influencer.id}`,
      platform: 'instagram',
      campaign_id,
    };
    if (random.chance(odds.like)) this.#event('like', at(), about);
    if (random.chance(odds.comment))
      this.#event('comment', at(), { ...about, text: random.pick(remarks), language: 'en' });
    if (random.chance(odds.share)) this.#event('share', at(), { ...about, channel: 'dm', share_kind: 'message' });
    const moved = random.chance(scenarios[options.scenario]![influencer.relationship]);
    if (moved || random.chance(odds.click)) this.#click(person, influencer, at());
    if (moved && !this.#bought.has(person.id))
      this.#redeem(
        person,
        posted_at + Math.floor((2 + random.around(3, 0.6)) * day_ms),
        random.chance(0.8) ? influencer.code : 'TRYMOON',
        influencer,
      );
  }

  #click(person: Person, influencer: Influencer, at: number): void {
    const { random } = this.world;
    this.#event('click', at, {
      ...this.#who(person, 'social'),
      link_code: influencer.link,
      user_agent: random.pick(agents),
      ip: `203.0.113.${random.below(256)}`,
    });
    if (random.chance(0.03))
      this.#event('click', at + 1_000, {
        consumer_id: `crawler-${random.below(9)}`,
        link_code: influencer.link,
        user_agent: crawler,
      });
  }

  /** Assumption: four of a hundred would have bought without any recommendation. */
  buyAnyway(): void {
    const { random, people, options } = this.world;
    for (const person of people)
      if (!this.#bought.has(person.id) && random.chance(0.04))
        this.#redeem(person, options.begins_at + Math.floor(random.next() * days * day_ms), 'TRYMOON', null);
  }

  /** The code of the first blogger on a coupon site: strangers redeem it whom nobody moved. */
  leak(): void {
    const { random, influencers, options } = this.world;
    const leaked = influencers.find(({ relationship }) => relationship === 'blogger')!;
    for (let i = 0; i < Math.round(options.people / 100); i++) {
      const stranger = { id: `stranger-${i}`, known: false, store_id: random.pick(this.world.stores).id };
      this.#redeem(stranger, options.begins_at + Math.floor((15 + random.next() * 15) * day_ms), leaked.code, null);
    }
  }

  #redeem(person: Person, at: number, code: string, mover: Influencer | null): void {
    const { random } = this.world;
    this.#bought.add(person.id);
    const quantity = 1 + random.below(3);
    const cents = quantity * 549;
    const redemption_id = `r${this.#number + 1}`;
    // A third of the shops send their till files days later; the moment of the sale is what counts.
    const arrives_at = at + Math.floor((random.chance(0.3) ? 2 + random.next() * 8 : random.next() * 0.1) * day_ms);
    const sale = {
      coupon_code: code,
      amount: (cents / 100).toFixed(2),
      currency: 'USD',
      quantity,
      store_id: person.store_id,
      product_id: 'dessert',
      redemption_id,
    };
    this.#event('coupon_redemption', at, { ...this.#who(person, 'shop'), ...sale }, arrives_at);
    // The contest on the packaging: one buyer in eight posts a picture with its hashtag.
    if (random.chance(0.125))
      this.#event('share', at + 2 * day_ms, {
        ...this.#who(person, 'social'),
        share_kind: 'post',
        platform: 'instagram',
        hashtags: ['SpoonOff'],
      });
    this.#causes.push({ redemption_id, influencer_id: mover?.id ?? '', relationship: mover?.relationship ?? 'nobody' });
    let left = cents;
    if (random.chance(0.02)) {
      this.#event('coupon_redemption', at + 600_000, { redemption_id, status: 'voided' }, arrives_at + 3_600_000);
      return;
    }
    if (quantity > 1 && random.chance(0.05)) {
      left -= 549;
      this.#event(
        'coupon_redemption',
        at + 3 * day_ms,
        { redemption_id, status: 'returned', amount: 5.49, currency: 'USD' },
        arrives_at + 3 * day_ms,
      );
    }
    this.#sales.push({ redemption_id, amount_e4: left * 100 });
  }

  /** In the app and in its shop one id; else a card in the shop and a handle on the platform. */
  #who(person: Person, where: 'social' | 'shop'): object {
    if (person.known) return { consumer_id: person.id };
    const identifier =
      where === 'shop'
        ? { kind: 'loyalty_id', value: `card-${person.id}` }
        : { kind: 'handle', platform: 'instagram', value: `@${person.id}` };
    return { identifiers: [identifier] };
  }

  /** Adds an event; one in a hundred comes twice, one in a hundred is followed by a broken one. */
  #event(type: string, occurred_at: number, fields: object, arrives_at = occurred_at + 2_000): void {
    const { random } = this.world;
    const event = {
      event_id: `e${++this.#number}`,
      type,
      occurred_at: new Date(occurred_at).toISOString(),
      brand_id,
      ...fields,
    };
    const text = JSON.stringify(event);
    this.#lines.push({ arrives_at, text, outcome: 'stored' });
    if (random.chance(0.01))
      this.#lines.push({ arrives_at: arrives_at + Math.floor(random.next() * day_ms), text, outcome: 'duplicate' });
    if (random.chance(0.01))
      this.#lines.push({
        arrives_at,
        text: random.chance(0.5)
          ? text.slice(0, -20)
          : JSON.stringify({ ...event, event_id: `x${this.#number}`, occurred_at: 'yesterday' }),
        outcome: 'rejected',
      });
  }

  finish(): Simulation {
    const { options, influencers } = this.world;
    const reference = referenceOf(this.world);
    const lines = this.#lines.sort((a, b) => a.arrives_at - b.arrives_at);
    const count = (outcome: SimulatedLine['outcome']): number =>
      lines.filter((line) => line.outcome === outcome).length;
    const by_type: Record<string, number> = {};
    for (const { outcome, text } of lines) {
      if (outcome !== 'stored') continue;
      const { type } = JSON.parse(text) as { type: string };
      by_type[type] = (by_type[type] ?? 0) + 1;
    }
    return {
      reference,
      lines,
      truth: {
        options,
        sent: {
          stored: count('stored'),
          duplicate: count('duplicate'),
          rejected: count('rejected'),
          reference: reference.length,
          by_type,
        },
        redemptions_net: this.#sales.length,
        sales_e4: this.#sales.reduce((sum, { amount_e4 }) => sum + amount_e4, 0),
        relationship_of: Object.fromEntries(influencers.map(({ id, relationship }) => [id, relationship])),
        causes: this.#causes,
      },
    };
  }
}
