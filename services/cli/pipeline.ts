/** The whole pipeline in one process: log, warehouse and the three services, as `run` and `start` use it. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { migrate } from '../../infra/migrate.ts';
import { type TopicNames, topics as topicMap, topicNames } from '../../schemas/topics.ts';
import { recorder } from '../attribution/recorder/recorder.ts';
import { settler } from '../attribution/settler/settler.ts';
import { enrichmentService } from '../enrichment/main.ts';
import { ingestService } from '../ingest/main.ts';
import type { IngestLookups } from '../ingest/pipeline.ts';
import type { Config } from '../platform/config.ts';
import { openEmbeddedLog } from '../platform/event-log/embedded.ts';
import type { Consumer, EventLog, TopicSettings } from '../platform/event-log/port.ts';
import { openKeys } from '../platform/keys.ts';
import { runService, type Service } from '../platform/run-service.ts';
import { type Telemetry, telemetryTo } from '../platform/telemetry.ts';
import { openWarehouse } from '../platform/warehouse/client.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';

export interface Pipeline {
  log: EventLog;
  warehouse: Warehouse;
  topics: TopicNames;
  telemetry: Telemetry;
  /** Rejects with the first failure of a service. */
  failed: Promise<never>;
  /** Starts the services; idempotent. */
  start(): Promise<void>;
  /** Resolves when every record that is in the log has been worked through by every service. */
  drained(onProgress?: (progress: Progress) => void): Promise<void>;
  close(): Promise<void>;
}

/** Records still to be read, by service. */
export interface Progress {
  lag: Record<string, number>;
}

/** The master key from the configuration, else the one made once in the data directory (mode 0600). */
export function masterKey(config: Config, directory: string): Buffer {
  if (config.GRAPEVINE_PII_KEY) return Buffer.from(config.GRAPEVINE_PII_KEY, 'hex');
  const file = join(directory, 'pii.key');
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  }
  return Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
}

export const openWarehouseOf = (config: Config, directory: string): Promise<Warehouse> =>
  openWarehouse({
    ...(config.CLICKHOUSE_URL
      ? { url: config.CLICKHOUSE_URL, username: config.CLICKHOUSE_USER, password: config.CLICKHOUSE_PASSWORD }
      : { directory: join(directory, 'warehouse') }),
    database: config.CLICKHOUSE_DATABASE,
  });

/** Topics of the embedded log. One partition each: one process gains nothing from more, and batches grow larger with one. */
export const embeddedTopics = (names: TopicNames): TopicSettings[] =>
  topicMap.map(({ name, retention_ms, compacted, transient }) => ({
    name: names[name],
    partitions: 1,
    retention_ms,
    compacted,
    transient,
  }));

export async function openPipeline(config: Config, directory: string, brands: '*' | string[]): Promise<Pipeline> {
  mkdirSync(directory, { recursive: true });
  const telemetry = telemetryTo(pino({ level: config.LOG_LEVEL }, pino.destination(2)));
  const topics = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  const log = await openEmbeddedLog({ directory: join(directory, 'log') });
  await log.createTopics(embeddedTopics(topics));
  const warehouse = await openWarehouseOf(config, directory);
  await migrate(warehouse, config.CLICKHOUSE_DATABASE);
  const lookups: IngestLookups = {
    keys: openKeys(masterKey(config, directory)),
    sources: new Map(
      config.GRAPEVINE_SOURCES?.map((s) => [s.topic, { brand_ids: s.brands }]) ?? [
        [topics.collected, { brand_ids: brands }],
      ],
    ),
  };
  const services = allServices({ config, log, warehouse, telemetry, topics, lookups });
  return assemble(log, warehouse, topics, telemetry, services, config);
}

function allServices(parts: {
  config: Config;
  log: EventLog;
  warehouse: Warehouse;
  telemetry: Telemetry;
  topics: TopicNames;
  lookups: IngestLookups;
}): Service[] {
  const { config, ...rest } = parts;
  const batch_records = config.GRAPEVINE_BATCH_RECORDS;
  const attribution = { ...rest, batch_records, fill_ms: config.GRAPEVINE_FILL_MS };
  return [
    ingestService({ ...rest, batch_records }),
    enrichmentService({ ...rest, batch_records }),
    recorder(attribution),
    settler({ ...attribution, batch_records: Math.min(batch_records, 2_000) }),
  ];
}

function assemble(
  log: EventLog,
  warehouse: Warehouse,
  topics: TopicNames,
  telemetry: Telemetry,
  services: Service[],
  config: Config,
): Pipeline {
  let consumers: Consumer[] | null = null;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  const lagOf = async (service: Service): Promise<number> => {
    let lag = 0;
    for (const topic of service.topics) {
      const committed = new Map((await log.committed(service.name, topic)).map((c) => [c.partition, c.offset]));
      for (const { partition, start, end } of await log.bounds(topic))
        lag += end - Math.max(start, committed.get(partition) ?? start);
    }
    return lag;
  };
  return {
    log,
    warehouse,
    topics,
    telemetry,
    failed,
    async start() {
      if (consumers) return;
      consumers = [];
      const options = { log, telemetry, intent_age_ms: config.GRAPEVINE_INTENT_AGE_MS, now: () => Date.now() };
      for (const service of services) {
        const consumer = await runService(service, options);
        consumer.done.catch((error) => fail(error));
        consumers.push(consumer);
      }
    },
    async drained(onProgress) {
      for (let quiet = 0; quiet < 2; ) {
        const lag: Record<string, number> = {};
        for (const service of services) lag[service.name] = await lagOf(service);
        onProgress?.({ lag });
        quiet = Object.values(lag).every((n) => n === 0) ? quiet + 1 : 0;
        if (quiet < 2) await Promise.race([failed, new Promise((resume) => setTimeout(resume, 20))]);
      }
    },
    async close() {
      for (const consumer of consumers ?? []) await consumer.stop();
      await warehouse.close();
      await log.close();
    },
  };
}
