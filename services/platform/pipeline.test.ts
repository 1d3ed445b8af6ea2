import { describe, expect, test } from 'vitest';
import { dropped, kept, type Outcome, rejected } from './outcome.ts';
import { pipeline } from './pipeline.ts';

const faults = [{ code: 'too_long', path: '', detail: 'expected 5 letters at most' }];

const readText = (value: unknown): Outcome<string> => kept(String(value));
const dropEmpty = (text: string): Outcome<string> => (text === '' ? dropped('empty') : kept(text));
const checkLength = (text: string): Outcome<string> => (text.length > 5 ? rejected(faults) : kept(text));
const greet = (text: string, { greeting }: { greeting: string }): Outcome<{ said: string }> =>
  kept({ said: `${greeting} ${text}` });
const lookups = { greeting: 'hello' };

const greeting = pipeline<unknown, typeof lookups>('greeting')
  .step(readText)
  .step(dropEmpty)
  .step(checkLength)
  .step(greet);

describe('a pipeline', () => {
  test('names its steps after their functions, in order', () => {
    expect(greeting.name).toBe('greeting');
    expect(greeting.steps).toEqual(['readText', 'dropEmpty', 'checkLength', 'greet']);
  });

  test('hands each step what the one before kept, with the look-ups', () => {
    expect(greeting.decide(12, lookups)).toEqual({ kind: 'kept', value: { said: 'hello 12' }, step: '' });
  });

  test('stops at the first outcome that is not kept and says which step it was', () => {
    expect(greeting.decide('', lookups)).toEqual({ kind: 'dropped', reason: 'empty', step: 'dropEmpty' });
    expect(greeting.decide('too long', lookups)).toEqual({ kind: 'rejected', faults, step: 'checkLength' });
  });

  test('traces what each step said, up to the one that stopped it', () => {
    expect(greeting.trace('too long', lookups)).toEqual([
      { step: 'readText', outcome: kept('too long') },
      { step: 'dropEmpty', outcome: kept('too long') },
      { step: 'checkLength', outcome: rejected(faults) },
    ]);
    expect(greeting.trace('you', lookups).at(-1)).toEqual({ step: 'greet', outcome: kept({ said: 'hello you' }) });
  });

  test('is not changed by adding a step to it', () => {
    const shorter = pipeline<unknown, unknown>('shorter').step(readText);
    const longer = shorter.step(dropEmpty);
    expect([shorter.steps.length, longer.steps.length]).toEqual([1, 2]);
    expect(shorter.decide('', {})).toMatchObject({ kind: 'kept', value: '' });
  });

  test('without steps keeps the record', () => {
    expect(pipeline<number, unknown>('none').decide(1, {})).toEqual({ kind: 'kept', value: 1, step: '' });
  });

  test('lets a fault of our own through: throwing is not an outcome', () => {
    const broken = pipeline<unknown, unknown>('broken').step((): Outcome<never> => {
      throw new TypeError('ours');
    });
    expect(() => broken.decide({}, {})).toThrow(TypeError);
  });
});
