import { describe, expect, test, vi } from 'vitest';
import { Answers, type AnswersOptions, ComputedBehind, type Lane, TooMuch } from './answers.ts';
import { TooLarge } from './behind.ts';

const too_dear = new Error('stopped at the bounds');

function clocked(most_bytes = 1_000, more: Partial<AnswersOptions> = {}) {
  let now = 0;
  const how: string[] = [];
  let patience_ends: () => void = () => undefined;
  const answers = new Answers({
    now: () => now,
    most_bytes,
    most_running: 3,
    tooDear: (error) => error === too_dear,
    onAnswer: (one) => how.push(one),
    wait: () =>
      new Promise((resume) => {
        patience_ends = resume;
      }),
    ...more,
  });
  let asked = 0;
  /** A question that takes so long and answers with how often it was asked. */
  const taking = (ms: number) => async () => {
    asked++;
    const text = `answer ${asked}`;
    await Promise.resolve();
    now += ms;
    return text;
  };
  return {
    answers,
    taking,
    how,
    pass: (ms: number) => (now += ms),
    asked: () => asked,
    hurry: () => patience_ends(),
  };
}

/** Questions that are answered when they are let go: which have begun, and how each is finished. */
function held() {
  const begun: string[] = [];
  const finish: (() => void)[] = [];
  const slow = (question: string) => () => {
    begun.push(question);
    return new Promise<string>((resume) => finish.push(() => resume(`new ${question}`)));
  };
  return { begun, finish, slow };
}

test('the same question asked at the same time is computed once', async () => {
  const { answers, taking, asked, how } = clocked();
  const [a, b] = await Promise.all([answers.of('q', taking(5)), answers.of('q', taking(5))]);
  expect(a).toEqual(b);
  expect(asked()).toBe(1);
  expect(how).toEqual(['computed', 'shared']);
  expect(answers.running).toBe(0);
});

test('a cheap answer is given again for half a second, and then waited for: what happened before is in it', async () => {
  const { answers, taking, pass, how } = clocked();
  expect(await answers.of('q', taking(5))).toMatchObject({ text: 'answer 1', as_of: 0 });
  pass(400);
  expect((await answers.of('q', taking(5))).text).toBe('answer 1');
  pass(200);
  expect(await answers.of('q', taking(5))).toMatchObject({ text: 'answer 2', as_of: 605 });
  expect(how).toEqual(['computed', 'kept', 'computed']);
});

test('a cheap answer that takes long this time is not waited for: the old one is given, then the new one', async () => {
  const { answers, taking, pass, hurry, how } = clocked();
  await answers.of('q', taking(5));
  pass(2_000);
  let finish: (text: string) => void = () => undefined;
  const slow = answers.of('q', () => new Promise((resume) => (finish = resume)));
  await vi.waitFor(() => expect(answers.running).toBe(1));
  hurry();
  expect(await slow).toMatchObject({ text: 'answer 1', as_of: 0 });
  finish('late');
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect((await answers.of('q', taking(5))).text).toBe('late');
  expect(how).toEqual(['computed', 'old', 'kept']);
});

test('who gets an old answer is told when the newer one will be there, and nobody else is', async () => {
  const { answers, taking, pass } = clocked();
  expect(await answers.of('q', taking(400))).not.toHaveProperty('newer_in_ms');
  expect(await answers.of('q', taking(400))).not.toHaveProperty('newer_in_ms'); // kept and young
  pass(2_000);
  expect(await answers.of('q', taking(400))).toMatchObject({ text: 'answer 1', newer_in_ms: 400 });
  await vi.waitFor(() => expect(answers.running).toBe(0));
  pass(400);
  const newer = await answers.of('q', taking(400));
  expect(newer).toMatchObject({ text: 'answer 2', as_of: 2_400 });
  expect(newer).not.toHaveProperty('newer_in_ms');
});

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

test('a dear answer serves for ten times what it cost, then at once with its time while it is computed anew', async () => {
  const { answers, taking, pass, asked, how } = clocked();
  await answers.of('q', taking(4_000));
  pass(35_000);
  await answers.of('q', taking(4_000));
  expect(asked()).toBe(1);
  pass(5_000);
  expect(await answers.of('q', taking(4_000))).toMatchObject({ text: 'answer 1', as_of: 0 });
  expect(asked()).toBe(2);
  await vi.waitFor(() => expect(answers.running).toBe(0));
  expect(await answers.of('q', taking(4_000))).toMatchObject({ text: 'answer 2', as_of: 44_000 });
  expect(how).toEqual(['computed', 'kept', 'old', 'kept']);
});

test('what an answer cost while everything was asked at once does not keep a page back for ten times that', async () => {
  const { answers, taking, pass, asked } = clocked();
  await answers.of('q', taking(600)); // young for 500 + 10 · 600 · 600 / 3,000 ms
  pass(1_000);
  await answers.of('q', taking(600));
  expect(asked()).toBe(1);
  pass(200);
  await answers.of('q', taking(600));
  expect(asked()).toBe(2);
});

test('an answer that took long once is not dear: the lesser of what it took and took before counts', async () => {
  const { answers, taking, pass, asked } = clocked();
  await answers.of('q', taking(5));
  pass(600);
  await answers.of('q', taking(4_000));
  expect(asked()).toBe(2);
  pass(600);
  await answers.of('q', taking(4_000));
  expect(asked()).toBe(3);
  pass(35_000);
  await answers.of('q', taking(4_000));
  expect(asked()).toBe(3);
});

test('the dearest answer is old after five minutes, and not given at all when nobody asked for long', async () => {
  const { answers, taking, pass, how } = clocked();
  await answers.of('q', taking(60_000));
  pass(230_000);
  await answers.of('q', taking(60_000));
  pass(20_000);
  await answers.of('q', taking(60_000));
  await vi.waitFor(() => expect(answers.running).toBe(0));
  pass(1_300_000);
  expect((await answers.of('q', taking(60_000))).text).toBe('answer 3');
  expect(how).toEqual(['computed', 'kept', 'old', 'computed']);
});

test('a question that fails throws, and is asked again; who got the old answer does not hear of it', async () => {
  const { answers, taking, pass } = clocked();
  const fail = (): Promise<string> => Promise.reject(new Error('no'));
  await expect(answers.of('q', fail)).rejects.toThrow('no');
  expect((await answers.of('q', taking(1))).text).toBe('answer 1');
  pass(2_000);
  expect((await answers.of('q', fail)).text).toBe('answer 1');
  await expect(answers.of('q', fail)).rejects.toThrow('no');
});

test('while as much is being computed as may be, an old answer is given rather than none, and who has none hears of it', async () => {
  const { answers, taking, pass, asked } = clocked();
  await answers.of('q', taking(5));
  pass(2_000);
  let finish: () => void = () => undefined;
  const held = new Promise<string>((resume) => (finish = () => resume('held')));
  const others = ['a', 'b', 'c'].map((name) => answers.of(name, () => held));
  expect(answers.running).toBe(3);
  expect(await answers.of('q', taking(5))).toMatchObject({ text: 'answer 1', as_of: 0 });
  expect(asked()).toBe(1);
  await expect(answers.of('new', taking(5))).rejects.toThrow(TooMuch);
  finish();
  await Promise.all(others);
  expect((await answers.of('q', taking(5))).text).toBe('answer 2');
});

test('the longest unused go first when there is no room; what is larger than the room is not kept', async () => {
  const { answers, taking, asked } = clocked(20);
  await answers.of('a', taking(1));
  await answers.of('b', taking(1));
  await answers.of('a', taking(1));
  await answers.of('c', taking(1));
  expect(asked()).toBe(3);
  await answers.of('a', taking(1));
  expect(asked()).toBe(3);
  await answers.of('b', taking(1));
  expect(asked()).toBe(4);
  await answers.of('large', async () => 'x'.repeat(100));
  await answers.of('b', taking(1));
  expect(asked()).toBe(4);
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

describe('a question that is part of a larger one', () => {
  /** A whole that is computed when `finish` is called, and parts taken from it. */
  function parts() {
    const clock = clocked(10_000);
    const lanes: string[] = [];
    let finish: (text: string | Error) => void = () => undefined;
    const whole = (lane: Lane): Promise<string> => {
      lanes.push(`whole ${lane}`);
      return new Promise((resolve, reject) => {
        finish = (text) => (text instanceof Error ? reject(text) : resolve(text));
      });
    };
    const ask = (name: string, alone: (lane: Lane) => Promise<string> = () => Promise.reject(too_dear)) =>
      clock.answers.of(
        name,
        (lane) => {
          lanes.push(`${name} ${lane}`);
          return alone(lane);
        },
        {
          whole: 'whole',
          compute: whole,
          take: async (text) => {
            lanes.push(`${name} taken`);
            return `${name} of ${text}`;
          },
        },
      );
    const there = async (text: string | Error): Promise<void> => {
      finish(text);
      await vi.waitFor(() => expect(clock.answers.running).toBe(0));
    };
    return { ...clock, ask, lanes, there };
  }

  test('is taken from that, once it was stopped, and every other part with it: as old as the whole', async () => {
    const { ask, lanes, there, pass, how } = parts();
    await expect(ask('a')).rejects.toThrow(ComputedBehind);
    await expect(ask('b')).rejects.toThrow(ComputedBehind); // the whole is under way: nobody waits for what will be in it
    pass(35_000);
    await there('all');
    pass(1_000);
    for (let times = 0; times < 2; times++) {
      expect(await ask('a')).toMatchObject({ text: 'a of all', as_of: 0 });
      expect(await ask('b')).toMatchObject({ text: 'b of all', as_of: 0 });
    }
    expect(lanes).toEqual(['a quick', 'whole behind', 'a taken', 'b taken']);
    expect(how).toEqual(['behind', 'behind', 'kept', 'kept', 'kept', 'kept']);
  });

  test('is given as it was while the whole is computed anew, and then as it is', async () => {
    const { ask, lanes, there, pass, how } = parts();
    await expect(ask('a')).rejects.toThrow(ComputedBehind);
    pass(35_000);
    await there('all');
    await ask('a');
    pass(300_000);
    expect(await ask('a')).toMatchObject({ text: 'a of all', as_of: 0 });
    expect(await ask('c')).toMatchObject({ text: 'c of all', as_of: 0 });
    pass(30_000);
    await there('all anew');
    expect(await ask('a')).toMatchObject({ text: 'a of all anew', as_of: 335_000 });
    expect(lanes).toEqual(['a quick', 'whole behind', 'a taken', 'whole behind', 'c taken', 'a taken']);
    expect(how).toEqual(['behind', 'kept', 'old', 'old', 'kept']);
  });

  test('that was waited for and is dear is given as it was until the whole is there', async () => {
    const { ask, lanes, there, taking, pass } = parts();
    expect(await ask('a', taking(14_000))).toMatchObject({ text: 'answer 1' });
    pass(140_000);
    expect((await ask('a')).text).toBe('answer 1');
    pass(16_000);
    await there('all');
    expect(await ask('a')).toMatchObject({ text: 'a of all', as_of: 154_000 });
    expect(lanes).toEqual(['a quick', 'whole behind', 'a taken']);
  });

  test('is asked by itself as long as it is cheap, also when the whole is kept', async () => {
    const { ask, lanes, there, taking, pass } = parts();
    await ask('cheap', taking(20));
    await expect(ask('a')).rejects.toThrow(ComputedBehind);
    pass(35_000);
    await there('all');
    expect(await ask('cheap', taking(20))).toMatchObject({ text: 'answer 2', as_of: 35_020 });
    expect(lanes).toEqual(['cheap quick', 'a quick', 'whole behind', 'cheap quick']);
  });

  test('never goes back to a whole that is older than its own answer', async () => {
    const { ask, lanes, there, taking, pass } = parts();
    await ask('a', taking(20));
    await expect(ask('b')).rejects.toThrow(ComputedBehind);
    pass(35_000);
    await there('all');
    for (let times = 0; times < 2; times++) {
      await ask('a', taking(4_000)); // dear only when it took long twice
      pass(1_000);
    }
    pass(60_000);
    expect(await ask('a')).toMatchObject({ text: 'answer 3', as_of: 40_020 });
    expect(lanes).toEqual(['a quick', 'b quick', 'whole behind', 'a quick', 'a quick']);
  });

  test('is computed by itself where the whole takes too much, or too much room', async () => {
    for (const text of [new Error('600 s are not enough'), 'x'.repeat(20_000)]) {
      const { ask, lanes, there } = parts();
      const alone = (lane: Lane) => (lane === 'quick' ? Promise.reject(too_dear) : Promise.resolve('by itself'));
      await expect(ask('a', alone)).rejects.toThrow(ComputedBehind);
      await there(text);
      await expect(ask('a', alone)).rejects.toThrow(ComputedBehind);
      await vi.waitFor(async () => expect((await ask('a', alone)).text).toBe('by itself'));
      expect(lanes).toEqual(['a quick', 'whole behind', 'a behind']);
    }
  });

  test('does not have the whole computed again within the hour when that took too much room, and within a minute when it failed', async () => {
    for (const [text, again_ms] of [
      ['x'.repeat(20_000), 3_600_000],
      [new Error('600 s are not enough'), 60_000],
    ] as const) {
      const { ask, lanes, there, pass } = parts();
      const wholes = () => lanes.filter((lane) => lane === 'whole behind').length;
      const alone = (lane: Lane) => (lane === 'quick' ? Promise.reject(too_dear) : Promise.resolve('by itself'));
      await expect(ask('a', alone)).rejects.toThrow(ComputedBehind);
      await there(text);
      pass(again_ms - 1_000);
      await expect(ask('b', alone)).rejects.toThrow(ComputedBehind);
      await vi.waitFor(async () => expect((await ask('b', alone)).text).toBe('by itself'));
      expect(wholes()).toBe(1);
      pass(2_000);
      await expect(ask('c', alone)).rejects.toThrow(ComputedBehind);
      await vi.waitFor(() => expect(wholes()).toBe(2));
    }
  });

  test('that cannot be taken says why, and is asked again', async () => {
    const { answers, pass } = clocked();
    const broken = new Error('no such column');
    let takes = 0;
    const part = {
      whole: 'whole',
      compute: async () => 'all',
      take: async () => {
        if (takes++ === 0) throw broken;
        return 'some';
      },
    };
    const ask = () => answers.of('a', () => Promise.reject(too_dear), part);
    await expect(ask()).rejects.toThrow(ComputedBehind);
    pass(10);
    await vi.waitFor(() => expect(ask()).rejects.toThrow(broken));
    expect((await ask()).text).toBe('some');
  });
});

test('what was computed behind and is larger than the room is said to be, not computed for ever', async () => {
  const { answers } = clocked(20);
  const compute = (lane: Lane): Promise<string> =>
    lane === 'quick' ? Promise.reject(too_dear) : Promise.resolve('x'.repeat(100));
  await expect(answers.of('q', compute)).rejects.toThrow(ComputedBehind);
  await vi.waitFor(() => expect(answers.of('q', compute)).rejects.toThrow(TooLarge));
});
