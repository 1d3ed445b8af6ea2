/** A consumer group of the embedded log: its members share the partitions; a claim moves only after its handler has returned. */
import type { ChunkStore } from './embedded-chunks.ts';
import { type Claim, ClaimLost, type Committed, type ConsumeOptions, type Consumer, type LogRecord } from './port.ts';

interface Committing {
  read(topic: string, partition: number): Committed;
  write(topic: string, partition: number, committed: Committed): Promise<void>;
}

interface Member {
  options: ConsumeOptions;
  /** Rejects the member's `done`. */
  fail(error: unknown): void;
  /** Resolves it. */
  end(): void;
}

interface Held {
  member: Member;
  abort: AbortController;
  handler: Promise<void>;
}

export const metadata_bytes = 4_096;

export class EmbeddedGroup {
  readonly #name: string;
  readonly #chunks: ChunkStore;
  readonly #committing: Committing;
  readonly #members: Member[] = [];
  readonly #held = new Map<string, Held>();
  readonly #generations = new Map<string, number>();
  #partitionsOf: (topic: string) => number = () => 0;
  #moving: Promise<void> = Promise.resolve();

  constructor(name: string, chunks: ChunkStore, committing: Committing) {
    this.#name = name;
    this.#chunks = chunks;
    this.#committing = committing;
  }

  async join(options: ConsumeOptions, partitionsOf: (topic: string) => number): Promise<Consumer> {
    this.#partitionsOf = partitionsOf;
    let settle: { resolve(): void; reject(error: unknown): void } = {
      resolve: () => undefined,
      reject: () => undefined,
    };
    const done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    done.catch(() => undefined);
    const member: Member = { options, fail: (error) => settle.reject(error), end: () => settle.resolve() };
    this.#members.push(member);
    await this.#rebalance();
    const stop = async (): Promise<void> => {
      const at = this.#members.indexOf(member);
      if (at >= 0) this.#members.splice(at, 1);
      await this.#rebalance();
      settle.resolve();
    };
    done.catch(() => stop());
    return { done, stop };
  }

  /** Whether a member reads the topic now. */
  reads(topic: string): boolean {
    return this.#members.some((member) => member.options.topics.includes(topic));
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
    const wanted = new Map<string, { topic: string; partition: number; member: Member }>();
    const topics = [...new Set(this.#members.flatMap((member) => member.options.topics))];
    for (const topic of topics) {
      const readers = this.#members.filter((member) => member.options.topics.includes(topic));
      for (let partition = 0; partition < this.#partitionsOf(topic); partition++)
        wanted.set(`${topic}/${partition}`, { topic, partition, member: readers[partition % readers.length]! });
    }
    const leaving = [...this.#held].filter(([name, held]) => wanted.get(name)?.member !== held.member);
    for (const [, held] of leaving) held.abort.abort();
    for (const [name, held] of leaving) {
      await held.handler;
      this.#held.delete(name);
    }
    for (const [name, { topic, partition, member }] of wanted) {
      if (this.#held.has(name)) continue;
      const abort = new AbortController();
      const claim = this.#claim(topic, partition, abort.signal);
      const held: Held = { member, abort, handler: Promise.resolve() };
      this.#held.set(name, held);
      held.handler = member.options.onClaim(claim).catch((error) => member.fail(error));
    }
  }

  #claim(topic: string, partition: number, signal: AbortSignal): Claim {
    const name = `${topic}/${partition}`;
    const generation = (this.#generations.get(name) ?? 0) + 1;
    this.#generations.set(name, generation);
    const chunks = this.#chunks;
    return {
      topic,
      partition,
      generation,
      committed: this.#committing.read(topic, partition),
      signal,
      lost: new AbortController().signal, // one process: a claim is given up, never torn away
      async fetch(from: number, max: number, wait_ms: number): Promise<LogRecord[]> {
        await chunks.awaitRecord(topic, partition, from, wait_ms, signal);
        return signal.aborted ? [] : chunks.read(topic, partition, from, max);
      },
      commit: async (offset: number, metadata: string): Promise<void> => {
        const bytes = Buffer.byteLength(metadata);
        if (bytes > metadata_bytes) throw new Error(`metadata of ${bytes} bytes: at most ${metadata_bytes}`);
        if (this.#generations.get(name) !== generation || !this.#held.has(name))
          throw new ClaimLost(`group ${this.#name} no longer holds ${name} in generation ${generation}`);
        await this.#committing.write(topic, partition, { offset, metadata });
      },
    };
  }
}
