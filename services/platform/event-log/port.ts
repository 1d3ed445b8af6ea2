/**
 * The event log as services see it: records in partitions, consumer groups with a committed offset and metadata, and claims.
 * A claim is one partition owned by one member for one generation. The service pulls from it; the adapter never pushes.
 * Two adapters: Kafka and an embedded one. One contract suite (test/contract/event-log.ts) runs against both.
 */

export interface LogRecord {
  topic: string;
  partition: number;
  /** >= 0, grows by at least 1 per record; gaps are allowed (transaction markers, compaction). */
  offset: number;
  /** Broker time of the append, epoch ms. */
  timestamp: number;
  key: string | null;
  value: Buffer;
}

export interface OutgoingRecord {
  topic: string;
  /** Records of one key stay in one partition, in order. */
  key: string;
  value: Buffer;
  /** Only to override the partition the key would choose. */
  partition?: number;
}

export interface TopicSettings {
  name: string;
  partitions: number;
  /** How long records are kept, ms; null = for ever. */
  retention_ms: number | null;
  /** Keep at least the newest record of each key. */
  compacted: boolean;
  /** Records may go as soon as every group that reads the topic has committed past them. */
  transient: boolean;
  /** Found where the log leaves the time of a record to its sender: not as we make topics. */
  stamped_by?: 'sender';
}

/** What a group has committed for a partition. */
export interface Committed {
  /** Next offset to read; null when nothing was ever committed. */
  offset: number | null;
  /** Text kept with the offset, at most 4,096 bytes; '' when none. */
  metadata: string;
}

export interface Claim {
  readonly topic: string;
  readonly partition: number;
  /** Tells the claims of one member apart: grows with each. */
  readonly generation: number;
  /** What the group had committed when the claim was made. */
  readonly committed: Committed;
  /** Aborts when the partition is to be given up: start no further batch; the one begun may be finished. */
  readonly signal: AbortSignal;
  /** Aborts when the partition is no longer ours (a rebalance, a session that ended): write nothing more. Aborts `signal` too. */
  readonly lost: AbortSignal;
  /** Records with offset >= `from`, in order, at most `max`; waits up to `wait_ms` for the first, then []. Throws OffsetOutOfRange. */
  fetch(from: number, max: number, wait_ms: number): Promise<LogRecord[]>;
  /** Commits the offset with metadata; resolves only when it is durable. Throws ClaimLost when the partition is no longer ours. */
  commit(offset: number, metadata: string): Promise<void>;
}

export interface ConsumeOptions {
  group: string;
  topics: string[];
  /** Runs for as long as the claim holds; its rejection stops the consumer and rejects `done`. */
  onClaim: (claim: Claim) => Promise<void>;
}

export interface Consumer {
  /** Resolves when stopped, rejects with the first error of a handler. */
  readonly done: Promise<void>;
  /** Aborts `signal` of every claim, waits for the handlers, then leaves the group. */
  stop(): Promise<void>;
}

export interface EventLog {
  /** Names this log; part of every deduplication token, so that a topic made anew is not taken for the old one. */
  readonly id: string;
  createTopics(topics: TopicSettings[]): Promise<void>;
  topics(): Promise<TopicSettings[]>;
  /** Resolves when every record is durable. Order is kept within a partition. */
  produce(records: OutgoingRecord[]): Promise<void>;
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** First offset kept and next offset to be written, per partition. */
  bounds(topic: string): Promise<{ partition: number; start: number; end: number }[]>;
  /** Reads without a group: what is there now, from `from` (inclusive), at most `max` records. */
  read(topic: string, partition: number, from: number, max: number): Promise<LogRecord[]>;
  committed(group: string, topic: string): Promise<(Committed & { partition: number })[]>;
  /** How many offsets one message of the topic stands for; more than 1 where messages carry several records. Lag is counted in messages. */
  offsetsPerMessage(topic: string): number;
  close(): Promise<void>;
}

/** The partition belongs to another member now: nothing was committed. */
export class ClaimLost extends Error {
  override name = 'ClaimLost';
}

/** The offset asked for is before the first one kept or after the end: the log was cut or made anew. */
export class OffsetOutOfRange extends Error {
  override name = 'OffsetOutOfRange';
}
