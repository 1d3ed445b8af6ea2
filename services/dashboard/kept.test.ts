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
        most_running: 3,
        tooDear: (error) => error === too_dear,
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

test('another copy’s clock may be ahead: its answer is not younger than now', async () => {
  const { start, taking, on_shelf, now, pass } = shelved();
  on_shelf.set('q', { text: 'ahead', as_of: now() + day_ms, took_ms: 200, cost_ms: 200 });
  const answers = start();
  expect(await answers.of('q', taking(200, 'new'))).toMatchObject({ text: 'ahead', as_of: day_ms });
  pass(1_000);
  await answers.of('q', taking(200, 'new'));
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('q', taking(200, 'never'))).text).toBe('new');
});

test('without a shelf that answers, everything is as if there were none', async () => {
  const { start, taking } = shelved();
  const shelf: Shelf = { find: async () => null, put: async () => undefined };
  const answers = start({ shelf });
  expect((await answers.of('q', taking(12_000, 'computed'))).text).toBe('computed');
  await answers.shelve();
});
