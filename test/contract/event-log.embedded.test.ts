import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../../services/platform/event-log/embedded.ts';
import { type Claim, type EventLog, OffsetOutOfRange } from '../../services/platform/event-log/port.ts';
import { scratch } from '../support/cli.ts';
import { aborted, topic } from '../support/event-log.ts';
import { eventLogContract } from './event-log.ts';

eventLogContract('the embedded log', async () => {
  const { path, remove } = scratch();
  let log = await openEmbeddedLog({ directory: path });
  return {
    log,
    async reopen() {
      await log.close();
      log = await openEmbeddedLog({ directory: path });
      return log;
    },
    async close() {
      await log.close();
      remove();
    },
  };
});

describe('the embedded log', () => {
  const day_ms = 86_400_000;
  let directory: ReturnType<typeof scratch>;
  let now: number;
  let log: EventLog | null = null;

  beforeEach(() => {
    directory = scratch();
    now = Date.UTC(2026, 0, 1);
  });
  afterEach(async () => {
    await log?.close();
    log = null;
    directory.remove();
  });

  async function opened(): Promise<EventLog> {
    await log?.close();
    log = null;
    log = await openEmbeddedLog({ directory: directory.path, now: () => now });
    return log;
  }

  const say = (...texts: string[]): Promise<void> =>
    log!.produce(texts.map((text) => ({ topic: 't', key: text.split('=')[0]!, value: Buffer.from(text) })));
  const kept = async (): Promise<string[]> => {
    const [bounds] = await log!.bounds('t');
    return (await log!.read('t', 0, bounds!.start, 1_000)).map(({ offset, value }) => `${offset}:${value}`);
  };

  async function claimed(group: string): Promise<Claim> {
    const claims: Claim[] = [];
    await log!.consume({
      group,
      topics: ['t'],
      async onClaim(claim) {
        claims.push(claim);
        await aborted(claim.signal);
      },
    });
    await vi.waitFor(() => expect(claims).toHaveLength(1));
    return claims[0]!;
  }

  test('drops records past their retention when it is opened, and keeps the end', async () => {
    await (await opened()).createTopics([topic('t', { retention_ms: 7 * day_ms })]);
    await say('a', 'b');
    now += 5 * day_ms;
    await say('c');
    now += 2 * day_ms;
    await opened();
    expect(await kept()).toEqual(['0:a', '1:b', '2:c']);
    now += 1;
    await opened();
    expect(await kept()).toEqual(['2:c']);
    expect(await log!.bounds('t')).toEqual([{ partition: 0, start: 2, end: 3 }]);
    await expect(log!.read('t', 0, 1, 10)).rejects.toBeInstanceOf(OffsetOutOfRange);
    now += 365 * day_ms;
    await opened();
    await say('d');
    expect((await kept()).at(-1)).toBe('3:d');
  });

  test('drops records past their retention while it runs, at an append', async () => {
    await (await opened()).createTopics([topic('t', { retention_ms: day_ms })]);
    await say('a');
    await say('b');
    now += 2 * day_ms;
    await say('c');
    await say('d');
    expect(await kept()).toEqual(['1:b', '2:c', '3:d']); // the newest chunk at the time of the append stays: it holds the end
  });

  test('compacts a compacted topic when it is opened: the newest of each key stays, at its offset', async () => {
    await (await opened()).createTopics([topic('t', { compacted: true })]);
    await say('a=1', 'b=1', 'a=2');
    await say('c=1', 'b=2');
    await opened();
    expect(await kept()).toEqual(['2:a=2', '3:c=1', '4:b=2']);
    expect(await log!.read('t', 0, 0, 2)).toHaveLength(2);
    await say('a=3');
    await opened();
    expect(await kept()).toEqual(['3:c=1', '4:b=2', '5:a=3']);
    expect(await log!.bounds('t')).toEqual([{ partition: 0, start: 0, end: 6 }]);
  });

  test('drops records of a transient topic once every group has committed past them, and never before', async () => {
    await (await opened()).createTopics([topic('t', { transient: true })]);
    const [fast, slow] = [await claimed('fast'), await claimed('slow')];
    for (const text of ['a', 'b', 'c', 'd']) await say(text);
    await fast.commit(4, '');
    expect(await kept()).toEqual(['0:a', '1:b', '2:c', '3:d']);
    await slow.commit(2, 'an announced range begins at 2');
    expect(await kept()).toEqual(['2:c', '3:d']);
    await opened();
    expect(await kept()).toEqual(['2:c', '3:d']);
    await (await claimed('fast')).commit(4, ''); // `slow` is not there now, but it has committed here before
    expect(await kept()).toEqual(['2:c', '3:d']);
    await (await claimed('slow')).commit(4, '');
    expect((await log!.bounds('t'))[0]!.end).toBe(4);
    await say('e');
    expect((await kept()).slice(-1)).toEqual(['4:e']);
  });

  test('keeps a topic that is not transient, whoever has read it', async () => {
    await (await opened()).createTopics([topic('t')]);
    for (const text of ['a', 'b']) await say(text);
    await (await claimed('one')).commit(2, '');
    expect(await kept()).toEqual(['0:a', '1:b']);
  });

  test('drops in the middle of a chunk nothing that is still to be read', async () => {
    await (await opened()).createTopics([topic('t', { transient: true })]);
    const claim = await claimed('one');
    await say('a', 'b', 'c');
    await say('d');
    await claim.commit(2, '');
    expect((await kept()).slice(-2)).toEqual(['2:c', '3:d']);
    expect((await claim.fetch(2, 10, 0)).map(({ value }) => value.toString())).toEqual(['c', 'd']);
  });

  test('is open once: another opening and another process are refused while it is, and not after', async () => {
    await opened();
    await expect(openEmbeddedLog({ directory: directory.path })).rejects.toThrow(/in use by process/);
    const other = start(directory.path, 0);
    let said = '';
    for await (const chunk of other.stderr!.setEncoding('utf8')) said += chunk;
    if (other.exitCode === null) await once(other, 'exit');
    expect(other.exitCode).toBe(1);
    expect(said).toContain(`in use by process ${process.pid}`);
    await (await opened()).createTopics([topic('t')]);
    await say('a');
    expect(await kept()).toEqual(['0:a']);
  });

  test('keeps every acknowledged record through kill -9, in order and without holes', async () => {
    await (await opened()).createTopics([topic('t', { partitions: 3 })]);
    let written = 0;
    for (const acknowledgements of [1, 7, 40]) {
      await log?.close();
      log = null;
      const child = start(directory.path, written);
      let acknowledged = 0;
      let left = acknowledgements;
      for await (const line of createInterface({ input: child.stdout! })) {
        acknowledged = Number(line);
        if (--left === 0) child.kill('SIGKILL');
      }
      if (child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      await opened();
      const found: number[] = [];
      for (const { partition, end } of await log!.bounds('t')) {
        const records = await log!.read('t', partition, 0, end);
        expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: end }, (_, i) => i));
        const numbers = records.map(({ value }) => Number.parseInt(value.toString(), 10));
        expect(numbers).toEqual(numbers.map((_, i) => 3 * i + partition));
        found.push(...numbers);
      }
      written = found.length;
      expect(acknowledged).toBeGreaterThan(0);
      expect(written).toBeGreaterThanOrEqual(acknowledged);
      expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, n) => n)); // a produce is one transaction
    }
  });

  function start(directory: string, from: number) {
    const script = resolve(import.meta.dirname, '../support/append-for-ever.ts');
    return spawn(process.execPath, ['--import', 'tsx', script, directory, String(from)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
});
