/** `grapevine query SQL`: ask the warehouse. */
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { readConfig } from '../platform/config.ts';
import { standardInput } from '../platform/standard-input.ts';
import { openExisting } from './open-warehouse.ts';
import { UsageError } from './output.ts';
import { configFor } from './running.ts';

export const queryCommand = (): Command =>
  new Command('query')
    .description('Ask the warehouse in SQL; a running `start` on the data directory is asked instead of the files.')
    .argument('<sql>', 'one statement, or - to read it from standard input')
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--format <name>', 'a ClickHouse format (default: a table on a terminal, TSV with names in a pipe)')
    .option('--json', 'the same as --format JSON')
    .addHelpText(
      'after',
      `\nExample:\n  grapevine query "SELECT model, relationship, sum(credit) FROM attribution_credits GROUP BY ALL ORDER BY ALL"`,
    )
    .action(query);

async function query(sql: string, options: { data: string; format?: string; json?: boolean }): Promise<void> {
  const statement = sql === '-' ? await text(standardInput()) : sql;
  if (statement.trim() === '') throw new UsageError('the statement is empty');
  const warehouse = await openExisting(configFor(readConfig(process.env), options.data), options.data);
  try {
    const format = options.json
      ? 'JSON'
      : (options.format ?? (process.stdout.isTTY ? 'PrettyCompact' : 'TSVWithNames'));
    process.stdout.write(await warehouse.ask(statement, format));
  } finally {
    await warehouse.close();
  }
}
