/** Answers of the read API on the real engine, kept for the next start and for other copies. */
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { DashboardParts } from '../../services/dashboard/server.ts';
import { openShelf } from '../../services/dashboard/shelf.ts';
import { type DashboardWorld, openDashboardWorld } from '../support/dashboard.ts';

let world: DashboardWorld;
beforeAll(async () => {
  world = await openDashboardWorld();
}, 180_000);
afterAll(() => world?.close());

const day_ms = 86_400_000;
/** As the read API names a question to a view. */
const question = 'JSONEachRow SELECT one';
const url = '/api/v1/views/campaign_performance?brand_id=acme&order=campaign_id';
const askThe = (app: FastifyInstance, headers: Record<string, string> = {}) =>
  app.inject({ url, headers: { host: 'localhost', ...headers } });

/** A read API whose clock goes on by so much whenever it is looked at: every question seems to take that long. */
async function slow(from: number, step_ms: number): Promise<FastifyInstance> {
  let now = from;
  return world.another({
    now: () => {
      now += step_ms;
      return now;
    },
  });
}

it('a page opened after a restart has the old numbers at once, and their time; who does not take old ones waits for the new', async () => {
  const from = Date.now();
  const before = await slow(from, 1_000);
  const first = await askThe(before);
  expect(first.statusCode).toBe(200);
  await before.close();

  const after = await slow(from + day_ms, 1);
  const old = await askThe(after, { 'cache-control': 'max-stale' });
  expect(old.headers['x-as-of']).toBe(first.headers['x-as-of']);
  expect(old.json().rows).toEqual(first.json().rows);
  expect(old.json().rows.length).toBeGreaterThan(0);
  await after.close();

  const another = await slow(from + day_ms, 1);
  const plain = await askThe(another);
  expect(Date.parse(String(plain.headers['x-as-of']))).toBeGreaterThanOrEqual(from + day_ms);
  expect(plain.json().rows).toEqual(first.json().rows);
  await another.close();
});

it('numbers of yesterday are followed by those of today', async () => {
  const from = Date.now() + 3 * day_ms;
  const before = await slow(from, 1_000);
  await askThe(before);
  await before.close();
  const after = await slow(from + day_ms, 1);
  const asOf = async (): Promise<number> =>
    Date.parse(String((await askThe(after, { 'cache-control': 'max-stale' })).headers['x-as-of']));
  await expect.poll(asOf, { timeout: 20_000 }).toBeGreaterThanOrEqual(from + day_ms);
  await after.close();
});

it('keeps any text, the newest of a question, and finds none of views that have changed', async () => {
  const warnings: string[] = [];
  const open = () => openShelf(world.warehouse, 'grapevine', (text) => warnings.push(text));
  const shelf = await open();
  const answer = {
    text: '{"a":"ü\\u0000 \\\\ \' \\n"}\nline\t2\u0007 😀',
    as_of: Date.now(),
    took_ms: 20.4,
    cost_ms: 12.6,
  };
  expect(await shelf.find(question)).toBeNull();
  await shelf.put([
    [question, { ...answer, text: 'older', as_of: answer.as_of - 1_000 }],
    [`${question} other`, { ...answer, text: '' }],
  ]);
  await shelf.put([[question, answer]]);
  await shelf.put([[question, { ...answer, text: 'oldest', as_of: answer.as_of - 2_000 }]]);
  expect(await shelf.find(question)).toEqual({ ...answer, took_ms: 20, cost_ms: 13 });
  expect(await shelf.find(`${question} other`)).toMatchObject({ text: '' });
  expect(await (await open()).find(question)).not.toBeNull();

  await world.warehouse.command('CREATE VIEW one_more AS SELECT 1 AS one');
  expect(await (await open()).find(question)).toBeNull();
  await world.warehouse.command('DROP VIEW one_more');
  expect(await (await open()).find(question)).not.toBeNull();
  expect(warnings).toEqual([]);
});

it('a warehouse that takes none, or does not answer, costs a warning, never an answer', async () => {
  const warnings: string[] = [];
  const fail = () => Promise.reject(new Error('READONLY'));
  const tables = { query: world.warehouse.query.bind(world.warehouse), ask: fail, insert: fail };
  const shelf = await openShelf(tables, 'grapevine', (text) => warnings.push(text));
  expect(await shelf.find(question)).toBeNull();
  for (let n = 0; n < 3; n++) await shelf.put([[question, { text: '', as_of: 0, took_ms: 1, cost_ms: 1 }]]);
  expect(warnings).toEqual([expect.stringMatching(/not kept for the next start: READONLY/)]);

  const ask: DashboardParts['warehouse']['ask'] = (sql, ...more) =>
    sql.includes('FROM kept_answers') ? new Promise(() => undefined) : world.warehouse.ask(sql, ...more);
  const app = await world.another({ warehouse: { ...tables, ask } });
  const answer = await askThe(app);
  expect(answer.statusCode).toBe(200);
  expect(answer.json().rows.length).toBeGreaterThan(0);
  await app.close();
});

it('what is told of one redemption, of brands and of health is never one of before', async () => {
  const from = Date.now() + 6 * day_ms;
  const paths = ['journeys/R?brand_id=acme', 'brands', 'health'].map((path) => `/api/v1/${path}`);
  const old = { host: 'localhost', 'cache-control': 'max-stale' };
  const before = await slow(from, 1_000);
  for (const url of paths) expect([url, (await before.inject({ url, headers: old })).statusCode]).toEqual([url, 200]);
  await before.close();
  const [kept] = await world.warehouse.query<{ n: number }>(
    `SELECT count() AS n FROM kept_answers WHERE toUnixTimestamp64Milli(as_of) >= {from:Int64}`,
    { from },
  );
  expect(kept).toEqual({ n: 0 });
});

it('brands, health and the story of a redemption say when they are of, and how old they may be is asked', async () => {
  const app = await slow(Date.now(), 1_000);
  for (const path of ['journeys/R?brand_id=acme', 'brands', 'health']) {
    const get = async (age: string) => {
      const { headers } = await app.inject({
        url: `/api/v1/${path}`,
        headers: { host: 'localhost', 'cache-control': age },
      });
      return { at: Date.parse(String(headers['x-as-of'])), newer_in: headers['x-newer-in'] };
    };
    const first = await get('max-stale');
    expect([path, first]).toEqual([path, { at: expect.any(Number), newer_in: undefined }]);
    for (let n = 0; n < 20; n++) await askThe(app); // time passes: a second whenever somebody looks at the clock
    const old = await get('max-stale');
    expect([path, old.at]).toEqual([path, first.at]);
    for (let n = 0; n < 20; n++) await askThe(app);
    expect((await get('max-stale=0')).at).toBeGreaterThan(first.at);
  }
  await app.close();
});

it('what was computed goes to the shelf within a minute, also while the server runs on', async () => {
  await world.warehouse.command('TRUNCATE TABLE kept_answers');
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const app = await slow(Date.now(), 1_000);
    expect((await askThe(app)).statusCode).toBe(200);
    const kept = () => world.warehouse.query('SELECT count() > 0 AS some FROM kept_answers');
    expect(await kept()).toEqual([{ some: 0 }]);
    vi.advanceTimersByTime(60_000);
    await vi.waitFor(async () => expect(await kept()).toEqual([{ some: 1 }]), { timeout: 10_000 });
    await app.close();
  } finally {
    vi.useRealTimers();
  }
});
