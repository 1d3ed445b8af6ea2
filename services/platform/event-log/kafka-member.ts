/**
 * One member of a Kafka consumer group, as claims that are pulled from. kafkajs pushes; what it pushes is kept per partition, bounded by
 * pausing, until the claim asks. Every join of the group ends all earlier claims: Kafka fences members, not partitions, and kafkajs commits
 * under its current generation, so a commit is made only when its claim is of that generation, and counts only when it was really sent.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Admin, EachBatchPayload, Kafka, Consumer as KafkaConsumer, OffsetsByTopicPartition } from 'kafkajs';
import { crashed, deletedOf, firstCause, pause_ms, persistently } from './kafka-faults.ts';
import type { OutOfRangeWire } from './kafka-logs.ts';
import { brokerCommit, logCommit, places, unpacked } from './packing.ts';
import { PartitionBuffer } from './partition-buffer.ts';
import { type Claim, ClaimLost, type Committed, type ConsumeOptions, OffsetOutOfRange } from './port.ts';

const metadata_bytes = 4_096;
/** What a group has committed, from the broker's offset (negative = nothing) and metadata. */
export function committedOf(
  offset: string | undefined,
  metadata: string | null | undefined,
  packs: boolean,
): Committed {
  if (offset === undefined || Number(offset) < 0) return { offset: null, metadata: metadata ?? '' };
  return packs ? logCommit(Number(offset), metadata ?? '') : { offset: Number(offset), metadata: metadata ?? '' };
}

/** Longest wait of the broker for new records; also how soon a seek or a resume takes effect. */
const poll_ms = 100;

/** Bytes read ahead of a partition's handler, and whether the partition is paused until it has caught up. */
export type BufferReport = (topic: string, partition: number, bytes: number, paused: boolean) => void;

interface Held {
  generation: number;
  /** Commits once, under the generation of now: the consumer's own tries again for seconds, maybe under a later one. Absent before a first batch. */
  commit?: (offsets: OffsetsByTopicPartition) => Promise<void>;
  buffer: PartitionBuffer;
  giveUp: AbortController;
  lost: AbortController;
  handler: Promise<void>;
}

export class KafkaMember {
  readonly done: Promise<void>;
  readonly #consumer: KafkaConsumer;
  readonly #admin: Admin;
  readonly #onBuffer: BufferReport;
  readonly #options: ConsumeOptions;
  readonly #packed: { has(topic: string): boolean };
  readonly #held = new Map<string, Held>();
  #settle: { resolve(): void; reject(error: unknown): void } = { resolve: () => undefined, reject: () => undefined };
  #generation = 0;
  /** How many commits of a partition kafkajs says it has sent. */
  readonly #commits = new Map<string, number>();
  #joining: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #left = false;

  constructor(
    kafka: Kafka,
    admin: Admin,
    options: ConsumeOptions,
    wire: OutOfRangeWire,
    session_ms: number,
    onBuffer: BufferReport,
    packed: { has(topic: string): boolean },
  ) {
    this.#packed = packed;
    this.#admin = admin;
    this.#onBuffer = onBuffer;
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#consumer = kafka.consumer({
      groupId: options.group,
      sessionTimeout: session_ms,
      heartbeatInterval: Math.min(3_000, session_ms / 4),
      rebalanceTimeout: 60_000,
      maxWaitTimeInMs: poll_ms,
      maxBytesPerPartition: 4 << 20,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 50, retries: 8, restartOnFailure: (error) => this.#mayStartAnew(error) },
    });
    const trip = (group: string, topic: string, partition: number, error: OffsetOutOfRange): void => {
      if (group === options.group && this.#held.has(`${topic}/${partition}`)) this.#fail(error);
    };
    wire.tripped.add(trip);
    void this.done.catch(() => undefined).finally(() => wire.tripped.delete(trip));
    this.#listen();
  }

  #listen(): void {
    const { GROUP_JOIN, REBALANCING, CRASH, COMMIT_OFFSETS } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#loseAll();
      if (this.#left) return this.#leave(); // a crash before we left makes kafkajs come back, to hold partitions that nobody works on
      const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      const generation = this.#generation; // of this join: another may come before its turn
      this.#joining = this.#joining
        .then(() => this.#claimAll(assigned, generation))
        .catch((error) => this.#fail(error));
    });
    this.#consumer.on(REBALANCING, () => this.#loseAll());
    this.#consumer.on(COMMIT_OFFSETS, ({ payload }) => {
      for (const { topic, partitions } of payload.topics)
        for (const { partition } of partitions) {
          const name = `${topic}/${partition}`;
          this.#commits.set(name, (this.#commits.get(name) ?? 0) + 1);
        }
    });
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#loseAll();
      if (payload.restart || this.#stopping !== null) return;
      if (firstCause(payload.error).passes) this.#comeBack();
      else this.#fail(payload.error);
    });
  }

  /** Asked by kafkajs after a crash, which would start anew at once, and for ever where a topic was deleted. */
  async #mayStartAnew(error: Error): Promise<boolean> {
    this.#loseAll();
    await wait(pause_ms);
    const wanted = (): boolean => this.#stopping === null;
    if (firstCause(error).type !== 'UNKNOWN_TOPIC_OR_PARTITION') return wanted();
    const deleted = await deletedOf(this.#options.topics, () => this.#admin.listTopics(), wanted);
    if (deleted.length > 0)
      this.#fail(
        new Error(
          `topic ${deleted.join(', ')} does not exist any more: it was deleted while group ${this.#options.group} read it. Make it anew (\`grapevine topics --create\`) and start again; what was in it and not yet read is lost, and \`grapevine verify\` says how much`,
        ),
      );
    return wanted();
  }

  #comeBack(): void {
    const wanted = (): boolean => this.#stopping === null;
    void persistently(() => this.start(), wanted).catch((error) => this.#fail(error));
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: this.#options.topics, fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: async (payload) => this.#keep(payload),
    });
  }

  /** Lets every handler end its batch, while commits still work, and only then leaves: kafkajs drops commits in silence once it stops. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      await this.#joining;
      for (const { giveUp } of this.#held.values()) giveUp.abort();
      await Promise.all([...this.#held.values()].map(({ handler }) => handler));
      this.#loseAll();
      this.#held.clear();
      this.#left = true;
      await this.#consumer.disconnect().finally(() => this.#settle.resolve());
    })();
    return this.#stopping;
  }

  /** After kafkajs's own start has ended: one that is still starting cannot be stopped. */
  #leave(): void {
    setImmediate(() => void this.#consumer.disconnect().catch(() => undefined));
  }

  #fail(error: unknown): void {
    this.#settle.reject(error);
    void this.stop().catch(() => undefined);
  }

  #loseAll(): void {
    this.#generation++;
    for (const { giveUp, lost } of this.#held.values()) {
      lost.abort();
      giveUp.abort();
    }
  }

  async #claimAll(assigned: { topic: string; partition: number }[], generation: number): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ handler }) => handler));
    this.#held.clear();
    const wanted = (): boolean => generation === this.#generation && this.#stopping === null;
    if (!wanted() || assigned.length === 0) return;
    const topics = [...new Set(assigned.map(({ topic }) => topic))];
    const offsets = await persistently(
      () => this.#admin.fetchOffsets({ groupId: this.#options.group, topics }),
      wanted,
    );
    if (offsets === null) return;
    for (const { topic, partition } of assigned) {
      const found = offsets.find((o) => o.topic === topic)?.partitions.find((p) => p.partition === partition);
      const committed = committedOf(found?.offset, found?.metadata, this.#packed.has(topic));
      this.#claim(topic, partition, generation, committed);
    }
  }

  #claim(topic: string, partition: number, generation: number, committed: Committed): void {
    const name = `${topic}/${partition}`;
    const [giveUp, lost] = [new AbortController(), new AbortController()];
    const resume = (): void => this.#unlessCrashed((consumer) => consumer.resume([{ topic, partitions: [partition] }]));
    resume(); // kafkajs keeps a pause of an earlier claim over a rebalance
    const buffer = new PartitionBuffer({
      seek: (offset) =>
        this.#unlessCrashed((consumer) =>
          consumer.seek({ topic, partition, offset: String(this.#messageOf(topic, offset)) }),
        ),
      pause: () => this.#unlessCrashed((consumer) => consumer.pause([{ topic, partitions: [partition] }])),
      resume,
      report: (bytes, paused) => this.#onBuffer(topic, partition, bytes, paused),
    });
    const claim: Claim = {
      topic,
      partition,
      generation,
      committed,
      signal: giveUp.signal,
      lost: lost.signal,
      fetch: async (from, max, wait_ms) => {
        if (!buffer.follows(from)) await this.#checkRange(topic, partition, from);
        return buffer.take(from, max, wait_ms, giveUp.signal);
      },
      commit: (offset, metadata) => this.#commit(claim, offset, metadata),
    };
    const held: Held = { generation, buffer, giveUp, lost, handler: Promise.resolve() };
    this.#held.set(name, held);
    held.handler = this.#options.onClaim(claim).catch((error) => this.#fail(error));
  }

  #unlessCrashed(ask: (consumer: KafkaConsumer) => void): void {
    try {
      ask(this.#consumer);
    } catch (error) {
      if (!crashed(error)) throw error;
    }
  }

  /** kafkajs would go to the beginning in silence: look before every leap. */
  async #checkRange(topic: string, partition: number, from: number): Promise<void> {
    const wanted = (): boolean => this.#held.get(`${topic}/${partition}`)?.giveUp.signal.aborted === false;
    const offsets = await persistently(() => this.#admin.fetchTopicOffsets(topic), wanted);
    if (offsets === null) return;
    const bounds = offsets.find((b) => b.partition === partition);
    const per = this.#packed.has(topic) ? places : 1;
    if (!bounds || from < Number(bounds.low) * per || from > Number(bounds.high) * per)
      throw new OffsetOutOfRange(
        `${topic}/${partition}: offset ${from / per} is outside [${bounds?.low ?? '?'}, ${bounds?.high ?? '?'}]: records were removed before they were read, or the topic was made anew`,
      );
  }

  #keep({ batch, commitOffsetsIfNecessary }: EachBatchPayload): void {
    const held = this.#held.get(`${batch.topic}/${batch.partition}`);
    if (!held || held.generation !== this.#generation) return;
    held.commit = commitOffsetsIfNecessary;
    const { topic, partition, messages } = batch;
    const records = messages.map(({ offset, timestamp, key, value }) => ({
      topic,
      partition,
      offset: Number(offset),
      timestamp: Number(timestamp),
      key: key === null ? null : key.toString(),
      value: value ?? Buffer.alloc(0),
    }));
    held.buffer.put(this.#packed.has(topic) ? records.flatMap(unpacked) : records);
  }

  /** The broker's offset of the message that holds this offset of ours. */
  #messageOf(topic: string, offset: number): number {
    return this.#packed.has(topic) ? brokerCommit(offset, '').offset : offset;
  }

  /** Of a claim that has read nothing yet. */
  #commitUnread(topics: OffsetsByTopicPartition['topics']): Promise<void> {
    return this.#consumer.commitOffsets(
      topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, ...partition }))),
    );
  }

  async #commit({ topic, partition, generation }: Claim, offset: number, metadata: string): Promise<void> {
    const kept = this.#packed.has(topic) ? brokerCommit(offset, metadata) : { offset, metadata };
    const bytes = Buffer.byteLength(kept.metadata);
    if (bytes > metadata_bytes) throw new Error(`metadata of ${bytes} bytes: at most ${metadata_bytes}`);
    const gone = (why: string): ClaimLost =>
      new ClaimLost(`group ${this.#options.group} no longer holds ${topic}/${partition}: ${why}`);
    const name = `${topic}/${partition}`;
    const commits = [{ topic, partitions: [{ partition, offset: String(kept.offset), metadata: kept.metadata }] }];
    for (;;) {
      await new Promise((resume) => setImmediate(resume)); // a join that has just happened inside kafkajs is known to us after this
      const held = this.#held.get(name);
      if (generation !== this.#generation || !held) throw gone('another generation');
      const before = this.#commits.get(name);
      try {
        await (held.commit ? held.commit({ topics: commits }) : this.#commitUnread(commits));
        if (this.#commits.get(name) === before) throw gone('the commit was not sent');
        return;
      } catch (error) {
        if (error instanceof ClaimLost) throw error;
        if (crashed(error)) throw gone('the consumer is starting anew');
        const { type, passes } = firstCause(error);
        if (/REBALANCE|ILLEGAL_GENERATION|UNKNOWN_MEMBER|FENCED/.test(type)) throw gone(type);
        if (!passes) throw error;
        await wait(pause_ms); // until the broker is back, or has given the partition to another
      }
    }
  }
}
