/** The shortest story that still goes wrong: fewer kinds of fault, fewer faults, fewer records, fewer steps. Bounded by time. */
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { type Case, judge, type Verdict } from './seed.ts';
import { workload } from './workload.ts';

export interface Found {
  at: Case;
  verdict: Verdict;
}

export async function shrink(first: Found, warehouse: Warehouse, most_ms: number): Promise<Found> {
  const end = performance.now() + most_ms;
  let best = first;
  /** Tries a smaller case under its own schedule and a few others: what is left out changes every later draw. */
  const better = async (at: Case, schedules: number): Promise<boolean> => {
    for (let i = 0; i < schedules && performance.now() < end; i++) {
      const plan = i === 0 ? at.plan : { ...at.plan, schedule: at.seed * 1_000 + i };
      const verdict = await judge({ ...at, plan }, warehouse);
      if (verdict.wrong.length === 0 || costOf(verdict) >= costOf(best.verdict)) continue;
      best = { at: { ...at, plan }, verdict };
      return true;
    }
    return false;
  };
  for (const kind of first.at.plan.faults) {
    const faults = best.at.plan.faults.filter((other) => other !== kind);
    await better({ ...best.at, plan: { ...best.at.plan, faults } }, 2);
  }
  for (let chunk = 16; chunk >= 1; chunk = Math.floor(chunk / 2)) {
    for (let from = 0; performance.now() < end; ) {
      const keep = best.at.keep ?? workload(first.at.seed).map(({ index }) => index);
      if (from >= keep.length) break;
      const fewer = [...keep.slice(0, from), ...keep.slice(from + chunk)];
      if (!(await better({ ...best.at, keep: fewer }, 6))) from += chunk;
    }
    for (let budget = best.verdict.run.faults - 1; budget >= 0 && performance.now() < end; budget--)
      if (!(await better({ ...best.at, plan: { ...best.at.plan, budget } }, 6))) break;
  }
  return best;
}

const costOf = ({ run, sent }: Verdict): number => run.faults * 1_000 + sent * 100 + run.steps;
