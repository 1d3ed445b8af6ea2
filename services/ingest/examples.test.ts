/** The examples of schemas/examples are the contract: valid ones are kept, refused ones earn the code they are named by. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedEvent, referenceRecord, rejectedRecord } from '../../schemas/codec.ts';
import { event_types, eventSchema } from '../../schemas/event.ts';
import type { Fault } from '../../schemas/fault.ts';
import { reference_kinds } from '../../schemas/reference.ts';
import { reject_codes } from '../../schemas/reject-codes.ts';
import { openKeys } from '../platform/keys.ts';
import { ingest } from './pipeline.ts';
import type { IngestLookups, SourceRecord } from './records.ts';
import { rejectedOf } from './rejected-of.ts';

const root = resolve(import.meta.dirname, '../../schemas/examples');
const keys = openKeys(Buffer.alloc(32, 7));
const topic = 'engagement.collected';
const lookups: IngestLookups = { keys, sources: new Map([[topic, { brand_ids: ['moonspoon'] }]]) };

const sourceOf = (value: Buffer): SourceRecord => ({
  topic,
  partition: 2,
  offset: 41,
  timestamp: Date.parse('2026-10-08T12:00:00Z'),
  value,
});
const bytesOf = (record: unknown): Buffer =>
  Buffer.isBuffer(record) ? record : Buffer.from(typeof record === 'string' ? record : JSON.stringify(record));
const decide = (record: unknown) => ingest.decide(sourceOf(bytesOf(record)), lookups);

/** What is wrong with a record; fails when nothing is. */
function faultsOf(record: unknown): Fault[] {
  const verdict = decide(record);
  if (verdict.kind !== 'rejected') throw new Error(`expected a refusal, it was ${verdict.kind}`);
  return verdict.faults;
}
const codesAndPaths = (record: unknown): string[][] => faultsOf(record).map(({ code, path }) => [code, path]);

const files = (folder: string) =>
  readdirSync(join(root, folder))
    .sort()
    .map((file) => ({ name: basename(file, extname(file)), bytes: readFileSync(join(root, folder, file)) }));
const events = files('event/valid');
const references = files('reference/valid');

/** Codes that only a source in Avro can earn: avro-source.test.ts shows each. */
const avro_codes = new Set(['not_avro', 'unknown_schema']);
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const refused = [
  ...files('refused'),
  { name: 'empty', bytes: Buffer.alloc(0) },
  { name: 'too_large', bytes: Buffer.from(`{"text":"${'x'.repeat(64 * 1024)}"}`) },
  { name: 'not_utf8', bytes: Buffer.from('{"event_id":"caf\xe9"}', 'latin1') },
  { name: 'too_deep', bytes: Buffer.from(nested(33)) },
];

describe('examples', () => {
  it.each(events)('the event "$name" is kept, and survives its encoding', ({ bytes }) => {
    const verdict = decide(bytes);
    if (verdict.kind !== 'kept' || verdict.value.kind !== 'event') throw new Error(JSON.stringify(verdict));
    const { event } = verdict.value;
    expect(event).toMatchObject({ brand_id: 'moonspoon', source_topic: topic, source_partition: 2, source_offset: 41 });
    expect(acceptedEvent.decode(acceptedEvent.encode(event))).toEqual(event);
  });

  it.each(references)('the reference record "$name" is kept, and survives its encoding', ({ name, bytes }) => {
    const verdict = decide(bytes);
    if (verdict.kind !== 'kept' || verdict.value.kind !== 'reference') throw new Error(JSON.stringify(verdict));
    const { reference } = verdict.value;
    expect(reference).toMatchObject({ kind: name, brand_id: 'moonspoon', source_offset: 41 });
    expect(referenceRecord.decode(referenceRecord.encode(reference))).toEqual(reference);
  });

  it.each(refused)('the refused record "$name" earns that code, and no other', ({ name, bytes }) => {
    expect(faultsOf(bytes).map(({ code }) => code)).toEqual([name]);
  });

  it('show every type, every kind and every code of the register', () => {
    const types = events.map(({ bytes }) => (JSON.parse(bytes.toString()) as { type: string }).type);
    expect(new Set(types)).toEqual(new Set(event_types));
    expect(references.map(({ name }) => name)).toEqual([...reference_kinds].sort());
    expect(refused.map(({ name }) => name).sort()).toEqual(
      Object.keys(reject_codes)
        .filter((code) => !avro_codes.has(code))
        .sort(),
    );
  });

  it('of what is kept show nobody', () => {
    const people = /mia|ben@|ana@|203\.0|555|20417|91ad|cooks|bakes/i;
    const public_ids = /https:\/\/moonspoon\.example\/try\S*|"(?:id|campaign_id)":"[^"]*"/g;
    for (const { name, bytes } of [...events, ...references]) {
      const verdict = decide(bytes);
      expect(JSON.stringify(verdict).replace(public_ids, ''), name).not.toMatch(people);
    }
  });
});

const click = {
  event_id: 'clk-1',
  type: 'click',
  occurred_at: '2026-10-05T09:00:00Z',
  brand_id: 'moonspoon',
  consumer_id: 'mia',
};
const counter = { ...click, type: 'like', consumer_id: undefined };
const sale = { ...click, type: 'coupon_redemption', coupon_code: 'ANA-FREE', currency: 'USD' };
const coupon = { kind: 'coupon', brand_id: 'moonspoon', id: 'k-ana', code: 'ANA-FREE' };
it('a record of a brand is that brand’s own, whatever id it came under', () => {
  const record = { kind: 'brand', brand_id: 'moonspoon', id: 'main', currency: 'USD' };
  expect(decide(bytesOf(record))).toMatchObject({ value: { reference: { kind: 'brand', id: 'moonspoon' } } });
});

it('a property and an unknown field of the same name are both kept', () => {
  const both = { ...click, properties: { till: 'inner', till_2: 'second' }, till: 'outer' };
  expect(decide(bytesOf(both))).toMatchObject({
    value: { event: { properties: { till: 'inner', till_2: 'second', till_3: 'outer' } } },
  });
});

it.each([[{ till: 'a', till_2: 'b' }], [{ till_2: 'b', till: 'a' }]])(
  'a field keeps its own name beside one that had to be numbered, in whatever order they come: %j',
  (beside) => {
    expect(decide(bytesOf({ ...click, properties: { till: 'x' }, ...beside }))).toMatchObject({
      value: { event: { properties: { till: 'x', till_2: 'b', till_3: 'a' } } },
    });
  },
);

it.each(['tel', 'home_ip', 'shop_tel', 'phone'])(
  'both are hidden when the name, %s, says that they are somebody’s',
  (name) => {
    const both = { ...click, properties: { [name]: '415 555 0000' }, [name]: '415 555 2671' };
    expect(decide(bytesOf(both))).toMatchObject({
      value: { event: { properties: { [name]: '[masked]', [`${name}_2`]: '[masked]' } } },
    });
  },
);

/** JSON text with a literal that JSON.stringify would not write. */
const spliced = (record: object, field: string, literal: string) =>
  JSON.stringify({ ...record, [field]: '@@' }).replace('"@@"', literal);

describe('bad input', () => {
  it.each<[string, unknown, string, string]>([
    ['a line that is not JSON', 'event_id,type,occurred_at', 'not_json', ''],
    ['a record that was cut short', JSON.stringify(click).slice(0, -9), 'not_json', ''],
    ['two records on one line', JSON.stringify(click).repeat(2), 'not_json', ''],
    ['a field of the wrong type', { ...click, event_id: 17 }, 'wrong_type', 'event_id'],
    ['a list where a text belongs', { ...click, post_id: ['p'] }, 'wrong_type', 'post_id'],
    ['an unknown type', { ...click, type: 'purchase' }, 'unknown_type', 'type'],
    ['a missing field', { ...click, occurred_at: undefined }, 'missing_field', 'occurred_at'],
    ['an empty field', { ...click, event_id: '' }, 'missing_field', 'event_id'],
    ['30 February', { ...click, occurred_at: '2026-02-30T10:00:00Z' }, 'bad_date', 'occurred_at'],
    ['a time without a zone', { ...click, occurred_at: '2026-10-05T10:00:00' }, 'bad_date', 'occurred_at'],
    ['seconds for milliseconds', { ...click, occurred_at: 1_791_190_800 }, 'bad_date', 'occurred_at'],
    [
      'a time ahead of its arrival',
      { ...click, occurred_at: '2026-10-08T12:10:00.001Z' },
      'date_in_future',
      'occurred_at',
    ],
    ['a line of 10 MB', `{"text":"${'x'.repeat(10_000_000)}"}`, 'too_large', ''],
    ['binary rubbish', Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 197) % 256)), 'not_utf8', ''],
    ['nesting of 10,000 levels', nested(10_000), 'too_deep', ''],
    ['33 levels of lists', spliced(click, 'deep', '['.repeat(32) + ']'.repeat(32)), 'too_deep', ''],
    ['a count too large for a long', { ...counter, count: Number.MAX_SAFE_INTEGER }, 'number_out_of_range', 'count'],
    ['an amount too large for a long', { ...sale, amount: '900719925474.0991' }, 'bad_amount', 'amount'],
    [
      'an event id that only a prototype would have',
      JSON.stringify({ ...click, event_id: undefined }).replace('{', '{"__proto__":{"event_id":"x"},'),
      'missing_field',
      'event_id',
    ],
    [
      'a handle that ends before it begins',
      {
        ...coupon,
        kind: 'influencer',
        handles: [{ platform: 'x', handle: 'ana', valid_from: 2e12, valid_to: 1e12 }],
      },
      'bad_window',
      'handles.0.valid_to',
    ],
    ['a reference record with an empty type', { ...coupon, type: null, code: 5 }, 'wrong_type', 'code'],
    ['a count beyond 2^53', spliced(counter, 'count', '9007199254740993'), 'number_out_of_range', 'count'],
    ['a count of half an action', { ...counter, count: 1.5 }, 'number_out_of_range', 'count'],
    ['a count as text', { ...counter, count: '12' }, 'wrong_type', 'count'],
    ['the amount "1,99"', { ...sale, amount: '1,99' }, 'bad_amount', 'amount'],
    ['the amount 1e400', spliced(sale, 'amount', '1e400'), 'bad_amount', 'amount'],
    ['the amount -1', { ...sale, amount: -1 }, 'bad_amount', 'amount'],
    ['the amount 0.00001', { ...sale, amount: 0.00001 }, 'bad_amount', 'amount'],
    ['an amount that is an object', { ...sale, amount: { value: 1 } }, 'bad_amount', 'amount'],
    ['an unknown currency', { ...sale, amount: 1, currency: 'XYZ' }, 'bad_currency', 'currency'],
    ['half a surrogate pair in a text', spliced(click, 'text', String.raw`"\ud800"`), 'bad_text', 'text'],
    ['half a surrogate pair in a property', spliced(click, 'mood', String.raw`"\udc00!"`), 'bad_text', 'mood'],
    ['a control character in an id', { ...click, post_id: 'p\u0000' }, 'bad_text', 'post_id'],
    ['a property beyond 2^53', spliced(click, 'big', '{"n":[12345678901234567890]}'), 'number_out_of_range', 'big.n.0'],
    ['properties that are a list', { ...click, properties: ['a'] }, 'wrong_type', 'properties'],
    ['a brand that may not send there', { ...click, brand_id: 'sunfork' }, 'tenant_not_allowed', 'brand_id'],
    ['a redemption without its code', { ...sale, currency: '', coupon_code: null }, 'missing_field', 'coupon_code'],
    ['a void of nothing', { ...sale, currency: null, status: 'voided' }, 'missing_field', 'redemption_id'],
    ['a coupon code of blanks', { ...sale, currency: null, coupon_code: '  ' }, 'bad_length', 'coupon_code'],
    [
      'a comment by nobody, even if it counts itself',
      { ...click, type: 'comment', consumer_id: null, count: 1 },
      'missing_person',
      'consumer_id',
    ],
    [
      'a reference record that ends before it begins',
      { ...coupon, valid_from: '2026-12-31T00:00:00Z', valid_to: '2026-10-01T00:00:00Z' },
      'bad_window',
      'valid_to',
    ],
    [
      'a campaign that ends when it begins',
      { ...coupon, kind: 'campaign', starts_at: 1e12, ends_at: 1e12 },
      'bad_window',
      'ends_at',
    ],
    [
      'a phone without its country',
      { ...coupon, issued_to: [{ kind: 'phone', value: '415 555' }] },
      'bad_identifier',
      'issued_to.0.value',
    ],
    [
      'a holdout of more than everybody',
      { ...coupon, kind: 'campaign', holdout_share: 1.1 },
      'number_out_of_range',
      'holdout_share',
    ],
  ])('%s is refused', (_, record, code, path) => expect(codesAndPaths(record)).toEqual([[code, path]]));

  it('that has several faults hears of all of them', () => {
    const record = {
      type: 'coupon_redemption',
      occurred_at: 'yesterday',
      brand_id: 'moonspoon',
      amount: '1,99',
      store_id: 5,
      identifiers: [
        { kind: 'handle', value: '@mia' },
        { kind: 'email', value: 'mia' },
      ],
    };
    expect(codesAndPaths(record).sort()).toEqual([
      ['amount_without_currency', 'currency'],
      ['bad_amount', 'amount'],
      ['bad_date', 'occurred_at'],
      ['bad_identifier', 'identifiers.1.value'],
      ['missing_field', 'coupon_code'],
      ['missing_field', 'event_id'],
      ['missing_platform', 'identifiers.0.platform'],
      ['wrong_type', 'store_id'],
    ]);
  });

  it('hears of what no single field says beside the faults of the fields', () => {
    const ahead = { ...sale, occurred_at: '2027-10-08T12:00:00Z', amount: 1, currency: 'XYZ' };
    expect(codesAndPaths(ahead).sort()).toEqual([
      ['bad_currency', 'currency'],
      ['date_in_future', 'occurred_at'],
    ]);
    const window = { ...coupon, code: 5, valid_from: '2026-12-31T00:00:00Z', valid_to: '2026-10-01T00:00:00Z' };
    expect(codesAndPaths(window).sort()).toEqual([
      ['bad_window', 'valid_to'],
      ['wrong_type', 'code'],
    ]);
  });

  it('hears what was found, what was expected and what to do', () => {
    expect(faultsOf({ ...sale, amount: '1,99' })[0]?.detail).toBe(
      'found "1,99", expected a decimal >= 0 with at most 4 decimals; send 1.99 or "1.99", without thousands separators',
    );
  });
});

describe('a fault shows nobody', () => {
  const [email, phone, consumer] = ['mia.lang@example.com', '+14155552671', 'consumer-20417'];
  const details = (record: unknown) =>
    faultsOf(record)
      .map(({ detail }) => detail)
      .join('\n');

  it('when columns have shifted: an IP address, a phone and an e-mail in public fields', () => {
    const shifted = { ...sale, occurred_at: '203.0.113.77', type: phone, event_id: `jane.doe.${email}` };
    const source = sourceOf(bytesOf(shifted));
    const said = JSON.stringify(rejectedOf(source, faultsOf(source.value), 'parseRecord', lookups));
    for (const secret of ['203.0.113.77', phone, 'jane', 'mia.lang']) expect(said).not.toContain(secret);
  });

  it('of a record that is wrong all over', () => {
    const found = details({
      ...sale,
      event_id: { consumer },
      type: 'purchase',
      consumer_id: `${consumer}\u0000`,
      identifiers: [
        { kind: 'email', value: `${email} ${email}` },
        { kind: 'phone', value: `${phone}/${phone}` },
        { kind: email, value: phone },
        { kind: 'handle', value: consumer },
      ],
      amount: email,
      text: [phone],
      url: 5,
      hashtags: consumer,
      [email]: '\ud800',
    });
    for (const secret of [email, phone, consumer]) expect(found).not.toContain(secret);
    expect(found.split('\n').length).toBeGreaterThan(8);
  });

  it('when a phone strays into a public field, or an e-mail into the name of one', () => {
    expect(details({ ...sale, amount: phone })).not.toContain(phone);
    expect(details({ kind: 'brand', brand_id: 'moonspoon', lookback: { [email]: '30d' } })).not.toContain(email);
    const source = sourceOf(bytesOf({ ...click, properties: { [phone]: '', [email]: 2 ** 60 } }));
    const { path } = rejectedOf(source, faultsOf(source.value), 'parseRecord', lookups).faults[0]!;
    expect(path).not.toContain('mia');
  });

  it.each(Object.keys(eventSchema.shape))('when an e-mail strays into %s', (field) => {
    for (const value of [`${email}\u0000`, [email], { [email]: email }, `${email}\ud800`]) {
      const verdict = decide({ ...sale, [field]: value });
      if (verdict.kind === 'rejected') expect(JSON.stringify(verdict.faults)).not.toContain('mia.lang');
      else expect(JSON.stringify(verdict)).not.toContain(email);
    }
  });
});

describe('a reference record', () => {
  it('shows nobody in fields its kind does not know', () => {
    const contact = { email: 'mia.lang@example.com', note: 'call +1 415 555 2671', handle: 'mia' };
    for (const field of ['issued_to', 'handles', 'contact', 'e_mail']) {
      const verdict = decide({
        kind: 'store',
        brand_id: 'moonspoon',
        id: 's',
        [field]: [contact, 'mia.lang@example.com'],
      });
      expect(verdict.kind).toBe('kept');
      expect(JSON.stringify(verdict)).not.toMatch(/mia|555/);
    }
  });
});

describe('a refused record', () => {
  const refuse = (record: unknown) => {
    const source = sourceOf(bytesOf(record));
    const verdict = ingest.decide(source, lookups);
    if (verdict.kind !== 'rejected') throw new Error(`expected a refusal, it was ${verdict.kind}`);
    return rejectedOf(source, verdict.faults, verdict.step, lookups);
  };

  it.each(refused)('keeps its bytes sealed for its brand: $name', ({ bytes }) => {
    const record = refuse(bytes);
    expect(keys.open(record.brand_id, record.sealed)).toEqual(bytes);
    if (bytes.length > 0) expect(record.sealed.includes(bytes)).toBe(false);
    expect(rejectedRecord.decode(rejectedRecord.encode(record))).toEqual(record);
  });

  it('says where it came from and which step refused it', () => {
    expect(refuse({ ...click, type: 'purchase' })).toMatchObject({
      source_topic: topic,
      source_partition: 2,
      source_offset: 41,
      source_at: Date.parse('2026-10-08T12:00:00Z'),
      brand_id: 'moonspoon',
      event_id: 'clk-1',
      type: 'purchase',
      service: 'ingest',
      step: 'parseRecord',
      faults: [{ code: 'unknown_type', path: 'type' }],
    });
  });

  it('is named by what its text begins with when it was cut short', () => {
    expect(refuse(JSON.stringify(click).slice(0, 60))).toMatchObject({
      event_id: 'clk-1',
      type: 'click',
      step: 'decodeValue',
    });
  });

  it("never lands in another brand's queue", () => {
    expect(refuse({ ...click, brand_id: 'sunfork' }).brand_id).toBe('moonspoon');
    const two = { keys, sources: new Map([[topic, { brand_ids: ['moonspoon', 'acme'] }]]) };
    const source = sourceOf(bytesOf({ ...click, brand_id: 'sunfork' }));
    expect(rejectedOf(source, [], 'checkTenant', two).brand_id).toBe('');
  });
});

describe('whatever arrives', () => {
  const judged = (value: Buffer): void => {
    const source = sourceOf(value);
    const verdict = ingest.decide(source, lookups);
    if (verdict.kind === 'kept') {
      const { value: found } = verdict;
      if (found.kind === 'event') acceptedEvent.encode(found.event);
      else referenceRecord.encode(found.reference);
      return;
    }
    if (verdict.kind !== 'rejected') throw new Error(`ingest drops nothing, it was ${verdict.kind}`);
    expect(verdict.faults.length).toBeGreaterThan(0);
    for (const { code } of verdict.faults) expect(Object.keys(reject_codes)).toContain(code);
    const record = rejectedOf(source, verdict.faults, verdict.step, lookups);
    expect(rejectedRecord.decode(rejectedRecord.encode(record))).toEqual(record);
    expect(keys.open(record.brand_id, record.sealed).equals(value)).toBe(true);
  };

  it('bytes get a verdict and are either encoded or sealed', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => judged(Buffer.from(bytes))));
  });

  it('a valid record with any field replaced by anything gets one too', () => {
    const records = [...events, ...references].map(({ bytes }) => JSON.parse(bytes.toString()) as object);
    const fields = [...new Set([...records.flatMap(Object.keys), ...Object.keys(eventSchema.shape)])];
    const stray = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.maxSafeInteger(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...records), fc.constantFrom(...fields), stray, (record, field, value) => {
        judged(bytesOf({ ...record, [field]: value }));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what many systems send is taken as it is meant', () => {
  it.each([
    ['a validity without an end', { ...coupon, valid_to: '9999-12-31T23:59:59Z' }],
    [
      'a handle without an end',
      { ...coupon, kind: 'influencer', handles: [{ platform: 'x', handle: 'ana', valid_to: null }] },
    ],
    [
      'a cost of nobody',
      { ...coupon, kind: 'campaign', costs: [{ kind: 'fee', amount: 1, currency: 'CHE', influencer_id: null }] },
    ],
    ['a look-back that leaves one open', { ...coupon, kind: 'brand', lookback: { click: '3d', like: null } }],
    ['an identifier that names nobody', { ...click, identifiers: [{ kind: 'email', value: '', platform: '' }] }],
  ])('%s', (_, record) => expect(decide(record).kind).toBe('kept'));

  it('two people to be kept apart must be two', () => {
    const identifiers = [
      { kind: 'loyalty_id', value: '0' },
      { kind: 'loyalty_id', value: '7' },
    ];
    expect(codesAndPaths({ ...coupon, kind: 'separation', identifiers })).toEqual([['bad_identifier', 'identifiers']]);
  });
});
