/** What services rely on in an event log, for every adapter. Topics and groups have names of their own, so that adapters may keep them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { partitionOf } from '../../services/platform/event-log/partition-of.ts';
import {
  type Claim,
  ClaimLost,
  type Consumer,
  type EventLog,
  type LogRecord,
  OffsetOutOfRange,
} from '../../services/platform/event-log/port.ts';
import { aborted, topic } from '../support/event-log.ts';

export interface OpenedLog {
  log: EventLog;
  /** Closes the log and opens it again over the same content. */
  reopen(): Promise<EventLog>;
  /** Closes what is open now and removes it. */
  close(): Promise<void>;
}

/** Waits for a broker's rebalances, too. */
const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 30_000, interval: 10 });
const unique = (): string => `contract.${randomUUID()}`;
const texts = (records: LogRecord[]): string[] => records.map((record) => record.value.toString());

export function eventLogContract(name: string, open: () => Promise<OpenedLog>): void {
  describe(`the event log contract, kept by ${name}`, () => {
    let opened: OpenedLog;
    let log: EventLog;
    const consumers: Consumer[] = [];

    beforeAll(async () => {
      opened = await open();
      log = opened.log;
    });
    afterEach(async () => {
      for (const consumer of consumers.splice(0)) await consumer.stop();
    });
    afterAll(() => opened.close());

    async function newTopic(partitions = 1): Promise<string> {
      const name = unique();
      await log.createTopics([topic(name, { partitions })]);
      return name;
    }

    /** Produces texts into partition 0. */
    const say = (topic: string, ...values: string[]): Promise<void> =>
      log.produce(values.map((value) => ({ topic, key: 'k', value: Buffer.from(value), partition: 0 })));

    async function consume(group: string, topic: string, onClaim: (claim: Claim) => Promise<void>): Promise<Consumer> {
      const consumer = await log.consume({ group, topics: [topic], onClaim });
      consumers.push(consumer);
      return consumer;
    }

    /** Joins a group and waits for a claim; the handler runs beside it. */
    async function claimedBy(group: string, topic: string, handler: (claim: Claim) => Promise<void>) {
      const claims: Claim[] = [];
      const consumer = await consume(group, topic, async (claim) => {
        claims.push(claim);
        await handler(claim);
      });
      const claim = await soon(() => {
        const live = claims.find((one) => !one.signal.aborted);
        expect(live).toBeDefined();
        return live!;
      });
      return { claim, consumer };
    }

    /** Joins a group and holds its claim for as long as it may. */
    const claimed = (group: string, topic: string) => claimedBy(group, topic, (claim) => aborted(claim.signal));

    describe('records', () => {
      test('are read in the order they were produced, partition by partition', async () => {
        const name = await newTopic(3);
        const from = Date.now();
        for (let call = 0; call < 4; call++)
          await log.produce(
            Array.from({ length: 30 }, (_, i) => ({
              topic: name,
              key: `k${i % 3}`,
              value: Buffer.from(`${call * 30 + i}`),
              partition: i % 3,
            })),
          );
        for (let partition = 0; partition < 3; partition++) {
          const records = await log.read(name, partition, 0, 1_000);
          expect(texts(records)).toEqual(Array.from({ length: 40 }, (_, i) => `${3 * i + partition}`));
          for (const [i, record] of records.entries()) {
            expect(record).toMatchObject({ topic: name, partition, key: `k${partition}` });
            expect(record.offset).toBeGreaterThan(records[i - 1]?.offset ?? -1);
            expect(Math.abs(record.timestamp - from)).toBeLessThan(3_600_000);
          }
          expect(await log.read(name, partition, records[7]!.offset, 5)).toEqual(records.slice(7, 12));
          expect(await log.read(name, partition, records.at(-1)!.offset + 1, 5)).toEqual([]);
        }
      });

      test('of one key stay in one partition: the one murmur2 of the key chooses', async () => {
        const name = await newTopic(5);
        const keys = Array.from({ length: 40 }, (_, i) => `kéy/${i % 20}`);
        await log.produce(keys.map((key, i) => ({ topic: name, key, value: Buffer.from(`${i}`) })));
        const found: string[] = [];
        for (let partition = 0; partition < 5; partition++)
          for (const { key, value } of await log.read(name, partition, 0, 1_000)) {
            expect(partitionOf(key!, 5)).toBe(partition);
            found.push(value.toString());
          }
        expect(found.map(Number).sort((a, b) => a - b)).toEqual(keys.map((_, i) => i));
      });

      test('survive with values of 1 MB and of nothing, and with empty and strange keys', async () => {
        const name = await newTopic();
        const records = ['', ' ', '0', '\0', '\n', 'null', 'ключ 🔑', 'x'.repeat(2_000)].map((key, i) => ({
          topic: name,
          key,
          value: i === 1 ? Buffer.alloc(0) : randomBytes(i === 0 ? 1_000_000 : 10),
        }));
        for (const record of records) await log.produce([record]);
        log = await opened.reopen();
        const read = await log.read(name, 0, 0, 100);
        expect(read.map(({ key }) => key)).toEqual(records.map(({ key }) => key));
        expect(read.every(({ value }, i) => value.equals(records[i]!.value))).toBe(true);
      });

      test('are bounded by the first offset kept and the next to be written', async () => {
        const name = await newTopic(2);
        expect(await log.bounds(name)).toEqual([
          { partition: 0, start: 0, end: 0 },
          { partition: 1, start: 0, end: 0 },
        ]);
        await say(name, 'a', 'b', 'c');
        const [written, empty] = await log.bounds(name);
        expect(empty).toEqual({ partition: 1, start: 0, end: 0 });
        const last = (await log.read(name, 0, 0, 10)).at(-1)!;
        expect(written!.start).toBe(0);
        expect(written!.end).toBeGreaterThan(last.offset);
        await say(name, 'd');
        expect((await log.read(name, 0, last.offset + 1, 10))[0]!.offset).toBeGreaterThanOrEqual(written!.end);
      });

      test('of a topic nobody created are refused', async () => {
        await expect(say(unique(), 'a')).rejects.toThrow();
      });
    });

    describe('topics', () => {
      test('may be created again, but not with another number of partitions', async () => {
        const name = unique();
        const wanted = topic(name, { partitions: 2, retention_ms: 86_400_000 });
        await log.createTopics([wanted]);
        await say(name, 'a');
        await log.createTopics([wanted, wanted]);
        expect(texts(await log.read(name, 0, 0, 10))).toEqual(['a']);
        expect((await log.topics()).filter((t) => t.name === name)).toEqual([
          expect.objectContaining({ partitions: 2 }),
        ]);
        await expect(log.createTopics([{ ...wanted, partitions: 3 }])).rejects.toThrow(/partitions/);
        expect(await log.bounds(name)).toHaveLength(2);
      });

      test('and the name of the log outlast a reopening', async () => {
        const name = await newTopic(2);
        await say(name, 'a');
        const { id } = log;
        expect(id).not.toBe('');
        log = await opened.reopen();
        expect(log.id).toBe(id);
        expect((await log.topics()).map((t) => t.name)).toContain(name);
        expect(texts(await log.read(name, 0, 0, 10))).toEqual(['a']);
      });
    });

    describe('a group', () => {
      test('resumes at its committed offset with its metadata, after a reopening too; other groups know nothing of it', async () => {
        const [name, group] = [await newTopic(), unique()];
        await say(name, 'a', 'b', 'c');
        const first = await claimed(group, name);
        expect(first.claim.committed).toEqual({ offset: null, metadata: '' });
        const records = await first.claim.fetch(0, 2, 30_000);
        await first.claim.commit(records[1]!.offset + 1, 'as far as b');
        await first.consumer.stop();
        log = await opened.reopen();
        const committed = { offset: records[1]!.offset + 1, metadata: 'as far as b' };
        expect(await log.committed(group, name)).toEqual([{ partition: 0, ...committed }]);
        const { claim } = await claimed(group, name);
        expect(claim.committed).toEqual(committed);
        expect(texts(await claim.fetch(committed.offset, 10, 30_000))).toEqual(['c']);
        expect(await log.committed(unique(), name)).toEqual([{ partition: 0, offset: null, metadata: '' }]);
      });

      test('commits metadata with an unchanged offset and keeps the offset', async () => {
        const [name, group] = [await newTopic(), unique()];
        await say(name, 'a', 'b');
        const { claim } = await claimed(group, name);
        const next = (await claim.fetch(0, 1, 30_000))[0]!.offset + 1;
        for (const metadata of ['', '{"intent":1}', '']) {
          await claim.commit(next, metadata);
          expect(await log.committed(group, name)).toEqual([{ partition: 0, offset: next, metadata }]);
        }
      });

      test('keeps 4,096 bytes of metadata and refuses one more', async () => {
        const [name, group] = [await newTopic(), unique()];
        const { claim } = await claimed(group, name);
        await claim.commit(0, 'é'.repeat(2_048));
        await expect(claim.commit(0, `${'é'.repeat(2_048)}x`)).rejects.toThrow(/4096|4,096|metadata/i);
        expect(await log.committed(group, name)).toEqual([{ partition: 0, offset: 0, metadata: 'é'.repeat(2_048) }]);
      });

      test('may commit on a claim at once', async () => {
        const [name, group] = [await newTopic(), unique()];
        const { done } = await consume(group, name, (claim) => claim.commit(0, 'at once'));
        const committed = soon(async () => expect((await log.committed(group, name))[0]!.metadata).toBe('at once'));
        await Promise.race([committed, done]);
        expect((await log.committed(group, name))[0]!.metadata).toBe('at once');
      });

      test('of two members shares the partitions: no claim overlaps another, and together they cover all', async () => {
        const [name, group] = [await newTopic(4), unique()];
        const running = new Map<number, string>();
        const overlaps: string[] = [];
        const generations: number[] = [];
        const member = (who: string) => async (claim: Claim) => {
          if (running.has(claim.partition))
            overlaps.push(`${claim.partition}: ${running.get(claim.partition)}, ${who}`);
          running.set(claim.partition, who);
          if (who === 'a' && claim.partition === 1) generations.push(claim.generation);
          await aborted(claim.signal);
          await new Promise(setImmediate);
          running.delete(claim.partition);
        };
        const shares = (): number[] =>
          ['a', 'b'].map((who) => [...running.values()].filter((holder) => holder === who).length);
        await consume(group, name, member('a'));
        await soon(() => expect(shares()).toEqual([4, 0]));
        const b = await consume(group, name, member('b'));
        await soon(() => expect(shares()).toEqual([2, 2]));
        await b.stop();
        await soon(() => expect(shares()).toEqual([4, 0]));
        expect(overlaps).toEqual([]);
        expect(generations).toEqual([...new Set(generations)].sort((x, y) => x - y));
      });
    });

    describe('a stopped consumer', () => {
      test('tells its handler, waits for it, and leaves the partition to the other member only then', async () => {
        const [name, group] = [await newTopic(), unique()];
        const story: string[] = [];
        let release = (): void => undefined;
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        const first = await consume(group, name, async (claim) => {
          story.push('first begins');
          await aborted(claim.signal);
          story.push('first is told');
          await held;
          story.push('first returns');
        });
        await soon(() => expect(story).toEqual(['first begins']));
        await consume(group, name, async (claim) => {
          story.push('second begins');
          await aborted(claim.signal);
        });
        const stopping = first.stop().then(() => story.push('first is stopped'));
        await soon(() => expect(story).toEqual(['first begins', 'first is told']));
        release();
        await stopping;
        await soon(() => expect(story).toContain('second begins'));
        expect(story.filter((line) => line.startsWith('first'))).toEqual([
          'first begins',
          'first is told',
          'first returns',
          'first is stopped',
        ]);
        expect(story.indexOf('second begins')).toBeGreaterThan(story.indexOf('first returns'));
        await first.done;
        await first.stop();
      });

      test('may commit the batch it has begun, and the next owner goes on from there', async () => {
        const [name, group] = [await newTopic(), unique()];
        await say(name, 'a');
        const { claim, consumer } = await claimedBy(group, name, async (claim) => {
          await aborted(claim.signal);
          expect(claim.lost.aborted).toBe(false);
          await claim.commit(1, '');
        });
        expect(claim.committed.offset).toBeNull();
        await consumer.stop();
        await consumer.done;
        expect((await claimed(group, name)).claim.committed).toEqual({ offset: 1, metadata: '' });
      });

      test('may commit nothing more: ClaimLost, and what was committed stands', async () => {
        const [name, group] = [await newTopic(), unique()];
        const { claim, consumer } = await claimed(group, name);
        await claim.commit(0, 'mine');
        await consumer.stop();
        await expect(claim.commit(0, 'late')).rejects.toBeInstanceOf(ClaimLost);
        const next = await claimed(group, name);
        await expect(claim.commit(0, 'later still')).rejects.toBeInstanceOf(ClaimLost);
        expect(next.claim.committed).toEqual({ offset: 0, metadata: 'mine' });
      });

      test('does not wait for a fetch to find something', async () => {
        const name = await newTopic();
        const fetched: LogRecord[][] = [];
        const consumer = await consume(unique(), name, async (claim) => {
          const fetching = claim.fetch(0, 10, 600_000);
          fetched.push([]);
          fetched.push(await fetching);
        });
        await soon(() => expect(fetched).toHaveLength(1));
        await consumer.stop();
        expect(fetched).toEqual([[], []]);
      });

      test('by the error of a handler rejects `done` with it and takes its other claims along', async () => {
        const name = await newTopic(2);
        const told: number[] = [];
        const consumer = await consume(unique(), name, async (claim) => {
          if (claim.partition === 1) throw new Error('the handler of partition 1 failed');
          await aborted(claim.signal);
          told.push(claim.partition);
        });
        await expect(consumer.done).rejects.toThrow('the handler of partition 1 failed');
        await soon(() => expect(told).toEqual([0]));
      });
    });

    describe('a fetch', () => {
      test('waits for the first record and returns at most as many as asked for', async () => {
        const name = await newTopic();
        const { claim } = await claimed(unique(), name);
        expect(await claim.fetch(0, 10, 1)).toEqual([]);
        let waiting = true;
        const fetching = claim.fetch(0, 10, 30_000).finally(() => {
          waiting = false;
        });
        await new Promise(setImmediate);
        expect(waiting).toBe(true);
        await say(name, 'a');
        const [a] = await fetching;
        expect(a!.value.toString()).toBe('a');
        await say(name, 'b', 'c', 'd');
        expect(texts(await claim.fetch(a!.offset + 1, 2, 30_000))).toEqual(['b', 'c']);
        expect(await claim.fetch(a!.offset, 1, 30_000)).toEqual([a]);
      });

      test('outside what the log keeps throws OffsetOutOfRange', async () => {
        const name = await newTopic();
        await say(name, 'a');
        const { claim } = await claimed(unique(), name);
        const [bounds] = await log.bounds(name);
        await expect(claim.fetch(bounds!.end + 100, 10, 1)).rejects.toBeInstanceOf(OffsetOutOfRange);
        await expect(claim.fetch(-1, 10, 1)).rejects.toBeInstanceOf(OffsetOutOfRange);
        expect(texts(await claim.fetch(0, 10, 30_000))).toEqual(['a']);
      });
    });
  });
}
