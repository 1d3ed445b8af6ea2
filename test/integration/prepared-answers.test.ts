/** What pages open with, computed before anybody asks, on the real engine. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { brandTables, loadCatalogue } from '../../services/dashboard/catalogue.ts';
import type { Computed, Shelf } from '../../services/dashboard/kept.ts';
import { brandQuestions } from '../../services/dashboard/page-questions.ts';
import { Preparer, type PreparerParts } from '../../services/dashboard/prepared.ts';
import { openReader } from '../../services/dashboard/reader.ts';
import { openShelf } from '../../services/dashboard/shelf.ts';
import { whole_views } from '../../services/dashboard/whole.ts';
import { type DashboardWorld, openDashboardWorld } from '../support/dashboard.ts';

let world: DashboardWorld;
let real: Omit<PreparerParts, 'isIdle' | 'brands' | 'now'>;
beforeAll(async () => {
  world = await openDashboardWorld();
  const { read } = await openReader(world.warehouse);
  const shelf = await openShelf(world.warehouse, 'grapevine', (text) => expect.fail(text));
  const catalogue = await loadCatalogue(world.warehouse, 'grapevine');
  real = { read, shelf, catalogue, tables: await brandTables(world.warehouse, 'grapevine') };
}, 180_000);
afterAll(() => world?.close());

const hour_ms = 3_600_000;
const from = Date.UTC(2026, 10, 1);
let clock = from;
/** Every question seems to take a second. */
const now = (): number => {
  clock += 500;
  return clock;
};
beforeEach(() => {
  clock = from;
});

/** A shelf in memory. */
function shelfOf(): Shelf & { answers: Map<string, Computed> } {
  const answers = new Map<string, Computed>();
  return {
    answers,
    find: async (question) => answers.get(question) ?? null,
    put: async (some) => {
      for (const [question, answer] of some) answers.set(question, answer);
    },
  };
}

const preparer = (more: Partial<PreparerParts>): Preparer =>
  new Preparer({ ...real, brands: async () => ['acme'], isIdle: async () => true, now, ...more });

it('a page that opens after a restart finds all that it asks about a brand, and its time, though nobody asked before', async () => {
  clock = Date.now() - hour_ms; // an answer of the future is given to nobody
  await preparer({}).round();
  const app = await world.another({ now: () => Date.now() + 1_000_000 });
  for (const path of brandQuestions('acme')) {
    const headers = { host: 'localhost', 'cache-control': 'max-stale' };
    const answer = await app.inject({ url: `/api/v1/${path}`, headers });
    expect([path, answer.statusCode]).toEqual([path, 200]);
    expect([path, Date.parse(String(answer.headers['x-as-of']))]).toEqual([
      path,
      expect.toSatisfy((at) => at <= clock),
    ]);
  }
  await app.close();
});

it('every view of whole lives is prepared for every brand, what tells of all brands once', async () => {
  const shelf = shelfOf();
  const prepared: string[] = [];
  await preparer({
    shelf,
    brands: async () => ['acme', 'moon'],
    onPrepared: (question) => prepared.push(question),
  }).round();
  expect(prepared).toEqual([...shelf.answers.keys()]);
  const wholes = prepared.filter((question) => question.startsWith('TabSeparated '));
  expect(wholes.filter((question) => question.includes('FROM pipeline_completeness'))).toHaveLength(1);
  expect(wholes).toHaveLength(2 * (whole_views.size - 1) + 1);
  for (const brand of ['acme', 'moon'])
    expect(prepared.filter((question) => question.includes(`brand_id = '${brand}'`)).length).toBeGreaterThan(
      whole_views.size,
    );
});

it('what is not an hour old is left, whoever computed it; what is older is prepared again', async () => {
  const shelf = shelfOf();
  const prepared: string[] = [];
  const one = preparer({ shelf, onPrepared: (question) => prepared.push(question) });
  const work_ms = await one.round();
  const all = prepared.splice(0).length;
  expect(work_ms).toBe(all * 500);
  expect(await one.round()).toBe(0);
  expect(prepared).toEqual([]);
  const [first = ''] = shelf.answers.keys();
  shelf.answers.set(first, { text: '', as_of: from + hour_ms, took_ms: 1, cost_ms: 1 }); // somebody asked since
  clock = from + 1.5 * hour_ms;
  await one.round();
  expect(prepared).toHaveLength(all - 1);
  expect(prepared).not.toContain(first);
});

it('what is there in a moment anyway is not kept', async () => {
  const shelf = shelfOf();
  await preparer({ shelf, now: () => from }).round();
  expect(shelf.answers.size).toBe(0);
});

it('nothing is begun while somebody waits', async () => {
  const shelf = shelfOf();
  const asked: boolean[] = [];
  const read: PreparerParts['read'] = (...question) => {
    expect(asked.at(-1)).toBe(true);
    asked.push(false);
    return real.read(...question);
  };
  const isIdle = async (): Promise<boolean> => asked.push(asked.length !== 0) > 1;
  await preparer({ shelf, read, isIdle }).round();
  expect(asked.slice(0, 3)).toEqual([false, true, false]);
  expect(shelf.answers.size).toBeGreaterThan(whole_views.size);
});

it('a question that fails keeps no other', async () => {
  const shelf = shelfOf();
  let failures = 0;
  const read: PreparerParts['read'] = (asked, ...more) => {
    if (!asked.sql.includes('FROM trust_comparison')) return real.read(asked, ...more);
    failures += 1;
    return Promise.reject(new Error('MEMORY_LIMIT_EXCEEDED'));
  };
  await preparer({ shelf, read }).round();
  expect(failures).toBe(1);
  const wholes = [...shelf.answers.keys()].filter((question) => question.startsWith('TabSeparated '));
  expect(wholes).toHaveLength(whole_views.size - 1);
});

it('after it was stopped nothing more is begun, and what was under way is not kept', async () => {
  const shelf = shelfOf();
  let asked = 0;
  const read: PreparerParts['read'] = (...question) => {
    asked += 1;
    one.stop();
    return real.read(...question);
  };
  const one = preparer({ shelf, read });
  await one.run(0);
  expect(asked).toBe(1);
  expect(shelf.answers.size).toBe(0);
});

it('a read API that prepares does so by itself, and says how much; one that does not keeps nothing', async () => {
  let at = Date.now() + 10 * hour_ms;
  const later = (): number => {
    at += 500;
    return at;
  };
  await world.warehouse.command('TRUNCATE TABLE kept_answers');
  const kept = async (): Promise<number> => {
    const [row] = await world.warehouse.query<{ n: number }>('SELECT toUInt32(count()) AS n FROM kept_answers FINAL');
    return row?.n ?? -1;
  };
  const plain = await world.another({ now: later });
  await plain.close();
  expect(await kept()).toBe(0);
  const before = prepared();
  const app = await world.another({ now: later, prepare_every_ms: 600_000, lag: async () => 0 });
  await expect.poll(kept, { timeout: 30_000 }).toBeGreaterThan(2 * whole_views.size);
  await app.close();
  expect(prepared() - before).toBeGreaterThanOrEqual(await kept());

  await world.warehouse.command('TRUNCATE TABLE kept_answers');
  let looked = 0;
  const busy = await world.another({ now: later, prepare_every_ms: 600_000, lag: async () => 1_000_000 * ++looked });
  await expect.poll(() => looked, { timeout: 10_000 }).toBeGreaterThan(1);
  await busy.close();
  expect(await kept()).toBe(0);
});

const prepared = (): number =>
  world.telemetry
    .read()
    .filter(({ metric, labels }) => metric === 'api_answers' && labels.how === 'prepared')
    .reduce((sum, { value }) => sum + value, 0);
