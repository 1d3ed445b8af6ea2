/** Raw e-mails, phones, handles and IP addresses never pass ingest, whichever field they hide in; and the other ways a sender could spoil it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { referenceIndex } from '../../services/enrichment/lookups.ts';
import { retail } from '../../services/ingest/presets/retail.ts';
import { maskText } from '../../services/ingest/steps/mask.ts';
import { networkOf } from '../../services/ingest/steps/network-of.ts';
import { acceptedFrom, allOf, ingested, noon, referenceFrom } from '../support/events.ts';

const home = mkdtempSync(join(tmpdir(), 'grapevine-'));
afterAll(() => rmSync(home, { recursive: true }));

describe('what is masked', () => {
  it.each([
    ['+33 6 12 34 56 78', '[phone]'],
    ['10.0.0.1', '[ip]'],
    ['from 203.0.113.77.', 'from [ip].'],
    ['2001:db8::77', '[ip]'],
    ['+14155550100 203.0.113.77', '[phone] [ip]'],
    ['upc 0012345678905', 'upc 0012345678905'],
  ])('%s', (text, masked) => expect(maskText(text)).toBe(masked));

  it('in a reference record: its name, unknown fields, nested ones and lists', () => {
    const record = referenceFrom({
      kind: 'influencer',
      id: 'ana',
      name: 'ana@example.com',
      phone: '+14155550100',
      contact: { email: 'ana@example.com' },
      handle: '@ana_eats',
      lifestyle: ['ana@example.com'],
    });
    expect(JSON.stringify(record)).not.toMatch(/ana@|415|ana_eats/);
  });

  it('in an event: user agent, address, channel, hashtags', () => {
    const event = acceptedFrom({
      user_agent: 'Bot (jane@example.com)',
      url: 'https://x/?ip=203.0.113.77&phone=+14155550100',
      channel: '@jane_doe',
      hashtags: ['jane@example.com'],
    });
    expect(JSON.stringify(event)).not.toMatch(/jane|415|203\.0/);
  });

  it('loses no property when two names are masked alike', () => {
    expect(Object.values(acceptedFrom({ properties: { 'u@x.com': '1', 'v@x.com': '2' } }).properties)).toHaveLength(2);
  });

  it('an IPv4 address written as hexadecimal IPv6 has the network of its IPv4 address', () => {
    expect(networkOf('::ffff:cb00:714d')).toBe('203.0.113.0/24');
  });
});

describe('what a sender could spoil', () => {
  it('identifiers on a kind that has none are an unknown field, not a crash', () => {
    expect(() => ingested({ kind: 'retailer', brand_id: 'acme', id: 'r1', identifiers: 'x' })).not.toThrow();
  });

  it('the order of nested unknown fields makes no other content', () => {
    expect(acceptedFrom({ a: { x: 1, y: 2 } }).content_hash).toBe(acceptedFrom({ a: { y: 2, x: 1 } }).content_hash);
  });

  it('a brand with a slash, whose keys could be those of another brand, is refused', () => {
    const verdict = ingested({ kind: 'store', brand_id: 'acme/b', id: 'k' });
    expect(verdict).toMatchObject({ kind: 'rejected', faults: [{ code: 'bad_text', path: 'brand_id' }] });
  });

  it('an older version with the same valid_from does not replace a newer one', () => {
    const known = referenceIndex();
    known.apply(referenceFrom({ kind: 'store', id: 's', region: 'new' }), 5);
    known.apply(referenceFrom({ kind: 'store', id: 's', region: 'old' }), 3);
    expect(known.at('store', 'acme', 's', noon)?.body.region).toBe('new');
  });
});

describe('a CSV file', () => {
  const rowsOf = (text: string): Promise<object[]> => {
    writeFileSync(join(home, 'r.csv'), text);
    return allOf(retail([join(home, 'r.csv')], 'grocer').events);
  };
  it('cannot speak for another brand or be of another type by its columns', async () => {
    expect((await rowsOf('redemption_id;brand_id;type;note\nR1;other;sale;nice\n'))[0]).toMatchObject({
      brand_id: 'grocer',
      type: 'coupon_redemption',
    });
  });
  it('may hold commas between semicolons', async () => {
    expect((await rowsOf('redemption_id;note\nR1;nice, cheap\n'))[0]).toMatchObject({
      event_id: 'R1',
      note: 'nice, cheap',
    });
  });
  it('with a quote that never ends keeps that line as a row to be refused, and reads on', async () => {
    expect(await rowsOf('redemption_id,note\nR0,y\nR1,"6 box\nR2,x\n')).toMatchObject([
      { event_id: 'R0' },
      { unreadable_row: 'R1,"6 box' },
      { event_id: 'R2' },
    ]);
  });
});
