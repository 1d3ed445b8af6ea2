/**
 * An event log in memory, for tests: the same port, groups that rebalance the same way, and what a test needs beyond it: every call can be held
 * at a gate, and a member can be expelled (its session ended) without waiting for its handlers.
 */
import { partitionOf } from '../../services/platform/event-log/partition-of.ts';
import {
  type Claim,
  ClaimLost,
  type Committed,
  type ConsumeOptions,
  type Consumer,
  type EventLog,
  type LogRecord,
  OffsetOutOfRange,
  type OutgoingRecord,
  type TopicSettings,
} from '../../services/platform/event-log/port.ts';

/** One call of a port, as a gate sees it. */
export interface Call {
  verb: 'fetch' | 'commit' | 'produce' | 'bounds' | 'read' | 'query' | 'insert' | 'wait';
  /** What is asked, for people. */
  text: string;
  /** Whether it would find something to do now; absent = always. */
  ready?: () => boolean;
  /** Instead of the effect: the first half of it; absent = it has no halves. */
  half?: () => void;
}

/** Decides when the effect of a call takes place, and what its caller hears of it. */
export type Gate = <T>(call: Call, effect: () => T | Promise<T>) => Promise<T>;

const open: Gate = async (_, effect) => effect();

export interface MemoryLogOptions {
  id?: string;
  now?: () => number;
}

/** A process that uses the log. */
export interface Connection {
  log: EventLog;
  /** Its session ends: others own its partitions from now on. It does not know yet. */
  expel(): void;
  /** It learns that what it held was taken away. */
  tell(): void;
  /** It joins again, once it was told. */
  rejoin(): void;
  /** What it holds now: group/topic/partition. */
  held(): string[];
}

interface Topic {
  settings: TopicSettings;
  partitions: LogRecord[][];
}

export class MemoryLog implements EventLog {
  readonly id: string;
  readonly #now: () => number;
  readonly #topics = new Map<string, Topic>();
  readonly #commits = new Map<string, Committed>();
  readonly #groups = new Map<string, Group>();
  readonly #waiters = new Set<() => void>();

  constructor(options: MemoryLogOptions = {}) {
    this.id = options.id ?? 'memory';
    this.#now = options.now ?? Date.now;
  }

  async createTopics(topics: TopicSettings[]): Promise<void> {
    for (const topic of topics) {
      const existing = this.#topics.get(topic.name);
      if (existing && existing.partitions.length !== topic.partitions)
        throw new Error(
          `topic ${topic.name} has ${existing.partitions.length} partitions, asked for ${topic.partitions}`,
        );
    }
    for (const settings of topics)
      if (!this.#topics.has(settings.name))
        this.#topics.set(settings.name, {
          settings,
          partitions: Array.from({ length: settings.partitions }, () => []),
        });
  }

  async topics(): Promise<TopicSettings[]> {
    return [...this.#topics.values()].map(({ settings }) => settings);
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (!topic) throw new Error(`topic ${name} does not exist`);
    return topic;
  }

  /** The records of a partition as they are stored: a test may cut or change them. */
  partition(topic: string, partition: number): LogRecord[] {
    return this.#topic(topic).partitions[partition]!;
  }

  /** Appends now, all of it. */
  append(records: OutgoingRecord[], timestamp = this.#now()): void {
    for (const { topic: name, key, value, partition: asked } of records) {
      const { partitions } = this.#topic(name);
      const partition = asked ?? partitionOf(key, partitions.length);
      const kept = partitions[partition];
      if (!kept) throw new Error(`topic ${name} has no partition ${partition}`);
      kept.push({ topic: name, partition, offset: kept.length, timestamp, key, value });
    }
    for (const wake of this.#waiters) wake();
  }

  produce(records: OutgoingRecord[]): Promise<void> {
    return this.connect().log.produce(records);
  }
  consume(options: ConsumeOptions): Promise<Consumer> {
    return this.connect().log.consume(options);
  }

  async bounds(topic: string): Promise<{ partition: number; start: number; end: number }[]> {
    return this.#topic(topic).partitions.map((kept, partition) => ({ partition, start: 0, end: kept.length }));
  }

  async read(topic: string, partition: number, from: number, max: number): Promise<LogRecord[]> {
    const kept = this.partition(topic, partition);
    if (from < 0 || from > kept.length)
      throw new OffsetOutOfRange(`${topic}/${partition}: offset ${from} is outside [0, ${kept.length}]`);
    return kept.slice(from, from + max);
  }

  async committed(group: string, topic: string): Promise<(Committed & { partition: number })[]> {
    return this.#topic(topic).partitions.map((_, partition) => ({
      partition,
      ...this.committedAt(`${group}/${topic}/${partition}`),
    }));
  }

  committedAt(name: string): Committed {
    return this.#commits.get(name) ?? { offset: null, metadata: '' };
  }

  offsetsPerMessage(): number {
    return 1;
  }

  async close(): Promise<void> {
    for (const group of this.#groups.values()) await group.close();
  }

  /** A connection of its own, whose every call passes the gate; `fetch_records` says how many records a fetch brings at most. */
  connect(gate: Gate = open, fetch_records: () => number = () => Number.POSITIVE_INFINITY): Connection {
    const members: { group: Group; member: Member }[] = [];
    const log: EventLog = {
      id: this.id,
      createTopics: (topics) => this.createTopics(topics),
      topics: () => this.topics(),
      committed: (group, topic) => this.committed(group, topic),
      offsetsPerMessage: () => this.offsetsPerMessage(),
      produce: async (records) => {
        for (const { topic } of records) this.#topic(topic);
        if (records.length === 0) return;
        const half = (): void => this.append(records.slice(0, records.length >> 1));
        await gate({ ...produceOf(records), half }, () => this.append(records));
      },
      bounds: (topic) => gate({ verb: 'bounds', text: topic }, () => this.bounds(topic)),
      read: (topic, partition, from, max) =>
        gate({ verb: 'read', text: `${topic}/${partition} from ${from}` }, () =>
          this.read(topic, partition, from, max),
        ),
      consume: async (options) => {
        for (const topic of options.topics) this.#topic(topic);
        const group = this.#groups.get(options.group) ?? this.#newGroup(options.group);
        this.#groups.set(options.group, group);
        const member = group.newMember(options, (claim) => this.#gated(claim, gate, fetch_records));
        members.push({ group, member });
        await group.join(member);
        return group.consumerOf(member);
      },
      close: async () => undefined,
    };
    return {
      log,
      expel() {
        for (const { group, member } of members) void group.expel(member);
      },
      tell() {
        for (const { member } of members) member.tell();
      },
      rejoin() {
        for (const { group, member } of members) void group.join(member);
      },
      held: () => members.flatMap(({ group, member }) => group.heldBy(member)),
    };
  }

  #newGroup(name: string): Group {
    return new Group(name, (topic) => this.#topic(topic).partitions.length, this.#commits);
  }

  #gated(claim: BareClaim, gate: Gate, fetch_records: () => number): Claim {
    const { topic, partition, signal } = claim;
    const place = `${topic}/${partition}`;
    const kept = this.partition(topic, partition);
    return {
      ...claim,
      fetch: (from, max, wait_ms) =>
        gate(
          { verb: 'fetch', text: `${place} from ${from}`, ready: () => kept.length > from || signal.aborted },
          async () => {
            if (gate === open) await this.#awaitRecord(kept, from, wait_ms, signal);
            return signal.aborted ? [] : this.read(topic, partition, from, Math.min(max, fetch_records()));
          },
        ),
      commit: (offset, metadata) =>
        gate(
          { verb: 'commit', text: `${place} ${offset}${metadata === '' ? '' : ` with intent ${rangeOf(metadata)}`}` },
          () => claim.commit(offset, metadata),
        ),
    };
  }

  #awaitRecord(kept: LogRecord[], from: number, wait_ms: number, signal: AbortSignal): Promise<void> {
    if (kept.length > from || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const wake = (): void => void (kept.length > from && done());
      const timer = setTimeout(done, wait_ms);
      this.#waiters.add(wake);
      signal.addEventListener('abort', done);
    });
  }
}

const produceOf = (records: OutgoingRecord[]): Call => ({
  verb: 'produce',
  text: `${records.length} to ${[...new Set(records.map(({ topic }) => topic))].join(', ')}: ${records.map(({ key }) => key).join(' ')}`,
});

const rangeOf = (metadata: string): string =>
  /"first":(\d+),"end":(\d+)/.exec(metadata)?.slice(1).join('–') ?? metadata;

type BareClaim = Omit<Claim, 'fetch'>;

interface Member {
  options: ConsumeOptions;
  claimOf(claim: BareClaim): Claim;
  /** Held and taken away without its knowledge. */
  untold: AbortController[];
  tell(): void;
  end(): void;
  fail(error: unknown): void;
  done: Promise<void>;
}

interface Held {
  member: Member;
  generation: number;
  signal: AbortController;
  lost: AbortController;
  handler: Promise<void>;
  /** Ends the wait for the handler: its member was expelled. */
  gone(): void;
  departed: Promise<void>;
}

/** Members share the partitions; a claim moves after its handler has returned, or at once when its member is expelled. */
class Group {
  readonly #name: string;
  readonly #partitionsOf: (topic: string) => number;
  readonly #commits: Map<string, Committed>;
  readonly #members: Member[] = [];
  readonly #held = new Map<string, Held>();
  readonly #generations = new Map<string, number>();
  #moving: Promise<void> = Promise.resolve();

  constructor(name: string, partitionsOf: (topic: string) => number, commits: Map<string, Committed>) {
    this.#name = name;
    this.#partitionsOf = partitionsOf;
    this.#commits = commits;
  }

  newMember(options: ConsumeOptions, claimOf: (claim: BareClaim) => Claim): Member {
    let end = (): void => undefined;
    let fail: Member['fail'] = () => undefined;
    const done = new Promise<void>((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
    const member: Member = {
      options,
      claimOf,
      untold: [],
      tell() {
        for (const controller of member.untold.splice(0)) controller.abort();
      },
      end,
      fail,
      done,
    };
    done.catch(() => this.#leave(member));
    return member;
  }

  consumerOf(member: Member): Consumer {
    return {
      done: member.done,
      stop: async () => {
        await this.#leave(member);
        member.end();
      },
    };
  }

  join(member: Member): Promise<void> {
    member.tell();
    if (!this.#members.includes(member)) this.#members.push(member);
    return this.#rebalance();
  }

  #leave(member: Member): Promise<void> {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
    return this.#rebalance();
  }

  expel(member: Member): Promise<void> {
    for (const [place, held] of this.#held) {
      if (held.member !== member) continue;
      this.#held.delete(place);
      member.untold.push(held.signal, held.lost);
      held.gone();
    }
    return this.#leave(member);
  }

  heldBy(member: Member): string[] {
    return [...this.#held].filter(([, held]) => held.member === member).map(([place]) => `${this.#name}/${place}`);
  }

  async close(): Promise<void> {
    const members = this.#members.splice(0);
    await this.#rebalance();
    for (const member of members) member.end();
  }

  #rebalance(): Promise<void> {
    this.#moving = this.#moving.then(() => this.#move());
    return this.#moving;
  }

  async #move(): Promise<void> {
    const wanted = this.#shares();
    const leaving = [...this.#held].filter(([place, held]) => wanted.get(place)?.member !== held.member);
    for (const [, held] of leaving) held.signal.abort();
    for (const [place, held] of leaving) {
      await Promise.race([held.handler, held.departed]);
      if (this.#held.get(place) === held) this.#held.delete(place);
    }
    for (const [place, { topic, partition, member }] of this.#shares()) {
      if (this.#held.has(place)) continue;
      this.#claim(place, topic, partition, member);
    }
  }

  #shares(): Map<string, { topic: string; partition: number; member: Member }> {
    const shares = new Map<string, { topic: string; partition: number; member: Member }>();
    for (const topic of new Set(this.#members.flatMap((member) => member.options.topics))) {
      const readers = this.#members.filter((member) => member.options.topics.includes(topic));
      for (let partition = 0; partition < this.#partitionsOf(topic); partition++)
        shares.set(`${topic}/${partition}`, { topic, partition, member: readers[partition % readers.length]! });
    }
    return shares;
  }

  #claim(place: string, topic: string, partition: number, member: Member): void {
    const generation = (this.#generations.get(place) ?? 0) + 1;
    this.#generations.set(place, generation);
    const [signal, lost] = [new AbortController(), new AbortController()];
    let gone = (): void => undefined;
    const departed = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const held: Held = { member, generation, signal, lost, gone, departed, handler: Promise.resolve() };
    this.#held.set(place, held);
    const key = `${this.#name}/${place}`;
    const claim = member.claimOf({
      topic,
      partition,
      generation,
      committed: this.#commits.get(key) ?? { offset: null, metadata: '' },
      signal: signal.signal,
      lost: lost.signal,
      commit: async (offset, metadata) => {
        const bytes = Buffer.byteLength(metadata);
        if (bytes > 4_096) throw new Error(`metadata of ${bytes} bytes: at most 4096`);
        if (this.#held.get(place) !== held) {
          signal.abort();
          lost.abort();
          throw new ClaimLost(`${this.#name} no longer holds ${place} in generation ${generation}`);
        }
        this.#commits.set(key, { offset, metadata });
      },
    });
    held.handler = member.options.onClaim(claim).catch((error) => member.fail(error));
  }
}
