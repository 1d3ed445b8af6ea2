/** `grapevine migrate`: bring the warehouse's tables and views up to date. */
import { Command } from 'commander';
import { migrate, release } from '../../infra/migrate.ts';
import { readConfig } from '../platform/config.ts';
import { unknown_database } from '../platform/warehouse/client.ts';
import { WarehouseError } from '../platform/warehouse/port.ts';
import { makeDatabaseOf, openWarehouseOf } from './open-warehouse.ts';
import { print } from './output.ts';
import { configFor } from './running.ts';

export const migrateCommand = (): Command =>
  new Command('migrate')
    .description(
      'Create or update the tables and views of the warehouse, and its database on a server that has none; safe to repeat.',
    )
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--json', 'print what was applied as JSON')
    .addHelpText('after', '\nExample:\n  CLICKHOUSE_URL=http://localhost:8123 grapevine migrate')
    .action(async (options: { data: string; json?: boolean }) => {
      const config = configFor(readConfig(process.env), options.data);
      const warehouse = await openWarehouseOf(config, options.data);
      try {
        const apply = () => migrate(warehouse, config.CLICKHOUSE_DATABASE);
        const done = await apply().catch(async (error: unknown) => {
          if (!(error instanceof WarehouseError && error.code === unknown_database)) throw error;
          await makeDatabaseOf(config);
          return apply();
        });
        print(
          options.json
            ? JSON.stringify({ release, ...done })
            : `release ${release}: ${done.applied.length} applied, ${done.present.length} already there`,
        );
      } finally {
        await warehouse.close();
      }
    });
