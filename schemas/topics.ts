/** THE map: topic → record, key, partitions, retention, writer and readers. Everything else about topics is derived from it. */

export interface Topic {
  /** Name after the configurable prefix. */
  name: 'collected' | 'accepted' | 'enriched' | 'settlements' | 'rejected' | 'reference';
  record: string;
  /** What the record key is made of. */
  key: string;
  encoding: 'json' | 'avro';
  /** Default number of partitions; fixed for the life of the topic. */
  partitions: number;
  retention_ms: number | null;
  compacted: boolean;
  /** Made anew from `collected` by a replay: the embedded log drops its records once every group has read them. */
  transient: boolean;
  writers: string[];
  readers: string[];
}

const day_ms = 86_400_000;

export const topics: readonly Topic[] = [
  {
    name: 'collected',
    record: 'event or reference record (JSON)',
    key: 'any',
    encoding: 'json',
    partitions: 4,
    retention_ms: 7 * day_ms,
    compacted: false,
    transient: false,
    writers: ['brands', 'collector'],
    readers: ['ingest'],
  },
  {
    name: 'accepted',
    record: 'AcceptedEvent',
    key: 'brand/event id',
    encoding: 'avro',
    partitions: 4,
    retention_ms: 7 * day_ms,
    compacted: false,
    transient: true,
    writers: ['ingest', 'attribution'],
    readers: ['enrichment'],
  },
  {
    name: 'enriched',
    record: 'EnrichedEvent',
    key: 'brand/event id',
    encoding: 'avro',
    partitions: 4,
    retention_ms: 7 * day_ms,
    compacted: false,
    transient: true,
    writers: ['enrichment'],
    readers: ['attribution'],
  },
  {
    name: 'settlements',
    record: 'SettlementRequest',
    key: 'brand/redemption id',
    encoding: 'avro',
    partitions: 4,
    retention_ms: 7 * day_ms,
    compacted: false,
    transient: true,
    writers: ['attribution'],
    readers: ['attribution'],
  },
  {
    name: 'rejected',
    record: 'RejectedRecord',
    key: 'source position',
    encoding: 'avro',
    partitions: 4,
    retention_ms: 30 * day_ms,
    compacted: false,
    transient: false,
    writers: ['ingest', 'enrichment', 'attribution'],
    readers: ['attribution', 'replay'],
  },
  {
    name: 'reference',
    record: 'ReferenceRecord',
    key: 'kind/brand/id/valid_from',
    encoding: 'avro',
    partitions: 1,
    retention_ms: null,
    compacted: true,
    transient: false,
    writers: ['ingest'],
    readers: ['enrichment', 'attribution'],
  },
];

export type TopicName = Topic['name'];
export type TopicNames = Record<TopicName, string>;

/** Full names under a prefix such as `engagement.`. */
export function topicNames(prefix: string): TopicNames {
  return Object.fromEntries(topics.map((t) => [t.name, prefix + t.name])) as TopicNames;
}

/** Topics that only we write and read: their adapter may put several records into one message. */
export function internalTopics(names: TopicNames): ReadonlySet<string> {
  return new Set(topics.filter((t) => t.transient).map((t) => names[t.name]));
}
