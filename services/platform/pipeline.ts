/**
 * A pipeline is a flat list of steps: functions of (record, look-ups) that return an outcome. It stops at the first outcome
 * that is not `kept` and says which step it was.
 */
import { kept, type Outcome } from './outcome.ts';

export type Step<In, Lookups, Out> = (record: In, lookups: Lookups) => Outcome<Out>;

export type Verdict<T> = Outcome<T> & { step: string };

export interface Trace {
  step: string;
  outcome: Outcome<unknown>;
}

export interface Pipeline<In, Lookups, Out> {
  readonly name: string;
  readonly steps: readonly string[];
  step<Next>(step: Step<Out, Lookups, Next>): Pipeline<In, Lookups, Next>;
  /** Runs one record through all steps; pure and synchronous. */
  decide(record: In, lookups: Lookups): Verdict<Out>;
  /** The same, keeping what each step said: for `explain`. */
  trace(record: In, lookups: Lookups): Trace[];
}

type AnyStep<Lookups> = Step<unknown, Lookups, unknown>;

function build<In, Lookups, Out>(name: string, list: AnyStep<Lookups>[]): Pipeline<In, Lookups, Out> {
  return {
    name,
    steps: list.map((s) => s.name),
    step: <Next>(next: Step<Out, Lookups, Next>) =>
      build<In, Lookups, Next>(name, [...list, next as unknown as AnyStep<Lookups>]),
    decide(record, lookups) {
      let value: unknown = record;
      for (const step of list) {
        const outcome = step(value, lookups);
        if (outcome.kind !== 'kept') return { ...outcome, step: step.name };
        value = outcome.value;
      }
      return { kind: 'kept', value: value as Out, step: '' };
    },
    trace(record, lookups) {
      const traces: Trace[] = [];
      let outcome: Outcome<unknown> = kept(record);
      for (const step of list) {
        if (outcome.kind !== 'kept') break;
        outcome = step(outcome.value, lookups);
        traces.push({ step: step.name, outcome });
      }
      return traces;
    },
  };
}

/** An empty pipeline; add steps with `.step(verb)`. */
export const pipeline = <In, Lookups>(name: string): Pipeline<In, Lookups, In> => build<In, Lookups, In>(name, []);
