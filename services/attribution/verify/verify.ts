/** Runs the checks over a warehouse and its log and says what differs, as values. */
import type { Finding, Looked, Round, Scope, VerifyParts } from './check.ts';
import { positionsOf } from './check.ts';
import { checks } from './register.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

export interface CheckReport extends Omit<Looked, 'findings'> {
  check: string;
  promise: string;
  seconds: number;
}

export interface VerifyReport {
  /** No differences. What is pending is none. */
  ok: boolean;
  seconds: number;
  checks: CheckReport[];
  /** The first of the differences of each check. */
  findings: Finding[];
}

export async function verify(parts: VerifyParts, scope: Scope): Promise<VerifyReport> {
  const started = performance.now();
  const since = (from: number): number => Math.round(performance.now() - from) / 1_000;
  const snapshot = await takeSnapshot(parts);
  if (scope.round) scope.round.fresh = freshOf(snapshot, scope.round);
  const report: VerifyReport = { ok: true, seconds: 0, checks: [], findings: [] };
  for (const { name, promise, look } of checks) {
    const from = performance.now();
    const { findings, ...looked } = await look(parts, scope, snapshot);
    report.checks.push({ check: name, promise, ...looked, seconds: since(from) });
    report.findings.push(...findings.map((finding) => ({ check: name, ...finding })));
  }
  report.ok = report.checks.every(({ differences }) => differences === 0);
  report.seconds = since(started);
  if (scope.round && snapshot.recorded && snapshot.settled)
    for (const { topic, partition, end } of scope.round.fresh) scope.round.seen_to.set(`${topic}/${partition}`, end);
  return report;
}

/** What ingest has read since the rounds before: of a long backlog the beginning. */
const freshOf = ({ sources }: Snapshot, round: Round) =>
  sources.map((source) => {
    const start = round.seen_to.get(`${source.topic}/${source.partition}`) ?? source.start;
    return { ...source, start, end: Math.min(source.end, start + positionsOf(round)) };
  });
