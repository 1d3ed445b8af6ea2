/** What of each partition a service has not committed past: records, or messages where one carries several (rounded up). */
import type { EventLog } from './event-log/port.ts';

export interface PartitionLag {
  topic: string;
  partition: number;
  lag: number;
  /** The offset the service goes on from. */
  position: number;
  /** Whether any copy has ever committed there. */
  has_begun: boolean;
}

export async function lagOf(
  log: EventLog,
  { name, topics }: { name: string; topics: readonly string[] },
): Promise<PartitionLag[]> {
  const lags: PartitionLag[] = [];
  for (const topic of topics) {
    const committed = new Map((await log.committed(name, topic)).map((c) => [c.partition, c.offset]));
    const per = log.offsetsPerMessage(topic);
    for (const { partition, start, end } of await log.bounds(topic)) {
      const position = Math.max(start, committed.get(partition) ?? start);
      lags.push({
        topic,
        partition,
        lag: Math.ceil((end - position) / per),
        position,
        has_begun: committed.has(partition),
      });
    }
  }
  return lags;
}

/** The same over all topics that these groups read. */
export async function totalLag(log: EventLog, groups: Readonly<Record<string, readonly string[]>>): Promise<number> {
  let total = 0;
  for (const [name, topics] of Object.entries(groups))
    for (const { lag } of await lagOf(log, { name, topics })) total += lag;
  return total;
}
