/** The whole pipeline in one process: log, warehouse and the three services, as `run` and `start` use it. */
import { mkdirSync } from 'node:fs';
import { migrate } from '../../infra/migrate.ts';
import { type TopicNames, topicNames } from '../../schemas/topics.ts';
import type { VerifyParts } from '../attribution/verify/check.ts';
import type { Config } from '../platform/config.ts';
import type { Consumer, EventLog } from '../platform/event-log/port.ts';
import { openKeys } from '../platform/keys.ts';
import { lagOf } from '../platform/lag.ts';
import { runService, type Service } from '../platform/run-service.ts';
import { type Telemetry, telemetryTo } from '../platform/telemetry.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { attributionOf, enrichmentOf, ingestOf, masterKey, openLogger, openLogOf, sourcesWithFed } from './open.ts';
import { openWarehouseOf } from './open-warehouse.ts';
import { verifiableOf } from './verify.ts';

export interface Pipeline {
  log: EventLog;
  warehouse: Warehouse;
  topics: TopicNames;
  telemetry: Telemetry;
  services: readonly Service[];
  /** What verify looks at. */
  verifiable: VerifyParts;
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

export async function openPipeline(config: Config, directory: string, brands: '*' | string[]): Promise<Pipeline> {
  mkdirSync(directory, { recursive: true });
  const logger = openLogger(config);
  const telemetry = telemetryTo(logger);
  const topics = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  const log = await openLogOf(config, directory, topics, logger);
  const warehouse = await openWarehouseOf(config, directory);
  await migrate(warehouse, config.CLICKHOUSE_DATABASE);
  const sources = sourcesWithFed(config, topics, brands);
  const lookups = { keys: openKeys(masterKey(config, directory)), sources };
  const parts = { config, log, telemetry, topics };
  const services = [...ingestOf(parts, lookups), ...enrichmentOf(parts), ...attributionOf(parts, warehouse)];
  return assemble(verifiableOf(config, log, warehouse, [...lookups.sources.keys()]), telemetry, services, config);
}

function assemble(verifiable: VerifyParts, telemetry: Telemetry, services: Service[], config: Config): Pipeline {
  const { log, warehouse, topics } = verifiable;
  let consumers: Consumer[] | null = null;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  return {
    log,
    warehouse,
    topics,
    telemetry,
    services,
    verifiable,
    failed,
    async start() {
      if (consumers) return;
      consumers = [];
      const options = { log, telemetry, intent_age_ms: config.GRAPEVINE_INTENT_AGE_MS, now: () => performance.now() };
      for (const service of services) {
        const consumer = await runService(service, options);
        consumer.done.catch((error) => fail(error));
        consumers.push(consumer);
      }
    },
    async drained(onProgress) {
      for (let quiet = 0; quiet < 2; ) {
        const lag: Record<string, number> = {};
        for (const service of services)
          lag[service.name] = (await lagOf(log, service)).reduce((sum, partition) => sum + partition.lag, 0);
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
