/** Questions that are answered from a larger one. */
import { describe, expect, test, vi } from 'vitest';
import { clocked, too_dear } from '../../test/support/answers.ts';
import { ComputedBehind, type Lane } from './answers.ts';

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

  test('says when the whole that it is taken from is there anew', async () => {
    const { ask, there, pass } = parts();
    await expect(ask('a')).rejects.toThrow(ComputedBehind);
    pass(10_000);
    await there('all');
    expect((await ask('a')).newer_in_ms).toBeUndefined();
    pass(150_000);
    expect(await ask('a')).toMatchObject({ text: 'a of all', newer_in_ms: 10_000 });
    await there('all anew');
    expect(await ask('a')).toMatchObject({ text: 'a of all anew' });
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
