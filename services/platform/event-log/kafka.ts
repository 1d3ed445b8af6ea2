/**
 * The event log on Kafka, through kafkajs. Its known faults are designed around here and in kafka-member.ts; each has a test in
 * test/contract/event-log.kafka.test.ts. Topics, partitions and retention are the broker's; groups, offsets and metadata too.
 */
import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, type SASLOptions } from 'kafkajs';
import type { Logger } from 'pino';
import { firstCause } from './kafka-faults.ts';
import { kafkaLogs, type OutOfRangeWire } from './kafka-logs.ts';
import { type BufferReport, committedOf, KafkaMember } from './kafka-member.ts';
import { inRequests, KafkaProducer, type TopicMessages } from './kafka-producer.ts';
import { TopicReader } from './kafka-reader.ts';
import { createMissing, settingsOf } from './kafka-topics.ts';
import { type Keyed, packed, places } from './packing.ts';
import { partitionOf } from './partition-of.ts';
import {
  type Committed,
  type ConsumeOptions,
  type Consumer,
  type EventLog,
  type LogRecord,
  OffsetOutOfRange,
  type OutgoingRecord,
  type TopicSettings,
} from './port.ts';

export interface KafkaLogOptions {
  brokers: string[];
  client_id: string;
  /** Before every group's name: two deployments on one Kafka must not share groups. */
  group_prefix: string;
  /** TLS: with the system's certificate authorities, or with these PEM texts. */
  ssl: boolean | { ca?: string; cert?: string; key?: string };
  sasl: SASLOptions | null;
  compression: 'none' | 'gzip';
  logger: Logger;
  /** How long the coordinator waits for a heartbeat before it gives the partitions away, ms. */
  session_ms?: number;
  /** Told after every change of what is read ahead. */
  onBuffer?: BufferReport;
  /** Topics that only we write: a message there carries several records (packing.ts). */
  packed: { has(topic: string): boolean };
}

/** Names the broker and what to do; `retriable` when waiting may help. */
export class KafkaUnavailable extends Error {
  override name = 'KafkaUnavailable';
  readonly retriable = true;
}

/** Start-up crawls with the default of 300 ms; 8 tries with doubling make about 12 s. */
const retry = { initialRetryTime: 50, retries: 8 };

/** Connects; throws KafkaUnavailable with what to do when no broker answers or the password is wrong. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<EventLog> {
  const logs = kafkaLogs(options.logger);
  const kafka = new Kafka({
    clientId: options.client_id,
    brokers: options.brokers,
    ssl: options.ssl,
    ...(options.sasl ? { sasl: options.sasl } : {}),
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry,
    logCreator: logs.creator,
  });
  const admin = kafka.admin();
  const producer = new KafkaProducer(kafka, options.compression);
  try {
    await admin.connect();
    await producer.connect();
    const { clusterId } = await admin.describeCluster();
    return new KafkaLog(clusterId, kafka, admin, producer, options, logs.wire);
  } catch (error) {
    await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
    throw new KafkaUnavailable(
      `no Kafka at ${options.brokers.join(', ')}${options.sasl ? ` for user ${'username' in options.sasl ? options.sasl.username : ''}` : ''}: ${message(error)}. ${remedyFor(message(error), options)}`,
    );
  }
}

/** What to do, as far as the error gives it away; a broker that expects TLS just hangs up on plain text. */
export function remedyFor(said: string, { ssl }: Pick<KafkaLogOptions, 'ssl'>): string {
  if (/key values mismatch/i.test(said)) return 'KAFKA_SSL_KEY is not the key of the certificate in KAFKA_SSL_CERT';
  if (/\balert\b/i.test(said) && /certificate/i.test(said))
    return 'The broker refuses the certificate of this client, or misses one: look at KAFKA_SSL_CERT and KAFKA_SSL_KEY';
  if (/altname/i.test(said))
    return 'The certificate of the broker is for another name: write KAFKA_BROKERS with the name that it has';
  if (/certificate|self.signed|unable to verify/i.test(said))
    return 'The certificate of the broker is not trusted: name its authority in KAFKA_SSL_CA';
  if (/wrong version number|SSL routines|TLS/i.test(said))
    return 'The listener does not speak TLS: leave KAFKA_SSL out';
  const tls = ssl ? '' : '; if the listener expects TLS, set KAFKA_SSL=true';
  return `Check KAFKA_BROKERS, the network, and user and password${tls}`;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What the broker answers, or KafkaUnavailable where it may answer later. */
async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (firstCause(error).passes) throw new KafkaUnavailable(`Kafka did not answer: ${message(error)}`);
    throw error;
  }
}

class KafkaLog implements EventLog {
  readonly id: string;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #producer: KafkaProducer;
  readonly #options: KafkaLogOptions;
  readonly #wire: OutOfRangeWire;
  readonly #packed: KafkaLogOptions['packed'];
  readonly #partitions = new Map<string, number>();
  readonly #readers = new Map<string, TopicReader>();
  readonly #members = new Set<KafkaMember>();

  constructor(
    id: string,
    kafka: Kafka,
    admin: Admin,
    producer: KafkaProducer,
    options: KafkaLogOptions,
    wire: OutOfRangeWire,
  ) {
    this.id = id;
    this.#kafka = kafka;
    this.#admin = admin;
    this.#producer = producer;
    this.#options = options;
    this.#wire = wire;
    this.#packed = options.packed;
  }

  async createTopics(topics: TopicSettings[]): Promise<void> {
    const made = await createMissing(this.#admin, topics, (name) => this.#partitionsOf(name));
    for (const { name, partitions } of made) this.#partitions.set(name, partitions);
  }

  topics(): Promise<TopicSettings[]> {
    return settingsOf(this.#admin);
  }

  async #partitionsOf(topic: string): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known !== undefined) return known;
    const asked = this.#admin.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
      if (/does not host this topic-partition|unknown topic/i.test(message(error))) return { topics: [] };
      throw error;
    });
    const { topics } = await answered(asked);
    const count = topics[0]?.partitions.length ?? 0;
    if (count === 0) throw new Error(`topic ${topic} does not exist: create it first (\`grapevine topics --create\`)`);
    this.#partitions.set(topic, count);
    return count;
  }

  async produce(records: OutgoingRecord[]): Promise<void> {
    for (const part of inRequests(await this.#messagesOf(records))) {
      try {
        await this.#producer.send(part);
      } catch (error) {
        const { type } = (error ?? {}) as { type?: unknown };
        if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE')
          throw new Error(
            `the broker refuses a message to ${part.map(({ topic }) => topic).join(', ')} as too large: raise max.message.bytes of the topic and message.max.bytes of the broker`,
            { cause: error },
          );
        throw new KafkaUnavailable(
          `Kafka did not take ${part.map(({ topic }) => topic).join(', ')}: ${message(error)}`,
        );
      }
    }
  }

  /** Messages by topic, in the order of their records; those of a packed topic partition by partition. */
  async #messagesOf(records: OutgoingRecord[]): Promise<Map<string, TopicMessages['messages']>> {
    const byTopic = new Map<string, { plain: TopicMessages['messages']; packs: Map<number, Keyed[]> }>();
    for (const record of records) {
      const { topic, key } = record;
      const count = this.#partitions.get(topic) ?? (await this.#partitionsOf(topic));
      const partition = record.partition ?? partitionOf(key, count);
      const messages = byTopic.get(topic) ?? { plain: [], packs: new Map<number, Keyed[]>() };
      byTopic.set(topic, messages);
      if (!this.#packed.has(topic)) messages.plain.push({ key, value: record.value, partition });
      else if (messages.packs.get(partition)?.push(record) === undefined) messages.packs.set(partition, [record]);
    }
    return new Map(
      [...byTopic].map(([topic, { plain, packs }]) => [
        topic,
        [
          ...plain,
          ...[...packs].flatMap(([partition, of]) => [...packed(of)].map((message) => ({ ...message, partition }))),
        ],
      ]),
    );
  }

  offsetsPerMessage(topic: string): number {
    return this.#packed.has(topic) ? places : 1;
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    for (const topic of options.topics) await this.#partitionsOf(topic);
    const named = { ...options, group: this.#options.group_prefix + options.group };
    const { session_ms = 30_000, onBuffer = () => undefined } = this.#options;
    const member = new KafkaMember(this.#kafka, this.#admin, named, this.#wire, session_ms, onBuffer, this.#packed);
    this.#members.add(member);
    void member.done.catch(() => undefined).finally(() => this.#members.delete(member));
    try {
      await answered(member.start());
    } catch (error) {
      await member.stop().catch(() => undefined);
      throw error;
    }
    return { done: member.done, stop: () => member.stop() };
  }

  async bounds(topic: string): Promise<{ partition: number; start: number; end: number }[]> {
    await this.#partitionsOf(topic);
    const offsets = await answered(this.#admin.fetchTopicOffsets(topic));
    const per = this.offsetsPerMessage(topic);
    return offsets
      .map(({ partition, low, high }) => ({ partition, start: Number(low) * per, end: Number(high) * per }))
      .sort((a, b) => a.partition - b.partition);
  }

  async read(topic: string, partition: number, from: number, max: number): Promise<LogRecord[]> {
    const bounds = (await this.bounds(topic)).find((b) => b.partition === partition);
    if (!bounds) throw new Error(`topic ${topic} has no partition ${partition}`);
    if (from < bounds.start || from > bounds.end)
      throw new OffsetOutOfRange(
        `${topic}/${partition}: offset ${from} is outside [${bounds.start}, ${bounds.end}]: records were removed before they were read, or the topic was made anew`,
      );
    if (from === bounds.end) return [];
    let reader = this.#readers.get(topic);
    if (!reader) {
      reader = new TopicReader(
        (group, onClaim) => this.consume({ group, topics: [topic], onClaim }),
        `grapevine-reader-${randomUUID()}`,
      );
      this.#readers.set(topic, reader);
    }
    return reader.read(partition, from, max, bounds.end);
  }

  async committed(group: string, topic: string): Promise<(Committed & { partition: number })[]> {
    await this.#partitionsOf(topic);
    const groupId = this.#options.group_prefix + group;
    const [found] = await answered(this.#admin.fetchOffsets({ groupId, topics: [topic] }));
    return (found?.partitions ?? [])
      .map(({ partition, offset, metadata }) => ({
        partition,
        ...committedOf(offset, metadata, this.#packed.has(topic)),
      }))
      .sort((a, b) => a.partition - b.partition);
  }

  async close(): Promise<void> {
    const groups = [...this.#readers.values()].map((reader) => this.#options.group_prefix + reader.group);
    for (const member of this.#members) await member.stop();
    if (groups.length > 0) await this.#admin.deleteGroups(groups).catch(() => undefined); // the broker forgets them on its own, later
    await this.#producer.disconnect();
    await this.#admin.disconnect();
  }
}
