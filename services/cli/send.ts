/** Sends records of our own into a topic: to Kafka, where the services work on; else into the data directory, and waits until it is worked through. */
import { type TopicNames, topicNames } from '../../schemas/topics.ts';
import type { Config } from '../platform/config.ts';
import type { OutgoingRecord } from '../platform/event-log/port.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { openKafkaOf, openLogger } from './open.ts';
import { openExisting } from './open-warehouse.ts';
import { UsageError } from './output.ts';
import { openPipeline } from './pipeline.ts';
import { configFor, runningUrl } from './running.ts';

/** What records are made from: the names of the topics, and the warehouse, for those that ask it. */
export interface SendingParts {
  topics: TopicNames;
  warehouse(): Promise<Warehouse>;
}

/** Each list is sent whole before the next is asked for. */
export async function sendRecords(
  config: Config,
  directory: string,
  records: (parts: SendingParts) => OutgoingRecord[] | AsyncIterable<OutgoingRecord[]>,
): Promise<void> {
  const topics = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  if (config.KAFKA_BROKERS) {
    const log = await openKafkaOf(config, openLogger(config));
    const opened: Warehouse[] = [];
    const warehouse = async (): Promise<Warehouse> => {
      if (opened.length === 0) opened.push(await openExisting(configFor(config, directory), directory));
      return opened[0]!;
    };
    try {
      for await (const some of batched(records({ topics, warehouse }))) await log.produce(some);
    } finally {
      await log.close();
      await opened[0]?.close();
    }
    return;
  }
  if (runningUrl(directory))
    throw new UsageError(
      `a running \`start\` holds ${directory}: stop it first (it goes on where it was), then run this again`,
    );
  const pipeline = await openPipeline(config, directory, '*');
  const { warehouse, failed } = pipeline;
  try {
    await pipeline.start();
    for await (const some of batched(records({ topics, warehouse: async () => warehouse })))
      await Promise.race([pipeline.log.produce(some), failed]);
    await pipeline.drained();
  } finally {
    await pipeline.close();
  }
}

async function* batched(records: OutgoingRecord[] | AsyncIterable<OutgoingRecord[]>): AsyncGenerator<OutgoingRecord[]> {
  if (Array.isArray(records)) yield records;
  else yield* records;
}
