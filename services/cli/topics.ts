/** `grapevine topics`: the map of topics, and with --create, make them in the log of the data directory. */
import { Command } from 'commander';
import { topicNames, topics } from '../../schemas/topics.ts';
import { readConfig } from '../platform/config.ts';
import { print, table } from './output.ts';

const days = (ms: number | null): string => (ms === null ? 'for ever' : `${ms / 86_400_000} days`);

export const topicsCommand = (): Command =>
  new Command('topics')
    .description('Show the topics: record, key, partitions, retention, who writes and who reads.')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  grapevine topics')
    .action((options: { json?: boolean }) => {
      const names = topicNames(readConfig(process.env).GRAPEVINE_TOPIC_PREFIX);
      const rows = topics.map((topic) => ({ ...topic, name: names[topic.name] }));
      if (options.json) return print(JSON.stringify(rows));
      const cells = rows.map((t) => [
        t.name,
        t.record,
        t.key,
        t.partitions,
        t.compacted ? 'compacted' : days(t.retention_ms),
        t.writers.join(', '),
        t.readers.join(', '),
      ]);
      print(table(['topic', 'record', 'key', 'partitions', 'kept', 'writers', 'readers'], cells));
    });
