/** Opens the warehouse of a command. It stands alone, so that a question to the warehouse does not load the services. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../platform/config.ts';
import { makeDatabase, openWarehouse, type WarehouseOptions } from '../platform/warehouse/client.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { UsageError } from './output.ts';

/** For commands that only look at what is there: a directory that was misspelt is not made. Throws UsageError. */
export async function openExisting(config: Config, directory: string): Promise<Warehouse> {
  mustExist(config, directory);
  return openWarehouseOf(config, directory);
}

/** Throws UsageError when there is no warehouse. */
export function mustExist(config: Config, directory: string): void {
  if (!config.CLICKHOUSE_URL && !existsSync(join(directory, 'warehouse')))
    throw new UsageError(
      `there is no warehouse in ${directory}: \`grapevine run\` or \`grapevine start\` makes one, --data names another directory`,
    );
}

export const openWarehouseOf = (config: Config, directory: string): Promise<Warehouse> =>
  openWarehouse(optionsOf(config, directory));

/** Makes the database of the server, where it has none of this name. */
export const makeDatabaseOf = (config: Config): Promise<void> => makeDatabase(optionsOf(config, ''));

const optionsOf = (config: Config, directory: string): WarehouseOptions => ({
  ...(config.CLICKHOUSE_URL
    ? { url: config.CLICKHOUSE_URL, username: config.CLICKHOUSE_USER, password: config.CLICKHOUSE_PASSWORD }
    : { directory: join(directory, 'warehouse') }),
  database: config.CLICKHOUSE_DATABASE,
});
