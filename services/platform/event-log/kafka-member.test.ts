/** What the adapter does when kafkajs does what it should not; the rest of it is tested on a real broker (test/contract). */
import type { Admin, Kafka } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { aborted } from '../../../test/support/event-log.ts';
import type { OutOfRangeWire } from './kafka-logs.ts';
import { KafkaMember } from './kafka-member.ts';
import { type Claim, ClaimLost, OffsetOutOfRange } from './port.ts';

const events = { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash', COMMIT_OFFSETS: 'commit' };
const closed = Object.assign(new Error('Closed connection'), {
  retriable: false,
  cause: Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError', retriable: true }),
});

interface Odd {
  fetchOffsets?: () => Promise<never[]>;
  /** What a handler does between being told to give up and its end. */
  ending?: () => Promise<void>;
}

/** A member of a group whose consumer commits as it is told, holding partition 0 of `t`. */
async function member(
  commit: (times: number) => Promise<void>,
  { fetchOffsets = async () => [], ending = async () => undefined }: Odd = {},
) {
  const listeners = new Map<string, (event: object) => void>();
  const say = (event: string, payload: object = {}): void => listeners.get(event)?.({ payload });
  const seen = { commits: 0, disconnects: 0, runs: 0, resumed: [] as number[] };
  const consumer = {
    events,
    on: (event: string, listener: (event: object) => void) => listeners.set(event, listener),
    connect: async () => undefined,
    subscribe: async () => undefined,
    run: async () => void seen.runs++,
    async commitOffsets(offsets: { topic: string; partition: number }[]) {
      await commit(++seen.commits);
      say(events.COMMIT_OFFSETS, {
        topics: offsets.map(({ topic, partition }) => ({ topic, partitions: [{ partition }] })),
      });
    },
    resume: ([{ partitions }]: [{ partitions: number[] }]) => void seen.resumed.push(...partitions),
    async disconnect() {
      seen.disconnects++;
    },
  };
  const kafka = { consumer: () => consumer } as unknown as Kafka;
  const admin = { fetchOffsets } as unknown as Admin;
  const claims: Claim[] = [];
  const onClaim = async (claim: Claim): Promise<void> => {
    claims.push(claim);
    await aborted(claim.signal);
    await ending();
  };
  const options = { group: 'g', topics: ['t'], onClaim };
  const wire: OutOfRangeWire = { tripped: new Set() };
  const made = new KafkaMember(kafka, admin, options, wire, 6_000, () => undefined, new Set());
  await made.start();
  const join = (...partitions: number[]): void => say(events.GROUP_JOIN, { memberAssignment: { t: partitions } });
  join(0);
  const claim = await vi.waitUntil(() => claims[0]);
  return { made, claim, claims, join, say, seen, wire };
}

test('a commit that a closed connection stopped is made when the broker is back: the service does not end', async () => {
  const { made, claim, seen } = await member(async (times) => {
    if (times < 3) throw closed;
  });
  await claim.commit(7, '');
  expect(seen.commits).toBe(3);
  await made.stop();
});

test('and is given up when the partition has gone to another meanwhile', async () => {
  const { made, claim, say } = await member(async () => {
    say(events.REBALANCING);
    throw closed;
  });
  await expect(claim.commit(7, '')).rejects.toBeInstanceOf(ClaimLost);
  await made.stop();
});

test('a commit that the broker refuses, or that a fault of ours stopped, is thrown', async () => {
  for (const fault of [
    new TypeError('x is not a function'),
    Object.assign(new Error('no'), { type: 'GROUP_AUTHORIZATION_FAILED', retriable: false }),
  ]) {
    const { made, claim, seen } = await member(() => Promise.reject(fault));
    await expect(claim.commit(7, '')).rejects.toBe(fault);
    expect(seen.commits).toBe(1);
    await made.stop();
  }
});

test('a consumer that kafkajs brings back after it left leaves again, and nobody gets a claim of it', async () => {
  const { made, claims, join, seen } = await member(async () => undefined);
  await made.stop();
  expect(seen.disconnects).toBe(1);
  join(0);
  await vi.waitUntil(() => seen.disconnects === 2);
  await made.stop();
  expect(claims).toHaveLength(1);
});

test('of joins that come while a handler is still ending, only the last one makes claims', async () => {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { made, claims, join } = await member(async () => undefined, { ending: () => ended });
  join(1);
  join(2);
  join(3);
  end();
  await vi.waitUntil(() => claims.length > 1);
  await made.stop();
  expect(claims.map(({ partition }) => partition)).toEqual([0, 3]);
});

test('what a group has committed is asked for until the broker is back', async () => {
  let times = 0;
  const { made } = await member(async () => undefined, {
    async fetchOffsets() {
      if (++times < 3) throw closed;
      return [];
    },
  });
  expect(times).toBe(3);
  await made.stop();
});

test('a commit that kafkajs did not send is not made good by that of another partition', async () => {
  const { made, claim, say } = await member(async (times) => {
    if (times > 1) return;
    say(events.COMMIT_OFFSETS, { topics: [{ topic: 't', partitions: [{ partition: 5 }] }] });
    throw new Error('The consumer group was not initialized, consumer#run must be called first');
  });
  await expect(claim.commit(7, '')).rejects.toBeInstanceOf(ClaimLost);
  await made.stop();
});

test('a new claim begins to flow, although kafkajs keeps the pause of an earlier one over a rebalance', async () => {
  const { made, claims, join, seen } = await member(async () => undefined);
  join(0);
  await vi.waitUntil(() => claims.length === 2);
  expect(seen.resumed).toEqual([0, 0]);
  await made.stop();
});

test('a crash for a reason that passes is begun anew where kafkajs gives up; any other ends the service', async () => {
  const { made, say, seen } = await member(async () => undefined);
  say(events.CRASH, {
    restart: false,
    error: Object.assign(new Error('no coordinator'), { name: 'KafkaJSGroupCoordinatorNotFound', retriable: false }),
  });
  await vi.waitUntil(() => seen.runs === 2);
  const fault = new TypeError('x is not a function');
  say(events.CRASH, { restart: false, error: fault });
  await expect(made.done).rejects.toBe(fault);
});

test('a member stops for an offset out of range in its own group only, and is forgotten once it has stopped', async () => {
  const { made, wire } = await member(async () => undefined);
  const tell = (group: string): void => {
    for (const trip of wire.tripped) trip(group, 't', 0, new OffsetOutOfRange('gone'));
  };
  tell('another');
  expect(wire.tripped.size).toBe(1);
  tell('g');
  await expect(made.done).rejects.toThrow('gone');
  await vi.waitFor(() => expect(wire.tripped.size).toBe(0));
});
