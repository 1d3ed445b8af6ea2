/** `grapevine config`: every setting, what it is for and its value here; secrets are not shown. */
import { Command } from 'commander';
import { readConfig, settings } from '../platform/config.ts';
import { print, table } from './output.ts';

export const configCommand = (): Command =>
  new Command('config')
    .description('Check the configuration and show every setting with its value; secrets are not shown.')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  KAFKA_BROKERS=localhost:9092 grapevine config')
    .action((options: { json?: boolean }) => {
      const config: Record<string, unknown> = readConfig(process.env);
      const rows = Object.entries(settings).map(([name, { secret, meaning }]) => {
        const value = config[name];
        const shown =
          value === undefined
            ? '(not set)'
            : secret
              ? '(secret)'
              : typeof value === 'string'
                ? value
                : JSON.stringify(value);
        return { name, value: shown, meaning };
      });
      if (options.json) return print(JSON.stringify(rows));
      print(
        table(
          ['setting', 'value', 'meaning'],
          rows.map((r) => [r.name, r.value, r.meaning]),
        ),
      );
    });
