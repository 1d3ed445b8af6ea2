/**
 * npm run test:faults -- --seed 1 --count 100       runs seeds; the first that fails is shrunk, told, and the command is printed
 *   --jobs N          processes to spread the seeds over
 *   --faults a,b      only these kinds
 *   --shrink-s N      how long to look for a shorter story (60)
 *   --schedule N --budget N --keep 0,3,7      one exact case, as a failing seed prints it
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { type Case, caseOf, judge, openTables } from './seed.ts';
import { type Found, shrink } from './shrink.ts';
import { type FaultKind, fault_kinds } from './world.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    seed: text,
    count: text,
    jobs: text,
    faults: text,
    'shrink-s': text,
    schedule: text,
    budget: text,
    keep: text,
    told: { type: 'boolean' },
  },
});
const seed = Number(values.seed ?? 1);
const count = Number(values.count ?? 1);
const jobs = Number(values.jobs ?? (count >= 200 ? 2 : 1));
const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
const kinds = values.faults === undefined ? undefined : (values.faults.split(',').filter(Boolean) as FaultKind[]);
const unknown = kinds?.find((kind) => !fault_kinds.includes(kind));
if (unknown) throw new Error(`${unknown} is no kind of fault: ${fault_kinds.join(', ')}`);

if (jobs > 1) await spread();
else await run();

function caseAsked(at: number): Case {
  const whole = caseOf(at, kinds);
  return {
    seed: at,
    keep: values.keep === undefined ? null : numbers(values.keep),
    plan: {
      ...whole.plan,
      ...(kinds && values.schedule !== undefined ? { faults: kinds } : {}),
      ...(values.schedule === undefined ? {} : { schedule: Number(values.schedule) }),
      ...(values.budget === undefined ? {} : { budget: Number(values.budget) }),
    },
  };
}

function commandOf({ seed, keep, plan }: Case): string {
  return `npm run test:faults -- --seed ${seed} --schedule ${plan.schedule} --faults ${plan.faults.join(',') || ','} --budget ${plan.budget}${keep ? ` --keep ${keep.join(',')}` : ''}`;
}

async function run(): Promise<void> {
  const tables = await openTables();
  const started = performance.now();
  const sums = { steps: 0, faults: 0, refused: 0 };
  const by_kind = new Map<string, number>();
  let done = 0;
  try {
    for (let at = seed; at < seed + count; at++) {
      const asked = caseAsked(at);
      const verdict = await judge(asked, tables.warehouse);
      done++;
      sums.steps += verdict.run.steps;
      sums.faults += verdict.run.faults;
      for (const [kind, times] of verdict.run.kinds) by_kind.set(kind, (by_kind.get(kind) ?? 0) + times);
      if (verdict.run.end === 'refused') sums.refused++;
      if (values.told) console.log(verdict.run.story.join('\n'));
      if (verdict.wrong.length === 0) continue;
      process.exitCode = 1;
      console.log(`seed ${at} FAILS\n  ${verdict.wrong.join('\n  ')}\n  ${commandOf(asked)}`);
      const first = { at: asked, verdict };
      tell(await shrink(first, tables.warehouse, Number(values['shrink-s'] ?? 60) * 1_000));
      break;
    }
  } finally {
    await tables.close();
  }
  const s = (performance.now() - started) / 1_000;
  console.log(
    `${done} seeds from ${seed}: ${process.exitCode ? 'one FAILED' : 'all as undisturbed'}; ${sums.steps} steps, ${sums.faults} faults (${[...by_kind].map(([kind, times]) => `${kind} ${times}`).join(', ')}), ${sums.refused} refused a changed range; ${s.toFixed(0)} s, ${((done / s) * 60).toFixed(0)} seeds a minute`,
  );
}

function tell({ at, verdict }: Found): void {
  console.log(
    `\nthe shortest story found: ${verdict.sent} records, ${verdict.run.faults} faults, ${verdict.run.steps} steps\n`,
  );
  console.log(verdict.run.story.map((line) => `  ${line}`).join('\n'));
  console.log(`\n  ${verdict.wrong.join('\n  ')}\n\n  ${commandOf(at)}\n`);
}

/** One engine a process: seeds spread over processes. */
async function spread(): Promise<void> {
  const share = Math.ceil(count / jobs);
  const rest = process.argv
    .slice(2)
    .filter(
      (_, i, all) => !/^--(seed|count|jobs)$/.test(all[i] ?? '') && !/^--(seed|count|jobs)$/.test(all[i - 1] ?? ''),
    );
  const children = Array.from({ length: jobs }, (_, i) => {
    const own = [
      '--seed',
      `${seed + i * share}`,
      '--count',
      `${Math.min(share, count - i * share)}`,
      '--jobs',
      '1',
      ...rest,
    ];
    return spawn(process.execPath, ['--import', 'tsx', import.meta.filename, ...own], { stdio: 'inherit' });
  });
  const codes = await Promise.all(children.map(async (child) => ((await once(child, 'exit')) as [number | null])[0]));
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
}
