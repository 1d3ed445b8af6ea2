/** What a step says about a record. Steps return one and never throw for bad data: throwing means our own fault. */

import type { Fault } from '../../schemas/fault.ts';

export type { Fault };

export type Outcome<T> =
  | { kind: 'kept'; value: T }
  | { kind: 'dropped'; reason: string }
  | { kind: 'rejected'; faults: Fault[] };

export const kept = <T>(value: T): Outcome<T> => ({ kind: 'kept', value });
export const dropped = (reason: string): Outcome<never> => ({ kind: 'dropped', reason });
export const rejected = (faults: Fault[]): Outcome<never> => ({ kind: 'rejected', faults });
