/**
 * The three services as processes on a real Kafka, two copies of each, one engine behind HTTP; copies are stopped, killed and started on
 * the way. What comes out must be what one undisturbed process makes of the same file.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { w1Events, w1Reference } from '../../bench/w1.ts';
import { internalTopics, topicNames } from '../../schemas/topics.ts';
import { openKafkaLog } from '../../services/platform/event-log/kafka.ts';
import type { EventLog } from '../../services/platform/event-log/port.ts';
import { totalLag } from '../../services/platform/lag.ts';
import { cli, cliJson, rows, scratch, startCli } from '../support/cli.ts';

const address = inject('kafka');
const home = scratch();
const at = (name: string) => join(home.path, name);
const prefix = `services-${randomUUID().slice(0, 8)}.`;
const topics = topicNames(prefix);
const groups: Record<string, string[]> = {
  'grapevine-ingest': [topics.collected],
  'grapevine-enrichment': [topics.accepted],
  'grapevine-recorder': [topics.enriched, topics.rejected, topics.reference],
  'grapevine-settler': [topics.settlements],
};
const sent = [...w1Events(12_000, 11)].map((record) => record.line);
const known = [...w1Reference(11)].map((record) => JSON.stringify(record));

describe.skipIf(address === '')('services on Kafka', () => {
  const env: Record<string, string> = {
    KAFKA_BROKERS: address,
    KAFKA_SESSION_MS: '6000',
    GRAPEVINE_TOPIC_PREFIX: prefix,
    GRAPEVINE_PII_KEY: '7'.repeat(64),
    LOG_LEVEL: 'info',
    GRAPEVINE_BATCH_RECORDS: '1000',
  };
  const children: ChildProcess[] = [];
  let engine: ChildProcess;
  let log: EventLog;
  let url = '';

  async function started(
    args: string[],
    ready: RegExp,
    but: Record<string, string>,
  ): Promise<{ child: ChildProcess; match: RegExpExecArray; said(): string }> {
    const child = startCli(args, { env: but });
    let text = '';
    const match = await new Promise<RegExpExecArray>((found, fail) => {
      const read = (chunk: Buffer): void => {
        text += chunk.toString();
        const hit = ready.exec(text);
        if (hit) found(hit);
      };
      child.stdout!.on('data', read);
      child.stderr!.on('data', read);
      child.on('close', (code) => fail(new Error(`${args.join(' ')} ended with ${code}: ${text}`)));
    });
    children.push(child);
    return { child, match, said: () => text };
  }
  const service = async (name: string) =>
    await started(['service', name], /health and metrics on port (\d+)/, { ...env, CLICKHOUSE_URL: url });
  const ended = (child: ChildProcess) =>
    new Promise<number | null>((done) => (child.exitCode !== null ? done(child.exitCode) : child.on('close', done)));

  async function produce(lines: string[]): Promise<void> {
    const producer = new Kafka({
      brokers: [address],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50 },
    }).producer();
    await producer.connect();
    for (let i = 0; i < lines.length; i += 2_000)
      await producer.send({ topic: topics.collected, messages: lines.slice(i, i + 2_000).map((value) => ({ value })) });
    await producer.disconnect();
  }

  async function membersOf(names: readonly string[]): Promise<number[]> {
    const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const described = await admin.describeGroups(names.map((name) => `${prefix}${name}`));
    await admin.disconnect();
    return described.groups.map(({ members }) => members.length);
  }

  const until = async (enough: (lag: number) => boolean): Promise<void> => {
    for (let times = 0; times < 2; ) times = enough(await totalLag(log, groups)) ? times + 1 : 0;
  };

  beforeAll(async () => {
    const opened = await started(
      ['warehouse', '--data', at('engine'), '--port', '0'],
      /ClickHouse over HTTP at (http:\S+)/,
      {},
    );
    engine = opened.child;
    url = opened.match[1]!;
    expect((await cli(['topics'], { env })).code, 'missing topics are an error').toBe(1);
    expect((await cli(['topics', '--create'], { env })).code).toBe(0);
    log = await openKafkaLog({
      brokers: [address],
      client_id: 'test',
      group_prefix: prefix,
      ssl: false,
      sasl: null,
      compression: 'none',
      packed: internalTopics(topics),
      logger: pino({ level: 'silent' }),
    });
  }, 60_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await log?.close();
    home.remove();
  });

  it('a source of one’s own is among the topics, and made like the others', async () => {
    const shop = `${prefix}shop`;
    const sources = JSON.stringify([{ topic: shop, brands: ['acme'], format: 'avro' }]);
    const ask = async (...options: string[]) => {
      const { code, stdout } = await cli(['topics', '--json', ...options], {
        env: { ...env, GRAPEVINE_SOURCES: sources },
      });
      return [code, (JSON.parse(stdout) as { name: string }[]).find(({ name }) => name === shop)];
    };
    const row = { record: 'event or reference record (Avro)', encoding: 'avro', readers: ['ingest'] };
    expect(await ask()).toMatchObject([1, { ...row, broker: 'missing: run `grapevine topics --create`' }]);
    expect(await ask('--create')).toMatchObject([0, { ...row, broker: 'as it should be' }]);
    expect(await ask()).toMatchObject([0, { ...row, broker: 'as it should be' }]);
  });

  it('credits byte for byte what one process does, though copies of every service are stopped, killed and started on the way', async () => {
    const names = ['ingest', 'enrichment', 'attribution'];
    const first = await Promise.all([...names, ...names].map(service));
    await produce(known);
    await until((behind) => behind === 0);
    await produce(sent.slice(0, 4_000));
    const replaced = await Promise.all(names.map(service));
    for (const { child } of first.slice(0, 3)) child.kill('SIGTERM');
    for (const { child, said } of first.slice(0, 3)) {
      expect(await ended(child)).toBe(0);
      expect(said(), 'it ends as documented').toContain('stopping: the batch begun is finished first');
    }
    expect(await membersOf(Object.keys(groups)), 'who has stopped has left its groups').toEqual([2, 2, 2, 2]);
    await produce(sent.slice(4_000, 9_000));
    for (const { child } of first.slice(3)) child.kill('SIGKILL');
    await Promise.all(names.map(service));
    await produce(sent.slice(9_000));
    await until((behind) => behind === 0);

    const port = replaced[2]!.match[1];
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/grapevine_records_total\{service="grapevine-recorder"\} [1-9]/);
    expect(metrics).toMatch(/grapevine_freshness_ms_count [1-9]/);
    expect(metrics).toMatch(/grapevine_stalled\{service="grapevine-settler"\} 0/);

    const found = await rows<Record<string, number>>(
      at('engine'),
      'SELECT toInt32(sum(seen)) AS seen, toInt32(sum(missing)) AS missing, toInt32(sum(repeated)) AS repeated FROM pipeline_completeness',
    );
    expect(found).toEqual([{ seen: sent.length + known.length, missing: 0, repeated: 0 }]);

    writeFileSync(at('events.ndjson'), `${sent.join('\n')}\n`);
    writeFileSync(at('reference.ndjson'), `${known.join('\n')}\n`);
    const alone = await cliJson<Record<string, number>>([
      'run',
      at('events.ndjson'),
      '--reference',
      at('reference.ndjson'),
      '--data',
      at('alone'),
    ]);
    const outcomes = await rows<{ outcome: string; n: number }>(
      at('engine'),
      'SELECT outcome, toInt32(count()) AS n FROM receipts GROUP BY outcome ORDER BY outcome',
    );
    expect(Object.fromEntries(outcomes.map(({ outcome, n }) => [outcome, n]))).toEqual({
      duplicate: alone.duplicate,
      reference: alone.reference,
      rejected: alone.rejected,
      stored: alone.stored,
    });
    const credits = async (data: string) =>
      (await cli(['query', 'SELECT * FROM attribution_credits ORDER BY ALL', '--data', at(data)])).stdout;
    expect(await credits('engine')).toBe(await credits('alone'));
  }, 240_000);

  it('refused records are sent to their source again, and each has an outcome of its own', async () => {
    const with_url = { ...env, CLICKHOUSE_URL: url };
    const refusals = async () =>
      await rows<{ n: number }>(
        at('engine'),
        `SELECT toInt32(count()) AS n FROM rejected_events WHERE has(fault_codes, 'bad_date')`,
      );
    const [before] = await refusals();
    expect(before!.n).toBeGreaterThan(10);
    const elsewhere = JSON.stringify([{ topic: `${prefix}shop`, brands: ['acme'], format: 'avro' }]);
    const args = ['rejected', 'replay', '--code', 'bad_date'];
    const nowhere = await cli(args, { env: { ...with_url, GRAPEVINE_SOURCES: elsewhere } });
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('collected is no source')]);
    const keyless = await cli(args, { env: { ...with_url, GRAPEVINE_PII_KEY: '' } });
    expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining('GRAPEVINE_PII_KEY: not set')]);
    expect(await cli(args, { env: with_url })).toMatchObject({ code: 0, stdout: `${before!.n} sent again\n` });
    await until((behind) => behind === 0);
    expect(await refusals()).toMatchObject([{ n: 2 * before!.n }]);
    expect((await cli(args, { env: with_url })).stdout).toContain(
      `0 sent again; ${2 * before!.n} left: the same bytes`,
    );
    await produce([JSON.stringify({ brand_id: 'pretty', type: 'click', note: 'a\nb' }, null, 2)]);
    await until((behind) => behind === 0);
    const { stdout } = await cli(['rejected', 'show', '--brand', 'pretty', '--raw'], { env: with_url });
    expect(stdout.trimEnd().split('\n'), 'a line each, to be mended and sent').toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({ brand_id: 'pretty', type: 'click', note: 'a\nb' });
    const verified = await cli(['verify', '--all'], { env: with_url });
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('no differences')]);
  }, 60_000);

  it('ends with a clear message when something it needs is missing', async () => {
    const cases: [string, Record<string, string>, RegExp][] = [
      ['ingest', { ...env, GRAPEVINE_PII_KEY: '' }, /GRAPEVINE_PII_KEY: not set.*openssl/],
      ['ingest', { ...env, KAFKA_BROKERS: '' }, /KAFKA_BROKERS: not set/],
      ['attribution', env, /CLICKHOUSE_URL: not set/],
      ['attribution', { ...env, CLICKHOUSE_URL: 'http://127.0.0.1:1' }, /warehouse did not answer/],
      ['ingest', { ...env, GRAPEVINE_TOPIC_PREFIX: 'nobody.' }, /nobody\.collected does not exist: create it first/],
    ];
    for (const [name, with_env, said] of cases) {
      const done = await cli(['service', name], { env: { ...with_env, LOG_LEVEL: 'silent' } });
      expect(done.code, name).not.toBe(0);
      expect(done.stderr).toMatch(said);
    }
  }, 60_000);

  it('the engine stops cleanly', async () => {
    engine.kill('SIGINT');
    expect(await ended(engine)).toBe(0);
  });
});
