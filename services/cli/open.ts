/** Opens what a command stands on, from the configuration: logger, log, keys, sources, services. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { internalTopics, type Topic, type TopicNames, topics as topicMap, topicNames } from '../../schemas/topics.ts';
import { type AttributionParts, recorder } from '../attribution/recorder/recorder.ts';
import { settler } from '../attribution/settler/settler.ts';
import { enrichmentService } from '../enrichment/main.ts';
import { ingestService } from '../ingest/main.ts';
import type { IngestLookups } from '../ingest/records.ts';
import { type Config, ConfigError } from '../platform/config.ts';
import { openEmbeddedLog } from '../platform/event-log/embedded.ts';
import { openKafkaLog } from '../platform/event-log/kafka.ts';
import type { BufferReport } from '../platform/event-log/kafka-member.ts';
import type { EventLog, TopicSettings } from '../platform/event-log/port.ts';
import { type Keys, openKeys } from '../platform/keys.ts';
import { openRegistry, type SchemaRegistry } from '../platform/registry.ts';
import type { Service } from '../platform/run-service.ts';
import type { Telemetry } from '../platform/telemetry.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';

/** JSON lines to standard error; for people where that is a terminal. */
export const openLogger = (config: Config): Logger =>
  pino(
    { level: config.LOG_LEVEL },
    process.stderr.isTTY ? pretty({ destination: 2, sync: true }) : pino.destination(2),
  );

/** The master key from the configuration, else the one made once in the data directory (mode 0600). Throws ConfigError. */
export function masterKey(config: Config, directory: string): Buffer {
  if (config.GRAPEVINE_PII_KEY) return Buffer.from(config.GRAPEVINE_PII_KEY, 'hex');
  const file = join(directory, 'pii.key');
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  }
  const key = readFileSync(file, 'utf8').trim();
  if (!/^(?:[0-9a-f]{2}){32,}$/i.test(key))
    throw new ConfigError(`${file}: holds no key, expected 64 hex characters; bring back the one that was there`);
  return Buffer.from(key, 'hex');
}

/** For services that run on several machines: a key made here would differ from that of the other copies. */
export function sharedKeys(config: Config): Keys {
  if (!config.GRAPEVINE_PII_KEY)
    throw new ConfigError(
      'GRAPEVINE_PII_KEY: not set; everything that makes pseudonyms must use the same: make one with `openssl rand -hex 32`',
    );
  return openKeys(Buffer.from(config.GRAPEVINE_PII_KEY, 'hex'));
}

/** For commands that open what ingest has sealed: its key, of a directory that which lies in it. One that is not there is not made. Throws ConfigError. */
export function existingKeys(config: Config, directory: string): Keys {
  const file = join(directory, 'pii.key');
  if (!config.GRAPEVINE_PII_KEY && !existsSync(file))
    throw new ConfigError(
      `GRAPEVINE_PII_KEY: not set, and there is no ${file}: the bytes open only with the key that ingest has`,
    );
  return openKeys(masterKey(config, directory));
}

/** Counts a pause when it begins. */
export function backPressure(telemetry: Telemetry): BufferReport {
  const paused_now = new Set<string>();
  return (topic, partition, bytes, paused) => {
    const labels = { topic, partition: String(partition) };
    const name = `${topic}/${partition}`;
    if (paused && !paused_now.has(name)) telemetry.count('pauses', { topic }, 1);
    if (paused) paused_now.add(name);
    else paused_now.delete(name);
    telemetry.set('paused', labels, paused ? 1 : 0);
    telemetry.set('buffered_bytes', labels, bytes);
  };
}

/** PEM files of the configuration, read; true without any: the system's authorities. */
function sslOf({ KAFKA_SSL_CA, KAFKA_SSL_CERT, KAFKA_SSL_KEY }: Config): true | Record<string, string> {
  const files = Object.entries({ ca: KAFKA_SSL_CA, cert: KAFKA_SSL_CERT, key: KAFKA_SSL_KEY });
  const named = files.filter((file): file is [string, string] => file[1] !== undefined);
  if (named.length === 0) return true;
  return Object.fromEntries(
    named.map(([part, file]) => {
      if (!existsSync(file)) throw new ConfigError(`KAFKA_SSL_${part.toUpperCase()}: there is no file ${file}`);
      return [part, readFileSync(file, 'utf8')];
    }),
  );
}

/** Kafka, when KAFKA_BROKERS is set. */
export function openKafkaOf(config: Config, logger: Logger, telemetry?: Telemetry): Promise<EventLog> {
  if (!config.KAFKA_BROKERS)
    throw new ConfigError('KAFKA_BROKERS: not set; expected host:port, several separated by commas');
  const { KAFKA_SASL: mechanism, KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = config;
  return openKafkaLog({
    brokers: config.KAFKA_BROKERS.split(',').map((address) => address.trim()),
    client_id: config.KAFKA_CLIENT_ID,
    group_prefix: config.GRAPEVINE_TOPIC_PREFIX,
    ssl: config.KAFKA_SSL === 'true' && sslOf(config),
    sasl: mechanism ? ({ mechanism, username, password } as Parameters<typeof openKafkaLog>[0]['sasl']) : null,
    compression: config.KAFKA_COMPRESSION,
    logger,
    packed: internalTopics(topicNames(config.GRAPEVINE_TOPIC_PREFIX)),
    session_ms: config.KAFKA_SESSION_MS,
    ...(telemetry ? { onBuffer: backPressure(telemetry) } : {}),
  });
}

/** The log a command uses: Kafka, else the embedded one of the directory, with its topics made. */
export async function openLogOf(
  config: Config,
  directory: string,
  names: TopicNames,
  logger: Logger,
): Promise<EventLog> {
  if (config.KAFKA_BROKERS) {
    const log = await openKafkaOf(config, logger);
    await log.createTopics(topicSettings(config, names));
    return log;
  }
  const log = await openEmbeddedLog({ directory: join(directory, 'log') });
  // One partition each: one process gains nothing from more, and batches grow larger with one.
  await log.createTopics(topicSettings(config, names).map((topic) => ({ ...topic, partitions: 1 })));
  return log;
}

const topicSettings = (config: Config, names: TopicNames): TopicSettings[] =>
  topicsOf(config, names).map(({ name, partitions, retention_ms, compacted, transient }) => ({
    name,
    partitions,
    retention_ms,
    compacted,
    transient,
  }));

/** The map of topics by their full names, and the sources of one's own, which are like `collected`. */
export function topicsOf(config: Config, names: TopicNames): (Omit<Topic, 'name'> & { name: string })[] {
  const ours = topicMap.map((topic) => ({ ...topic, name: names[topic.name] }));
  const collected = ours.find((topic) => topic.name === names.collected)!;
  const own = (config.GRAPEVINE_SOURCES ?? [])
    .filter((source) => !ours.some((topic) => topic.name === source.topic))
    .map(({ topic: name, format }) => ({
      ...collected,
      name,
      encoding: format,
      record: collected.record.replace('JSON', format === 'avro' ? 'Avro' : 'JSON'),
    }));
  return [...ours, ...own];
}

/** Source topics and who may speak there; without a setting `collected`, for these brands. */
export const sourcesOf = (config: Config, names: TopicNames, brands: '*' | string[]): IngestLookups['sources'] =>
  new Map(
    config.GRAPEVINE_SOURCES?.map((source) => [source.topic, { brand_ids: source.brands, format: source.format }]) ?? [
      [names.collected, { brand_ids: brands, format: 'json' as const }],
    ],
  );

/** The same, and on the embedded log `collected` in any case: there only this machine's own commands have fed it. */
export function sourcesWithFed(config: Config, names: TopicNames, brands: '*' | string[]): IngestLookups['sources'] {
  const sources = sourcesOf(config, names, brands);
  if (config.KAFKA_BROKERS || sources.has(names.collected)) return sources;
  return new Map([...sources, [names.collected, { brand_ids: brands, format: 'json' }]]);
}

/** The schema registry of the configuration; null without one. */
export const registryOf = (config: Config): SchemaRegistry | null =>
  config.SCHEMA_REGISTRY_URL
    ? openRegistry({
        url: config.SCHEMA_REGISTRY_URL,
        username: config.SCHEMA_REGISTRY_USERNAME,
        password: config.SCHEMA_REGISTRY_PASSWORD,
      })
    : null;

export interface ServiceParts {
  config: Config;
  log: EventLog;
  telemetry: Telemetry;
  topics: TopicNames;
}

export const ingestOf = ({ config, ...parts }: ServiceParts, lookups: IngestLookups): Service[] => [
  ingestService({ ...parts, lookups, registry: registryOf(config), batch_records: config.GRAPEVINE_BATCH_RECORDS }),
];

export const enrichmentOf = ({ config, ...parts }: ServiceParts): Service[] => [
  enrichmentService({ ...parts, batch_records: config.GRAPEVINE_BATCH_RECORDS }),
];

export function attributionOf({ config, ...parts }: ServiceParts, warehouse: Warehouse): Service[] {
  const attribution: AttributionParts = {
    ...parts,
    warehouse,
    batch_records: config.GRAPEVINE_BATCH_RECORDS,
    fill_ms: config.GRAPEVINE_FILL_MS,
  };
  return [recorder(attribution), settler(attribution)];
}
