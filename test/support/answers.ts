/** Answers by a clock that goes on when it is told to, for the tests of what is kept, renewed and computed behind. */
import { Answers, type AnswersOptions } from '../../services/dashboard/answers.ts';

export const too_dear = new Error('stopped at the bounds');
export const away = new Error('the warehouse does not answer');

export function clocked(most_bytes = 1_000, more: Partial<AnswersOptions> = {}) {
  let now = 0;
  const how: string[] = [];
  let patience_ends: () => void = () => undefined;
  const answers = new Answers({
    now: () => now,
    most_bytes,
    most_running: 3,
    tooDear: (error) => error === too_dear,
    isAway: (error) => error === away,
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
export function held() {
  const begun: string[] = [];
  const finish: (() => void)[] = [];
  const slow = (question: string) => () => {
    begun.push(question);
    return new Promise<string>((resume) => finish.push(() => resume(`new ${question}`)));
  };
  return { begun, finish, slow };
}
