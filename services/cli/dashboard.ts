/** `grapevine service dashboard`: the page and its API against a ClickHouse server, for those with a key. */
import { migrate } from '../../infra/migrate.ts';
import { keyedAccess } from '../dashboard/access.ts';
import { openDashboard, page_directory } from '../dashboard/server.ts';
import { type Config, ConfigError } from '../platform/config.ts';
import { telemetryTo } from '../platform/telemetry.ts';
import { openLogger } from './open.ts';
import { openWarehouseOf } from './open-warehouse.ts';
import { openedOrStopped, print, stopAsked } from './output.ts';

export async function serveDashboard(config: Config, port: number, host: string): Promise<void> {
  if (!config.CLICKHOUSE_URL)
    throw new ConfigError(
      'CLICKHOUSE_URL: not set; expected the address of a ClickHouse server, or of `grapevine warehouse`',
    );
  const stop = stopAsked();
  const logger = openLogger(config).child({ service: 'dashboard' });
  const warehouse = await openedOrStopped(openWarehouseOf(config, ''), stop);
  try {
    await migrate(warehouse, config.CLICKHOUSE_DATABASE);
    const app = await openDashboard({
      warehouse,
      database: config.CLICKHOUSE_DATABASE,
      access: keyedAccess(warehouse, () => performance.now()),
      hosts: null,
      page: page_directory,
      telemetry: telemetryTo(logger),
      probes: true,
      prepare_every_ms: config.GRAPEVINE_PREPARE_S * 1_000,
      now: () => Date.now(),
    });
    const url = await app.listen({ port, host });
    print(`dashboard is running; page, health and metrics on port ${new URL(url).port}; keys: grapevine keys create`);
    await stop;
    await app.close();
  } finally {
    await warehouse.close();
  }
}
