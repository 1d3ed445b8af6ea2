/** A source topic in Avro, its schemas in a registry: through ingest's own service, with the log and the registry faked. */
import avsc from 'avsc';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { acceptedEvent, rejectedRecord } from '../../schemas/codec.ts';
import { topicNames } from '../../schemas/topics.ts';
import type { EventLog, LogRecord, OutgoingRecord } from '../platform/event-log/port.ts';
import { openKeys } from '../platform/keys.ts';
import { RegistryUnavailable, type SchemaRegistry } from '../platform/registry.ts';
import { telemetryTo } from '../platform/telemetry.ts';
import { ingestService } from './main.ts';

const schema: avsc.Schema = {
  type: 'record',
  name: 'ShopEvent',
  fields: [
    { name: 'event_id', type: 'string' },
    { name: 'type', type: 'string' },
    { name: 'occurred_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'brand_id', type: 'string' },
    { name: 'consumer_id', type: ['null', 'string'], default: null },
    {
      name: 'till',
      type: ['null', { type: 'record', name: 'Till', fields: [{ name: 'lane', type: 'int' }] }],
      default: null,
    },
  ],
};
const type = avsc.Type.forSchema(schema, { wrapUnions: 'never' });
const topics = topicNames('engagement.');

const wire = (id: number, value: unknown): Buffer => {
  const body = type.toBuffer(value);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, body]);
};
const event = {
  event_id: 'e1',
  type: 'like',
  occurred_at: Date.UTC(2026, 9, 1),
  brand_id: 'acme',
  consumer_id: 'jo',
  till: { lane: 3 },
};

async function sent(values: Buffer[], registry: SchemaRegistry | null): Promise<OutgoingRecord[]> {
  const out: OutgoingRecord[] = [];
  const log = { produce: async (records: OutgoingRecord[]) => void out.push(...records) } as unknown as EventLog;
  const lookups = {
    keys: openKeys(Buffer.alloc(32, 7)),
    sources: new Map([['shop', { brand_ids: ['acme'], format: 'avro' as const }]]),
  };
  const service = ingestService({
    log,
    telemetry: telemetryTo(pino({ level: 'silent' })),
    topics,
    lookups,
    registry,
    batch_records: 10,
  });
  const records: LogRecord[] = values.map((value, offset) => ({
    topic: 'shop',
    partition: 0,
    offset,
    timestamp: Date.UTC(2026, 10, 1),
    key: null,
    value,
  }));
  await service.work({ topic: 'shop', partition: 0, records, name: 'b', replayed: false, fence: () => undefined });
  return out;
}
const registry = (schemas: Record<number, unknown>): SchemaRegistry => ({
  schemaOf: async (id) => (schemas[id] === undefined ? null : JSON.stringify(schemas[id])),
  register: async () => 'present',
});
const codes = (record: OutgoingRecord) => rejectedRecord.decode(record.value).faults.map(({ code }) => code);

describe('a source in Avro', () => {
  it('is read by the writer’s schema; unknown fields are kept', async () => {
    const [record] = await sent([wire(7, event)], registry({ 7: schema }));
    expect(record!.topic).toBe(topics.accepted);
    expect(acceptedEvent.decode(record!.value)).toMatchObject({
      event_id: 'e1',
      type: 'like',
      brand_id: 'acme',
      occurred_at: event.occurred_at,
      properties: { till: '{"lane":3}' },
    });
  });
  it('refuses what is not Avro, what is cut short and what names an unknown schema, each with its code, and goes on', async () => {
    const records = await sent(
      [Buffer.from('{"event_id":"x"}'), wire(7, event).subarray(0, 12), wire(9, event), wire(7, event)],
      registry({ 7: schema }),
    );
    expect(records.map(({ topic }) => topic)).toEqual([
      topics.rejected,
      topics.rejected,
      topics.rejected,
      topics.accepted,
    ]);
    expect(records.slice(0, 3).map(codes)).toEqual([['not_avro'], ['not_avro'], ['unknown_schema']]);
  });
  it.each([
    ['Protobuf', 'syntax = "proto3"; message A { string id = 1; }'],
    ['JSON Schema', { type: 'object', properties: {} }],
    ['Avro that needs another schema', { type: 'record', name: 'A', fields: [{ name: 'b', type: 'com.acme.Shared' }] }],
  ])('refuses what is written under %s, and goes on', async (_, foreign) => {
    const records = await sent([wire(8, event), wire(7, event)], registry({ 7: schema, 8: foreign }));
    expect(records.map(({ topic }) => topic)).toEqual([topics.rejected, topics.accepted]);
    expect(codes(records[0]!)).toEqual(['not_avro']);
  });
  it.each([
    ['Protobuf', 'syntax = "proto3"; message A { string id = 1; }', 'schema 8 is no Avro, or needs other schemas'],
    ['another schema than it names', { type: 'record', name: 'A', fields: [] }, 'a body of schema 8'],
  ])('says of a value under %s what is wrong', async (_, foreign, said) => {
    const [record] = await sent([wire(8, event)], registry({ 8: foreign }));
    expect(rejectedRecord.decode(record!.value).faults[0]!.detail).toContain(said);
  });
  describe('with what other writers use', () => {
    /** The record that comes out of a value with these fields instead of, and beside, those above. */
    const read = async (fields: Record<string, unknown>, value: object) => {
      const other = schema.fields.filter(({ name }) => !(name in fields));
      const own = Object.entries(fields).map(([name, of]) => ({ name, type: of }));
      const written = { type: 'record', name: 'Other', fields: [...other, ...own] } as avsc.Schema;
      const body = avsc.Type.forSchema(written, { wrapUnions: 'always' }).toBuffer({
        ...event,
        consumer_id: { string: 'jo' },
        till: null,
        ...value,
      });
      const [record] = await sent([Buffer.concat([wire(7, event).subarray(0, 5), body])], registry({ 7: written }));
      return record!.topic === topics.accepted ? acceptedEvent.decode(record!.value) : codes(record!);
    };
    const decimal = { logicalType: 'decimal', precision: 12 };
    const bytes = { type: 'bytes', ...decimal, scale: 2 };
    const sale = (amount: object | null) => ({
      type: 'coupon_redemption',
      coupon_code: 'OPEN',
      redemption_id: 'r1',
      currency: 'USD',
      amount,
    });
    const sold = (amount: unknown) => ({
      coupon_code: 'string',
      redemption_id: 'string',
      currency: { type: 'enum', name: 'Currency', symbols: ['EUR', 'USD'] },
      amount,
    });
    it.each<[string, unknown, object, number]>([
      ['bytes', bytes, Buffer.from([0x04, 0xd3]), 123_500],
      ['bytes or null', ['null', bytes], { bytes: Buffer.from([0x00, 0xff]) }, 25_500],
      ['no bytes at all', bytes, Buffer.alloc(0), 0],
      [
        'four bytes, of more places than are counted',
        { type: 'fixed', name: 'Money', size: 4, ...decimal, scale: 6 },
        Buffer.from([0x00, 0xbc, 0x9d, 0x28]),
        123_610,
      ],
    ])('reads an amount of logical type decimal in %s', async (_, of, amount, amount_e4) => {
      expect(await read(sold(of), sale(amount))).toMatchObject({ amount_e4 });
    });
    it('refuses a negative amount of logical type decimal as what it is', async () => {
      expect(await read(sold(bytes), sale(Buffer.from([0xff])))).toEqual(['bad_amount']);
    });
    it('reads times in microseconds', async () => {
      const occurred_at = event.occurred_at * 1_000 + 999;
      expect(
        await read({ occurred_at: { type: 'long', logicalType: 'timestamp-micros' } }, { occurred_at }),
      ).toMatchObject({ occurred_at: event.occurred_at });
    });
    it('reads a field that may hold one of several numbers, or a text or a symbol', async () => {
      const kind = { type: 'enum', name: 'Kind', symbols: ['till', 'web'] };
      expect(
        await read(
          {
            lane: ['null', 'int', 'double'],
            kind: ['string', kind],
            weights: { type: 'array', items: ['int', 'double'] },
          },
          { lane: { double: 1.5 }, kind: { Kind: 'web' }, weights: [{ int: 1 }, { double: 0.5 }] },
        ),
      ).toMatchObject({ properties: { lane: '1.5', kind: 'web', weights: '[1,0.5]' } });
    });
  });
  it('asks once for an id that the registry does not know, however many records of a batch name it', async () => {
    let asked = 0;
    const empty: SchemaRegistry = {
      schemaOf: async () => {
        asked++;
        return null;
      },
      register: async () => 'present',
    };
    const records = await sent(Array<Buffer>(100).fill(wire(9, event)), empty);
    expect(records.every(({ topic }) => topic === topics.rejected)).toBe(true);
    expect(asked).toBe(1);
  });
  it('waits when the registry does not answer: nothing is refused', async () => {
    const down: SchemaRegistry = {
      schemaOf: async () => {
        throw new RegistryUnavailable('down');
      },
      register: async () => 'present',
    };
    await expect(sent([wire(7, event)], down)).rejects.toMatchObject({ retriable: true });
  });
  it('without a registry stops with what to do', async () => {
    await expect(sent([wire(7, event)], null)).rejects.toThrow('set SCHEMA_REGISTRY_URL');
  });
});
