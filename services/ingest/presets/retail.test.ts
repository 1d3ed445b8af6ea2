import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AcceptedEvent } from '../../../schemas/generated/accepted_event.ts';
import type { ReferenceRecord } from '../../../schemas/generated/reference_record.ts';
import { allOf, ingested, keptOf } from '../../../test/support/events.ts';
import { readPreset } from './register.ts';

const fixture = resolve(import.meta.dirname, '../../../test/fixtures/retail');
const folder = mkdtempSync(join(tmpdir(), 'grapevine-retail-'));
afterAll(() => rmSync(folder, { recursive: true }));

const events: AcceptedEvent[] = [];
const references: ReferenceRecord[] = [];
beforeAll(async () => {
  const records = readPreset('retail', [fixture], 'grocer');
  for (const side of [records.references, records.events])
    for await (const record of side) {
      const value = keptOf(ingested(record));
      if (value.kind === 'event') events.push(value.event);
      else references.push(value.reference);
    }
});

const ofKind = (kind: string) => references.filter((reference) => reference.kind === kind);
const reference = (kind: string, id: string) => {
  const { source_at, source_offset, source_partition, source_topic, body, ...found } = references.find(
    (record) => record.kind === kind && record.id === id,
  )!;
  return { ...found, ...JSON.parse(body) };
};
const event = (event_id: string) => events.find((found) => found.event_id === event_id)!;

describe('the file of a retailer', () => {
  it('becomes 734 redemptions, the brand, 23 campaigns, 415 products and 3,915 distributions, all of them accepted', () => {
    expect(events).toHaveLength(734);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(734);
    const counts = ['brand', 'campaign', 'product', 'distribution'].map((kind) => ofKind(kind).length);
    expect(counts).toEqual([1, 23, 415, 3_915]);
    expect(references).toHaveLength(1 + 23 + 415 + 3_915);
  });

  it('gives each campaign the numbers of the truth beside it', () => {
    const [head, ...lines] = readFileSync(join(fixture, 'expected.csv'), 'utf8').trim().split('\n');
    const found = lines.map((line) => {
      const campaign_id = line.split(',')[0]!;
      const own = events.filter((e) => e.campaign_id === campaign_id);
      const sales_e4 = own.reduce((sum, e) => sum + (e.amount_e4 ?? 0), 0);
      const households = new Set(own.map((e) => e.identifiers[0]!.pseudonym)).size;
      const distributed = ofKind('distribution').filter((r) => JSON.parse(r.body).campaign_id === campaign_id).length;
      const priced = own.filter((e) => e.amount_e4 !== null).length;
      return [campaign_id, own.length, priced, sales_e4 / 10_000, households, distributed, own.length / distributed];
    });
    expect(head).toBe('campaign_id,redemptions,priced,sales,households,distributed,redemption_rate');
    expect(found).toEqual(lines.map((line) => line.split(',')).map(([id, ...numbers]) => [id, ...numbers.map(Number)]));
    expect(new Set(events.map((e) => e.campaign_id)).size).toBe(lines.length);
  });

  it('keeps every field of a row in its place', () =>
    expect(event('RD00002')).toMatchObject({
      type: 'coupon_redemption',
      brand_id: 'grocer',
      redemption_id: 'RD00002',
      status: 'redeemed',
      occurred_at: Date.UTC(2017, 0, 1, 16, 58, 48),
      identifiers: [{ kind: 'loyalty_id', platform: '' }],
      coupon_code: '51380041313',
      campaign_id: 'CJ26',
      store_id: 'ST438',
      transaction_id: '31198980681',
      product_id: '9194206',
      quantity: 2,
      amount_e4: 42_800,
      discount_e4: 0,
      currency: 'USD',
      properties: {},
    }));

  it('takes an empty field for absent, and 0.00 for a price', () => {
    const absent = { store_id: null, transaction_id: null, product_id: null, quantity: null, amount_e4: null };
    expect(event('RD00001')).toMatchObject({ ...absent, discount_e4: null, currency: null, properties: {} });
    for (const found of events) expect(Object.values(found)).not.toContain('');
    expect(events.some((found) => found.amount_e4 === 0)).toBe(true);
    expect(events.every((found) => (found.amount_e4 === null) === (found.currency === null))).toBe(true);
  });

  it('lets a campaign run from its first day to the end of its last, in UTC', () =>
    expect(reference('campaign', 'CJ1')).toMatchObject({
      starts_at: Date.UTC(2017, 2, 3),
      ends_at: Date.UTC(2017, 3, 10),
      campaign_type: 'Type B',
    }));

  it('hands the coupon to a household at the start of the campaign, under the name the redemption gives it', () => {
    const { identifiers } = event('RD00002');
    const row = { campaign_id: 'CJ26', at: Date.UTC(2016, 11, 28), identifiers };
    expect(reference('distribution', 'CJ26/HH1029')).toMatchObject(row);
  });

  it('keeps what it does not know of a product', () =>
    expect(reference('product', '819063')).toMatchObject({
      name: 'MAINSTREAM',
      category: 'PASTA SAUCE',
      department: 'GROCERY',
      package_size: '26 OZ',
    }));
});

describe('a file alone', () => {
  const head = 'redemption_id,loyalty_id,coupon_code,campaign_id,redeemed_at';
  const verdictsOf = async (text: string) => {
    const file = join(folder, 'redemptions.csv');
    writeFileSync(file, text);
    const { events: rows } = readPreset('retail', [file], 'grocer');
    return (await allOf(rows)).map((row) => ({ row, verdict: ingested(row) }));
  };

  it('needs no other files beside it', async () => {
    const [only] = await verdictsOf(`${head}\nR1,HH1,X,,2017-01-01T12:00:00Z\n`);
    expect(keptOf(only!.verdict)).toMatchObject({ event: { event_id: 'R1', campaign_id: null } });
    const { references: beside } = readPreset('retail', [join(folder, 'redemptions.csv')], 'grocer');
    expect((await allOf(beside)).map((record) => (record as { kind: string }).kind)).toEqual(['brand']);
  });

  it('has rows of one redemption that say what came of it: each an event of its own, the same when sent again', async () => {
    const rows = [
      'R1,X,2017-01-01T12:00:00Z,redeemed,20',
      'R1,X,2017-01-02T12:00:00Z,returned,5',
      'R1,X,2017-01-03T12:00:00Z,returned,6',
      'R1,X,2017-01-03T12:00:00Z,voided,',
      'R2,X,2017-01-03T12:00:00Z,,3',
    ].map((row) => `${row},${row.endsWith(',') ? '' : 'USD'}\n`);
    const file = `redemption_id,coupon_code,redeemed_at,status,amount,currency\n${rows.join('')}`;
    const told = async () =>
      (await verdictsOf(file)).map(({ verdict }) => {
        const kept = keptOf(verdict);
        return kept.kind === 'event'
          ? [kept.event.event_id.replace(/\/[0-9a-f]{12}$/, '/…'), kept.event.redemption_id, kept.event.status]
          : [];
      });
    expect(await told()).toEqual([
      ['R1', 'R1', 'redeemed'],
      ['R1/returned/2017-01-02T12:00:00Z/…', 'R1', 'returned'],
      ['R1/returned/2017-01-03T12:00:00Z/…', 'R1', 'returned'],
      ['R1/voided/2017-01-03T12:00:00Z', 'R1', 'voided'],
      ['R2', 'R2', 'redeemed'],
    ]);
    expect(await told()).toEqual(await told());
  });

  describe('returns of one moment', () => {
    const header = 'redemption_id,coupon_code,redeemed_at,status,currency,product_id,amount,exported_at\n';
    const line = (product: string, amount: string, exported = 'd1') =>
      `R1,X,2017-01-03T00:00:00Z,returned,USD,${product},${amount},${exported}\n`;
    const idsOf = async (...rows: string[]) =>
      (await verdictsOf(header + rows.join(''))).map(
        ({ verdict }) => (keptOf(verdict) as { event: AcceptedEvent }).event.event_id,
      );
    const [one, two, of_p1, of_p2] = [line('', '1'), line('', '2'), line('p1', '5'), line('p2', '5')];

    it('are each their own, by what they say came back', async () => {
      const ids = await idsOf(one, two, of_p1, of_p2);
      expect(new Set(ids).size).toBe(4);
      for (const id of ids) expect(id).toMatch(/^R1\/returned\/2017-01-03T00:00:00Z\/[0-9a-f]{12}$/);
    });

    it('keep their names in files of another order, and in files that bring some of them', async () => {
      const [first, second] = await idsOf(one, two);
      expect(await idsOf(two, of_p1, one)).toEqual([second, (await idsOf(of_p1))[0], first]);
      expect(await idsOf(two)).toEqual([second]);
    });

    it('are the same return when a column that does not say what came back differs', async () => {
      const ids = await idsOf(one, line('', '1', 'd2'));
      expect(ids[1]).toBe(ids[0]);
    });

    it.each([
      ['5', '5.00'],
      ['0.5', '0.50'],
    ])('are the same return when the amount is written in another way: %j and %j', async (amount, other) => {
      const ids = await idsOf(line('p1', amount), line('p1', other));
      expect(ids[1]).toBe(ids[0]);
    });

    it('are told apart by their return_id where the file has one, and the lines of one return by what they say', async () => {
      const rows = ['RT1,,5', 'RT2,,5', 'RT3,p1,5', 'RT3,p2,5', 'RT3,p1,7', 'RT3,p1,5.00'].map(
        (row) => `R1,X,2017-01-03T00:00:00Z,returned,USD,${row}\n`,
      );
      const told = await verdictsOf(
        `redemption_id,coupon_code,redeemed_at,status,currency,return_id,product_id,amount\n${rows.join('')}`,
      );
      const ids = told.map(({ row }) => (row as { event_id: string }).event_id);
      expect(ids.map((id) => id.replace(/[0-9a-f]{12}$/, '…'))).toEqual([
        'R1/returned/RT1/…',
        'R1/returned/RT2/…',
        ...Array(4).fill('R1/returned/RT3/…'),
      ]);
      expect(new Set(ids).size).toBe(5);
      expect(ids[5]).toBe(ids[2]);
    });

    it.each([
      ['2017-01-03T00:00:00Z', 'USD'],
      ['2017-01-03T00:00:00.000Z', 'usd'],
      ['2017-01-03T01:00:00+01:00', 'Usd'],
    ])('are the same return however its time and currency are written: %s %s', async (at, currency) => {
      const [again] = await idsOf(`R1,X,${at},returned,${currency},p1,5,d1\n`);
      expect(again).toBe((await idsOf(of_p1))[0]);
    });

    it('are the same return whether a column is empty or not there', async () => {
      const idOf = async (columns: string, row: string) =>
        (await verdictsOf(`redemption_id,coupon_code,redeemed_at,status${columns}\n${row}\n`)).map(
          ({ row: told }) => (told as { event_id: string }).event_id,
        );
      const all = 'R1,X,2017-01-03T00:00:00Z,returned';
      expect(await idOf(',product_id,quantity,amount,currency,transaction_id', `${all},,,,,`)).toEqual(
        await idOf('', all),
      );
    });

    it('keep their names when a later file says more of the shop', async () => {
      const rows = 'R1,X,2017-01-03T00:00:00Z,returned,USD,p1,5,S7\n';
      const [told] = await verdictsOf(
        `redemption_id,coupon_code,redeemed_at,status,currency,product_id,amount,store_id\n${rows}`,
      );
      expect((told!.row as { event_id: string }).event_id).toBe((await idsOf(of_p1))[0]);
    });

    it('are one when they say the same: a row that comes again is not another', async () => {
      const ids = await idsOf(two, two);
      expect(ids[0]).toBe(ids[1]);
    });
  });

  it('has a row without loyalty id redeemed by nobody', async () => {
    const [only] = await verdictsOf(`${head}\nR1,,X,CJ1,2017-01-01T12:00:00Z\n`);
    expect(keptOf(only!.verdict)).toMatchObject({ event: { identifiers: [] } });
  });

  it.each([
    ['with too few columns', 'R9,HH9,X', 'R9,HH9,X'],
    ['with too many columns', 'R9,HH9,X,CJ1,2017-01-01T12:00:00Z,1', '2017-01-01T12:00:00Z,1'],
    ['without a code', 'R9,HH9,,CJ1,2017-01-01T12:00:00Z', 'HH9'],
    ['with a broken date', 'R9,HH9,X,CJ1,01/02/2017', '01/02/2017'],
  ])('has a row %s refused, kept as it came, and the next one read', async (_, line, kept) => {
    const [broken, next, ...more] = await verdictsOf(`${head}\n${line}\nR2,HH2,X,CJ1,2017-01-02T12:00:00Z\n`);
    expect(broken!.verdict).toMatchObject({ kind: 'rejected', step: 'parseRecord' });
    expect(JSON.stringify(broken!.row)).toContain(kept);
    expect(keptOf(next!.verdict)).toMatchObject({ event: { event_id: 'R2' } });
    expect(more).toEqual([]);
  });
});

it('says what it expects when the file is not there, or the preset', () => {
  expect(() => readPreset('retail', [join(folder, 'none')], 'grocer')).toThrow(/expects one existing directory/);
  expect(() => readPreset('retail', [fixture, fixture], 'grocer')).toThrow(/expects one existing directory/);
  expect(() => readPreset('retail', [join(fixture, '..')], 'grocer')).toThrow(/expects redemptions\.csv in/);
  expect(() => readPreset('toString', [fixture], 'grocer')).toThrow(/no preset is called toString; there are: retail/);
});
