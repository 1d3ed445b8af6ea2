import { describe, expect, it } from 'vitest';
import { acceptedFrom, noon, pseudonym, referenceFrom } from '../../../test/support/events.ts';

const by = (...identifiers: object[]) => ({ consumer_id: undefined, identifiers });
const pseudonymsOf = (raw: object) => acceptedFrom(raw).identifiers.map((identifier) => identifier.pseudonym);
const email = (value: string) => ({ kind: 'email', value });
const handle = (value: string, platform = 'instagram') => ({ kind: 'handle', platform, value });
const phone = (value: string) => ({ kind: 'phone', value });

describe('a person', () => {
  it('has one pseudonym within a brand, and another in every other brand', () => {
    const [mia] = pseudonymsOf({});
    expect(mia).toMatch(/^[0-9a-f]{64}$/);
    expect(pseudonymsOf({ event_id: 'e2', type: 'like', occurred_at: noon + 1 })).toEqual([mia]);
    expect(pseudonymsOf({ brand_id: 'other' })).not.toEqual([mia]);
    expect(pseudonymsOf({ consumer_id: 'ben' })).not.toEqual([mia]);
  });

  it.each([
    ['e-mails in any case', email('Jane@Example.COM'), email(' jane@example.com ')],
    ['phone numbers in any form', phone('+1 (415) 555-0100'), phone('0014155550100')],
    ['handles in any case, with or without @', handle('@Jane_Doe'), handle('jane_doe', 'Instagram')],
  ])('is the same by %s', (_, one, two) => expect(pseudonymsOf(by(one))).toEqual(pseudonymsOf(by(two))));

  it.each([
    ['a handle on another platform', handle('jane'), handle('jane', 'tiktok')],
    ['the same text as another kind', { kind: 'loyalty_id', value: '7700' }, { kind: 'device_id', value: '7700' }],
    ['a consumer id in another case', { kind: 'consumer_id', value: 'Mia' }, { kind: 'consumer_id', value: 'mia' }],
  ])('is another by %s', (_, one, two) => expect(pseudonymsOf(by(one))).not.toEqual(pseudonymsOf(by(two))));

  it('is listed strongest identifier first, whatever order the sender chose', () => {
    const identifiers = [handle('jane'), phone('+14155550100'), email('jane@example.com')];
    const { identifiers: found } = acceptedFrom({ identifiers });
    expect(found.map(({ kind }) => kind)).toEqual(['consumer_id', 'email', 'phone', 'handle']);
    expect(acceptedFrom({ identifiers: identifiers.reverse() }).identifiers).toEqual(found);
  });

  it('is the same in events and in reference records', () => {
    const record = referenceFrom({
      kind: 'influencer',
      id: 'jane',
      identifiers: [email('Jane@example.com')],
      handles: [{ platform: 'Instagram', handle: '@Jane_Doe', valid_from: noon }],
    });
    expect(JSON.parse(record.body)).toEqual({
      identifiers: [{ kind: 'email', platform: '', pseudonym: pseudonym('email', 'jane@example.com') }],
      handles: [{ platform: 'instagram', valid_from: noon, pseudonym: pseudonym('handle', 'jane_doe', 'instagram') }],
    });
    expect(pseudonymsOf(by(handle('jane_doe')))).toEqual([pseudonym('handle', 'jane_doe', 'instagram')]);
  });
});

it('makes of an address the pseudonym of its network', () => {
  const networkOf = (ip: string, brand_id = 'acme') => acceptedFrom({ ip, brand_id }).network;
  expect(networkOf('203.0.113.77')).toBe(pseudonym('network', '203.0.113.0/24'));
  expect(networkOf('203.0.113.78')).toBe(networkOf('203.0.113.77'));
  expect(networkOf('203.0.114.77')).not.toBe(networkOf('203.0.113.77'));
  expect(networkOf('203.0.113.77', 'other')).not.toBe(networkOf('203.0.113.77'));
  expect(networkOf('nowhere')).toBeNull();
});

describe('nobody can read', () => {
  /** All that tells who Jane is, however it is written. */
  const jane = /jane|4155550100|415\) ?555|203\.0\.113|2001:db8|card-7700/i;
  const identifiers = [
    email('Jane@Example.com'),
    phone('+1 (415) 555-0100'),
    handle('@Jane_Doe'),
    { kind: 'loyalty_id', value: 'card-7700' },
    { kind: 'platform_id', platform: 'x', value: 'jane-1' },
  ];

  it('e-mail, phone, handle or address in an accepted event', () => {
    const said = 'jane@example.com, @jane_doe, +1 (415) 555-0100, 203.0.113.77';
    for (const ip of ['203.0.113.77', '2001:db8::77', 'jane'])
      expect(
        JSON.stringify(
          acceptedFrom({
            type: 'comment',
            consumer_id: 'jane',
            identifiers,
            ip,
            text: said,
            url: 'https://shop.example/?email=jane%40example.com',
            referrer: 'https://mail.example/jane@example.com',
            customer_email: 'jane',
            till: { note: said },
            properties: { handle: 'jane', client_ip: ip, note: said, 'jane@example.com': 'x' },
          }),
        ),
      ).not.toMatch(jane);
  });

  it.each([
    ['influencer', { identifiers, handles: [{ platform: 'x', handle: 'jane' }] }],
    ['person', { identifiers, region: 'jane@example.com' }],
    ['coupon', { code: 'X', issued_to: identifiers }],
    ['distribution', { campaign_id: 'launch', identifiers, at: noon }],
    ['link', { url: 'https://shop.example/?e=jane%40example.com' }],
  ])('them in a record of kind %s', (kind, more) =>
    expect(JSON.stringify(referenceFrom({ kind, id: 'r1', ...more }))).not.toMatch(jane),
  );
});

describe('the content hash', () => {
  const raw = { text: 'hello', properties: { a: '1', b: '2' }, till: 3 };
  const hash = (more: object = {}, position: object = {}) => acceptedFrom({ ...raw, ...more }, position).content_hash;

  it('is the same wherever and whenever the event comes from', () => {
    expect(hash()).toMatch(/^[0-9a-f]{32}$/);
    expect(hash({}, { partition: 3, offset: 99, timestamp: noon + 1 })).toBe(hash());
  });

  it('is the same whatever the order of keys, and however equal values are written', () => {
    const { till, properties, text } = raw;
    const { a, b } = properties;
    const turned = { till, properties: { b, a }, text, occurred_at: new Date(noon).toISOString(), campaign_id: '' };
    expect(acceptedFrom(turned).content_hash).toBe(hash());
    expect(hash({ hashtags: ['#Spoon'] })).toBe(hash({ hashtags: ['spoon'] }));
  });

  it.each([
    { event_id: 'e2' },
    { type: 'like' },
    { occurred_at: noon + 1 },
    { brand_id: 'other' },
    { consumer_id: 'ben' },
    { text: 'hello!' },
    { campaign_id: 'launch' },
    { ip: '203.0.113.77' },
    { till: 4 },
    { properties: { a: '1' } },
  ])('is another with %j', (more) => expect(hash(more)).not.toBe(hash()));
});

it('says where the record was read and that no reference version is asked for', () =>
  expect(acceptedFrom({}, { partition: 3, offset: 99, timestamp: noon + 1 })).toMatchObject({
    source_topic: 'engagement.collected',
    source_partition: 3,
    source_offset: 99,
    source_at: noon + 1,
    needed_version: -1,
  }));

describe('what names nobody', () => {
  it.each([
    [{ kind: 'email', value: '' }],
    [{ kind: 'email', value: null }],
    [{ kind: 'email', value: 'null' }],
    [{ kind: 'phone', value: '0' }],
    [{ kind: 'handle', platform: 'instagram', value: '' }],
    [{ kind: 'handle', value: 'anonymous' }],
  ])('is dropped, and the event stays: %j', (identifier) =>
    expect(acceptedFrom({ identifiers: [identifier] }).identifiers.map(({ kind }) => kind)).toEqual(['consumer_id']),
  );
  it('is dropped from reference records, too', () => {
    const identifiers = [{ kind: 'loyalty_id', value: '0' }, email('jane@example.com')];
    const { body } = referenceFrom({ kind: 'distribution', id: 'd', campaign_id: 'c', at: noon, identifiers });
    expect(JSON.parse(body).identifiers).toHaveLength(1);
  });
});

describe('a name to match by', () => {
  it('a mention among the hashtags is a name of its own, and nobody can read it', () => {
    const { body } = referenceFrom({ kind: 'campaign', id: 'glow', hashtags: ['@GlowBar', 'moon'] });
    const [mention, tag] = JSON.parse(body).hashtags as string[];
    expect(mention).toMatch(/^@[0-9a-f]{16}$/);
    expect(tag).toBe('moon');
    expect(acceptedFrom({ hashtags: ['@glowbar'] }).hashtags).toEqual([mention]);
    expect(acceptedFrom({ hashtags: ['@someone_else'] }).hashtags).not.toEqual([mention]);
  });
  it('the influencer of a cost line stays as the events name them', () => {
    const line = {
      kind: 'fee',
      amount: '1.00',
      currency: 'USD',
      influencer_id: '@jane_doe',
      note: 'to jane@example.com',
    };
    const { body } = referenceFrom({ kind: 'campaign', id: 'glow', costs: [line] });
    expect(JSON.parse(body).costs[0].influencer_id).toBe('@jane_doe');
  });
  it('no other field is left as it was because it is called an id', () => {
    const { body } = referenceFrom({
      kind: 'influencer',
      id: 'jane',
      email_id: 'jane@example.com',
      whatsapp_id: '+14155550100',
      contact_id: { handle: 'jane' },
      code: 'jane@example.com',
    });
    expect(body).not.toMatch(/jane@|4155550100|"handle":"jane"/);
  });
});
