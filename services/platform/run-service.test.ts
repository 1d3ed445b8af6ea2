import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from './event-log/embedded.ts';
import { type Claim, ClaimLost, type Committed, type Consumer, type EventLog } from './event-log/port.ts';
import { type Intent, intentText, parseIntent } from './intent.ts';
import { type Batch, runService, type Service } from './run-service.ts';
import { type Telemetry, telemetryTo } from './telemetry.ts';

const group = 'recorder';
const topic = 'enriched';
const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 });

describe('an exact service', () => {
  let directory: string;
  let log: EventLog;
  let telemetry: Telemetry;
  let now: number;
  const consumers: Consumer[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'run-service-'));
    log = await openEmbeddedLog({ directory });
    await log.createTopics([{ name: topic, partitions: 1, retention_ms: null, compacted: false, transient: false }]);
    telemetry = telemetryTo(pino({ level: 'silent' }));
    now = 0;
  });
  afterEach(async () => {
    for (const consumer of consumers.splice(0)) await consumer.stop();
    await log.close();
    rmSync(directory, { recursive: true });
  });

  const say = (...texts: string[]): Promise<void> =>
    log.produce(texts.map((text) => ({ topic, key: text, value: Buffer.from(text) })));
  const texts = (batch: Batch): string[] => batch.records.map(({ value }) => value.toString());
  const committed = async (): Promise<Committed> => {
    const [{ offset, metadata } = { offset: null, metadata: '' }] = await log.committed(group, topic);
    return { offset, metadata };
  };

  async function run(
    work: Service['work'],
    but: Partial<Service> = {},
    intent_age_ms = 1_000,
    from: EventLog = log,
  ): Promise<Consumer> {
    const service = {
      name: group,
      topics: [topic],
      exact: true,
      batch_records: 100,
      fill_ms: 0,
      most_fill_ms: 0,
      work,
      ...but,
    };
    const consumer = await runService(service, { log: from, telemetry, intent_age_ms, now: () => now });
    consumers.push(consumer);
    return consumer;
  }

  /** Runs until a batch fails as if the process had died in it; returns the batch as it was. */
  async function crash(but: Partial<Service> = {}): Promise<Batch> {
    const batches: Batch[] = [];
    const consumer = await run(async (batch) => {
      batches.push({ ...batch });
      throw new Error('killed');
    }, but);
    await expect(consumer.done).rejects.toThrow(/stopped at enriched\/0, offset \d+: killed/);
    expect(batches).toHaveLength(1);
    return batches[0]!;
  }

  /** Runs until everything in the log is committed; returns the batches. */
  async function finish(but: Partial<Service> = {}): Promise<Batch[]> {
    const batches: Batch[] = [];
    const consumer = await run(async (batch) => void batches.push({ ...batch }), but);
    const [bounds] = await log.bounds(topic);
    await soon(async () => expect(await committed()).toEqual({ offset: bounds!.end, metadata: '' }));
    await consumer.stop();
    return batches;
  }

  /** The log with some calls of its claims, and of its own, going another way. */
  const through = (change: (claim: Claim) => Partial<Claim>, own: Partial<EventLog> = {}): EventLog =>
    Object.assign(Object.create(log) as EventLog, {
      bounds: (name: string) => log.bounds(name),
      consume: (options: Parameters<EventLog['consume']>[0]) =>
        log.consume({
          ...options,
          onClaim: (claim) => options.onClaim(Object.assign(Object.create(claim) as Claim, change(claim))),
        }),
      ...own,
    });

  const reopen = async (): Promise<void> => {
    await log.close();
    log = await openEmbeddedLog({ directory });
  };

  test('says that it holds the partition for as long as it does, also when a batch fails for good', async () => {
    await say('a');
    const held = () => telemetry.read().find(({ metric }) => metric === 'held');
    const during: unknown[] = [];
    const consumer = await run(async () => {
      during.push({ ...held() });
      throw new Error('killed');
    });
    await expect(consumer.done).rejects.toThrow('killed');
    const labels = { service: group, topic, partition: '0' };
    expect(during).toEqual([{ metric: 'held', labels, value: 1 }]);
    expect(held()).toEqual({ metric: 'held', labels, value: 0 });
  });

  test('works through the log in batches and commits after each', async () => {
    await say('a', 'b', 'c', 'd', 'e');
    const batches = await finish({ batch_records: 2 });
    expect(batches.map(texts)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(batches.map(({ replayed }) => replayed)).toEqual([false, false, false]);
    expect(new Set(batches.map(({ name }) => name)).size).toBe(3);
    for (const { name } of batches) expect(name.startsWith(`${log.id}/${topic}/0/`)).toBe(true);
    expect(telemetry.read()).toContainEqual({ metric: 'records', labels: { service: group }, value: 5 });
  });

  test('announces its range before it works, at the offset committed so far', async () => {
    await say('a');
    await finish();
    await say('b', 'c');
    const announced: Committed[] = [];
    const consumer = await run(async () => void announced.push(await committed()));
    await soon(async () => expect(await committed()).toEqual({ offset: 3, metadata: '' }));
    await consumer.stop();
    expect(announced.map(({ offset }) => offset)).toEqual([1]);
    expect(parseIntent(announced[0]!.metadata)).toMatchObject({ log: log.id, first: 1, end: 3, count: 2 });
  });

  test('that dies in its work leaves the range to the next owner, who replays exactly that, whatever has arrived since', async () => {
    await say('a', 'b', 'c');
    const died = await crash();
    expect([texts(died), died.replayed]).toEqual([['a', 'b', 'c'], false]);
    await say('d', 'e');
    await reopen();
    const again = await crash({ batch_records: 2 });
    expect(again).toMatchObject({ name: died.name, replayed: true, records: died.records });
    await say('f');
    const [replayed, ...rest] = await finish();
    expect(replayed).toMatchObject({ name: died.name, replayed: true, records: died.records });
    expect(rest.map((batch) => [texts(batch), batch.replayed])).toEqual([[['d', 'e', 'f'], false]]);
  });

  test('waits for an announced range that a slow network does not bring, instead of taking it for gone', async () => {
    await say('a', 'b');
    const died = await crash();
    let silences = 3;
    const slow = through((claim) => ({
      fetch: (...range) => (silences-- > 0 ? Promise.resolve([]) : claim.fetch(...range)),
    }));
    const batches: Batch[] = [];
    await run(async (batch) => void batches.push({ ...batch }), {}, 1_000, slow);
    await soon(async () => expect((await committed()).offset).toBe(2));
    expect(batches).toMatchObject([{ name: died.name, replayed: true }]);
  });

  test('waits for a log that does not answer, before, while and after it reads, and keeps to the range it announced', async () => {
    await say('a', 'b');
    const down = Object.assign(new Error('Kafka did not answer'), { retriable: true });
    const times = { bounds: 0, fetch: 0, commit: 0 };
    const failing = <Answer>(call: keyof typeof times, odd: boolean, answer: () => Promise<Answer>): Promise<Answer> =>
      ++times[call] % 2 === Number(odd) ? Promise.reject(down) : answer();
    const flaky = through(
      (claim) => ({
        fetch: (...range) => failing('fetch', true, () => claim.fetch(...range)),
        commit: (...commit) => failing('commit', false, () => claim.commit(...commit)),
      }),
      { bounds: (name) => failing('bounds', true, () => log.bounds(name)) },
    );
    const batches: Batch[] = [];
    await run(
      async (batch) => {
        batches.push({ ...batch });
        if (batches.length === 1) await say('c'); // must not slip into the announced range
      },
      {},
      1_000,
      flaky,
    );
    await soon(async () => expect((await committed()).offset).toBe(3));
    expect(batches.map((batch) => [texts(batch), batch.replayed])).toEqual([
      [['a', 'b'], false],
      [['a', 'b'], true],
      [['c'], false],
      [['c'], true],
    ]);
    expect(new Set(batches.map(({ name }) => name)).size).toBe(2);
  });

  test('tries again after an outage, replaying, and commits nothing before it succeeds', async () => {
    await say('a', 'b');
    const attempts: { name: string; replayed: boolean; offset: number | null; announced: Intent | null }[] = [];
    const consumer = await run(async ({ name, replayed }) => {
      const { offset, metadata } = await committed();
      attempts.push({ name, replayed, offset, announced: parseIntent(metadata) });
      if (attempts.length < 3) throw Object.assign(new Error('the warehouse did not answer'), { retriable: true });
    });
    await soon(async () => expect((await committed()).offset).toBe(2));
    await consumer.stop();
    expect(attempts.map(({ replayed }) => replayed)).toEqual([false, true, true]);
    expect(new Set(attempts.map(({ name }) => name)).size).toBe(1);
    for (const { offset, announced } of attempts) expect([offset, announced?.end]).toEqual([0, 2]);
    expect(telemetry.read()).toContainEqual({ metric: 'retries', labels: { service: group }, value: 2 });
  });

  test('stopped in an outage leaves without another attempt', async () => {
    await say('a');
    let attempts = 0;
    const consumer = await run(async () => {
      attempts++;
      throw Object.assign(new Error('down'), { retriable: true });
    });
    await soon(() => expect(attempts).toBe(1));
    await consumer.stop();
    await consumer.done;
    expect(attempts).toBe(1);
    expect(parseIntent((await committed()).metadata)).toMatchObject({ first: 0, end: 1 });
  });

  /** Commits in the name of the group, as an earlier owner would have. */
  async function commit(offset: number, metadata: string): Promise<void> {
    const claims: Claim[] = [];
    const consumer = await log.consume({ group, topics: [topic], onClaim: async (claim) => void claims.push(claim) });
    await soon(() => expect(claims).toHaveLength(1));
    await claims[0]!.commit(offset, metadata);
    await consumer.stop();
  }

  test.each<[string, (intent: Intent) => string, RegExp]>([
    ['speaks of another log', (i) => intentText({ ...i, log: 'made-anew' }), /speaks of log made-anew/],
    ['announced other content', (i) => intentText({ ...i, checksum: '0'.repeat(32) }), /other content than announced/],
    [
      'announced more than there is',
      (i) => intentText({ ...i, end: 9, count: 9 }),
      /announced 9 records \[0, 9\), found 2/,
    ],
    ['is not ours', () => 'metadata of a stranger', /not an intent of ours/],
  ])('stops loudly and works nothing when the intent %s', async (_, changed, said) => {
    await say('a', 'b');
    await crash();
    const intent = parseIntent((await committed()).metadata)!;
    await commit(0, changed(intent));
    const work = vi.fn(async () => undefined);
    const consumer = await run(work);
    await expect(consumer.done).rejects.toThrow(said);
    expect(work).not.toHaveBeenCalled();
    expect(await committed()).toEqual({ offset: 0, metadata: changed(intent) });
  });

  test('has a fence that throws ClaimLost once the partition is lost, and commits nothing then', async () => {
    await say('a');
    const lost = new AbortController();
    const lose: EventLog['consume'] = (options) =>
      log.consume({ ...options, onClaim: (claim) => options.onClaim({ ...claim, lost: lost.signal }) });
    const fenced: unknown[] = [];
    const consumer = await run(
      async (batch) => {
        batch.fence();
        lost.abort();
        try {
          batch.fence();
        } catch (error) {
          fenced.push(error);
          throw error;
        }
      },
      {},
      1_000,
      { id: log.id, consume: lose, bounds: (name) => log.bounds(name) } as EventLog,
    );
    await soon(() => expect(fenced).toEqual([expect.any(ClaimLost)]));
    await consumer.stop();
    await consumer.done;
    expect((await committed()).offset).toBe(0);
    expect((await finish())[0]).toMatchObject({ replayed: true });
  });

  test('does not commit work that ended after the partition was lost: the next owner replays it', async () => {
    await say('a');
    const lost = new AbortController();
    const lose: EventLog['consume'] = (options) =>
      log.consume({ ...options, onClaim: (claim) => options.onClaim({ ...claim, lost: lost.signal }) });
    const consumer = await run(async () => lost.abort(), {}, 1_000, {
      id: log.id,
      consume: lose,
      bounds: (name) => log.bounds(name),
    } as EventLog);
    await soon(() => expect(lost.signal.aborted).toBe(true));
    await consumer.stop();
    await consumer.done;
    expect((await committed()).offset).toBe(0);
    expect((await finish()).map((batch) => [texts(batch), batch.replayed])).toEqual([[['a'], true]]);
  });

  test('ends and commits the batch it has begun when it is stopped, and begins no other', async () => {
    await say('a', 'b');
    const batches: string[][] = [];
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const consumer = await run(
      async (batch) => {
        batches.push(texts(batch));
        await ended;
        batch.fence();
      },
      { batch_records: 1 },
    );
    await soon(() => expect(batches).toHaveLength(1));
    const stopping = consumer.stop();
    end();
    await stopping;
    await consumer.done;
    expect(batches).toEqual([['a']]);
    expect(await committed()).toEqual({ offset: 1, metadata: '' });
  });

  test('does not write a batch older than intent_age_ms: it stops, and the next owner replays it', async () => {
    await say('a');
    const written: string[] = [];
    const consumer = await run(async (batch) => {
      now += 1_001;
      batch.fence();
      written.push(batch.name);
    });
    await expect(consumer.done).rejects.toThrow(/older than 1000 ms/);
    expect(written).toEqual([]);
    expect((await committed()).offset).toBe(0);
    expect((await finish()).map(({ replayed }) => replayed)).toEqual([true]);
  });

  test('does not try again when the outage has lasted longer than intent_age_ms', async () => {
    await say('a');
    let attempts = 0;
    const consumer = await run(async () => {
      attempts++;
      now += 1_001;
      throw Object.assign(new Error('down'), { retriable: true });
    });
    await expect(consumer.done).rejects.toThrow(/older than 1000 ms/);
    expect(attempts).toBe(1);
  });

  test('that is not exact announces nothing and repeats what it had not committed', async () => {
    await say('a');
    const died = await crash({ exact: false });
    expect(await committed()).toEqual({ offset: null, metadata: '' });
    await say('b');
    const batches = await finish({ exact: false });
    expect([texts(died), ...batches.map(texts)]).toEqual([['a'], ['a', 'b']]);
  });

  test('fills a batch for as long as it is told, and no longer than until it is full', async () => {
    const batches: string[][] = [];
    await say('a');
    await run(async (batch) => void batches.push(texts(batch)), { fill_ms: 3_600_000, batch_records: 3 });
    await say('b');
    await say('c', 'd');
    await soon(() => expect(batches).toEqual([['a', 'b', 'c']]));
    await soon(async () => expect(await committed()).toMatchObject({ metadata: '' }));
  });
});
