/** One seed: the workload undisturbed, the workload disturbed, and what differs. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../infra/migrate.ts';
import { verify } from '../../services/attribution/verify/verify.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { randomFrom } from '../../services/simulator/random.ts';
import { brokenLaws, clear, contentsOf, differences } from './contents.ts';
import { type Sent, workload } from './workload.ts';
import { type FaultKind, fault_kinds, names, type Plan, type Run, simulate } from './world.ts';

export interface Case {
  /** Decides the workload. */
  seed: number;
  /** Records of it that are sent; null = all. */
  keep: readonly number[] | null;
  plan: Plan;
}

export interface Verdict {
  wrong: string[];
  run: Run;
  sent: number;
}

export const usual_faults = fault_kinds.filter((kind) => kind !== 'doze' && kind !== 'late');

const quiet: Plan = { schedule: 0, faults: [], budget: 0, copies: 1, small: false };

/** The whole case of a seed. */
export function caseOf(seed: number, faults: readonly FaultKind[] = usual_faults): Case {
  const random = randomFrom(seed * 2);
  const kinds = faults.filter((kind) => kind !== 'tamper' || random.chance(0.1));
  return {
    seed,
    keep: null,
    plan: { schedule: seed, faults: kinds, budget: random.below(12), copies: 2, small: true },
  };
}

export async function judge(
  { seed, keep, plan }: Case,
  warehouse: Warehouse,
  verified = seed % 10 === 0,
): Promise<Verdict> {
  const sent = kept(workload(seed), keep);
  await clear(warehouse);
  const undisturbed = await simulate(sent, warehouse, quiet);
  if (undisturbed.end !== 'drained' || undisturbed.stopped.length > 0)
    return {
      wrong: [`undisturbed it ends ${undisturbed.end}`, ...undisturbed.stopped],
      run: undisturbed,
      sent: sent.length,
    };
  const should = await contentsOf(warehouse);
  const laws = await brokenLaws(warehouse, sent);
  if (laws.length > 0) return { wrong: laws.map((law) => `undisturbed: ${law}`), run: undisturbed, sent: sent.length };
  await clear(warehouse);
  const run = await simulate(sent, warehouse, plan);
  const wrong = [...run.stopped];
  if (run.end === 'stuck') wrong.push('it does not come to an end');
  if (run.end === 'drained' && run.tampered) wrong.push('an announced range was changed, and nobody noticed');
  if (run.end === 'drained' && !run.tampered) {
    wrong.push(...(await brokenLaws(warehouse, sent)));
    wrong.push(...differences(should, await contentsOf(warehouse)));
    if (verified) wrong.push(...(await unverified(run, warehouse)));
  }
  return { wrong, run, sent: sent.length };
}

/** What `grapevine verify` has to say. */
async function unverified({ log }: Run, warehouse: Warehouse): Promise<string[]> {
  const parts = { log, warehouse, topics: names, sources: [names.collected], dense: true, wait_ms: 0, signal: null };
  const report = await verify(parts, { redemptions: 'all', number: 0, round: null });
  const pending = report.checks
    .filter((check) => check.pending > 0)
    .map((check) => `verify: ${check.check} has ${check.pending} pending`);
  return [...report.findings.map((finding) => `verify: ${JSON.stringify(finding)}`), ...pending];
}

/** A copy from the other partition needs its original: without it, the order would decide which content stands. */
function kept(all: Sent[], keep: readonly number[] | null): Sent[] {
  if (!keep) return all;
  const wanted = new Set(keep);
  return all.filter(
    ({ index, text, partition }) =>
      wanted.has(index) &&
      all
        .slice(0, index)
        .every((other) => other.text !== text || other.partition === partition || wanted.has(other.index)),
  );
}

/** The engine with empty tables, its writer's connection full of settings that no statement of ours may rely on. */
export async function openTables(): Promise<{ warehouse: Warehouse; close(): Promise<void> }> {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'simulation-'));
  const warehouse = await openWarehouse({ directory, database: 'simulation' });
  await migrate(warehouse, 'simulation');
  for (const leaked of [
    'insert_deduplicate = 0',
    "deduplicate_insert = 'backward_compatible_choice'", // the engine's default would overrule the one before; 'disable' overrules our INSERT, too
    'max_insert_block_size = 1',
    'min_insert_block_size_rows = 1',
    'min_insert_block_size_bytes = 1',
    `insert_deduplication_token = 'left over'`,
  ])
    await warehouse.command(`SET ${leaked}`);
  return {
    warehouse,
    async close() {
      await warehouse.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
