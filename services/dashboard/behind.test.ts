/** What is computed or renewed while nobody waits for it. */
import { expect, test, vi } from 'vitest';
import { away, clocked, held, too_dear } from '../../test/support/answers.ts';
import { ComputedBehind, type Lane } from './answers.ts';
import { TooLarge } from './behind.ts';

test('what is renewed for those who got the old answer is computed one after the other, and leaves room for those who wait', async () => {
  const { answers, taking, pass } = clocked();
  for (const question of ['a', 'b']) await answers.of(question, taking(400));
  pass(2_000);
  const begun: string[] = [];
  let finish: (text: string) => void = () => undefined;
  const slow = (question: string) => (lane: Lane, sparing?: boolean) => {
    begun.push(`${question} ${lane}${sparing ? ' sparing' : ''}`);
    return new Promise<string>((resume) => (finish = resume));
  };
  for (const question of ['a', 'b'])
    expect(await answers.of(question, slow(question))).toMatchObject({ newer_in_ms: 400 });
  expect(await answers.of('c', taking(5))).toMatchObject({ text: 'answer 3' });
  expect(begun).toEqual(['a quick sparing']);
  finish('new a');
  await vi.waitFor(() => expect(begun).toEqual(['a quick sparing', 'b quick sparing']));
  finish('new b');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('a', taking(5))).text).toBe('new a');
  expect((await answers.of('b', taking(5))).text).toBe('new b');
});

test('what nobody waits for ends with the server: only what has begun is computed', async () => {
  const { answers, taking, pass } = clocked();
  for (const question of ['a', 'b', 'c']) await answers.of(question, taking(400));
  pass(2_000);
  const { begun, finish, slow } = held();
  for (const question of ['a', 'b']) await answers.of(question, slow(question));
  answers.stop();
  await answers.of('c', slow('c'));
  for (const done of finish) done();
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect(begun).toEqual(['a']);
});

test('on a larger machine so many are renewed at once', async () => {
  const { answers, taking, pass } = clocked(1_000, { most_renewing: 2 });
  for (const question of ['a', 'b', 'c']) await answers.of(question, taking(400));
  pass(2_000);
  const { begun, finish, slow } = held();
  for (const question of ['a', 'b', 'c']) await answers.of(question, slow(question));
  expect(begun).toEqual(['a', 'b']);
  finish[1]?.();
  await vi.waitFor(() => expect(begun).toEqual(['a', 'b', 'c']));
  for (const done of finish) done();
  await vi.waitFor(() => expect(answers.running).toBe(0));
  for (const question of ['a', 'b', 'c'])
    expect((await answers.of(question, slow(question))).text).toBe(`new ${question}`);
});

test('what takes too much for one who waits is computed behind: who asks is told so until it is there', async () => {
  const { answers, pass, how } = clocked();
  const lanes: Lane[] = [];
  let finish: (text: string) => void = () => undefined;
  const compute = (lane: Lane): Promise<string> => {
    lanes.push(lane);
    return lane === 'quick' ? Promise.reject(too_dear) : new Promise((resume) => (finish = resume));
  };
  await expect(Promise.all([answers.of('q', compute), answers.of('q', compute)])).rejects.toThrow(ComputedBehind);
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(lanes).toEqual(['quick', 'behind']));
  pass(30_000);
  finish('at last');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect(await answers.of('q', compute)).toMatchObject({ text: 'at last', as_of: 0 });
  pass(300_000);
  expect((await answers.of('q', compute)).text).toBe('at last');
  await vi.waitFor(() => expect(lanes).toEqual(['quick', 'behind', 'behind']));
  expect(how).toEqual(['behind', 'behind', 'behind', 'kept', 'old']);
});

test('behind, one is computed after the other, those that are left unasked meanwhile not at all; the quick ones go past', async () => {
  const { answers, taking, pass } = clocked();
  const begun: string[] = [];
  const finish = new Map<string, (text: string) => void>();
  const dear = (name: string) => (lane: Lane) => {
    if (lane === 'quick') return Promise.reject(too_dear);
    begun.push(name);
    return new Promise<string>((resume) => finish.set(name, resume));
  };
  for (const name of ['a', 'b', 'c']) await expect(answers.of(name, dear(name))).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(begun).toEqual(['a']));
  expect((await answers.of('quick', taking(5))).text).toBe('answer 1');
  pass(100_000);
  await expect(answers.of('c', dear('c'))).rejects.toThrow(ComputedBehind);
  pass(100_000);
  finish.get('a')?.('a');
  await vi.waitFor(() => expect(begun).toEqual(['a', 'c']));
  finish.get('c')?.('c');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('c', dear('c'))).text).toBe('c');
});

test.each([
  [30_000, ['quick', 'behind', 'behind']], // nobody is let wait a second time
  [100, ['quick', 'behind', 'quick']], // the machine was short of memory then
])('what was stopped for taking too much and took %d ms behind is computed %j', async (took_ms, expected) => {
  const { answers, pass } = clocked();
  const lanes: Lane[] = [];
  const compute = async (lane: Lane): Promise<string> => {
    lanes.push(lane);
    if (lane === 'quick' && lanes.length === 1) throw too_dear;
    pass(lane === 'behind' ? took_ms : 0);
    return 'at last';
  };
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(async () => expect((await answers.of('q', compute)).text).toBe('at last'));
  await vi.waitFor(() => expect(answers.running).toBe(0));
  pass(3_600_000); // too old to be given
  const again = answers.of('q', compute);
  if (expected.at(-1) === 'quick') expect((await again).text).toBe('at last');
  else await expect(again).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(lanes).toEqual(expected));
});

test('of those that wait to be computed behind, the one that waited longest for what it costs comes first', async () => {
  const { answers, taking, pass } = clocked();
  const begun: string[] = [];
  let finish: (text: string) => void = () => undefined;
  const held = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resume) => (finish = resume));
  };
  for (const [name, ms] of Object.entries({ a: 60_000, b: 30_000, c: 4_000 })) await answers.of(name, taking(ms));
  pass(301_000); // all are old
  await answers.of('a', held('a'));
  await answers.of('b', held('b')); // asked before c, but c will have waited for 25 times what it costs, b for three times
  await answers.of('c', held('c'));
  pass(100_000);
  for (const name of ['b', 'c']) await answers.of(name, held(name));
  for (const order of [['a'], ['a', 'c'], ['a', 'c', 'b']]) {
    await vi.waitFor(() => expect(begun).toEqual(order));
    finish('done');
  }
  await vi.waitFor(() => expect(answers.running).toBe(0));
});

test('of those that wait to be computed behind, one that nobody has an answer to comes before one that is only old', async () => {
  const { answers, taking, pass } = clocked();
  const begun: string[] = [];
  let finish: (text: string) => void = () => undefined;
  const held = (name: string) => (lane: Lane) => {
    if (lane === 'quick') return Promise.reject(too_dear);
    begun.push(name);
    return new Promise<string>((resume) => (finish = resume));
  };
  for (const name of ['a', 'old']) await answers.of(name, taking(10_000));
  pass(200_000);
  await answers.of('a', held('a'));
  await answers.of('old', held('old'));
  pass(10_000);
  await expect(answers.of('new', held('new'))).rejects.toThrow(ComputedBehind);
  pass(20_000); // old has waited for three times what it cost, new for as long as it was waited for at first
  for (const order of [['a'], ['a', 'new'], ['a', 'new', 'old']]) {
    await vi.waitFor(() => expect(begun).toEqual(order));
    finish('done');
  }
  await vi.waitFor(() => expect(answers.running).toBe(0));
});

test('of those that wait to be computed behind, what somebody has no answer to comes first however short it has waited', async () => {
  const { answers, taking, pass } = clocked();
  const begun: string[] = [];
  let finish: (text: string) => void = () => undefined;
  const slow =
    (question: string) =>
    (lane: Lane): Promise<string> => {
      if (lane === 'quick') return Promise.reject(too_dear);
      begun.push(question);
      return new Promise((resume) => (finish = resume));
    };
  await answers.of('old', taking(4_000));
  await expect(answers.of('under way', slow('under way'))).rejects.toThrow(ComputedBehind);
  pass(500_000);
  await answers.of('old', slow('old'));
  pass(60_000);
  const part = { whole: 'whole', compute: slow('whole'), take: async (rows: string) => rows };
  await expect(answers.of('new', slow('new'), part)).rejects.toThrow(ComputedBehind);
  for (const order of [['under way'], ['under way', 'whole'], ['under way', 'whole', 'old']]) {
    await vi.waitFor(() => expect(begun).toEqual(order));
    finish('done');
  }
  await vi.waitFor(() => expect(answers.running).toBe(0));
});

test('while somebody has no answer at all the others are renewed less often', async () => {
  const { answers, taking, pass, asked } = clocked();
  await answers.of('q', taking(1_000));
  let finish: (text: string) => void = () => undefined;
  const slow = (lane: Lane): Promise<string> =>
    lane === 'quick' ? Promise.reject(too_dear) : new Promise((resume) => (finish = resume));
  await expect(answers.of('none', slow)).rejects.toThrow(ComputedBehind);
  pass(20_000);
  expect((await answers.of('q', taking(1_000))).text).toBe('answer 1');
  expect(asked()).toBe(1);
  finish('there');
  await vi.waitFor(async () => expect((await answers.of('none', slow)).text).toBe('there'));
  await answers.of('q', taking(1_000));
  await vi.waitFor(() => expect(asked()).toBe(2));
});

test('while it is computed anew because somebody looks, an old answer is given however long that takes', async () => {
  const { answers, taking, pass } = clocked();
  await answers.of('q', taking(4_000));
  pass(600_000);
  let finish: (text: string) => void = () => undefined;
  const slow = (): Promise<string> => new Promise((resume) => (finish = resume));
  for (let minutes = 10; minutes < 20; minutes++) {
    expect(await answers.of('q', slow)).toMatchObject({ text: 'answer 1', as_of: 0 });
    pass(60_000);
  }
  finish('new');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('q', slow)).text).toBe('new');
});

test('the first answer computed behind has all the room there is, a newer one half of it', async () => {
  const { answers, pass } = clocked();
  const lanes: string[] = [];
  const compute = async (lane: Lane, sparing?: boolean): Promise<string> => {
    lanes.push(`${lane}${sparing ? ' sparing' : ''}`);
    if (lane === 'quick') throw too_dear;
    await Promise.resolve();
    pass(30_000);
    return 'there';
  };
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(async () => expect((await answers.of('q', compute)).text).toBe('there'));
  pass(500_000);
  await answers.of('q', compute);
  await vi.waitFor(() => expect(lanes).toEqual(['quick', 'behind', 'behind sparing']));
});

test('what fails behind says why for a minute, and is tried again after', async () => {
  const { answers, taking, pass } = clocked();
  const greedy = new Error('12 GB are not enough');
  const compute = (lane: Lane): Promise<string> => Promise.reject(lane === 'quick' ? too_dear : greedy);
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(answers.of('q', compute)).rejects.toThrow(greedy));
  pass(59_000);
  await expect(answers.of('q', taking(5))).rejects.toThrow(greedy);
  pass(2_000);
  await expect(answers.of('q', taking(5))).rejects.toThrow(ComputedBehind);
  await vi.waitFor(async () => expect((await answers.of('q', taking(5))).text).toBe('answer 1'));
});

test('no more than 64 wait to be computed behind', async () => {
  const { answers } = clocked();
  let begun = 0;
  let finish: () => void = () => undefined;
  const first = new Promise<void>((resume) => (finish = resume));
  const dear = (lane: Lane): Promise<string> =>
    lane === 'quick' ? Promise.reject(too_dear) : first.then(() => `${++begun}`);
  for (let i = 0; i < 70; i++) await expect(answers.of(`q${i}`, dear)).rejects.toThrow(ComputedBehind);
  finish();
  await vi.waitFor(() => expect(begun).toBe(64));
  await vi.waitFor(() => expect(answers.running).toBe(0));
  await expect(answers.of('q69', dear)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(begun).toBe(65));
});

test('what was computed behind and is larger than the room is said to be, not computed for ever', async () => {
  const { answers } = clocked(20);
  const compute = (lane: Lane): Promise<string> =>
    lane === 'quick' ? Promise.reject(too_dear) : Promise.resolve('x'.repeat(100));
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(answers.of('q', compute)).rejects.toThrow(TooLarge));
});

/** A question that is let go, or stopped, when the test says so, one asking after the other. */
function letGo() {
  const begun: string[] = [];
  const ends: { go: (text: string) => void; stop: (error: Error) => void }[] = [];
  const compute = (lane: Lane, sparing?: boolean): Promise<string> => {
    begun.push(`${lane}${sparing ? ' sparing' : ''}`);
    return new Promise((go, stop) => ends.push({ go, stop }));
  };
  return { begun, ends, compute };
}

test('who takes no old answer does not wait for one that is renewed with few threads, nor gets that when it is older', async () => {
  const { answers, taking, pass } = clocked();
  await answers.of('q', taking(2_500));
  pass(700_000);
  const { begun, ends, compute } = letGo();
  expect((await answers.of('q', compute, undefined, Number.POSITIVE_INFINITY)).text).toBe('answer 1');
  pass(1_000);
  const plain = answers.of('q', compute);
  await vi.waitFor(() => expect(begun).toEqual(['quick sparing', 'quick']));
  ends[1]?.go('asked for');
  expect((await plain).text).toBe('asked for');
  ends[0]?.go('begun before');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('q', compute)).text).toBe('asked for');
});

test('what somebody waits for is not computed behind for others beside it; where it takes too much for that, it is', async () => {
  const { answers, taking, pass } = clocked();
  await answers.of('q', taking(60_000));
  pass(2 * 86_400_000);
  const { begun, ends, compute } = letGo();
  const plain = answers.of('q', compute);
  expect((await answers.of('q', compute, undefined, Number.POSITIVE_INFINITY)).text).toBe('answer 1');
  ends[0]?.stop(too_dear);
  await expect(plain).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(begun).toEqual(['quick', 'behind sparing']));
  pass(30_000);
  ends[1]?.go('at last');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('q', compute)).text).toBe('at last');
});

test('while the warehouse does not answer old answers are given as before, and newer ones tried for every second', async () => {
  const { answers, taking, pass, how } = clocked();
  for (const [question, cost] of [
    ['cheap', 5],
    ['usual', 400],
    ['dear', 60_000],
  ] as const) {
    await answers.of(question, taking(cost));
    pass(400_000);
    const { begun, ends, compute } = letGo();
    for (let seconds = 1; seconds <= 3; seconds++) {
      const old = answers.of(question, compute);
      await vi.waitFor(() => expect(begun).toHaveLength(seconds));
      ends[seconds - 1]?.stop(away);
      expect((await old).text).toMatch(/^answer /);
      await vi.waitFor(() => expect(answers.running).toBe(0));
      pass(1_001);
    }
    expect(how.splice(0)).toEqual(['computed', 'old', 'old', 'old']);
    void answers.of(question, compute).catch(() => undefined);
    await vi.waitFor(() => expect(begun).toHaveLength(4));
    ends[3]?.go('there again');
    await vi.waitFor(() => expect(answers.running).toBe(0));
    expect((await answers.of(question, compute)).text).toBe('there again');
    how.splice(0);
  }
});

test('who has no answer while the warehouse does not answer hears that, and is tried for again', async () => {
  const { answers, taking, pass } = clocked();
  await expect(answers.of('q', () => Promise.reject(away))).rejects.toThrow(away);
  expect((await answers.of('q', taking(5))).text).toBe('answer 1');
  const dear = (lane: Lane) => Promise.reject(lane === 'quick' ? too_dear : away);
  await expect(answers.of('dear', dear)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(answers.running).toBe(0));
  await expect(answers.of('dear', dear)).rejects.toThrow(away);
  pass(1_001);
  await expect(answers.of('dear', taking(5))).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('dear', taking(5))).text).toBe('answer 2');
});

test('with few threads it takes longer, and when the newer one is there is told by that', async () => {
  const { answers, taking, pass } = clocked();
  await answers.of('q', taking(200));
  for (const newer_in_ms of [200, 1_600]) {
    pass(5_000);
    expect(await answers.of('q', taking(1_600))).toMatchObject({ newer_in_ms, cost_ms: 200 });
    await vi.waitFor(() => expect(answers.running).toBe(0));
  }
});

test('what was computed for somebody meanwhile is not renewed as well', async () => {
  const { answers, taking, pass } = clocked();
  for (const question of ['a', 'q']) await answers.of(question, taking(400));
  pass(700_000);
  const first = letGo();
  const queued = letGo();
  for (const [question, { compute }] of [
    ['a', first],
    ['q', queued],
  ] as const)
    await answers.of(question, compute, undefined, Number.POSITIVE_INFINITY);
  expect((await answers.of('q', taking(5))).text).toBe('answer 3');
  first.ends[0]?.go('new a');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect(queued.begun).toEqual([]);
});

test('one that asked with an old answer and one that has none: it is computed as for who has none', async () => {
  const { answers, taking, pass } = clocked(10_000);
  await answers.of('old', taking(60_000));
  await answers.of('other', taking(60_000));
  pass(700_000);
  const [blocking, old, other] = [letGo(), letGo(), letGo()];
  const dear = (lane: Lane) => (lane === 'quick' ? Promise.reject(too_dear) : blocking.compute(lane));
  await expect(answers.of('blocking', dear)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(blocking.begun).toEqual(['behind']));
  for (const [question, { compute }] of [
    ['other', other],
    ['old', old],
  ] as const)
    await answers.of(question, compute, undefined, Number.POSITIVE_INFINITY);
  pass(4_000_000);
  await answers.of('other', other.compute, undefined, Number.POSITIVE_INFINITY);
  await expect(answers.of('old', old.compute)).rejects.toThrow(ComputedBehind); // too old for who does not say how old it may be
  blocking.ends[0]?.go('done');
  await vi.waitFor(() => expect(old.begun).toHaveLength(1));
  expect(other.begun).toEqual([]);
});

test('who asked for what could not be prepared meanwhile has it computed without asking again', async () => {
  const { answers, pass } = clocked();
  const lanes: Lane[] = [];
  let stop: (error: Error) => void = () => undefined;
  const compute = (lane: Lane): Promise<string> => {
    lanes.push(lane);
    if (lane === 'idle') return new Promise((_, fail) => (stop = fail));
    return lane === 'quick' ? Promise.reject(too_dear) : Promise.resolve('at last');
  };
  const prepared = answers.prepare('q', compute);
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  pass(60_000);
  stop(too_dear);
  await prepared;
  await vi.waitFor(() => expect(lanes).toEqual(['idle', 'quick', 'behind']));
  expect((await answers.of('q', compute)).text).toBe('at last');
});

test('what somebody stopped is not begun again for a minute', async () => {
  const stopped = new Error('KILL QUERY');
  const is = (error: unknown): boolean => error === stopped;
  const { answers, pass } = clocked(1_000, { isAway: is, wasStopped: is });
  let begun = 0;
  const compute = (lane: Lane): Promise<string> => {
    if (lane === 'behind') begun++;
    return Promise.reject(lane === 'quick' ? too_dear : stopped);
  };
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  for (let seconds = 0; seconds < 60; seconds += 5) {
    await vi.waitFor(() => expect(answers.running).toBe(0));
    await expect(answers.of('q', compute)).rejects.toThrow(stopped);
    pass(5_000);
  }
  expect(begun).toBe(1);
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  expect(begun).toBe(2);
});
