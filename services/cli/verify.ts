/** `grapevine verify`: whether everything is there, once, as it was written, and settled as it should be; and the loop that asks all the time. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { migrate } from '../../infra/migrate.ts';
import { topicNames } from '../../schemas/topics.ts';
import { readingApart, type VerifyParts } from '../attribution/verify/check.ts';
import { startVerifying } from '../attribution/verify/loop.ts';
import { type VerifyReport, verify } from '../attribution/verify/verify.ts';
import { type Config, readConfig } from '../platform/config.ts';
import type { EventLog } from '../platform/event-log/port.ts';
import { serveOperations } from '../platform/operations.ts';
import type { Telemetry } from '../platform/telemetry.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { openKafkaOf, openLogger, openLogOf, sourcesWithFed } from './open.ts';
import { openWarehouseOf } from './open-warehouse.ts';
import { print, table, UsageError } from './output.ts';
import type { Pipeline } from './pipeline.ts';
import { announceRunning, configFor, runningUrl } from './running.ts';

/** Redemptions the command recomputes unless it is asked for all. */
const sample_redemptions = 2_000;
/** How long records in flight are waited for. */
const patience_ms = 30_000;
const day_ms = 86_400_000;

export const verifyCommand = (): Command =>
  new Command('verify')
    .description(
      'Check that nothing is lost, twice, altered or settled wrongly, and name the place of every difference (exit code 1).',
    )
    .option('--data <dir>', 'data directory; a running `start` on it is asked', './grapevine-data')
    .option('--all', `recompute every redemption, not a sample of about ${sample_redemptions}`)
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  grapevine verify --all\n  KAFKA_BROKERS=localhost:9092 CLICKHOUSE_URL=http://localhost:8123 grapevine verify',
    )
    .action(run);

async function run({ data, all, json }: { data: string; all?: boolean; json?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const report = await reportOf(config, data, all ?? false);
  print(json ? JSON.stringify(report) : readable(report));
  if (!report.ok) process.exitCode = 1;
}

async function reportOf(config: Config, directory: string, all: boolean): Promise<VerifyReport> {
  const url = config.KAFKA_BROKERS ? null : runningUrl(join(directory, 'log'));
  if (url) return askRunning(url, all);
  if (!config.KAFKA_BROKERS && !existsSync(join(directory, 'log')))
    throw new UsageError(`${directory} holds no event log: name a data directory with --data, or set KAFKA_BROKERS`);
  const logger = openLogger(config);
  const names = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  const log = config.KAFKA_BROKERS
    ? await openKafkaOf(config, logger)
    : await openLogOf(config, directory, names, logger);
  try {
    const own = configFor(config, directory);
    const warehouse = await openWarehouseOf(own, directory);
    try {
      if (!own.CLICKHOUSE_URL) await migrate(warehouse, own.CLICKHOUSE_DATABASE); // as `run` and `start` do
      const parts = verifiableOf(config, log, warehouse, [...sourcesWithFed(config, names, '*').keys()]);
      return await verifyNow({ ...parts, wait_ms: config.KAFKA_BROKERS ? patience_ms : 0 }, all); // whoever holds an embedded log is alone
    } finally {
      await warehouse.close();
    }
  } finally {
    await log.close();
  }
}

async function askRunning(url: string, all: boolean): Promise<VerifyReport> {
  const response = await fetch(`${url}/verify?all=${all}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(3_600_000),
  });
  if (!response.ok) throw new Error(`the running process says: ${await response.text()}`);
  return (await response.json()) as VerifyReport;
}

const verifyNow = (parts: VerifyParts, all: boolean): Promise<VerifyReport> =>
  verify(
    { ...parts, warehouse: readingApart(parts.warehouse, null) },
    { redemptions: all ? 'all' : sample_redemptions, number: Math.floor(Date.now() / day_ms), round: null },
  );

/** What verify looks at, from what a process stands on. */
export const verifiableOf = (
  config: Config,
  log: EventLog,
  warehouse: Warehouse,
  sources: readonly string[],
): VerifyParts => ({
  log,
  warehouse,
  sources,
  topics: topicNames(config.GRAPEVINE_TOPIC_PREFIX),
  dense: config.KAFKA_BROKERS === undefined,
  wait_ms: patience_ms,
  signal: null,
});

export interface Verifying {
  alarms(): string[];
  ask(all: boolean): Promise<VerifyReport>;
  stop(): Promise<void>;
}

/** The loop of `start` and of the attribution service, and the answer to whoever asks in between. */
export function keepVerifying(parts: VerifyParts, telemetry: Telemetry, { GRAPEVINE_VERIFY_S }: Config): Verifying {
  const every_ms = GRAPEVINE_VERIFY_S * 1_000;
  const loop = every_ms === 0 ? null : startVerifying(parts, { every_ms, telemetry, now: () => Date.now() });
  return {
    alarms: () => loop?.alarms() ?? [],
    ask: (all) => verifyNow(parts, all),
    stop: async () => loop?.stop(),
  };
}

/** Health, metrics and verification of a running `start`, on a free port that other commands find beside its log. */
export async function watchOver(
  { log, warehouse, services, telemetry, verifiable, failed }: Pipeline,
  config: Config,
  directory: string,
): Promise<{ port: number; close(): Promise<void> }> {
  let failure: string | null = null;
  failed.catch((error: unknown) => {
    failure = error instanceof Error ? error.message : String(error);
  });
  const verifying = keepVerifying(verifiable, telemetry, config);
  const watched = { log, warehouse, services, telemetry, verify: verifying, failure: () => failure, now: Date.now };
  const { port, close } = await serveOperations(watched, 0, '127.0.0.1');
  const forget = config.KAFKA_BROKERS
    ? () => undefined
    : announceRunning(join(directory, 'log'), `http://127.0.0.1:${port}`);
  return {
    port,
    async close() {
      forget();
      await verifying.stop();
      await close();
    },
  };
}

function readable({ ok, seconds, checks, findings }: VerifyReport): string {
  const lines = [
    table(
      ['check', 'looked at', '', 'differences', 'pending', 's'],
      checks.map((c) => [c.check, c.looked_at, c.unit, c.differences, c.pending, c.seconds.toFixed(2)]),
    ),
  ];
  if (findings.length > 0)
    lines.push('', ...findings.map((f) => `${f.check}: ${f.place}: expected ${f.expected}; found ${f.found}`));
  const all = checks.reduce((sum, { differences }) => sum + differences, 0);
  if (all > findings.length) lines.push(`… ${(all - findings.length).toLocaleString('en-US')} more`);
  const pending = checks.reduce((sum, { pending }) => sum + pending, 0);
  if (pending > 0)
    lines.push(
      '',
      `${pending.toLocaleString('en-US')} pending: records that may explain them are still in flight; run or start the services, and verify again`,
    );
  return [
    ...lines,
    '',
    `${ok ? 'no differences' : `${all.toLocaleString('en-US')} differences`}; ${seconds.toFixed(1)} s`,
  ].join('\n');
}
