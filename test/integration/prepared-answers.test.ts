/** What pages open with, computed before anybody asks, on the real engine. */
import { Agent, get } from 'node:http';
import { setTimeout as later } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Answers, ComputedBehind } from '../../services/dashboard/answers.ts';
import { TooLarge } from '../../services/dashboard/behind.ts';
import { brandTables, loadCatalogue } from '../../services/dashboard/catalogue.ts';
import type { Computed, DatedShelf } from '../../services/dashboard/kept.ts';
import { brandQuestions } from '../../services/dashboard/page-questions.ts';
import { Preparer, type PreparerParts } from '../../services/dashboard/prepared.ts';
import { isAway, tooDear } from '../../services/dashboard/problem.ts';
import { questionOf } from '../../services/dashboard/question.ts';
import { openReader } from '../../services/dashboard/reader.ts';
import type { DashboardParts } from '../../services/dashboard/server.ts';
import { openShelf } from '../../services/dashboard/shelf.ts';
import { partOf, whole_views } from '../../services/dashboard/whole.ts';
import { WarehouseError } from '../../services/platform/warehouse/port.ts';
import { type DashboardWorld, openDashboardWorld } from '../support/dashboard.ts';

let world: DashboardWorld;
let real: Omit<PreparerParts, 'isIdle' | 'brands' | 'now' | 'prepare' | 'shelf'> & { shelf: DatedShelf };
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

/** A shelf in memory, and what was put there one after the other. */
function shelfOf(): DatedShelf & { answers: Map<string, Computed>; put_there: string[] } {
  const answers = new Map<string, Computed>();
  const put_there: string[] = [];
  return {
    answers,
    put_there,
    find: async (question) => answers.get(question) ?? null,
    asOf: async (question) => answers.get(question)?.as_of ?? null,
    put: async (some) => {
      for (const [question, answer] of some) {
        answers.set(question, answer);
        put_there.push(question);
      }
    },
  };
}

function preparer(more: Partial<Omit<PreparerParts, 'shelf'> & { shelf: DatedShelf }>): Preparer {
  const { shelf, now: clock = now } = { shelf: real.shelf, ...more };
  const answers = new Answers({ now: clock, most_bytes: 0, most_running: 1, tooDear, isAway, shelf });
  return new Preparer({
    ...real,
    brands: async () => ['acme'],
    isIdle: async () => true,
    now,
    prepare: (question, compute) => answers.prepare(question, compute),
    ...more,
  });
}

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
  const ways = new Set<string>();
  await preparer({
    shelf,
    read: (asked, format, lane, sparing) => {
      ways.add(`${lane} ${sparing}`);
      return real.read(asked, format, lane, sparing);
    },
    brands: async () => ['acme', 'moon'],
  }).round();
  expect([...ways]).toEqual(['idle undefined']);
  const prepared = shelf.put_there;
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
  const prepared = shelf.put_there;
  const one = preparer({ shelf });
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

it('while the shelf cannot be read nothing is prepared, however long it takes to say what is there', async () => {
  const shelf = shelfOf();
  await preparer({ shelf: { ...shelf, asOf: () => Promise.reject(new Error('ECONNREFUSED')) } }).round();
  expect(shelf.answers.size).toBe(0);
  const { warehouse } = world;
  const ask: typeof warehouse.ask = async (...asked) => {
    if (asked[0].includes('kept_answers')) await later(400);
    return warehouse.ask(...asked);
  };
  const slow = await openShelf(
    { ask, insert: warehouse.insert.bind(warehouse), query: warehouse.query.bind(warehouse) },
    'grapevine',
    (text) => expect.fail(text),
  );
  const as_of = Date.now() - 1_000;
  await slow.put([['TabSeparated one', { text: 'x', as_of, took_ms: 1_000, cost_ms: 1_000 }]]);
  expect(await slow.asOf('TabSeparated one')).toBe(as_of);
  expect(await slow.asOf('TabSeparated other')).toBeNull();
});

it('of a view with far too many rows not all are read, and it is left', async () => {
  const view = { name: 'coupon_performance', comment: '', columns: [{ name: 'code', type: 'String', comment: '' }] };
  const read: PreparerParts['read'] = (asked, ...more) =>
    real.read({ ...asked, sql: 'SELECT toString(number) AS code FROM numbers(100000000)' }, ...more);
  const part = partOf(read, view, questionOf(view, {}, null), null);
  for (const lane of ['idle', 'behind'] as const) await expect(part?.compute(lane)).rejects.toThrow(TooLarge);
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

it('after a round it rests, twenty times as long as that took; one that finds no warehouse keeps no other', async () => {
  const rested: number[] = [];
  let rounds = 0;
  const brands = async (): Promise<string[]> => {
    rounds += 1;
    if (rounds === 1) throw new Error('ECONNREFUSED');
    return rounds === 2 ? ['acme'] : [];
  };
  let questions = 0;
  const prepare = async (): Promise<number> => {
    questions += 1;
    return 2_000;
  };
  const wait = async (ms: number): Promise<void> => {
    rested.push(ms);
    if (rested.length === 3) one.stop();
  };
  const one = preparer({ shelf: shelfOf(), brands, prepare, wait });
  await one.run(600_000);
  expect(40_000 * questions).toBeGreaterThan(600_000);
  expect(rested).toEqual([600_000, 40_000 * questions, 600_000]);
});

it('what is asked for while it is prepared is computed for who asks; where it takes too much for that, it is there when it is prepared', async () => {
  const shelf = shelfOf();
  const answers = new Answers({ now, most_bytes: 10_000, most_running: 1, tooDear: () => true, isAway, shelf });
  const begun: string[] = [];
  const ends: { go: (text: string) => void; stop: (error: Error) => void }[] = [];
  const compute = (lane: string, sparing?: boolean): Promise<string> => {
    begun.push(`${lane} ${sparing}`);
    return new Promise((go, stop) => ends.push({ go, stop }));
  };
  const prepared = answers.prepare('q', compute);
  expect(await answers.prepare('q', compute)).toBe(0);
  const waited = answers.of('q', compute);
  await vi.waitFor(() => expect(begun).toEqual(['idle undefined', 'quick undefined']));
  ends[1]?.stop(new Error('stopped at the bounds'));
  await expect(waited).rejects.toThrow(ComputedBehind);
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  const other = answers.of('other', async () => 'other'); // nobody waits for what nobody asked for
  expect((await other).text).toBe('other');
  ends[0]?.go('there');
  await prepared;
  expect((await answers.of('q', compute)).text).toBe('there');
  expect(begun).toEqual(['idle undefined', 'quick undefined']);
  await answers.shelve();
  expect(shelf.answers.get('q')).toMatchObject({ text: 'there' });
});

it('what could not be prepared with so little memory is computed for who asks all the same', async () => {
  const shelf = shelfOf();
  const answers = new Answers({ now, most_bytes: 10_000, most_running: 9, tooDear, isAway, shelf });
  const greedy = new WarehouseError('Memory limit exceeded', 241, 'MEMORY_LIMIT_EXCEEDED', true);
  const compute = async (lane: string): Promise<string> => {
    if (lane === 'behind') return 'with all there is';
    throw greedy;
  };
  expect(await answers.prepare('q', compute)).toBeGreaterThan(0);
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('q', compute)).text).toBe('with all there is');
});

it('what is too dear for one who waits begins beside what is prepared; nothing is prepared while it waits', async () => {
  const answers = new Answers({
    now,
    most_bytes: 10_000,
    most_running: 9,
    tooDear: () => true,
    isAway,
    shelf: shelfOf(),
  });
  const ends: ((text: string) => void)[] = [];
  const begun: string[] = [];
  const of = (name: string) => (lane: string) => {
    if (lane === 'quick' && name === 'dear') return Promise.reject(new Error('stopped at the bounds'));
    begun.push(`${name} ${lane}`);
    return new Promise<string>((go) => ends.push(go));
  };
  const prepared = answers.prepare('q', of('q'));
  await expect(answers.of('dear', of('dear'))).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(begun).toEqual(['q idle', 'dear behind']));
  expect(await answers.prepare('another', of('another'))).toBe(0);
  for (const go of ends) go('there');
  await prepared;
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('dear', of('dear'))).text).toBe('there');
  answers.stop();
  expect(await answers.prepare('after', of('after'))).toBe(0);
});

it('one with too much of an answer is left for an hour, and none that is too large is put there', async () => {
  const shelf = shelfOf();
  let at = from;
  const clock = (): number => at;
  const answers = new Answers({ now: clock, most_bytes: 10_000, most_running: 1, tooDear, isAway, shelf });
  let computed = 0;
  const too_large = async (): Promise<string> => {
    computed += 1;
    throw new TooLarge();
  };
  for (const [hours, times] of [
    [0, 1],
    [0.5, 1],
    [0.6, 2],
  ] as const) {
    at += hours * hour_ms;
    await answers.prepare('q', too_large);
    await vi.waitFor(() => expect(computed).toBe(times));
  }
  const large = async (): Promise<string> => {
    at += 1_000;
    return 'x'.repeat(5 << 20);
  };
  expect(await answers.prepare('large', large)).toBe(1_000);
  expect(shelf.answers.size).toBe(0);
});

it('after it was stopped nothing more is begun', async () => {
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
  const all = await kept();
  await expect.poll(() => prepared() - before).toBeGreaterThanOrEqual(all);

  await world.warehouse.command('TRUNCATE TABLE kept_answers');
  let looked = 0;
  const busy = await world.another({ now: later, prepare_every_ms: 600_000, lag: async () => 1_000_000 * ++looked });
  await expect.poll(() => looked, { timeout: 10_000 }).toBeGreaterThan(1);
  await busy.close();
  expect(await kept()).toBe(0);
});

it('nothing is prepared while something is computed for somebody, and what is being computed when it closes is stopped', async () => {
  await world.warehouse.command('TRUNCATE TABLE kept_answers');
  const begun: string[] = [];
  const ended: Promise<unknown>[] = [];
  const ask: DashboardParts['warehouse']['ask'] = (sql, format, parameters, pace) => {
    if (!sql.includes('additional_table_filters') && !sql.includes('pipeline_completeness'))
      return world.warehouse.ask(sql, format, parameters, pace);
    begun.push(sql.includes('max_execution_time = 600') ? 'prepared' : 'asked');
    const forever = `SELECT sum(cityHash64(number)) FROM numbers(1000000000000) ${sql.slice(sql.indexOf('SETTINGS'))}`;
    const end = world.warehouse.ask(forever.replace(/, additional_table_filters.*/s, ''), format, parameters, pace);
    ended.push(end.catch((error: unknown) => error));
    return end;
  };
  const warehouse = { query: world.warehouse.query.bind(world.warehouse), insert: async () => undefined, ask };
  let [looked, waiting] = [0, 1_000_000];
  const lag = async (): Promise<number> => {
    looked += 1;
    return waiting;
  };
  const app = await world.another({ warehouse, prepare_every_ms: 600_000, lag });
  const asked = app.inject({ url: '/api/v1/views/trust_verdict?brand_id=acme', headers: { host: 'localhost' } });
  await expect.poll(() => begun).toEqual(['asked']);
  [looked, waiting] = [0, 0];
  await expect.poll(() => looked, { timeout: 10_000 }).toBeGreaterThan(2);
  expect(begun).toEqual(['asked']);
  await app.close();
  await asked;
  expect(await Promise.all(ended)).toEqual([expect.objectContaining({ code: 394 })]);

  const other = await world.another({ warehouse, prepare_every_ms: 600_000 });
  await expect.poll(() => begun.length, { timeout: 10_000 }).toBe(2);
  await other.close();
  expect(begun).toEqual(['asked', 'prepared']);
  expect(await ended[1]).toMatchObject({ code: 394 });
});

const prepared = (): number =>
  world.telemetry
    .read()
    .filter(({ metric, labels }) => metric === 'api_answers' && labels.how === 'prepared')
    .reduce((sum, { value }) => sum + value, 0);

it('over HTTP, too, it closes at once: who is being answered hears that it closes, and nothing more is begun', async () => {
  const begun: string[] = [];
  const ask: DashboardParts['warehouse']['ask'] = (sql, format, parameters, pace) => {
    if (!sql.includes('additional_table_filters')) return world.warehouse.ask(sql, format, parameters, pace);
    begun.push(sql);
    const forever = `SELECT sum(cityHash64(number)) FROM numbers(1000000000000) ${sql.slice(sql.indexOf('SETTINGS'))}`;
    return world.warehouse.ask(forever.replace(/, additional_table_filters.*/s, ''), format, parameters, pace);
  };
  const warehouse = { query: world.warehouse.query.bind(world.warehouse), insert: async () => undefined, ask };
  const app = await world.another({ warehouse });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const asked = fetch(`${url}/api/v1/views/trust_verdict?brand_id=acme`);
  await expect.poll(() => begun.length).toBe(1);
  const closing = performance.now();
  await app.close();
  expect(performance.now() - closing).toBeLessThan(10_000); // the question itself would take twenty seconds
  expect((await asked).status).toBe(503);
  expect(begun).toHaveLength(1);
});

it('who is answered while it closes holds nothing up, though the client would keep the connection', async () => {
  let enter: () => void = () => undefined;
  const gate = new Promise<void>((resume) => (enter = resume));
  const app = await world.another({ access: () => gate.then(() => '*') });
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
  const agent = new Agent({ keepAlive: true });
  let asked = false;
  app.server.on('request', () => {
    asked = true;
  });
  const answered = new Promise((done) => {
    get({ port, path: '/api/v1/brands', agent }, (answer) => answer.resume().on('end', done));
  });
  await expect.poll(() => asked).toBe(true);
  const closing = app.close();
  await later(50);
  enter();
  await answered;
  const waited = performance.now();
  await closing;
  expect(performance.now() - waited).toBeLessThan(10_000); // connections are kept for 72 seconds
  agent.destroy();
}, 30_000);
