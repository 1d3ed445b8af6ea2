/** Laws of attribution, through the whole topology in memory: for any events, in any order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Credit } from '../../services/attribution/ledger.ts';
import { openTopology } from '../support/topology.ts';

const brand_id = 'laws';
const sold_at = Date.UTC(2026, 9, 30);
const hour_ms = 3_600_000;
const user_agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';
type Body = Record<string, unknown>;

const who = fc.constantFrom('mia', 'noa', 'oli');
const touch = (consumer_id: string, hours: number, event_id: string, influencer_id = 'fay'): Body => ({
  brand_id,
  event_id,
  type: 'click',
  occurred_at: sold_at - hours * hour_ms,
  consumer_id,
  influencer_id,
  user_agent,
});
const sale = (consumer_id: string, event_id: string, amount: number): Body => ({
  brand_id,
  event_id,
  type: 'coupon_redemption',
  occurred_at: sold_at,
  consumer_id,
  coupon_code: 'CODE',
  amount,
  currency: 'USD',
});
const touches = fc
  .array(fc.tuple(who, fc.integer({ min: 0, max: 900 }), fc.constantFrom('fay', 'bea')), { maxLength: 12 })
  .map((list) => list.map(([person, hours, influencer], i) => touch(person, hours, `t${i}`, influencer)));
const sales = fc
  .array(fc.tuple(who, fc.integer({ min: 0, max: 10_000 })), { minLength: 1, maxLength: 4 })
  .map((list) => list.map(([person, cents], i) => sale(person, `r${i}`, cents / 100)));
const fed = (records: Body[]) => {
  const topology = openTopology();
  topology.feed(records);
  return topology;
};
const of = (credits: Credit[], redemption_id: string): Credit[] =>
  credits.filter((c) => c.redemption_id === redemption_id);
const law = (check: (touches: Body[], sales: Body[]) => void): void =>
  fc.assert(fc.property(touches, sales, check), { numRuns: 40 });

describe('for any touches and sales', () => {
  it('credits sum to one and money to the sale, under every model', () => {
    law((t, s) => {
      const credits = fed([...t, ...s]).credits();
      for (const { event_id, amount } of s) {
        const own = of(credits, String(event_id));
        for (const model of new Set(own.map((c) => c.model))) {
          const lines = own.filter((c) => c.model === model);
          expect(lines.reduce((sum, c) => sum + c.credit_ppm, 0)).toBe(1_000_000);
          expect(lines.reduce((sum, c) => sum + c.amount_e4, 0)).toBe(Math.round(Number(amount) * 10_000));
        }
      }
    });
  });

  it('settling again posts nothing', () => {
    law((t, s) => {
      const topology = fed([...t, ...s]);
      const posted = topology.ledger.length;
      topology.feed([]);
      topology.feed([...t, ...s]);
      expect(topology.ledger.length).toBe(posted);
    });
  });

  it('a touch outside every look-back changes nothing, nor does one after the sale', () => {
    law((t, s) => {
      const before = fed([...t, ...s]).credits();
      for (const hours of [30 * 24 + 1, -1])
        expect(fed([...t, ...s, touch('mia', hours, 'x')]).credits()).toEqual(before);
    });
  });

  it('one more touch never changes the credits of what somebody else bought', () => {
    law((t, s) => {
      const before = fed([...t, ...s]).credits();
      const after = fed([...t, ...s, touch('mia', 3, 'x', 'bea')]).credits();
      for (const { event_id, consumer_id } of s)
        if (consumer_id !== 'mia') expect(of(after, String(event_id))).toEqual(of(before, String(event_id)));
    });
  });

  it('two people joined and kept apart again have what they had', () => {
    law((t, s) => {
      const mail = (consumer: string) => ({ kind: 'email', value: `${consumer}@example.org` });
      const known = (event: Body): Body => ({
        ...event,
        consumer_id: undefined,
        identifiers: [mail(String(event.consumer_id))],
      });
      const events = [...t, ...s].map(known);
      const topology = fed(events);
      const before = topology.credits();
      const link = {
        brand_id,
        event_id: 'l',
        type: 'like',
        occurred_at: sold_at + hour_ms,
        influencer_id: 'fay',
        identifiers: [mail('mia'), mail('noa')],
      };
      topology.feed([link]);
      topology.feed([{ kind: 'separation', brand_id, id: 'apart', identifiers: [mail('mia'), mail('noa')] }]);
      expect(topology.credits()).toEqual(before);
    });
  });
});
