/** All checks, in the order they run. Add one here and it is in the command, the loop, the metrics and the alarm. */
import { aggregates } from './aggregates.ts';
import type { Check } from './check.ts';
import { completeness } from './completeness.ts';
import { conservation } from './conservation.ts';
import { nothingTwice } from './nothing-twice.ts';
import { recomputed } from './recomputed.ts';
import { sales } from './sales.ts';
import { settledBatches } from './settled-batches.ts';
import { unaltered } from './unaltered.ts';

export const checks: readonly Check[] = [
  completeness,
  nothingTwice,
  unaltered,
  aggregates,
  conservation,
  settledBatches,
  recomputed,
  sales,
];
