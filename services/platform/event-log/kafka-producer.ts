/**
 * An idempotent producer that loses nothing. kafkajs takes back the sequence number of a request that failed, although the broker may have
 * stored it: whatever is sent next under that number, the broker drops as a repeat of the first and reports as written. So requests go one
 * after the other, tries of one request included, and after one that failed the next begins with another producer id, whose numbers are
 * fresh. What the failed request stored stays stored: hops are at least once, and the sink counts a source position once.
 */
import { CompressionTypes, type Kafka, Partitioners, type Producer } from 'kafkajs';

export type TopicMessages = { topic: string; messages: { key: string | null; value: Buffer; partition: number }[] };

export class KafkaProducer {
  readonly #kafka: Kafka;
  readonly #compression: CompressionTypes;
  #current: Producer | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(kafka: Kafka, compression: 'none' | 'gzip') {
    this.#kafka = kafka;
    this.#compression = compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
  }

  /** Throws when no broker answers. */
  async connect(): Promise<void> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
    this.#current = producer;
  }

  /** Resolves when the broker has stored all of it; throws when it may not have. */
  send(topicMessages: TopicMessages[]): Promise<void> {
    const sent = this.#turn.then(() => this.#send(topicMessages));
    this.#turn = sent.catch(() => undefined);
    return sent;
  }

  async #send(topicMessages: TopicMessages[]): Promise<void> {
    if (this.#current === null) await this.connect();
    const producer = this.#current!;
    try {
      await producer.sendBatch({ acks: -1, compression: this.#compression, topicMessages });
    } catch (error) {
      this.#current = null;
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async disconnect(): Promise<void> {
    await this.#turn;
    await this.#current?.disconnect();
    this.#current = null;
  }
}

const request_bytes = 8 << 20;

/** Requests of bounded size; order within a partition is kept, because they are sent one after the other. */
export function* inRequests(byTopic: ReadonlyMap<string, TopicMessages['messages']>): Generator<TopicMessages[]> {
  let request: TopicMessages[] = [];
  let bytes = 0;
  for (const [topic, messages] of byTopic) {
    let part: TopicMessages = { topic, messages: [] };
    for (const one of messages) {
      if (bytes > 0 && bytes + one.value.length > request_bytes) {
        yield part.messages.length > 0 ? [...request, part] : request;
        [request, bytes, part] = [[], 0, { topic, messages: [] }];
      }
      part.messages.push(one);
      bytes += one.value.length;
    }
    if (part.messages.length > 0) request.push(part);
  }
  if (request.length > 0) yield request;
}
