/** Two brands that did the same, through the real pipeline into the real engine, and the read API upon it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createKey, keyedAccess, openAccess } from '../../services/dashboard/access.ts';
import { own_hosts } from '../../services/dashboard/front.ts';
import { type DashboardParts, openDashboard } from '../../services/dashboard/server.ts';
import { type Telemetry, telemetryTo } from '../../services/platform/telemetry.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { cli, scratch } from './cli.ts';

const user_agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';
const at = (day: number): string => `2026-10-${String(day).padStart(2, '0')}T10:00:00Z`;
const zoe = { kind: 'consumer_id', value: 'zoe' };
const card = { kind: 'loyalty_id', value: 'card' };

/** Every id but event ids names its brand, so that a row of the other brand is seen at once. */
function recordsOf(brand_id: string): object[] {
  const [influencer_id, campaign_id] = [`fay-of-${brand_id}`, `launch-of-${brand_id}`];
  const click = { brand_id, type: 'click', influencer_id, user_agent };
  const sale = {
    brand_id,
    event_id: 'R',
    type: 'coupon_redemption',
    occurred_at: at(9),
    consumer_id: 'p1',
    identifiers: [card],
  };
  return [
    {
      brand_id,
      kind: 'brand',
      id: brand_id,
      name: `The ${brand_id}`,
      currency: 'USD',
      time_zone: 'America/Los_Angeles',
    },
    { brand_id, kind: 'influencer', id: influencer_id, relationship: 'friend', followers: 300 },
    { brand_id, kind: 'campaign', id: campaign_id, costs: [{ kind: 'fee', amount: '5', currency: 'USD' }] },
    { brand_id, kind: 'coupon', id: 'k', code: 'FAY', use: 'shared', influencer_id, campaign_id },
    { brand_id, kind: 'distribution', id: 'd', campaign_id, identifiers: [zoe], at: at(1) },
    { brand_id, kind: 'person', id: 'zoe', identifiers: [zoe, card] },
    {
      brand_id,
      kind: 'post_snapshot',
      id: 's',
      post_id: 'post',
      influencer_id,
      at: at(3),
      reach: 10,
      views: 20,
      impressions: 30,
    },
    ...Array.from({ length: 25 }, (_, i) => ({
      ...click,
      event_id: `c${i}`,
      occurred_at: at(1 + (i % 5)),
      consumer_id: `p${i % 7}`,
      campaign_id,
    })),
    { ...click, event_id: 'c0', occurred_at: at(2), consumer_id: 'p0' },
    { ...sale, coupon_code: 'FAY', amount: '10', currency: 'USD', store_id: 's', product_id: 'x' },
    { brand_id, event_id: 'broken', type: 'click', occurred_at: 'yesterday' },
  ];
}

/** Arrives after the redemption was settled, and moves its credit. */
const lateOf = (brand_id: string): object => ({
  brand_id,
  event_id: 'late',
  type: 'comment',
  occurred_at: at(8),
  consumer_id: 'p1',
  influencer_id: `lea-of-${brand_id}`,
  text: '=HYPERLINK("http://evil.example"), "so", she said\nand so on',
});

export interface Asked {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger's program gets
  body: any;
}

export interface DashboardWorld {
  warehouse: Warehouse;
  telemetry: Telemetry;
  open: FastifyInstance;
  keyed: FastifyInstance;
  key: Record<'acme' | 'moon' | 'all' | 'gone', string>;
  /** Lets time pass for who remembers keys. */
  pass(ms: number): void;
  get(path: string, as?: keyof DashboardWorld['key'], headers?: Record<string, string>): Promise<Asked>;
  another(parts: Partial<DashboardParts>): Promise<FastifyInstance>;
  close(): Promise<void>;
}

export async function openDashboardWorld(): Promise<DashboardWorld> {
  const home = scratch();
  const data = join(home.path, 'data');
  for (const records of [
    [...recordsOf('acme'), ...recordsOf('moon')],
    [lateOf('acme'), lateOf('moon')],
  ]) {
    const file = join(home.path, 'events.ndjson');
    writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const done = await cli(['run', file, '--data', data]);
    if (done.code !== 0) throw new Error(done.stderr);
  }
  const warehouse = await openWarehouse({ directory: join(data, 'warehouse'), database: 'grapevine' });
  const make = async (brand: string, name: string) => (await createKey(warehouse, brand, name, 1_000)).key;
  const key = {
    acme: await make('acme', 'acme'),
    moon: await make('moon', 'moon'),
    all: await make('*', 'all'),
    gone: await make('acme', 'gone'),
  };
  const page = join(home.path, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Grapevine</title>');
  writeFileSync(join(page, 'assets', 'main-abc.js'), '');
  let clock = 0;
  const telemetry = telemetryTo(pino({ level: 'silent' }));
  const parts = { warehouse, database: 'grapevine', page, telemetry, now: () => Date.now() };
  const another = (more: Partial<DashboardParts>): Promise<FastifyInstance> =>
    openDashboard({ ...parts, access: openAccess, hosts: own_hosts, ...more });
  const open = await another({});
  const access = keyedAccess(warehouse, () => clock);
  const keyed = await another({ access, hosts: null, probes: true });
  return {
    warehouse,
    telemetry,
    open,
    keyed,
    key,
    another,
    pass: (ms) => {
      clock += ms;
    },
    async get(path, as, headers = {}) {
      const authorization: Record<string, string> = as ? { authorization: `Bearer ${key[as]}` } : {};
      const answer = await (as ? keyed : open).inject({
        url: `/api/v1/${path}`,
        headers: { host: '127.0.0.1:1', ...authorization, ...headers },
      });
      const json = /json/.test(String(answer.headers['content-type'])) && answer.body !== '';
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        body: json ? answer.json() : null,
      };
    },
    async close() {
      await open.close();
      await keyed.close();
      await warehouse.close();
      home.remove();
    },
  };
}
