/** Opens the warehouse of a command with this release's tables, and closes it after the work. It stands alone: `grapevine query` makes no tables. */
import { migrate } from '../../infra/migrate.ts';
import { type Config, readConfig } from '../platform/config.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { configFor } from './running.ts';

/** `open` says whether a directory that is not there is made (openWarehouseOf) or refused (openExisting). */
export async function withWarehouse<Result>(
  open: (config: Config, directory: string) => Promise<Warehouse>,
  directory: string,
  work: (warehouse: Warehouse) => Promise<Result>,
): Promise<Result> {
  const config = configFor(readConfig(process.env), directory);
  const warehouse = await open(config, directory);
  try {
    await migrate(warehouse, config.CLICKHOUSE_DATABASE);
    return await work(warehouse);
  } finally {
    await warehouse.close();
  }
}
