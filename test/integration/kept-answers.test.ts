/** Answers of the read API on the real engine, kept for the next start and for other copies. */
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openShelf } from '../../services/dashboard/shelf.ts';
import { type DashboardWorld, openDashboardWorld } from '../support/dashboard.ts';

let world: DashboardWorld;
beforeAll(async () => {
  world = await openDashboardWorld();
}, 180_000);
afterAll(() => world?.close());

const day_ms = 86_400_000;
const url = '/api/v1/views/campaign_performance?brand_id=acme&order=campaign_id';
const ask = (app: FastifyInstance, headers: Record<string, string> = {}) =>
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
  const first = await ask(before);
  expect(first.statusCode).toBe(200);
  await before.close();

  const after = await slow(from + day_ms, 1);
  const old = await ask(after, { 'cache-control': 'max-stale' });
  expect(old.headers['x-as-of']).toBe(first.headers['x-as-of']);
  expect(old.json().rows).toEqual(first.json().rows);
  expect(old.json().rows.length).toBeGreaterThan(0);
  await after.close();

  const another = await slow(from + day_ms, 1);
  const plain = await ask(another);
  expect(Date.parse(String(plain.headers['x-as-of']))).toBeGreaterThanOrEqual(from + day_ms);
  expect(plain.json().rows).toEqual(first.json().rows);
  await another.close();
});

it('numbers of yesterday are followed by those of today', async () => {
  const from = Date.now() + 3 * day_ms;
  const before = await slow(from, 1_000);
  await ask(before);
  await before.close();
  const after = await slow(from + day_ms, 1);
  await expect
    .poll(async () => Date.parse(String((await ask(after, { 'cache-control': 'max-stale' })).headers['x-as-of'])))
    .toBeGreaterThanOrEqual(from + day_ms);
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
  expect(await shelf.find('q')).toBeNull();
  await shelf.put([
    ['q', { ...answer, text: 'older', as_of: answer.as_of - 1_000 }],
    ['other', { ...answer, text: '' }],
  ]);
  await shelf.put([['q', answer]]);
  await shelf.put([['q', { ...answer, text: 'oldest', as_of: answer.as_of - 2_000 }]]);
  expect(await shelf.find('q')).toEqual({ ...answer, took_ms: 20, cost_ms: 13 });
  expect(await shelf.find('other')).toMatchObject({ text: '' });
  expect(await (await open()).find('q')).not.toBeNull();

  await world.warehouse.command('CREATE VIEW one_more AS SELECT 1 AS one');
  expect(await (await open()).find('q')).toBeNull();
  await world.warehouse.command('DROP VIEW one_more');
  expect(await (await open()).find('q')).not.toBeNull();
  expect(warnings).toEqual([]);
});

it('a warehouse that takes none costs a warning, never an answer', async () => {
  const warnings: string[] = [];
  const fail = () => Promise.reject(new Error('READONLY'));
  const shelf = await openShelf(
    { query: async (sql) => (sql.includes('kept_answers') ? fail() : []), insert: fail },
    'grapevine',
    (text) => warnings.push(text),
  );
  expect(await shelf.find('q')).toBeNull();
  await shelf.put([['q', { text: '', as_of: 0, took_ms: 1, cost_ms: 1 }]]);
  expect(warnings).toEqual([expect.stringMatching(/not kept for the next start: READONLY/)]);
});
