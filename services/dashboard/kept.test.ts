/** Answers that outlast the process that computed them. */
import { expect, test, vi } from 'vitest';
import { Answers, ComputedBehind, type Lane } from './answers.ts';
import type { Computed, Shelf } from './kept.ts';

const day_ms = 86_400_000;
const too_dear = new Error('stopped at the bounds');

/** A shelf in memory, and processes that start one after the other beside it. */
function shelved() {
  let now = day_ms;
  const on_shelf = new Map<string, Computed>();
  const looked_for: string[] = [];
  const shelf: Shelf = {
    find: async (question) => {
      looked_for.push(question);
      return on_shelf.get(question) ?? null;
    },
    put: async (answers) => {
      for (const [question, { text, as_of, took_ms, cost_ms }] of answers)
        on_shelf.set(question, { text, as_of, took_ms, cost_ms });
    },
  };
  const computed: string[] = [];
  return {
    on_shelf,
    looked_for,
    computed,
    pass: (ms: number) => (now += ms),
    now: () => now,
    start: (more: { shelf?: Shelf; most_bytes?: number } = {}) =>
      new Answers({
        now: () => now,
        most_bytes: 100_000_000,
        most_running: 10,
        tooDear: (error) => error === too_dear,
        isAway: () => false,
        wait: () => new Promise(() => undefined),
        shelf,
        ...more,
      }),
    taking: (ms: number, text: string) => async () => {
      computed.push(text);
      await Promise.resolve();
      now += ms;
      return text;
    },
  };
}

test('after a restart a dear answer is there at once, with the moment it speaks for, and is computed anew behind', async () => {
  const { start, taking, pass, computed, on_shelf } = shelved();
  const before = start();
  await before.of('q', taking(12_000, 'before'));
  expect(on_shelf.size).toBe(0);
  await before.shelve();
  pass(300_000);
  const after = start();
  expect(await after.of('q', taking(12_000, 'after'))).toMatchObject({
    text: 'before',
    as_of: day_ms,
    cost_ms: 12_000,
  });
  await vi.waitFor(() => expect(computed).toEqual(['before', 'after']));
  expect((await after.of('q', taking(12_000, 'never'))).text).toBe('after');
});

test('one that is still young is not computed anew by another copy', async () => {
  const { start, taking, pass, computed } = shelved();
  const one = start();
  await one.of('q', taking(12_000, 'one'));
  await one.shelve();
  pass(60_000);
  expect((await start().of('q', taking(12_000, 'two'))).text).toBe('one');
  expect(computed).toEqual(['one']);
});

test('one of yesterday is given to who takes answers of any age, or so old a one; who says nothing waits for the new one', async () => {
  for (const [oldest_ms, given] of [
    [Number.POSITIVE_INFINITY, 'yesterday'],
    [day_ms, 'yesterday'],
    [day_ms / 2, 'today'],
    [undefined, 'today'],
  ] as const) {
    const { start, taking, pass } = shelved();
    const before = start();
    await before.of('q', taking(12_000, 'yesterday'));
    await before.shelve();
    pass(day_ms);
    expect((await start().of('q', taking(12_000, 'today'), undefined, oldest_ms)).text).toBe(given);
  }
});

test('one that was soon computed is not given after ten seconds to who says nothing: a new one is there in a moment', async () => {
  const { start, taking, pass } = shelved();
  const before = start();
  await before.of('q', taking(300, 'before'));
  await before.shelve();
  pass(5_000);
  expect((await start().of('q', taking(300, 'new'))).text).toBe('before');
  pass(10_000);
  expect((await start().of('q', taking(300, 'newer'))).text).toBe('newer');
  expect((await start().of('q', taking(300, 'newest'), undefined, day_ms)).text).toBe('before');
});

test('one of yesterday that somebody takes is not given to the others while it is computed anew: they are told to ask again', async () => {
  const { start, taking, pass } = shelved();
  const before = start();
  await before.of('q', taking(12_000, 'yesterday'));
  await before.shelve();
  pass(day_ms);
  const after = start();
  let finish: (text: string) => void = () => undefined;
  const slow = (): Promise<string> => new Promise((resume) => (finish = resume));
  expect((await after.of('q', slow, undefined, day_ms)).text).toBe('yesterday');
  await expect(after.of('q', slow)).rejects.toThrow(ComputedBehind);
  expect((await after.of('q', slow, undefined, day_ms)).text).toBe('yesterday');
  finish('today');
  await vi.waitFor(async () => expect((await after.of('q', slow)).text).toBe('today'));
});

test('what is part of a larger answer on the shelf is taken from that', async () => {
  const { start, taking, pass, computed, looked_for } = shelved();
  const part = (whole: string) => ({
    whole: 'w',
    compute: taking(12_000, whole),
    take: async (rows: string) => `part of ${rows}`,
  });
  const dear = (lane: Lane): Promise<string> => Promise.reject(lane === 'quick' ? too_dear : new Error('not asked'));
  const before = start();
  await expect(before.of('q', dear, part('whole'))).rejects.toThrow(ComputedBehind);
  await vi.waitFor(async () => expect((await before.of('q', dear, part('whole'))).text).toBe('part of whole'));
  await before.shelve();
  pass(day_ms);
  const after = start();
  looked_for.length = 0;
  expect(await after.of('another', dear, part('new'), day_ms)).toMatchObject({ text: 'part of whole', as_of: day_ms });
  expect(looked_for).toEqual(['another', 'w']); // parts are not on the shelf, the whole is
  await vi.waitFor(() => expect(computed).toEqual(['whole', 'new']));
});

test('what took a moment, or is large, is not put on the shelf; nothing is put there twice', async () => {
  const { start, taking, on_shelf } = shelved();
  const answers = start();
  await answers.of('cheap', taking(50, 'cheap'));
  await answers.of('large', taking(12_000, 'x'.repeat(4 << 20)));
  await answers.of('dear', taking(51, 'dear'));
  await answers.shelve();
  expect([...on_shelf.keys()]).toEqual(['dear']);
  on_shelf.clear();
  await answers.shelve();
  expect(on_shelf.size).toBe(0);
});

test('another copy’s clock may be ahead: its answer is left until then', async () => {
  const { start, taking, on_shelf, now } = shelved();
  on_shelf.set('q', { text: 'ahead', as_of: now() + 1, took_ms: 200, cost_ms: 200 });
  expect((await start().of('q', taking(200, 'new'), undefined, day_ms)).text).toBe('new');
});

test('who ask at the same time after a restart get it all, and look for it once', async () => {
  const { start, taking, on_shelf, looked_for, pass } = shelved();
  on_shelf.set('q', { text: 'old q', as_of: day_ms, took_ms: 12_000, cost_ms: 12_000 });
  on_shelf.set('w', { text: 'old w', as_of: day_ms, took_ms: 12_000, cost_ms: 12_000 });
  pass(day_ms);
  const answers = start();
  const never = (): Promise<string> => new Promise(() => undefined);
  const part = { whole: 'w', compute: never, take: async (rows: string) => `part of ${rows}` };
  const asked = [
    ...['q', 'q', 'q'].map((question) => answers.of(question, never, undefined, Number.POSITIVE_INFINITY)),
    ...['a', 'b', 'c'].map((question) => answers.of(question, never, part, Number.POSITIVE_INFINITY)),
  ];
  const texts = (await Promise.all(asked)).map(({ text }) => text);
  expect(texts).toEqual([...Array(3).fill('old q'), ...Array(3).fill('part of old w')]);
  expect([...looked_for].sort()).toEqual(['a', 'b', 'c', 'q', 'w']);
  expect((await answers.of('d', taking(5, 'never'), part, day_ms * 2)).text).toBe('part of old w');
});

test('what takes longer with few threads is as dear as before, and no longer kept', async () => {
  const { start, taking, pass, now } = shelved();
  const answers = start();
  await answers.of('q', taking(1_000, 'first'));
  for (const text of ['second', 'third']) {
    pass(5_000);
    const began = now();
    await answers.of('q', taking(8_000, text));
    await vi.waitFor(() => expect(answers.running).toBe(0));
    pass(-8_000); // young again
    expect(await answers.of('q', taking(1_000, 'never'))).toMatchObject({ text, cost_ms: 1_000, as_of: began });
    pass(8_000);
  }
});

test('what could not be renewed is computed for who asks next, who hears why it fails; the old one is not brought back', async () => {
  const { start, on_shelf, pass, now } = shelved();
  on_shelf.set('q', { text: 'old', as_of: now(), took_ms: 2_500, cost_ms: 2_500 });
  pass(day_ms);
  const answers = start();
  const ran: string[] = [];
  let broken = true;
  const compute = async (lane: Lane, sparing?: boolean): Promise<string> => {
    ran.push(`${lane}${sparing ? ' sparing' : ''}`);
    if (broken) throw new Error('no such column');
    return 'new';
  };
  const ask = () => answers.of('q', compute, undefined, Number.POSITIVE_INFINITY);
  expect((await ask()).text).toBe('old');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  await expect(ask()).rejects.toThrow('no such column');
  await expect(ask()).rejects.toThrow('no such column');
  broken = false;
  expect((await ask()).text).toBe('new');
  expect(ran).toEqual(['quick sparing', 'quick', 'quick', 'quick']);
});

test('what fails behind after a restart says why for a minute, as it does without one, and is not tried meanwhile', async () => {
  const { start, on_shelf, pass, now } = shelved();
  on_shelf.set('q', { text: 'old', as_of: now(), took_ms: 60_000, cost_ms: 60_000 });
  pass(day_ms);
  const answers = start();
  let runs = 0;
  const compute = async (): Promise<string> => {
    runs++;
    throw new Error('12 GB are not enough');
  };
  const ask = () => answers.of('q', compute, undefined, Number.POSITIVE_INFINITY);
  expect((await ask()).text).toBe('old');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  await vi.waitFor(() => expect(ask()).rejects.toThrow('12 GB'));
  for (let n = 0; n < 5; n++) {
    pass(1_000);
    await expect(ask()).rejects.toThrow('12 GB');
  }
  expect(runs).toBe(1);
});

test('who takes one of five seconds is not given an older one because somebody else takes any', async () => {
  const { start, on_shelf, pass, now } = shelved();
  on_shelf.set('q', { text: 'old', as_of: now(), took_ms: 12_000, cost_ms: 12_000 });
  pass(3_000_000);
  const answers = start();
  const never = (): Promise<string> => new Promise(() => undefined);
  expect((await answers.of('q', never, undefined, Number.POSITIVE_INFINITY)).text).toBe('old');
  await expect(answers.of('q', never, undefined, 5_000)).rejects.toThrow(ComputedBehind);
});

test('that it takes too much for one who waits keeps nobody from the old one', async () => {
  const { start, on_shelf, pass, now } = shelved();
  on_shelf.set('q', { text: 'old', as_of: now(), took_ms: 60_000, cost_ms: 60_000 });
  pass(2 * day_ms);
  const answers = start();
  const compute = (lane: Lane): Promise<string> =>
    lane === 'quick' ? Promise.reject(too_dear) : new Promise(() => undefined);
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  for (let n = 0; n < 2; n++)
    expect((await answers.of('q', compute, undefined, Number.POSITIVE_INFINITY)).text).toBe('old');
});

test('a part that was taken from one of before the restart is as old as that for who says nothing', async () => {
  const { start, taking, on_shelf, pass, now } = shelved();
  on_shelf.set('w', { text: 'old', as_of: now(), took_ms: 2_000, cost_ms: 2_000 });
  pass(540_000);
  const answers = start();
  const never = (): Promise<string> => new Promise(() => undefined);
  const part = { whole: 'w', compute: never, take: async (rows: string) => `part of ${rows}` };
  expect((await answers.of('q', never, part, Number.POSITIVE_INFINITY)).text).toBe('part of old');
  expect((await answers.of('q', taking(5, 'new'), part)).text).toBe('new');
});

test('a shelf that has nothing changes nothing', async () => {
  const { start, taking } = shelved();
  const shelf: Shelf = { find: async () => null, put: async () => undefined };
  const answers = start({ shelf });
  expect((await answers.of('q', taking(12_000, 'computed'))).text).toBe('computed');
  await answers.shelve();
});

test('who closes waits for what is being put there, and for what came since', async () => {
  const { start, taking } = shelved();
  const put: string[][] = [];
  const ends: (() => void)[] = [];
  const shelf: Shelf = {
    find: async () => null,
    put: (answers) => {
      put.push(answers.map(([question]) => question));
      return new Promise((done) => ends.push(done));
    },
  };
  const answers = start({ shelf });
  await answers.of('a', taking(5_000, 'a'));
  const timer = answers.shelve();
  await answers.of('b', taking(5_000, 'b'));
  let closed = false;
  const close = answers.shelve().then(() => {
    closed = true;
  });
  await vi.waitFor(() => expect(put).toEqual([['a']]));
  expect(closed).toBe(false);
  ends[0]?.();
  await timer;
  await vi.waitFor(() => expect(put).toEqual([['a'], ['b']]));
  expect(closed).toBe(false);
  ends[1]?.();
  await close;
});

test('what was computed hours ago is looked for: another copy may have a newer one', async () => {
  const { start, taking, pass, on_shelf, looked_for, now } = shelved();
  const one = start();
  await one.of('q', taking(12_000, 'of this morning'));
  pass(3_000_000);
  expect((await one.of('q', taking(12_000, 'behind'), undefined, day_ms)).text).toBe('of this morning');
  await vi.waitFor(() => expect(one.running).toBe(0));
  expect(looked_for).toEqual(['q']);
  pass(8 * 3_600_000);
  on_shelf.set('q', { text: 'of another copy', as_of: now() - 600_000, took_ms: 12_000, cost_ms: 12_000 });
  const found = await one.of('q', () => new Promise(() => undefined), undefined, day_ms);
  expect(found.text).toBe('of another copy');
  expect(looked_for).toEqual(['q', 'q']);
});

const never = (): Promise<string> => new Promise(() => undefined);
const prepared = (as_of: number, text: string): Computed => ({ text, as_of, took_ms: 12_000, cost_ms: 12_000 });

test('one that came from the shelf hours ago is looked for there again, once a minute', async () => {
  const { start, pass, on_shelf, looked_for, now } = shelved();
  const answers = start();
  on_shelf.set('q', prepared(now() - 10_000, 'in the morning'));
  const ask = async (): Promise<string> => (await answers.of('q', never, undefined, Number.POSITIVE_INFINITY)).text;
  expect(await ask()).toBe('in the morning');
  pass(day_ms / 3);
  expect(await ask()).toBe('in the morning');
  on_shelf.set('q', prepared(now(), 'prepared since'));
  expect(await ask()).toBe('in the morning');
  expect(looked_for).toEqual(['q', 'q']);
  pass(60_000);
  expect(await ask()).toBe('prepared since');
});

test('what was prepared after it had failed is given; what is from before is not', async () => {
  const { start, pass, on_shelf, now } = shelved();
  const answers = start();
  on_shelf.set('q', prepared(now() - 7 * day_ms, 'from before'));
  const fails = async (lane: Lane): Promise<string> => {
    if (lane === 'idle') pass(60_000);
    if (lane === 'idle') return 'prepared';
    throw lane === 'quick' ? too_dear : new Error('too much memory');
  };
  await expect(answers.of('q', fails)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(answers.of('q', fails)).rejects.toThrow('too much memory'));
  await expect(answers.of('q', fails, undefined, Number.POSITIVE_INFINITY)).rejects.toThrow('too much memory');
  pass(3_600_000);
  expect(await answers.prepare('q', fails)).toBe(60_000);
  expect((await answers.of('q', fails)).text).toBe('prepared');
});

test('what is prepared never takes the place of what is newer', async () => {
  const { start, on_shelf, pass, now } = shelved();
  const answers = start();
  let finish: (text: string) => void = () => undefined;
  const preparing = answers.prepare('q', () => new Promise((resume) => (finish = resume)));
  pass(1_000);
  await expect(answers.of('q', () => Promise.reject(too_dear))).rejects.toThrow(ComputedBehind);
  pass(200_000);
  on_shelf.set('q', prepared(now() - 10_000, 'newer'));
  expect((await answers.of('q', never)).text).toBe('newer');
  pass(1_000);
  finish('older');
  await preparing;
  expect((await answers.of('q', never)).text).toBe('newer');
});

test('what is prepared while it fails for somebody else is given all the same', async () => {
  const { start, pass, now } = shelved();
  const answers = start();
  await answers.of('q', async () => 'first');
  pass(1_000);
  let finish: (text: string) => void = () => undefined;
  const preparing = answers.prepare('q', () => new Promise((resume) => (finish = resume)));
  pass(1_000);
  const failing = (): Promise<string> => Promise.reject(new Error('no memory'));
  await answers.of('q', failing).catch(() => undefined);
  pass(1_000);
  const as_of = now() - 2_000;
  finish('prepared');
  await preparing;
  expect(await answers.of('q', failing)).toMatchObject({ text: 'prepared', as_of });
});
