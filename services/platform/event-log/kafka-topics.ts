/** Topics of a Kafka as we want them: made where they are missing, never changed. */
import type { Admin } from 'kafkajs';
import { persistently } from './kafka-faults.ts';
import type { TopicSettings } from './port.ts';

/** After this a new topic whose leaders still do not answer is used all the same, and says so itself. */
const new_topic_ms = 30_000;
const compaction_lag_ms = 7 * 86_400_000;
const largest_message_bytes = 16 << 20;

/** Makes those that are missing and returns them; throws where one that is there has another number of partitions. */
export async function createMissing(
  admin: Admin,
  topics: readonly TopicSettings[],
  partitionsOf: (topic: string) => Promise<number>,
): Promise<TopicSettings[]> {
  const existing = new Set(await admin.listTopics());
  const check = async (those: readonly TopicSettings[]): Promise<void> => {
    for (const { name, partitions } of those) {
      const found = await partitionsOf(name);
      if (found !== partitions)
        throw new Error(
          `topic ${name} has ${found} partitions, asked for ${partitions}: the number is fixed, because keys must stay where they are. Make a new topic or keep ${found}.`,
        );
    }
  };
  await check(topics.filter(({ name }) => existing.has(name)));
  const missing = topics.filter(({ name }) => !existing.has(name));
  if (missing.length === 0) return [];
  const made_by_us = await admin.createTopics({ waitForLeaders: true, topics: missing.map(asKafkaSays) });
  // Who leads a partition may be known to the broker that is asked before the leader knows it itself.
  const until = performance.now() + new_topic_ms;
  for (const { name } of missing)
    await persistently(
      () => admin.fetchTopicOffsets(name),
      () => performance.now() < until,
    );
  if (!made_by_us) await check(missing); // another process was faster with one of them
  return missing;
}

const asKafkaSays = ({ name, partitions, retention_ms, compacted }: TopicSettings) => ({
  topic: name,
  numPartitions: partitions,
  configEntries: [
    { name: 'cleanup.policy', value: compacted ? 'compact' : 'delete' },
    { name: 'retention.ms', value: String(retention_ms ?? -1) },
    // What a newer record replaces must stay until every reader has seen it: a position that nobody read would have no outcome.
    ...(compacted ? [{ name: 'min.compaction.lag.ms', value: String(compaction_lag_ms) }] : []),
    { name: 'max.message.bytes', value: String(largest_message_bytes) },
    // When a record arrived is the broker's to say: a sender's clock would decide what lies in the future, and what is old enough to go.
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
  ],
});

/** Every topic that is not Kafka's own, with its settings. */
export async function settingsOf(admin: Admin): Promise<TopicSettings[]> {
  const names = (await admin.listTopics()).filter((name) => !name.startsWith('__'));
  if (names.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: 2,
      name,
      configNames: ['retention.ms', 'cleanup.policy', 'message.timestamp.type'],
    })),
  });
  return topics.map(({ name, partitions }) => {
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? [];
    const value = (key: string) => entries.find((entry) => entry.configName === key)?.configValue;
    const retention = Number(value('retention.ms') ?? -1);
    return {
      name,
      partitions: partitions.length,
      retention_ms: retention < 0 ? null : retention,
      compacted: value('cleanup.policy')?.includes('compact') ?? false,
      transient: false,
      ...(value('message.timestamp.type') === 'CreateTime' && { stamped_by: 'sender' as const }),
    };
  });
}
