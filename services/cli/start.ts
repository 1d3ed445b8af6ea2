/** `grapevine start`: everything in one process until stopped. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { FastifyInstance } from 'fastify';
import { openAccess } from '../dashboard/access.ts';
import { asksForPage, own_hosts, strangeIn } from '../dashboard/front.ts';
import { openDashboard, page_directory } from '../dashboard/server.ts';
import { type Config, readConfig } from '../platform/config.ts';
import { lagOf } from '../platform/lag.ts';
import { serveWarehouse } from '../platform/warehouse/http.ts';
import { scenarios } from '../simulator/world.ts';
import { portOf } from './options.ts';
import { print, stopAsked, UsageError } from './output.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { announceRunning, runningUrl } from './running.ts';
import { playSample, type SampleOptions, tellStory } from './sample.ts';
import { countOf, scenarioOf, seedOf } from './simulate.ts';
import { watchOver } from './verify.ts';

interface StartOptions extends Omit<SampleOptions, 'directory'> {
  data: string;
  port: number;
  sample?: boolean;
  reset?: boolean;
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (!(speed >= 0 && speed <= 1_000))
    throw new InvalidArgumentError('expected days a second, from 0 (as fast as it goes) to 1000');
  return speed;
}

export const startCommand = (): Command =>
  new Command('start')
    .description(
      'Run log, services and warehouse in one process until stopped; other commands on the data directory ask it.',
    )
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option(
      '--port <n>',
      "port of the page, its API and ClickHouse's HTTP interface on 127.0.0.1 (0 = a free one)",
      portOf,
      8787,
    )
    .option('--sample', 'stream a simulated campaign into it, and tell its story')
    .option('--seed <n>', 'of the sample', seedOf, 1)
    .option('--people <n>', 'consumers in reach of the sample', countOf, 2_000)
    .option(
      '--scenario <name>',
      `of the sample, who is stronger: ${Object.keys(scenarios).join(', ')}`,
      scenarioOf,
      'friends',
    )
    .option('--speed <days>', 'days of the sample a second; 0 = as fast as it goes', speedOf, 1)
    .option('--reset', 'remove what the data directory holds first')
    .addHelpText('after', '\nExample:\n  grapevine start --sample --speed 5')
    .action(start);

async function start(options: StartOptions): Promise<void> {
  const config = readConfig(process.env);
  if (options.reset) reset(options.data);
  const stop = stopAsked();
  const pipeline = await openPipeline(config, options.data, '*');
  try {
    const dashboard = await openDashboard({
      warehouse: pipeline.warehouse,
      database: config.CLICKHOUSE_DATABASE,
      access: openAccess,
      hosts: own_hosts,
      page: page_directory,
      telemetry: pipeline.telemetry,
      lag: () => waiting(pipeline),
      prepare_every_ms: config.GRAPEVINE_PREPARE_S * 1_000,
      now: () => Date.now(),
    });
    const server = await serveOnOnePort(options, config, dashboard);
    const forget = server.warehouse_url ? announceRunning(options.data, server.warehouse_url) : () => undefined;
    try {
      await pipeline.start();
      const watch = await watchOver(pipeline, config, options.data);
      try {
        print(`the page: ${server.page_url}`);
        if (options.sample) await sample(pipeline, options, stop);
        const at = dataOption(options.data);
        print(`\nrunning; the page: ${server.page_url}`);
        print(`ClickHouse over HTTP at ${server.warehouse_url ?? config.CLICKHOUSE_URL}; Ctrl-C stops`);
        print(`ask: npx grapevine query "SELECT * FROM attribution_credits LIMIT 5"${at}`);
        print(`one event's story: head -1 services/cli/sample/events.ndjson | npx grapevine explain -${at}`);
        await Promise.race([stop, pipeline.failed]);
      } finally {
        await watch.close();
      }
    } finally {
      forget();
      await closeAll([dashboard, server]); // each waits for whom it answers, and the first stops what is being computed
    }
  } finally {
    await pipeline.close();
  }
}

/** Side by side; throws when all have ended. */
async function closeAll(some: readonly { close(): Promise<unknown> }[]): Promise<void> {
  const closed = await Promise.allSettled(some.map((one) => one.close()));
  for (const one of closed) if (one.status === 'rejected') throw one.reason;
}

/** Records that some service has not worked through. */
async function waiting({ log, services }: Pipeline): Promise<number> {
  const lags = await Promise.all(services.map((service) => lagOf(log, service)));
  return lags.flat().reduce((sum, { lag }) => sum + lag, 0);
}

/** The page and its API before ClickHouse's HTTP interface; alone, where the warehouse is a server elsewhere. */
async function serveOnOnePort(
  { data, port }: StartOptions,
  config: Config,
  dashboard: FastifyInstance,
): Promise<{ page_url: string; warehouse_url: string | null; close(): Promise<void> }> {
  if (config.CLICKHOUSE_URL) {
    const page_url = await dashboard.listen({ port, host: '127.0.0.1' });
    return { page_url, warehouse_url: null, close: async () => undefined };
  }
  const server = await serveWarehouse({
    directory: join(data, 'warehouse'),
    port,
    database: config.CLICKHOUSE_DATABASE,
    shared: true,
    front(request, response) {
      if (!asksForPage(request) && !strangeIn(request, own_hosts)) return false; // strangers are refused by the dashboard, whatever they ask
      dashboard.routing(request, response);
      return true;
    },
  });
  return { page_url: server.url, warehouse_url: server.url, close: () => server.close() };
}

async function sample(
  pipeline: Pipeline,
  { data, seed, people, scenario, speed }: StartOptions,
  stop: Promise<void>,
): Promise<void> {
  let stopped = false;
  void stop.then(() => {
    stopped = true;
  });
  await Promise.race([playSample(pipeline, { directory: data, seed, people, scenario, speed }, stop), pipeline.failed]);
  if (!stopped) await tellStory(pipeline, dataOption(data));
}

/** What other commands need to be told. */
const dataOption = (directory: string): string => (directory === './grapevine-data' ? '' : ` --data ${directory}`);

/** Removes only what we made, and never under a running process. */
function reset(directory: string): void {
  if (!existsSync(directory)) return;
  if (runningUrl(directory)) throw new UsageError(`${directory} is in use by a running process: stop it first`);
  for (const name of ['log', 'warehouse', 'pii.key', 'running.json', 'sample.json'])
    rmSync(join(directory, name), { recursive: true, force: true });
}
