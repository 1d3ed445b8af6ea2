/**
 * `npm run bench [-- N…]`: W1 through the three services as processes on a real Kafka (KAFKA_BROKERS, else one started here on Java), the
 * source topic preloaded. Prints, for each N (default 100,000 and 1,000,000), events/s, CPU µs per event and peak memory of each process,
 * then the freshness at a steady 2,000 events/s.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { type Broker, startBroker } from '../infra/kafka/run-broker.ts';
import { internalTopics, topicNames } from '../schemas/topics.ts';
import { openKafkaLog } from '../services/platform/event-log/kafka.ts';
import type { EventLog } from '../services/platform/event-log/port.ts';
import { totalLag } from '../services/platform/lag.ts';
import { w1Events, w1Reference } from './w1.ts';

const bin = resolve(import.meta.dirname, '../bin/grapevine.cjs');
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 1_000_000];
const home = mkdtempSync(join(tmpdir(), 'grapevine-bench-'));
const children: ChildProcess[] = [];
const names = ['ingest', 'enrichment', 'attribution'] as const;
const steady_per_second = 2_000;
const steady_seconds = 30;

interface Running {
  child: ChildProcess;
  match: RegExpExecArray;
}

async function start(args: string[], ready: RegExp, env: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  const match = await new Promise<RegExpExecArray>((found, fail) => {
    const read = (chunk: Buffer): void => {
      if (text.length > 1_000_000) return;
      text += chunk.toString();
      const hit = ready.exec(text);
      if (hit) found(hit);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', (code) => fail(new Error(`${args.join(' ')} ended with ${code}: ${text}`)));
  });
  return { child, match };
}

/** CPU time so far, µs, and the largest resident set, MiB (Linux). */
function usage(pid: number): { cpu_us: number; peak_mib: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return { cpu_us: (Number(stat[11]) + Number(stat[12])) * 10_000, peak_mib: Math.round(Number(peak) / 1_024) };
}

async function oneSize(n: number, address: string, broker: Broker | null): Promise<void> {
  const prefix = `bench-${randomUUID().slice(0, 8)}.`;
  const topics = topicNames(prefix);
  const groups: Record<string, string[]> = {
    'grapevine-ingest': [topics.collected],
    'grapevine-enrichment': [topics.accepted],
    'grapevine-recorder': [topics.enriched, topics.rejected, topics.reference],
    'grapevine-settler': [topics.settlements],
  };
  const engine = await start(
    ['warehouse', '--data', join(home, prefix), '--port', '0'],
    /ClickHouse over HTTP at (http:\S+)/,
    {},
  );
  const env = {
    KAFKA_BROKERS: address,
    GRAPEVINE_TOPIC_PREFIX: prefix,
    GRAPEVINE_PII_KEY: '7'.repeat(64),
    CLICKHOUSE_URL: engine.match[1]!,
    LOG_LEVEL: 'info',
  };
  const log = await openKafkaLog({
    brokers: [address],
    client_id: 'bench',
    group_prefix: prefix,
    ssl: false,
    sasl: null,
    compression: 'none',
    packed: internalTopics(topics),
    logger: pino({ level: 'silent' }),
  });
  await log.createTopics(
    Object.values(topics).map((name) => ({
      name,
      partitions: name === topics.reference ? 1 : 4,
      retention_ms: null,
      compacted: false,
      transient: false,
    })),
  );
  await produce(
    log,
    topics.collected,
    [...w1Reference(7)].map((record) => JSON.stringify(record)),
  );
  const running = Object.fromEntries(
    await Promise.all(
      names.map(
        async (name) => [name, await start(['service', name], /health and metrics on port (\d+)/, env)] as const,
      ),
    ),
  );
  await drained(log, groups);
  for (const name of names) await stop(running[name]!.child);
  await produce(log, topics.collected, lines(n));

  const again = Object.fromEntries(
    await Promise.all(
      names.map(
        async (name) => [name, await start(['service', name], /health and metrics on port (\d+)/, env)] as const,
      ),
    ),
  );
  const pids: Record<string, number> = {
    ...Object.fromEntries(names.map((name) => [name, again[name]!.child.pid!])),
    engine: engine.child.pid!,
    ...(broker ? { broker: broker.process.pid! } : {}),
  };
  const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, usage(pid).cpu_us]));
  const from = Date.now();
  await drained(log, groups);
  const seconds = (Date.now() - from) / 1_000;
  const after = Object.entries(pids).map(([name, pid]) => [name, usage(pid)] as const);
  const cpu_us_per_event = Object.fromEntries(
    after.map(([name, { cpu_us }]) => [name, Math.round(((cpu_us - before[name]!) / n) * 10) / 10]),
  );
  const peak_mib = Object.fromEntries(after.map(([name, { peak_mib }]) => [name, peak_mib]));
  const ours = names.reduce((sum, name) => sum + cpu_us_per_event[name]!, cpu_us_per_event.engine!);
  console.log(
    JSON.stringify({
      events: n,
      events_per_second: Math.round(n / seconds),
      cpu_us_per_event,
      services_and_engine_us: Math.round(ours * 10) / 10,
      peak_mib,
    }),
  );
  if (n === sizes[0])
    console.log(JSON.stringify(await freshness(log, topics.collected, Number(again.attribution!.match[1]), groups)));
  for (const name of names) await stop(again[name]!.child);
  await log.close();
  await stop(engine.child);
}

function* lines(n: number, seed = 7): Generator<string> {
  for (const { line } of w1Events(n, seed)) yield line;
}

async function produce(log: EventLog, topic: string, records: Iterable<string>): Promise<void> {
  let batch: { topic: string; key: string; value: Buffer; partition: number }[] = [];
  let sent = 0;
  for (const line of records) {
    batch.push({ topic, key: String(sent), value: Buffer.from(line), partition: Math.floor(sent++ / 500) % 4 });
    if (batch.length === 5_000) {
      await log.produce(batch);
      batch = [];
    }
  }
  await log.produce(batch);
}

async function drained(log: EventLog, groups: Record<string, string[]>): Promise<void> {
  for (let quiet = 0; quiet < 2; await wait(100)) {
    quiet = (await totalLag(log, groups)) === 0 ? quiet + 1 : 0;
  }
}

/** p50 and p99 from broker time to row, at a steady rate, by the attribution service's own histogram. */
async function freshness(
  log: EventLog,
  topic: string,
  port: number,
  groups: Record<string, string[]>,
): Promise<Record<string, unknown>> {
  const read = async (): Promise<[number, number][]> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return [...text.matchAll(/freshness_ms_bucket\{le="([^"]+)"\} (\d+)/g)].map(([, le, count]) => [
      le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      Number(count),
    ]);
  };
  const before = await read();
  const source = lines(steady_per_second * steady_seconds, 99);
  const from = Date.now();
  for (let tick = 0; tick < steady_seconds * 20; tick++) {
    const batch: string[] = [];
    for (let i = 0; i < steady_per_second / 20; i++) batch.push(source.next().value as string);
    await log.produce(
      batch.map((line, i) => ({ topic, key: `${tick}/${i}`, value: Buffer.from(line), partition: i % 4 })),
    );
    await wait(Math.max(0, from + (tick + 1) * 50 - Date.now()));
  }
  const took = (Date.now() - from) / 1_000;
  await drained(log, groups);
  const counts = (await read()).map(([le, count], i) => [le, count - before[i]![1]] as const);
  const total = counts.at(-1)![1];
  const quantile = (q: number): number => {
    const at = counts.findIndex(([, count]) => count >= q * total);
    const [low, below] = at === 0 ? [0, 0] : counts[at - 1]!;
    const [high, above] = counts[at]!;
    return Math.round(low + ((high - low) * (q * total - below)) / Math.max(1, above - below));
  };
  return {
    steady_events_per_second: Math.round((steady_per_second * steady_seconds) / took),
    freshness_p50_ms: quantile(0.5),
    freshness_p99_ms: quantile(0.99),
  };
}

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((done) => {
    if (child.exitCode !== null) return done();
    child.on('close', () => done());
    child.kill('SIGTERM');
  });

console.log(
  `${new Date().toISOString().slice(0, 10)}, node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
);
const broker = process.env.KAFKA_BROKERS ? null : await startBroker(join(home, 'kafka'));
try {
  for (const n of sizes) await oneSize(n, process.env.KAFKA_BROKERS ?? broker!.address, broker);
} finally {
  for (const child of children) child.kill('SIGKILL');
  await broker?.stop('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}
