/** `grapevine warehouse`: the embedded engine behind ClickHouse's HTTP interface. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { own_hosts, strangeIn } from '../dashboard/front.ts';
import { readConfig } from '../platform/config.ts';
import { serveWarehouse } from '../platform/warehouse/http.ts';
import { portOf } from './options.ts';
import { print, stopAsked } from './output.ts';
import { announceRunning } from './running.ts';

export const warehouseCommand = (): Command =>
  new Command('warehouse')
    .description(
      "The embedded ClickHouse engine behind ClickHouse's own HTTP interface, for development, tests and BI tools.",
    )
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--port <n>', 'port on 127.0.0.1 (0 = a free one)', portOf, 8123)
    .addHelpText(
      'after',
      "\nExample:\n  grapevine warehouse --port 8123 &\n  curl 'http://127.0.0.1:8123/?query=SELECT+version()'",
    )
    .action(async (options: { data: string; port: number }) => {
      const config = readConfig(process.env);
      mkdirSync(options.data, { recursive: true });
      const stop = stopAsked();
      const directory = join(options.data, 'warehouse');
      const server = await serveWarehouse({
        directory,
        port: options.port,
        database: config.CLICKHOUSE_DATABASE,
        front(request, response) {
          const strange = strangeIn(request, own_hosts);
          if (strange) response.writeHead(403, { 'content-type': 'text/plain' }).end(`${strange}\n`);
          return strange !== null;
        },
      });
      const forget = announceRunning(options.data, server.url);
      print(`ClickHouse over HTTP at ${server.url} (database ${config.CLICKHOUSE_DATABASE}); Ctrl-C stops`);
      await stop;
      forget();
      await server.close();
    });
