/**
 * The embedded event log: one process, one directory; index and commits in lmdb, records in segment files. Durable once acknowledged: produce and commit resolve after the
 * transaction is committed, which a kill -9 does not undo (`sync: true` waits for the disk as well, against power loss).
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { lockDirectory } from '../lock-directory.ts';
import { ChunkStore } from './embedded-chunks.ts';
import { EmbeddedGroup } from './embedded-group.ts';
import { partitionOf } from './partition-of.ts';
import type {
  Committed,
  ConsumeOptions,
  Consumer,
  EventLog,
  LogRecord,
  OutgoingRecord,
  TopicSettings,
} from './port.ts';

export interface EmbeddedLogOptions {
  directory: string;
  now?: () => number;
  /** Wait for the disk on every produce and commit. */
  sync?: boolean;
}

/** Opens (or makes) the log of a directory; throws when another process has it open. */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EventLog> {
  mkdirSync(options.directory, { recursive: true });
  const unlock = lockDirectory(options.directory, 'event log');
  const root = open({ path: join(options.directory, 'log.mdb'), maxDbs: 4 });
  let id: string | undefined = root.get('log_id');
  if (!id) {
    id = randomUUID().slice(0, 8);
    await root.put('log_id', id);
  }
  return new EmbeddedLog(id, root, unlock, options);
}

class EmbeddedLog implements EventLog {
  readonly id: string;
  readonly #root: RootDatabase;
  readonly #unlock: () => void;
  readonly #chunks: ChunkStore;
  readonly #settings = new Map<string, TopicSettings>();
  readonly #groups = new Map<string, EmbeddedGroup>();
  readonly #commits;
  readonly #sync: boolean;

  constructor(id: string, root: RootDatabase, unlock: () => void, options: EmbeddedLogOptions) {
    this.id = id;
    this.#root = root;
    this.#unlock = unlock;
    this.#sync = options.sync ?? false;
    this.#commits = root.openDB<Committed, string>({ name: 'commits' });
    this.#chunks = new ChunkStore(root.openDB({ name: 'chunks' }), join(options.directory, 'segments'), {
      now: options.now ?? Date.now,
      sync: this.#sync,
      durable: () => this.#durable(),
    });
    const stored: TopicSettings[] = root.get('topics') ?? [];
    for (const topic of stored) this.#load(topic);
  }

  #load(topic: TopicSettings): void {
    this.#settings.set(topic.name, topic);
    this.#chunks.openTopic(topic, (partition) => this.#readTo(topic.name, partition));
  }

  async #durable(): Promise<void> {
    if (this.#sync) await this.#root.flushed;
  }

  async createTopics(topics: TopicSettings[]): Promise<void> {
    for (const topic of topics) {
      const existing = this.#settings.get(topic.name);
      if (existing && existing.partitions !== topic.partitions)
        throw new Error(
          `topic ${topic.name} has ${existing.partitions} partitions, asked for ${topic.partitions}: the number is fixed, because keys must stay where they are. Make a new topic or keep ${existing.partitions}.`,
        );
    }
    for (const topic of topics) {
      if (this.#settings.has(topic.name)) this.#settings.set(topic.name, topic);
      else this.#load(topic);
    }
    await this.#root.put('topics', [...this.#settings.values()]);
    await this.#durable();
  }

  async topics(): Promise<TopicSettings[]> {
    return [...this.#settings.values()];
  }

  #partitionsOf(topic: string): number {
    const settings = this.#settings.get(topic);
    if (!settings) throw new Error(`topic ${topic} does not exist: create it first (\`grapevine topics\`)`);
    return settings.partitions;
  }

  async produce(records: OutgoingRecord[]): Promise<void> {
    const runs = new Map<string, { topic: string; partition: number; records: OutgoingRecord[] }>();
    for (const record of records) {
      const count = this.#partitionsOf(record.topic);
      const partition = record.partition ?? partitionOf(record.key, count);
      if (partition < 0 || partition >= count) throw new Error(`topic ${record.topic} has no partition ${partition}`);
      const name = `${record.topic}/${partition}`;
      const run = runs.get(name);
      if (run) run.records.push(record);
      else runs.set(name, { topic: record.topic, partition, records: [record] });
    }
    await Promise.all([...runs.values()].map((run) => this.#chunks.append(run.topic, run.partition, run.records)));
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    for (const topic of options.topics) this.#partitionsOf(topic);
    const group =
      this.#groups.get(options.group) ??
      new EmbeddedGroup(options.group, this.#chunks, this.#committing(options.group));
    this.#groups.set(options.group, group);
    return group.join(options, (topic) => this.#partitionsOf(topic));
  }

  #committing(group: string) {
    return {
      read: (topic: string, partition: number): Committed =>
        this.#commits.get(`${group}/${topic}/${partition}`) ?? { offset: null, metadata: '' },
      write: async (topic: string, partition: number, committed: Committed): Promise<void> => {
        await this.#commits.put(`${group}/${topic}/${partition}`, committed);
        await this.#durable();
        if (this.#settings.get(topic)?.transient)
          await this.#chunks.dropBefore(topic, partition, this.#readTo(topic, partition));
      },
    };
  }

  /** The lowest offset that a group which ever committed on the topic, or reads it now, has still to read; beyond all without any. */
  #readTo(topic: string, partition: number): number {
    const readers = new Set([...this.#groups.keys()].filter((group) => this.#groups.get(group)?.reads(topic)));
    for (const key of this.#commits.getKeys()) {
      const [group = '', of, at] = String(key).split('/');
      if (of === topic && at === String(partition)) readers.add(group);
    }
    const offsets = [...readers].map((group) => this.#committing(group).read(topic, partition).offset ?? 0);
    return offsets.length === 0 ? Number.MAX_SAFE_INTEGER : Math.min(...offsets);
  }

  async bounds(topic: string): Promise<{ partition: number; start: number; end: number }[]> {
    return Array.from({ length: this.#partitionsOf(topic) }, (_, partition) => ({
      partition,
      ...this.#chunks.bounds(topic, partition),
    }));
  }

  async read(topic: string, partition: number, from: number, max: number): Promise<LogRecord[]> {
    this.#partitionsOf(topic);
    return this.#chunks.read(topic, partition, from, max);
  }

  offsetsPerMessage(): number {
    return 1;
  }

  async committed(group: string, topic: string): Promise<(Committed & { partition: number })[]> {
    const { read } = this.#committing(group);
    return Array.from({ length: this.#partitionsOf(topic) }, (_, partition) => ({
      partition,
      ...read(topic, partition),
    }));
  }

  async close(): Promise<void> {
    for (const group of this.#groups.values()) await group.close();
    await this.#root.flushed;
    await this.#root.close();
    this.#chunks.close();
    this.#unlock();
  }
}
