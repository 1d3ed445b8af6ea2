/** `grapevine service NAME`: one service against Kafka and ClickHouse, any number of copies: how production runs. */
import { Command, InvalidArgumentError } from 'commander';
import { migrate } from '../../infra/migrate.ts';
import { topicNames } from '../../schemas/topics.ts';
import { type Config, ConfigError, readConfig } from '../platform/config.ts';
import type { Consumer } from '../platform/event-log/port.ts';
import { serveOperations } from '../platform/operations.ts';
import { runService, type Service } from '../platform/run-service.ts';
import { telemetryTo } from '../platform/telemetry.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { serveDashboard } from './dashboard.ts';
import {
  attributionOf,
  enrichmentOf,
  ingestOf,
  openKafkaOf,
  openLogger,
  type ServiceParts,
  sharedKeys,
  sourcesOf,
} from './open.ts';
import { openWarehouseOf } from './open-warehouse.ts';
import { portOf } from './options.ts';
import { openedOrStopped, print, stopAsked } from './output.ts';
import { keepVerifying, verifiableOf } from './verify.ts';

const names = ['ingest', 'enrichment', 'attribution', 'dashboard'] as const;
type ServiceName = (typeof names)[number];
type PipelineName = Exclude<ServiceName, 'dashboard'>;

const nameOf = (text: string): ServiceName => {
  const found = names.find((name) => name === text);
  if (!found) throw new InvalidArgumentError(`expected one of ${names.join(', ')}`);
  return found;
};

export const serviceCommand = (): Command =>
  new Command('service')
    .description(
      'Run one service against Kafka (KAFKA_BROKERS) and ClickHouse (CLICKHOUSE_URL) until stopped; start as many copies as you like. `dashboard` is the page and its API, for those with a key.',
    )
    .argument('<name>', names.join(', '), nameOf)
    .option(
      '--port <n>',
      'port of /healthz, /readyz and /metrics; of the page, for dashboard (0 = a free one, printed)',
      portOf,
      0,
    )
    .option('--host <address>', 'address they listen on', '127.0.0.1')
    .addHelpText(
      'after',
      '\nExample:\n  KAFKA_BROKERS=localhost:9092 CLICKHOUSE_URL=http://localhost:8123 grapevine service attribution --port 9464',
    )
    .action(service);

async function service(name: ServiceName, { port, host }: { port: number; host: string }): Promise<void> {
  const config = readConfig(process.env);
  if (name === 'dashboard') return serveDashboard(config, port, host);
  const stop = stopAsked();
  const logger = openLogger(config).child({ service: name });
  const telemetry = telemetryTo(logger);
  const needs = needsOf(name, config);
  const log = await openedOrStopped(openKafkaOf(config, logger, telemetry), stop);
  const parts = { config, log, telemetry, topics: topicNames(config.GRAPEVINE_TOPIC_PREFIX) };
  const warehouse = name === 'attribution' ? await openWarehouseOf(config, '') : null;
  const consumers: Consumer[] = [];
  let failure: string | null = null;
  try {
    if (warehouse) await migrate(warehouse, config.CLICKHOUSE_DATABASE, (text) => logger.warn(text));
    const services = needs(parts, warehouse);
    for (const one of services)
      consumers.push(
        await runService(one, {
          log,
          telemetry,
          intent_age_ms: config.GRAPEVINE_INTENT_AGE_MS,
          now: () => performance.now(),
        }),
      );
    const verifying = warehouse
      ? keepVerifying(
          verifiableOf(config, log, warehouse, [...sourcesOf(config, parts.topics, '*').keys()]),
          telemetry,
          config,
        )
      : null;
    const operations = await serveOperations(
      {
        log,
        warehouse,
        services,
        telemetry,
        failure: () => failure,
        now: () => Date.now(),
        ...(verifying ? { verify: verifying } : {}),
      },
      port,
      host,
    );
    print(`${name} is running; health and metrics on port ${operations.port}`);
    try {
      await Promise.race([stop, ...consumers.map((consumer) => consumer.done)]);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      logger.fatal({ err: error }, failure);
      throw error;
    } finally {
      logger.info('stopping: the batch begun is finished first');
      await verifying?.stop();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await operations.close();
    }
  } finally {
    await warehouse?.close();
    await log.close();
  }
}

/** Checks what the service needs before anything is opened. */
function needsOf(name: PipelineName, config: Config): (parts: ServiceParts, warehouse: Warehouse | null) => Service[] {
  if (name === 'ingest') {
    const keys = sharedKeys(config);
    return (parts) => ingestOf(parts, { keys, sources: sourcesOf(config, parts.topics, '*') });
  }
  if (name === 'enrichment') return (parts) => enrichmentOf(parts);
  if (!config.CLICKHOUSE_URL)
    throw new ConfigError(
      'CLICKHOUSE_URL: not set; expected the address of a ClickHouse server, or of `grapevine warehouse`',
    );
  return (parts, warehouse) => attributionOf(parts, warehouse!);
}
