/**
 * `npm run test:faults:kafka -- --minutes M --seed N`: the services as processes on a real Kafka and a real engine, while everything that can
 * happen to them happens. Afterwards `verify` must be clean, and what the engine holds must equal what one undisturbed process makes of
 * the same records, event by event, credit by credit, aggregate by aggregate.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { type Broker, freePort, missingForBroker, startBroker } from '../../infra/kafka/run-broker.ts';
import { internalTopics, topicNames } from '../../schemas/topics.ts';
import { openKafkaLog } from '../../services/platform/event-log/kafka.ts';
import type { EventLog, OutgoingRecord } from '../../services/platform/event-log/port.ts';
import { totalLag } from '../../services/platform/lag.ts';
import { randomFrom } from '../../services/simulator/random.ts';
import { workload } from '../simulation/workload.ts';
import { cli } from '../support/cli.ts';
import { compare } from './contents.ts';
import { draw, type Stage } from './faults.ts';
import { Kept } from './process.ts';
import { openProxy } from './proxy.ts';

const session_ms = 6_000;
const topics = topicNames('engagement.');
const groups: Record<string, string[]> = {
  'grapevine-ingest': [topics.collected],
  'grapevine-enrichment': [topics.accepted],
  'grapevine-recorder': [topics.enriched, topics.rejected, topics.reference],
  'grapevine-settler': [topics.settlements],
};

export interface FaultReport {
  seed: number;
  minutes: number;
  records: number;
  brands: number;
  faults: Record<string, number>;
  /** How processes ended by themselves or by a fault. */
  ends: Record<string, number>;
  /** Rows compared with the undisturbed run, by part. */
  rows: Record<string, number>;
  /** Every difference, and whatever `verify` found. */
  differences: string[];
}

export async function faultRun(seed: number, minutes: number, say: (line: string) => void): Promise<FaultReport> {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-faults-'));
  const disk = mountDisk(join(home, 'engine'), say);
  const random = randomFrom(seed);
  const log_file = join(home, 'processes.log');
  const [broker_port, direct_port, engine_port] = [await freePort(), await freePort(), await freePort()];
  const broker_proxy = await openProxy(() => broker_port);
  const engine_proxy = await openProxy(() => engine_port);
  const started = (): Promise<Broker> =>
    startBroker(join(home, 'broker'), {
      port: broker_port,
      properties: [
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,DIRECT:PLAINTEXT',
        `listeners=PLAINTEXT://127.0.0.1:${broker_port},DIRECT://127.0.0.1:${direct_port},CONTROLLER://127.0.0.1:${controller}`,
        `advertised.listeners=PLAINTEXT://127.0.0.1:${broker_proxy.port},DIRECT://127.0.0.1:${direct_port}`,
        `controller.quorum.bootstrap.servers=127.0.0.1:${controller}`,
      ],
    });
  const controller = await freePort();
  let broker = await started();
  const direct = { KAFKA_BROKERS: `127.0.0.1:${direct_port}`, GRAPEVINE_PII_KEY: '7'.repeat(64), LOG_LEVEL: 'warn' };
  const own = {
    ...direct,
    KAFKA_BROKERS: `127.0.0.1:${broker_proxy.port}`,
    CLICKHOUSE_URL: `http://127.0.0.1:${engine_proxy.port}`,
    KAFKA_SESSION_MS: String(session_ms),
    GRAPEVINE_BATCH_RECORDS: '200',
  };
  const all: Kept[] = [];
  const keep = (name: string, args: string[], env: Record<string, string>): Kept => {
    const kept = new Kept(name, args, env, log_file);
    all.push(kept);
    return kept;
  };
  const engine = keep('warehouse', ['warehouse', '--data', join(home, 'engine'), '--port', String(engine_port)], {
    LOG_LEVEL: 'warn',
  });
  const copy = (name: string): Kept => keep(name, ['service', name], own);
  const names = ['ingest', 'enrichment', 'attribution'];
  const services = [...names, ...names].map(copy);
  let log: EventLog | null = null;
  try {
    if ((await cli(['topics', '--create'], { env: direct })).code !== 0) throw new Error('the topics were not made');
    log = await openKafkaLog({
      brokers: [direct.KAFKA_BROKERS],
      client_id: 'faults',
      group_prefix: 'engagement.',
      ssl: false,
      sasl: null,
      compression: 'none',
      packed: internalTopics(topics),
      logger: pino({ level: 'silent' }),
    });
    engine.start();
    const asked = { ...direct, CLICKHOUSE_URL: `http://127.0.0.1:${engine_port}` };
    while ((await cli(['migrate'], { env: asked })).code !== 0) await wait(500); // tables are made in peace: that is the operator's hour
    for (const service of services) service.start();
    const stage: Stage = {
      services,
      engine,
      broker_proxy,
      engine_proxy,
      add: () => copy(random.pick(names)),
      disk,
      session_ms,
      async restartBroker(signal) {
        await broker.stop(signal as 'SIGTERM' | 'SIGKILL');
        broker = await started().catch(started); // once more: a port may have been taken in between
      },
    };
    const until = Date.now() + minutes * 60_000;
    const sending = produce(log, seed, until);
    const happened = await disturb(stage, random, until, say);
    const { records, brands } = await sending;
    say(`${records} records sent, faults over: waiting until everything is worked through`);
    await drained(log, 1_800_000, say);
    for (const service of services) await service.stop();
    const verified = await cli(['verify', '--all', '--json'], { env: asked });
    const verify = JSON.parse(verified.stdout) as { ok: boolean; findings: object[] };
    const file = join(home, 'collected.ndjson');
    await writeCollected(log, file);
    const alone = join(home, 'alone');
    const run = await cli(['run', file, '--data', alone, '--json'], {
      env: { GRAPEVINE_PII_KEY: own.GRAPEVINE_PII_KEY, KAFKA_BROKERS: '', CLICKHOUSE_URL: '' },
    });
    if (run.code !== 0) throw new Error(`the undisturbed run failed: ${run.stderr}`);
    const ask = (args: string[], env: Record<string, string>) => async (sql: string) => {
      const done = await cli(['query', '-', ...args], { input: sql, env });
      if (done.code !== 0) throw new Error(done.stderr);
      return done.stdout;
    };
    const found = await compare(ask([], asked), ask(['--data', alone], { CLICKHOUSE_URL: '' }));
    const ends: Record<string, number> = {};
    for (const kept of all)
      for (const [how, n] of Object.entries(kept.ends))
        ends[`${kept.name} ${how}`] = (ends[`${kept.name} ${how}`] ?? 0) + n;
    const findings = verify.ok ? [] : verify.findings.map((finding) => `verify: ${JSON.stringify(finding)}`);
    const report = {
      seed,
      minutes,
      records,
      brands,
      faults: happened,
      ends,
      rows: found.rows,
      differences: [...findings, ...found.differences],
    };
    if (report.differences.length === 0) rmSafely(home, disk);
    else say(`left for you to look at: ${home}`);
    return report;
  } finally {
    for (const kept of all) await kept.stop();
    await log?.close().catch(() => undefined);
    await broker.stop('SIGKILL');
    await Promise.all([broker_proxy.close(), engine_proxy.close()]);
    if (disk !== null) unmount(disk);
  }
}

/** A file system of its own for the engine, so that it can be full; null where that is not allowed (it needs root on Linux). */
function mountDisk(directory: string, say: (line: string) => void): string | null {
  mkdirSync(directory, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4g', 'tmpfs', directory], { stdio: 'ignore' });
    return directory;
  } catch {
    say('no file system can be mounted here (that needs root on Linux): the full disk is left out');
    return null;
  }
}

function unmount(directory: string): void {
  try {
    execFileSync('umount', ['-l', directory], { stdio: 'ignore' });
  } catch {
    // already gone
  }
}

function rmSafely(home: string, disk: string | null): void {
  if (disk !== null) unmount(disk);
  rmSync(home, { recursive: true, force: true });
}

/** Small worlds of their own brand, one after the other, one a second. */
async function produce(log: EventLog, seed: number, until: number): Promise<{ records: number; brands: number }> {
  let [records, brands] = [0, 0];
  for (const from = Date.now(); Date.now() < until; ) {
    const brand = `w${brands}`;
    const out = workload(seed * 100_000 + brands).map(
      ({ partition, value }): OutgoingRecord => ({
        topic: topics.collected,
        key: brand,
        value: Buffer.from(ofBrand(value.toString(), brand)),
        partition: partition + 2 * (brands % 2),
      }),
    );
    await insist(() => log.produce(out));
    records += out.length;
    brands += 1;
    const ahead = from + brands * 1_000 - Date.now();
    if (ahead > 0) await wait(ahead);
  }
  return { records, brands };
}

/** Dates that lie ahead of today would be refused now and accepted later. */
const earlier_ms = 30 * 86_400_000;
const ofBrand = (text: string, brand: string): string =>
  text
    .replaceAll('"acme"', `"${brand}"`)
    .replace(/"occurred_at":(\d+)/, (_, at: string) => `"occurred_at":${Number(at) - earlier_ms}`)
    .replace('"type":"click"', '"type":"click","user_agent":"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"');

/** The broker may be away; what was sent twice then is two records, for both runs. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (;;)
    try {
      return await work();
    } catch {
      await wait(500);
    }
}

async function disturb(
  stage: Stage,
  random: ReturnType<typeof randomFrom>,
  until: number,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  const happened: Record<string, number> = {};
  const from = Date.now();
  while (Date.now() < until) {
    await wait(500 + random.below(4_000));
    const [name, fault] = draw(random);
    if (!stage.services.some((s) => s.running)) continue;
    if (name === 'a full disk under the engine' && stage.disk === null) continue;
    say(`${((Date.now() - from) / 1_000).toFixed(0).padStart(5)} s  ${name}`);
    happened[name] = (happened[name] ?? 0) + 1;
    await fault.happen(stage, random);
  }
  return happened;
}

async function drained(log: EventLog, most_ms: number, say: (line: string) => void): Promise<void> {
  const until = Date.now() + most_ms;
  for (let quiet = 0, last = -1; quiet < 3; await wait(500)) {
    const lag = await totalLag(log, groups);
    quiet = lag === 0 ? quiet + 1 : 0;
    if (lag !== last && Date.now() % 20 === 0) say(`${lag} messages behind`);
    last = lag;
    if (Date.now() > until)
      throw new Error(`still ${lag} messages behind after ${most_ms / 1_000} s: something is stuck`);
  }
}

/** What the source topic holds, partition after partition. */
async function writeCollected(log: EventLog, file: string): Promise<void> {
  const lines: string[] = [];
  for (const { partition, start, end } of await log.bounds(topics.collected))
    for (let from = start; from < end; ) {
      const records = await log.read(topics.collected, partition, from, 5_000);
      if (records.length === 0) break;
      for (const record of records) lines.push(record.value.toString());
      from = records.at(-1)!.offset + 1;
    }
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string', default: '1' } },
  });
  const missing = missingForBroker();
  if (missing) {
    console.error(`no broker can be started here: it needs ${missing}`);
    process.exit(1);
  }
  const report = await faultRun(Number(values.seed), Number(values.minutes), (line) => console.error(line));
  console.log(JSON.stringify(report, null, 2));
  process.exit(report.differences.length === 0 ? 0 : 1);
}
