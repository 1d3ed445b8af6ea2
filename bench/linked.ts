/**
 * Events of people with several identifiers: N events over 0.3 N identifiers, of which one event in twenty names two and so links them.
 * Components stay small, as people's are; one device in fifty is shared, by twenty people each, however many there are. The same seed gives the same bytes.
 */
import { randomFrom } from '../services/simulator/random.ts';

const begins_at = Date.UTC(2026, 9, 1);
const days = 40;
const user_agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';
const kinds = ['loyalty_id', 'email', 'device_id'] as const;

export function* linkedReference(): Generator<object> {
  for (let i = 0; i < 100; i++) {
    const id = `inf${i}`;
    yield {
      kind: 'influencer',
      brand_id: 'linked',
      id,
      relationship: i % 2 ? 'friend' : 'blogger',
      followers: 100 + i * 97,
    };
    yield { kind: 'coupon', brand_id: 'linked', id: `k${i}`, code: `CODE${i}`, influencer_id: id };
  }
}

export function* linkedEvents(n: number, seed: number): Generator<{ line: string }> {
  const random = randomFrom(seed);
  const people = Math.floor(n / 10); // three identifiers each
  const one = (person: number) => {
    const kind = random.pick(kinds);
    const value = `${kind}-${kind === 'device_id' && person % 50 === 0 ? `shared-${Math.floor(person / 1_000)}` : person}`;
    return { kind, value: kind === 'email' ? `${value}@example.org` : value };
  };
  for (let i = 0; i < n; i++) {
    const person = random.below(people);
    const identifiers = random.chance(0.05) ? [one(person), one(person)] : [one(person)];
    const occurred_at = begins_at + Math.floor(random.next() * days * 86_400_000);
    const common = { event_id: `e${i}`, brand_id: 'linked', occurred_at, identifiers };
    const influencer = random.below(100);
    const line = random.chance(0.03)
      ? {
          ...common,
          type: 'coupon_redemption',
          coupon_code: `CODE${influencer}`,
          amount: 1 + random.below(40),
          currency: 'USD',
        }
      : { ...common, type: random.pick(['click', 'like', 'share']), influencer_id: `inf${influencer}`, user_agent };
    yield { line: JSON.stringify(line) };
  }
}
