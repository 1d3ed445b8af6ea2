import { expect, test, vi } from 'vitest';
import { Answers } from './answers.ts';

function clocked(most_bytes = 1_000) {
  let now = 0;
  const answers = new Answers(() => now, most_bytes);
  let asked = 0;
  /** A question that takes so long and answers with how often it was asked. */
  const taking = (ms: number) => async () => {
    asked++;
    const text = `answer ${asked}`;
    await Promise.resolve();
    now += ms;
    return text;
  };
  return { answers, taking, pass: (ms: number) => (now += ms), asked: () => asked };
}

test('the same question asked at the same time is computed once', async () => {
  const { answers, taking, asked } = clocked();
  const [a, b] = await Promise.all([answers.of('q', taking(5)), answers.of('q', taking(5))]);
  expect(a).toEqual(b);
  expect(asked()).toBe(1);
});

test('a cheap answer is a second old at most when it is computed anew, and says as of when', async () => {
  const { answers, taking, pass, asked } = clocked();
  expect(await answers.of('q', taking(5))).toMatchObject({ text: 'answer 1', as_of: 0 });
  pass(900);
  expect((await answers.of('q', taking(5))).text).toBe('answer 1');
  expect(asked()).toBe(1);
  pass(200);
  expect((await answers.of('q', taking(5))).text).toBe('answer 1'); // at once, while it is computed anew
  await vi.waitFor(async () => expect((await answers.of('q', taking(5))).text).toBe('answer 2'));
});

test('a dear answer serves for ten times what it cost', async () => {
  const { answers, taking, pass, asked } = clocked();
  await answers.of('q', taking(4_000));
  pass(35_000);
  await answers.of('q', taking(4_000));
  expect(asked()).toBe(1);
  pass(5_000);
  await answers.of('q', taking(4_000));
  expect(asked()).toBe(2);
});

test('a question that fails throws, and is asked again', async () => {
  const { answers, taking } = clocked();
  await expect(answers.of('q', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect((await answers.of('q', taking(1))).text).toBe('answer 1');
});

test('the longest unused go first when there is no room', async () => {
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
});
