/** Sends records of our own into a topic: to Kafka, where the services work on; else into the data directory, and waits until it is worked through. */
import { type TopicNames, topicNames } from '../../schemas/topics.ts';
import type { Config } from '../platform/config.ts';
import type { OutgoingRecord } from '../platform/event-log/port.ts';
import { openKafkaOf, openLogger } from './open.ts';
import { UsageError } from './output.ts';
import { openPipeline } from './pipeline.ts';
import { runningUrl } from './running.ts';

export async function sendRecords(
  config: Config,
  directory: string,
  records: (topics: TopicNames) => OutgoingRecord[] | AsyncIterable<OutgoingRecord[]>,
): Promise<void> {
  const topics = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  if (config.KAFKA_BROKERS) {
    const log = await openKafkaOf(config, openLogger(config));
    try {
      for await (const some of batched(records(topics))) await log.produce(some);
    } finally {
      await log.close();
    }
    return;
  }
  if (runningUrl(directory))
    throw new UsageError(
      `a running \`start\` holds ${directory}: stop it first (it goes on where it was), then run this again`,
    );
  const pipeline = await openPipeline(config, directory, '*');
  try {
    await pipeline.start();
    for await (const some of batched(records(topics)))
      await Promise.race([pipeline.log.produce(some), pipeline.failed]);
    await pipeline.drained();
  } finally {
    await pipeline.close();
  }
}

async function* batched(records: OutgoingRecord[] | AsyncIterable<OutgoingRecord[]>): AsyncGenerator<OutgoingRecord[]> {
  if (Array.isArray(records)) yield records;
  else yield* records;
}
