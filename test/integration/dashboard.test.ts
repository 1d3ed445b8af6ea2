/** The read API on the real engine: the views as they are, one brand a key, and nothing else by any trick. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey, keyedAccess, listKeys, openAccess, revokeKey } from '../../services/dashboard/access.ts';
import { readable } from '../../services/dashboard/catalogue.ts';
import { asksForPage, own_hosts } from '../../services/dashboard/front.ts';
import { openDashboard } from '../../services/dashboard/server.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { cli, scratch } from '../support/cli.ts';

const home = scratch();
const data = join(home.path, 'data');
let warehouse: Warehouse;
let open: FastifyInstance;
let keyed: FastifyInstance;
let clock = 0;
const key = { acme: '', moon: '', all: '', gone: '' };

const user_agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';
const at = (day: number): string => `2026-10-${String(day).padStart(2, '0')}T10:00:00Z`;
const recordsOf = (brand_id: string): object[] => [
  { brand_id, kind: 'brand', id: brand_id, name: `The ${brand_id}`, currency: 'USD', time_zone: 'America/Los_Angeles' },
  { brand_id, kind: 'influencer', id: `fay-of-${brand_id}`, relationship: 'friend', followers: 300 },
  { brand_id, kind: 'campaign', id: `launch-of-${brand_id}`, costs: [{ kind: 'fee', amount: '5', currency: 'USD' }] },
  {
    brand_id,
    kind: 'coupon',
    id: 'k',
    code: 'FAY',
    use: 'shared',
    influencer_id: `fay-of-${brand_id}`,
    campaign_id: `launch-of-${brand_id}`,
  },
  {
    brand_id,
    kind: 'distribution',
    id: 'd',
    campaign_id: `launch-of-${brand_id}`,
    identifiers: [{ kind: 'consumer_id', value: 'zoe' }],
    at: at(1),
  },
  ...Array.from({ length: 25 }, (_, i) => ({
    brand_id,
    event_id: `c${i}`,
    type: 'click',
    occurred_at: at(1 + (i % 5)),
    consumer_id: `p${i % 7}`,
    influencer_id: `fay-of-${brand_id}`,
    campaign_id: `launch-of-${brand_id}`,
    user_agent,
  })),
  {
    brand_id,
    event_id: 'c0',
    type: 'click',
    occurred_at: at(2),
    consumer_id: 'p0',
    influencer_id: `fay-of-${brand_id}`,
    user_agent,
  },
  {
    brand_id,
    event_id: 'R',
    type: 'coupon_redemption',
    occurred_at: at(9),
    consumer_id: 'p1',
    coupon_code: 'FAY',
    amount: '10',
    currency: 'USD',
    store_id: 's',
    product_id: 'x',
  },
  { brand_id, event_id: 'broken', type: 'click', occurred_at: 'yesterday' },
];

beforeAll(async () => {
  const file = join(home.path, 'events.ndjson');
  writeFileSync(
    file,
    [...recordsOf('acme'), ...recordsOf('moon')].map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  expect((await cli(['run', file, '--data', data])).code).toBe(0);
  warehouse = await openWarehouse({ directory: join(data, 'warehouse'), database: 'grapevine' });
  for (const [name, brand] of [
    ['acme', 'acme'],
    ['moon', 'moon'],
    ['all', '*'],
    ['gone', 'acme'],
  ] as const)
    key[name] = (await createKey(warehouse, brand, name, 1_000)).key;
  const page = join(home.path, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Grapevine</title>');
  const parts = { warehouse, database: 'grapevine', page, now: () => Date.now() };
  open = await openDashboard({ ...parts, access: openAccess, hosts: own_hosts });
  keyed = await openDashboard({
    ...parts,
    access: keyedAccess(warehouse, () => clock),
    hosts: null,
    probes: true,
    most_requests: 2_000,
  });
}, 120_000);
afterAll(async () => {
  await open?.close();
  await keyed?.close();
  await warehouse?.close();
  home.remove();
});

interface Body {
  rows: Record<string, unknown>[];
  next_offset: number | null;
  as_of: string;
  sql: string;
  field?: string;
  expected?: string;
  detail?: string;
}
async function get(path: string, as?: keyof typeof key, headers: Record<string, string> = {}) {
  const app = as ? keyed : open;
  const response = await app.inject({
    url: `/api/v1/${path}`,
    headers: { host: '127.0.0.1:1', ...(as ? { authorization: `Bearer ${key[as]}` } : {}), ...headers },
  });
  const json =
    /json/.test(String(response.headers['content-type'])) && response.body ? (response.json() as Body) : null;
  return { status: response.statusCode, headers: response.headers, text: response.body, body: json as Body };
}
const sorted = (rows: object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe('views', () => {
  it.each(readable)(
    '%s: JSON and CSV are what SELECT says, and a key of a brand reads only that brand',
    async (view) => {
      const has_brand = view !== 'pipeline_completeness';
      const all = await get(`views/${view}?limit=10000`, 'all');
      expect(all.status).toBe(200);
      const columns = Object.keys(all.body.rows[0] ?? { '1': 1 }).join(', ');
      const direct = JSON.parse(
        `[${(await warehouse.ask(`SELECT ${columns} FROM ${view}`, 'JSONEachRow')).trim().replaceAll('\n', ',')}]`,
      ) as object[];
      if (all.body.rows.length > 0) expect(sorted(all.body.rows)).toEqual(sorted(direct));
      const csv = await get(`views/${view}?limit=10000&format=csv`, 'all');
      expect(csv.headers['content-type']).toContain('text/csv');
      expect(csv.text.trimEnd().split('\n')).toHaveLength(all.body.rows.length + 1);
      const own = await get(`views/${view}?limit=10000`, 'acme');
      if (!has_brand) return expect(own.status).toBe(403);
      expect(own.text).not.toContain('moon');
      expect(sorted(own.body.rows)).toEqual(sorted(all.body.rows.filter((row) => row.brand_id === 'acme')));
      expect((await get(`views/${view}?brand_id=moon`, 'acme')).status).toBe(403);
      expect((await get(`views/${view}?format=csv&limit=10000`, 'acme')).text).not.toContain('moon');
    },
  );

  it('have rows in the sample, so that the comparison says something', async () => {
    const empty: string[] = [];
    for (const view of readable) if ((await get(`views/${view}`)).body.rows.length === 0) empty.push(view);
    expect(empty).toEqual(['restatements']);
  });

  it('are filtered, ordered and paged without a row lost or shown twice', async () => {
    const seen: unknown[] = [];
    for (let offset: number | null = 0; offset !== null; ) {
      const { body }: { body: Body } = await get(
        `views/events_current?brand_id=acme&type=click&order=-occurred_at&limit=7&offset=${offset}&columns=event_id,occurred_at`,
      );
      seen.push(...body.rows.map((row) => row.event_id));
      offset = body.next_offset;
    }
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
    const late = await get(
      'views/events_current?brand_id=acme&occurred_at.gte=2026-10-05T00:00:00Z&type.in=click,like&columns=event_id',
    );
    expect(late.body.rows).toHaveLength(5);
    const paged = await get('views/events_current?brand_id=acme&type=click&limit=3&format=csv&columns=event_id,text');
    expect(paged.text.trimEnd().split('\n')).toHaveLength(4);
  });

  it('write instants in the zone asked for', async () => {
    const { body } = await get('views/redemptions_current?brand_id=acme&tz=America/Los_Angeles&columns=redeemed_at');
    expect(body.rows[0]!.redeemed_at).toBe('2026-10-09 03:00:00.000');
  });

  it('say the query behind them, which gives the same rows', async () => {
    const { body } = await get('views/redemptions_current?brand_id=acme&columns=redemption_id,amount&limit=5');
    expect(JSON.parse(await warehouse.ask(body.sql, 'JSONEachRow'))).toEqual(body.rows[0]);
    expect(Date.parse(body.as_of)).toBeGreaterThan(Date.now() - 60_000);
  });
});

describe('what is asked wrongly gets a clear answer', () => {
  it.each([
    ['views/nothing', 404, undefined],
    ['views/events_current?colour=red', 400, 'colour'],
    ['views/events_current?type.like=x', 400, 'type.like'],
    ['views/events_current?occurred_at.gte=soon', 400, 'occurred_at.gte'],
    ['views/events_current?count=many', 400, 'count'],
    ['views/events_current?is_valid=maybe', 400, 'is_valid'],
    ['views/events_current?hashtags=x', 400, 'hashtags'],
    ['views/campaign_daily?day=2026-13-45', 400, 'day'],
    ['views/events_current?columns=event_id,sealed', 400, 'columns'],
    ['views/rejected_events?columns=sealed', 400, 'columns'],
    ['views/events_current?order=-nothing', 400, 'order'],
    ['views/events_current?limit=10001', 400, 'limit'],
    ['views/events_current?offset=-1', 400, 'offset'],
    ['views/events_current?format=xml', 400, 'format'],
    ['views/events_current?tz=Mars/Base', 400, 'tz'],
    ['views/events_current?type=a&type=b', 400, 'type'],
    ['journeys/unknown', 404, undefined],
    ['journeys/R', 400, 'brand_id'],
    ['nowhere', 404, undefined],
  ])('%s → %d', async (path, status, field) => {
    const { body, headers, status: found } = await get(path);
    expect(found).toBe(status);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({ status, ...(field ? { field } : {}) });
    expect(body.detail!.length).toBeGreaterThan(10);
  });

  it.each(["' OR 1=1 --", "\\' OR 1=1 --", '{x:String}', "x'); DROP TABLE events; --", '%27%20OR%201', '\u0000'])(
    'a value is only a value: %j',
    async (value) => {
      const { status, body } = await get(`views/events_current?event_id=${encodeURIComponent(value)}`, 'acme');
      expect([status, body.rows]).toEqual([200, []]);
      expect((await get(`journeys/${encodeURIComponent(value)}`, 'acme')).status).toBe(404);
    },
  );

  it('a name is only a name', async () => {
    for (const name of ['brand_id FROM events --', '1); --', '*', 'sleep(3)'])
      for (const parameter of ['columns', 'order']) {
        const { status } = await get(`views/events_current?${parameter}=${encodeURIComponent(name)}`, 'acme');
        expect(status).toBe(400);
      }
  });
});

describe('keys', () => {
  it('are needed, known, and end when they are revoked', async () => {
    expect((await keyed.inject({ url: '/api/v1/views' })).statusCode).toBe(401);
    for (const authorization of ['Bearer gv_short', `Bearer gv_${'A'.repeat(43)}`, 'Basic x', `bearer ${key.acme}`])
      expect((await keyed.inject({ url: '/api/v1/views', headers: { authorization } })).statusCode).toBe(401);
    expect((await get('views', 'gone')).status).toBe(200);
    const gone = (await listKeys(warehouse)).find((one) => one.name === 'gone')!;
    expect(await revokeKey(warehouse, gone.key_id, 2_000)).toBe(true);
    expect(await revokeKey(warehouse, 'nobody', 2_000)).toBe(false);
    clock += 10_000;
    expect((await get('views', 'gone')).status).toBe(401);
    expect((await get('views', 'acme')).status).toBe(200);
  });

  it('are kept only as hashes', async () => {
    const stored = await warehouse.ask('SELECT * FROM api_keys', 'JSONEachRow');
    for (const text of Object.values(key)) expect(stored).not.toContain(text);
  });

  it('open the journeys of their brand only', async () => {
    const own = await get('journeys/R', 'acme');
    expect(own.status).toBe(200);
    expect(own.text).not.toContain('moon');
    expect(own.body).toMatchObject({ redemption: { brand_id: 'acme', redemption_id: 'R' } });
    expect((own.body as unknown as { touches: unknown[]; in_words: string[] }).in_words.join()).toContain('gives');
    expect((await get('journeys/R?brand_id=moon', 'acme')).status).toBe(403);
    expect((await get('brands', 'acme')).body).toEqual({
      brands: [{ brand_id: 'acme', name: 'The acme', currency: 'USD', time_zone: 'America/Los_Angeles' }],
    });
  });

  it('guard the API and not the page, whose probes answer', async () => {
    expect((await keyed.inject({ url: '/' })).statusCode).toBe(200);
    for (const url of ['/healthz', '/readyz']) expect((await keyed.inject({ url })).body).toBe('ok\n');
  });
});

it('an answer that did not change is not sent again, in JSON and CSV', async () => {
  for (const path of [
    'views/redemptions_current?brand_id=acme',
    'views/redemptions_current?brand_id=acme&format=csv',
    'brands',
    'views',
  ]) {
    const first = await get(path);
    const again = await get(path, undefined, { 'if-none-match': String(first.headers.etag) });
    expect([again.status, again.text]).toEqual([304, '']);
  }
});

it('a page of somebody else cannot reach it under another name', async () => {
  for (const host of ['evil.example', 'evil.example:8787', 'localhost.evil.example'])
    expect((await open.inject({ url: '/api/v1/views', headers: { host } })).statusCode).toBe(403);
  expect((await open.inject({ url: '/api/v1/views', headers: { host: 'localhost:8787' } })).statusCode).toBe(200);
  const page = await open.inject({ url: '/', headers: { host: 'localhost:8787' } });
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
});

it('many questions of one reader are slowed down, with what to do', async () => {
  const app = await openDashboard({
    warehouse,
    database: 'grapevine',
    page: home.path,
    access: openAccess,
    hosts: null,
    now: () => Date.now(),
    most_requests: 3,
  });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await app.inject({ url: '/api/v1/views' })).statusCode);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  await app.close();
});

it('the OpenAPI document lists every view and column with what it means', async () => {
  const document = (await open.inject({ url: '/api/v1/openapi.json', headers: { host: 'localhost' } })).json() as {
    openapi: string;
    paths: Record<string, unknown>;
    components: { schemas: Record<string, { properties: Record<string, { description?: string }> }> };
  };
  expect(document.openapi).toBe('3.1.0');
  for (const view of readable) {
    expect(document.paths[`/api/v1/views/${view}`]).toBeDefined();
    for (const [name, column] of Object.entries(document.components.schemas[view]!.properties))
      expect(column.description, `${view}.${name}`).toBeTruthy();
  }
  expect((await open.inject({ url: '/api/docs/', headers: { host: 'localhost' } })).statusCode).toBe(200);
});

it('on one port with ClickHouse, each request finds its own', () => {
  const to = (method: string, url: string, accept = '*/*') => asksForPage({ method, url, headers: { accept } });
  expect([
    to('GET', '/', 'text/html'),
    to('GET', '/api/v1/views'),
    to('GET', '/assets/x.js'),
    to('GET', '/grape.svg'),
  ]).toEqual([true, true, true, true]);
  expect([
    to('POST', '/'),
    to('GET', '/'),
    to('GET', '/ping'),
    to('GET', '/?query=SELECT+1', 'text/html'),
    to('GET', '/replicas_status'),
  ]).toEqual([false, false, false, false, false]);
});
