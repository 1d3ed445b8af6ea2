/** `grapevine topics`: the map of topics; those of GRAPEVINE_SOURCES among them; with Kafka, whether they are as they should be, and with --create, made. */
import { Command } from 'commander';
import { topicNames } from '../../schemas/topics.ts';
import { readConfig } from '../platform/config.ts';
import type { TopicSettings } from '../platform/event-log/port.ts';
import { openKafkaOf, openLogger, topicsOf } from './open.ts';
import { print, table } from './output.ts';

const days = (ms: number | null): string => (ms === null ? 'for ever' : `${ms / 86_400_000} days`);

export const topicsCommand = (): Command =>
  new Command('topics')
    .description(
      'Show the topics: record, key, partitions, retention, who writes and who reads. With KAFKA_BROKERS, compare them with the broker.',
    )
    .option('--create', 'create what is missing on the broker; never shrinks or changes what is there')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  KAFKA_BROKERS=localhost:9092 grapevine topics --create')
    .action(showTopics);

async function showTopics(options: { create?: boolean; json?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const names = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  const map = topicsOf(config, names);
  const settings: TopicSettings[] = map;
  let drift = new Map<string, string>();
  if (config.KAFKA_BROKERS || options.create) {
    const log = await openKafkaOf(config, openLogger(config));
    try {
      if (options.create) {
        const there = new Set((await log.topics()).map(({ name }) => name));
        await log.createTopics(settings.filter(({ name }) => !there.has(name)));
      }
      drift = driftOf(settings, await log.topics());
    } finally {
      await log.close();
    }
    if ([...drift.values()].some((said) => !said.startsWith(right))) process.exitCode = 1;
  }
  const rows = map.map((topic) => ({ ...topic, ...(drift.size > 0 ? { broker: drift.get(topic.name) } : {}) }));
  if (options.json) return print(JSON.stringify(rows));
  const cells = rows.map((t) => [
    t.name,
    t.record,
    t.key,
    t.partitions,
    t.compacted ? 'compacted' : days(t.retention_ms),
    t.writers.join(', '),
    t.readers.join(', '),
    ...(t.broker ? [t.broker] : []),
  ]);
  print(
    table(
      ['topic', 'record', 'key', 'partitions', 'kept', 'writers', 'readers', ...(drift.size > 0 ? ['broker'] : [])],
      cells,
    ),
  );
}

const right = 'as it should be';

/** What the broker has otherwise than the map says, and what to do. Other numbers of partitions are nobody's fault. */
export function driftOf(wanted: TopicSettings[], found: TopicSettings[]): Map<string, string> {
  const said = new Map<string, string>();
  for (const { name, partitions, retention_ms, compacted } of wanted) {
    const there = found.find((topic) => topic.name === name);
    const faults: string[] = [];
    if (!there) faults.push('missing: run `grapevine topics --create`');
    else {
      if (there.compacted !== compacted)
        faults.push(
          `cleanup.policy is ${there.compacted ? 'compact' : 'delete'}: set it to ${compacted ? 'compact' : 'delete'}`,
        );
      if (there.stamped_by === 'sender')
        faults.push(
          'message.timestamp.type is CreateTime: set it to LogAppendTime, else records bear the clock of whoever sent them',
        );
      if (!compacted && (there.retention_ms ?? Number.POSITIVE_INFINITY) < (retention_ms ?? Number.POSITIVE_INFINITY))
        faults.push(
          `kept ${days(there.retention_ms)} instead of ${days(retention_ms)}: an outage longer than that loses records`,
        );
    }
    const others =
      there && there.partitions !== partitions
        ? [
            `${there.partitions} partitions instead of ${partitions}: works, but never change it while records are in flight`,
          ]
        : [];
    said.set(name, [...(faults.length > 0 ? faults : [right]), ...others].join('; '));
  }
  return said;
}
