/** The event log contract on a real Kafka broker, and the faults of kafkajs that the adapter is built around. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { backPressure } from '../../services/cli/open.ts';
import { openKafkaLog } from '../../services/platform/event-log/kafka.ts';
import { type Claim, ClaimLost, type EventLog, OffsetOutOfRange } from '../../services/platform/event-log/port.ts';
import { telemetryTo } from '../../services/platform/telemetry.ts';
import { aborted, topic } from '../support/event-log.ts';
import { eventLogContract } from './event-log.ts';

const address = inject('kafka');
const plain = new Set<string>();
const all = { has: () => true };
const connect = (
  packed: { has(topic: string): boolean } = plain,
  logger = pino({ level: 'silent' }),
): Promise<EventLog> =>
  openKafkaLog({
    brokers: [address],
    client_id: 'contract',
    group_prefix: '',
    ssl: false,
    sasl: null,
    compression: 'gzip',
    packed,
    logger,
    session_ms: 6_000,
  });

describe.skipIf(address === '')('kafka', () => {
  for (const [name, packed] of [
    ['the Kafka log', plain],
    ['the Kafka log with packed messages', all],
  ] as const)
    eventLogContract(name, async () => {
      let log = await connect(packed);
      return {
        log,
        async reopen() {
          await log.close();
          log = await connect(packed);
          return log;
        },
        close: () => log.close(),
      };
    });

  const raw = new Kafka({
    brokers: [address || 'none:1'],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50 },
  });
  const unique = () => `faults.${randomUUID()}`;
  const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 30_000, interval: 10 });

  async function withTopic(work: (log: EventLog, name: string) => Promise<void>, records = 10): Promise<void> {
    const log = await connect();
    const name = unique();
    try {
      await log.createTopics([topic(name)]);
      await log.produce(
        Array.from({ length: records }, (_, i) => ({ topic: name, key: `${i}`, value: Buffer.from(`${i}`) })),
      );
      await work(log, name);
    } finally {
      await log.close();
    }
  }

  /** Joins and holds the claim until it is to be given up. */
  async function hold(log: EventLog, name: string) {
    const claims: Claim[] = [];
    const consumer = await log.consume({
      group: `group-${name}`,
      topics: [name],
      onClaim: async (claim) => {
        claims.push(claim);
        await aborted(claim.signal);
      },
    });
    const claim = await soon(() => {
      const live = claims.find((one) => !one.signal.aborted);
      expect(live).toBeDefined();
      return live!;
    });
    return { claim, consumer, claims };
  }

  test('an offset that is no longer in the topic stops the consumer; kafkajs would start over in silence and commit that', async () => {
    await withTopic(async (log, name) => {
      const first = await hold(log, name);
      await first.claim.commit(3, 'an announced range begins at 3');
      await first.consumer.stop();
      const admin = raw.admin();
      await admin.connect();
      await admin.fetchTopicOffsets(name); // loads what deleting needs
      await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '7' }] });
      await admin.disconnect();
      const second = await log.consume({
        group: `group-${name}`,
        topics: [name],
        onClaim: async (claim) => {
          await claim.fetch(claim.committed.offset ?? 0, 10, 5_000);
        },
      });
      await expect(second.done).rejects.toThrow(OffsetOutOfRange);
      await second.stop();
      expect(await log.committed(`group-${name}`, name)).toEqual([
        { partition: 0, offset: 3, metadata: 'an announced range begins at 3' },
      ]);
    });
  });

  test('records removed while a consumer lags stop it too', async () => {
    await withTopic(async (log, name) => {
      const seen: number[] = [];
      const consumer = await log.consume({
        group: `group-${name}`,
        topics: [name],
        onClaim: async (claim) => {
          for (let at = 0; !claim.signal.aborted; ) {
            const records = await claim.fetch(at, 5, 1_000);
            for (const record of records) seen.push(record.offset);
            at = (records.at(-1)?.offset ?? at - 1) + 1;
            if (seen.length === 10) {
              const admin = raw.admin();
              await admin.connect();
              await log.produce([
                { topic: name, key: 'k', value: Buffer.from('gone') },
                { topic: name, key: 'k', value: Buffer.from('there') },
              ]);
              await admin.fetchTopicOffsets(name);
              await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '11' }] });
              await admin.disconnect();
              seen.push(-1);
              at = 10;
              await claim.fetch(0, 1, 10); // a leap back, so that 10 must be asked for anew
            }
          }
        },
      });
      await expect(consumer.done).rejects.toThrow(OffsetOutOfRange);
      await consumer.stop();
    });
  });

  test('a member cannot move the offset of a partition that went to another', async () => {
    await withTopic(async (log, name) => {
      const first = await hold(log, name);
      const other = await connect();
      try {
        await first.consumer.stop();
        const second = await hold(other, name);
        await second.claim.commit(5, 'mine');
        await expect(first.claim.commit(9, 'theirs')).rejects.toThrow(ClaimLost);
        expect(await log.committed(`group-${name}`, name)).toEqual([{ partition: 0, offset: 5, metadata: 'mine' }]);
        await second.consumer.stop();
      } finally {
        await other.close();
      }
    });
  });

  test('a join of another member loses every claim at once, and its commits are refused', async () => {
    await withTopic(async (log, name) => {
      const first = await hold(log, name);
      const other = await connect();
      try {
        const second = await other.consume({
          group: `group-${name}`,
          topics: [name],
          onClaim: async (claim) => aborted(claim.signal),
        });
        await soon(() => expect(first.claim.lost.aborted).toBe(true));
        await expect(first.claim.commit(4, '')).rejects.toThrow(ClaimLost);
        await second.stop();
      } finally {
        await other.close();
      }
    });
  });

  test('stopping waits for a batch that is being written, and its commit counts', async () => {
    await withTopic(async (log, name) => {
      let finish: () => void = () => undefined;
      const written = new Promise<void>((resolve) => {
        finish = resolve;
      });
      let begun = false;
      const consumer = await log.consume({
        group: `group-${name}`,
        topics: [name],
        onClaim: async (claim) => {
          await claim.fetch(0, 10, 5_000);
          begun = true;
          await written;
          await claim.commit(10, '');
        },
      });
      await soon(() => expect(begun).toBe(true));
      const stopped = consumer.stop();
      finish();
      await stopped;
      expect(await log.committed(`group-${name}`, name)).toEqual([{ partition: 0, offset: 10, metadata: '' }]);
    });
  });

  test('a range is read again exactly, whatever the boundaries of fetches', async () => {
    await withTopic(async (log, name) => {
      const { claim, consumer } = await hold(log, name);
      const read = async (from: number, count: number): Promise<number[]> => {
        const offsets: number[] = [];
        for (let at = from; offsets.length < count; ) {
          const records = await claim.fetch(at, count - offsets.length, 2_000);
          for (const record of records) offsets.push(record.offset);
          at = (records.at(-1)?.offset ?? at - 1) + 1;
        }
        return offsets;
      };
      const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
      expect(await read(0, 700)).toEqual(range(0, 700));
      expect(await read(250, 600)).toEqual(range(250, 600));
      expect(await read(850, 150)).toEqual(range(850, 150));
      expect(await read(3, 5)).toEqual(range(3, 5));
      await consumer.stop();
    }, 1_000);
  });

  test('a topic that was deleted and made anew is read from its first record: Kafka forgets the offsets with the topic', async () => {
    await withTopic(async (log, name) => {
      const first = await hold(log, name);
      await first.claim.commit(8, '');
      await first.consumer.stop();
      const admin = raw.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [name] });
      await soon(async () => expect(await admin.listTopics()).not.toContain(name));
      await admin.disconnect();
      const anew = await connect();
      try {
        await soon(() => anew.createTopics([topic(name)]));
        await anew.produce([{ topic: name, key: 'k', value: Buffer.from('other') }]);
        await soon(async () => expect((await anew.committed(`group-${name}`, name))[0]?.offset ?? null).toBeNull());
        const second = await hold(anew, name);
        expect(second.claim.committed).toEqual({ offset: null, metadata: '' });
        const [record] = await second.claim.fetch(0, 10, 10_000);
        expect(record?.value.toString()).toBe('other');
        await second.consumer.stop();
      } finally {
        await anew.close();
      }
    });
  });

  describe('a topic that is deleted while it is read', () => {
    async function readThenDeleted(
      work: (of: { log: EventLog; name: string; claims: Claim[]; over: () => string; said: string[] }) => Promise<void>,
    ) {
      const said: string[] = [];
      const log = await connect(plain, pino({ level: 'info' }, { write: (line: string) => void said.push(line) }));
      const name = unique();
      try {
        await log.createTopics([topic(name)]);
        await log.produce([{ topic: name, key: 'k', value: Buffer.from('first') }]);
        const held = await hold(log, name);
        let over = '';
        held.consumer.done.catch((error: Error) => {
          over = error.message;
        });
        await held.claim.fetch(0, 10, 10_000);
        await held.claim.commit(1, '');
        const admin = raw.admin();
        await admin.connect();
        await admin.deleteTopics({ topics: [name] });
        await admin.disconnect();
        await work({ log, name, claims: held.claims, over: () => over, said });
        await held.consumer.stop();
      } finally {
        await log.close();
      }
    }

    test('ends the service, which says what to do and has not asked in a loop', async () => {
      await readThenDeleted(async ({ name, over, said }) => {
        await soon(() =>
          expect(over()).toBe(
            `topic ${name} does not exist any more: it was deleted while group group-${name} read it. Make it anew (\`grapevine topics --create\`) and start again; what was in it and not yet read is lost, and \`grapevine verify\` says how much`,
          ),
        );
        expect(said.filter((line) => line.includes('Crash:')).length).toBeLessThanOrEqual(1);
        expect(said.filter((line) => line.includes('does not host')).length).toBeLessThan(30);
      });
    });

    test('and made anew at once is read from its first record', async () => {
      await readThenDeleted(async ({ log, name, claims, over }) => {
        await soon(() => expect(claims[0]?.lost.aborted).toBe(true));
        const anew = await connect();
        await anew.createTopics([topic(name)]);
        await anew.produce([{ topic: name, key: 'k', value: Buffer.from('other') }]);
        await anew.close();
        await soon(() => expect(claims.length).toBeGreaterThan(1));
        expect(claims.at(-1)?.committed).toEqual({ offset: null, metadata: '' });
        const [record] = (await claims.at(-1)?.fetch(0, 10, 10_000)) ?? [];
        expect(record?.value.toString()).toBe('other');
        expect(over()).toBe('');
        expect((await log.bounds(name)).map(({ end }) => end)).toEqual([1]);
      });
    });
  });

  test('a message larger than the broker takes is said plainly, with what to do', async () => {
    await withTopic(async (log, name) => {
      const big = randomBytes(17 << 20); // compression does not make it smaller
      await expect(log.produce([{ topic: name, key: 'k', value: big }])).rejects.toThrow(
        /too large: raise max\.message\.bytes/,
      );
      await log.produce([{ topic: name, key: 'k', value: Buffer.from('the next one goes through') }]);
    });
  });

  describe('an answer to a request gets lost on the way', () => {
    /** Sockets whose next bytes from the broker are thrown away with the connection: the request arrived, its answer does not. */
    const net = createRequire(import.meta.url)('node:net') as typeof import('node:net');
    const connectSocket = net.connect;
    let deaf = 0;
    beforeEach(() => {
      deaf = 0;
      net.connect = ((...args: Parameters<typeof connectSocket>) => {
        const socket = connectSocket(...args);
        const emit = socket.emit.bind(socket);
        socket.emit = ((event: string, ...rest: unknown[]) => {
          if (event !== 'data' || deaf === 0) return emit(event, ...rest);
          deaf--;
          socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
          return true;
        }) as typeof socket.emit;
        return socket;
      }) as typeof connectSocket;
    });
    afterEach(() => {
      net.connect = connectSocket;
    });
    const texts = async (log: EventLog, name: string): Promise<Set<string>> => {
      const [{ end } = { end: 0 }] = await log.bounds(name);
      const seen = new Set<string>();
      for (let from = 0; from < end; ) {
        const records = await log.read(name, 0, from, 100);
        for (const record of records) seen.add(record.value.toString());
        from = (records.at(-1)?.offset ?? end) + 1;
      }
      return seen;
    };
    const record = (topic: string, text: string) => ({ topic, key: 'k', value: Buffer.from(text), partition: 0 });

    test('what is sent at the same time by somebody else is not taken for its repeat', async () => {
      const log = await connect();
      const name = unique();
      await log.createTopics([topic(name)]);
      await log.produce([record(name, 'before')]);
      deaf = 1;
      await Promise.all([
        log.produce([record(name, 'a')]),
        log.produce([record(name, 'b')]),
        log.produce([record(name, 'c')]),
      ]);
      expect([...(await texts(log, name))].sort()).toEqual(['a', 'b', 'before', 'c']);
      await log.close();
    });

    test('what is sent after it was given up is not taken for its repeat', async () => {
      const log = await connect();
      const name = unique();
      await log.createTopics([topic(name)]);
      await log.produce([record(name, 'before')]);
      deaf = 1_000;
      await expect(log.produce([record(name, 'given up')])).rejects.toThrow(/did not take/);
      deaf = 0;
      await log.produce([record(name, 'another')]);
      expect((await texts(log, name)).has('another')).toBe(true);
      await log.close();
    }, 60_000);
  });

  test('a slow reader pauses its partition: what is read ahead stays bounded, the metric shows it, nothing is lost or out of order', async () => {
    const telemetry = telemetryTo(pino({ level: 'silent' }));
    let most = 0;
    const metrics = backPressure(telemetry);
    const name = unique();
    const log = await openKafkaLog({
      brokers: [address],
      client_id: 'slow',
      group_prefix: '',
      ssl: false,
      sasl: null,
      compression: 'none',
      packed: plain,
      logger: pino({ level: 'silent' }),
      onBuffer: (topic, partition, bytes, paused) => {
        most = Math.max(most, bytes);
        metrics(topic, partition, bytes, paused);
      },
    });
    await log.createTopics([{ name, partitions: 1, retention_ms: null, compacted: false, transient: false }]);
    const count = 1_200;
    for (let i = 0; i < count; i += 100)
      await log.produce(
        Array.from({ length: 100 }, (_, j) => ({ topic: name, key: 'k', value: Buffer.alloc(50_000, (i + j) % 251) })),
      );
    const paused = () => telemetry.read().find((s) => s.metric === 'paused' && s.labels.topic === name)?.value === 1;
    const seen: number[] = [];
    const reader = await log.consume({
      group: unique(),
      topics: [name],
      onClaim: async (claim) => {
        for (let from = 0; from < count && !claim.signal.aborted; ) {
          const [record] = await claim.fetch(from, 1, 1_000);
          if (!record) continue;
          if (seen.length === 0) await vi.waitFor(() => expect(paused()).toBe(true), { timeout: 20_000, interval: 10 }); // slow: until it is paused
          seen.push(record.value[0]!);
          from = record.offset + 1;
        }
      },
    });
    await vi.waitFor(() => expect(seen).toHaveLength(count), { timeout: 40_000, interval: 20 });
    await reader.stop();
    await log.close();
    expect(seen).toEqual(Array.from({ length: count }, (_, i) => i % 251));
    expect(most).toBeGreaterThan(16 << 20);
    expect(most).toBeLessThan(24 << 20); // of 60 MB
    const pauses = telemetry.read().find((s) => s.metric === 'pauses' && s.labels.topic === name);
    expect(pauses?.value).toBeGreaterThan(0);
    expect(paused()).toBe(false);
  }, 90_000);

  test('a partition that was paused when another member came and left flows again', async () => {
    const name = unique();
    const paused = new Set<number>();
    const log = await openKafkaLog({
      brokers: [address],
      client_id: 'paused',
      group_prefix: '',
      ssl: false,
      sasl: null,
      compression: 'none',
      packed: plain,
      logger: pino({ level: 'silent' }),
      onBuffer: (_topic, partition, _bytes, now) => void (now ? paused.add(partition) : paused.delete(partition)),
    });
    const other = await connect();
    const count = 25_000; // read ahead are 20,000
    await log.createTopics([topic(name, { partitions: 2 })]);
    for (let sent = 0; sent < count; sent += 5_000)
      await log.produce(
        Array.from({ length: 10_000 }, (_, i) => ({ topic: name, key: '', value: Buffer.from('x'), partition: i % 2 })),
      );
    const claims: Claim[] = [];
    const hold = async (claim: Claim): Promise<void> => {
      claims.push(claim);
      await claim.fetch(0, 1, 10_000); // and no more: what comes is kept until the partition is paused
      await aborted(claim.signal);
    };
    const group = unique();
    const reader = await log.consume({ group, topics: [name], onClaim: hold });
    await vi.waitUntil(() => paused.size === 2, { timeout: 30_000 });
    const visitor = await other.consume({ group, topics: [name], onClaim: (claim) => aborted(claim.signal) });
    await vi.waitUntil(() => claims.length === 3, { timeout: 30_000 });
    await visitor.stop();
    await vi.waitUntil(() => claims.length === 5, { timeout: 30_000 });
    for (const claim of claims.slice(3))
      for (let from = 1, read = 1; read < count; ) {
        const records = await claim.fetch(from, 5_000, 10_000);
        expect(records.length, `partition ${claim.partition} after ${read}`).toBeGreaterThan(0);
        read += records.length;
        from = records.at(-1)!.offset + 1;
      }
    await reader.stop();
    await other.close();
    await log.close();
  }, 120_000);

  test('no broker is said plainly, with what to do, and soon', async () => {
    const nowhere = openKafkaLog({
      brokers: ['127.0.0.1:1'],
      client_id: 'x',
      group_prefix: '',
      ssl: false,
      sasl: null,
      compression: 'none',
      packed: plain,
      logger: pino({ level: 'silent' }),
    });
    await expect(nowhere).rejects.toThrow(/no Kafka at 127\.0\.0\.1:1.*KAFKA_BROKERS/);
  }, 40_000);

  test('a topic that does not exist is said plainly, with what to do', async () => {
    const log = await connect();
    await expect(log.produce([{ topic: unique(), key: 'k', value: Buffer.alloc(1) }])).rejects.toThrow(
      /does not exist: create it first/,
    );
    await expect(log.consume({ group: 'g', topics: [unique()], onClaim: async () => undefined })).rejects.toThrow(
      /does not exist: create it first/,
    );
    await log.close();
  });
});
