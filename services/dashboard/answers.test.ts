/** What is kept, for how long, and who waits. */
import { expect, test, vi } from 'vitest';
import { clocked } from '../../test/support/answers.ts';
import { TooMuch } from './answers.ts';

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
