/**
 * Verifies all the time: every round looks at what is new and at a window that moves on. A round that finds a difference is repeated over the
 * same places until they are right again, so that an alarm ends when its cause does and not when the window has moved on.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Telemetry } from '../../platform/telemetry.ts';
import { newRound, readingApart, type VerifyParts } from './check.ts';
import { type VerifyReport, verify } from './verify.ts';

export interface VerifyLoopOptions {
  /** From the end of one round to the beginning of the next, ms. */
  every_ms: number;
  telemetry: Telemetry;
  /** Wall clock, epoch ms. */
  now(): number;
}

/** Redemptions a round recomputes at random; as many new ones come on top. */
const sample_redemptions = 1_000;

export interface VerifyLoop {
  /** What the last round said; null before the first. */
  last(): VerifyReport | null;
  /** Why the alarm is on: one line a difference. */
  alarms(): string[];
  stop(): Promise<void>;
}

export function startVerifying(parts: VerifyParts, { every_ms, telemetry, now }: VerifyLoopOptions): VerifyLoop {
  const abort = new AbortController();
  const apart = { ...parts, signal: abort.signal, warehouse: readingApart(parts.warehouse, 1) };
  let last: VerifyReport | null = null;
  let memory = newRound();
  let number = 0;

  const round = async (): Promise<void> => {
    const next = structuredClone(memory);
    const report = await verify(apart, { redemptions: sample_redemptions, number, round: next });
    show(report, telemetry, now());
    const known = new Set(last?.findings.map((finding) => finding.place));
    for (const { check, place, expected, found } of report.findings)
      if (!known.has(place)) telemetry.warn(`verify: ${check}: ${place}: expected ${expected}; found ${found}`);
    last = report;
    if (!report.ok) return;
    memory = next;
    number++;
  };
  const rounds = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      await wait(every_ms, undefined, { signal: abort.signal }).catch(() => undefined);
      if (abort.signal.aborted) return;
      await round().catch((error: unknown) => {
        if (!abort.signal.aborted)
          telemetry.warn(`verify could not finish a round: ${error instanceof Error ? error.message : error}`);
      });
    }
  };
  telemetry.set('verify_clean_age_s', {}, now() / 1_000); // an age counts from the start until the first clean round
  const done = rounds();
  return {
    last: () => last,
    alarms: () =>
      (last?.findings ?? []).map(
        ({ check, place, expected, found }) => `${check}: ${place}: expected ${expected}; found ${found}`,
      ),
    async stop() {
      abort.abort();
      await done;
    },
  };
}

function show(report: VerifyReport, telemetry: Telemetry, at: number): void {
  for (const { check, differences, pending } of report.checks) {
    telemetry.set('verify_differences', { check }, differences);
    telemetry.set('verify_pending', { check }, pending);
  }
  telemetry.set('verify_seconds', {}, report.seconds);
  if (report.ok) telemetry.set('verify_clean_age_s', {}, at / 1_000); // kept as the moment; `operations.ts` shows the age
}
