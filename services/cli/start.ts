/** `grapevine start`: everything in one process until stopped. */
import { join } from 'node:path';
import { Command } from 'commander';
import { readConfig } from '../platform/config.ts';
import { serveWarehouse } from '../platform/warehouse/http.ts';
import { feed } from './feed.ts';
import { portOf } from './options.ts';
import { print, stopAsked, table } from './output.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { announceRunning } from './running.ts';

interface StartOptions {
  data: string;
  port: number;
  sample?: boolean;
}

const sample = join(import.meta.dirname, 'sample');

export const startCommand = (): Command =>
  new Command('start')
    .description(
      'Run log, services and warehouse in one process until stopped; other commands on the data directory ask it.',
    )
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--port <n>', "port of ClickHouse's HTTP interface on 127.0.0.1 (0 = a free one)", portOf, 8787)
    .option('--sample', 'feed a small sample campaign first')
    .addHelpText('after', '\nExample:\n  grapevine start --sample')
    .action(start);

async function start(options: StartOptions): Promise<void> {
  const config = readConfig(process.env);
  const stop = stopAsked();
  const pipeline = await openPipeline(config, options.data, '*');
  try {
    const server = await serveWarehouse({
      directory: join(options.data, 'warehouse'),
      port: options.port,
      database: config.CLICKHOUSE_DATABASE,
      shared: true,
    });
    const forget = announceRunning(options.data, server.url);
    try {
      await pipeline.start();
      if (options.sample) await feedSample(pipeline);
      print(`\nrunning; ClickHouse over HTTP at ${server.url}; Ctrl-C stops`);
      print(
        `try: npx grapevine query "SELECT * FROM attribution_credits LIMIT 5"${options.data === './grapevine-data' ? '' : ` --data ${options.data}`}`,
      );
      await Promise.race([stop, pipeline.failed]);
    } finally {
      forget();
      await server.close();
    }
  } finally {
    await pipeline.close();
  }
}

/** The sample has fixed event ids: feeding it again stores nothing twice. */
async function feedSample(pipeline: Pipeline): Promise<void> {
  const files = {
    reference: [join(sample, 'reference.yaml')],
    files: [join(sample, 'events.ndjson')],
    preset: null,
    brand: null,
  };
  for await (const _stage of feed(pipeline, files)) await pipeline.drained();
  const rows = await pipeline.warehouse.query<{
    model: string;
    relationship: string;
    redemptions: number;
    sales: string;
  }>(
    `SELECT model, if(relationship = '', 'nobody', relationship) AS relationship, toFloat64(sum(credit)) AS redemptions,
       concat(toString(sum(attributed_amount)), ' ', currency) AS sales
     FROM attribution_credits GROUP BY model, relationship, currency ORDER BY model, relationship`,
  );
  print('Who moved the sales of the sample campaign, by attribution model:\n');
  print(
    table(
      ['model', 'who', 'redemptions', 'sales'],
      rows.map((r) => [r.model, r.relationship, r.redemptions, r.sales]),
    ),
  );
}
