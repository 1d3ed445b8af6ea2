/** `grapevine run FILE…`: files through the whole pipeline to the end, and a summary that accounts for every record. */
import { existsSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { topicNames } from '../../schemas/topics.ts';
import { readConfig } from '../platform/config.ts';
import { standardInput } from '../platform/standard-input.ts';
import { type Feed, feed } from './feed.ts';
import { several } from './options.ts';
import { print, progressBar, stopAsked, table, UsageError } from './output.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { type RunSummary, summarise } from './summary.ts';

interface RunOptions {
  reference: string[];
  preset?: string;
  brand?: string;
  data: string;
  json?: boolean;
}

export const runCommand = (): Command =>
  new Command('run')
    .description('Feed files (- = stdin) through the whole pipeline to the end and account for every record.')
    .argument(
      '<file...>',
      'NDJSON events, YAML or NDJSON reference records, both also .gz, or with --preset CSV files or a directory of them',
    )
    .option('--reference <file>', 'reference records to read first (NDJSON or YAML); may be repeated', several, [])
    .option('--preset <name>', 'map rows of a known format, such as retail')
    .option('--brand <id>', 'the only brand these files may speak for (required with --preset)')
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--json', 'print one JSON object instead of a table')
    .addHelpText(
      'after',
      '\nExample:\n  grapevine run --reference reference.yaml events.ndjson\n  grapevine run --preset retail --brand acme ./redemptions',
    )
    .action(run);

async function run(files: string[], options: RunOptions): Promise<void> {
  if (options.preset && !options.brand)
    throw new UsageError('--preset needs --brand: the files do not say whose they are');
  const missing = [...options.reference, ...files].filter((file) => file !== '-' && !existsSync(file));
  if (missing.length > 0) throw new UsageError(`there is no file ${missing.join(', no file ')}`);
  const folder = options.preset ? undefined : files.find((file) => file !== '-' && statSync(file).isDirectory());
  if (folder !== undefined)
    throw new UsageError(
      `${folder} is a directory: name the files in it (${folder}/*.ndjson), or say --preset and --brand`,
    );
  const config = readConfig(process.env);
  const { collected } = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  if (config.KAFKA_BROKERS && config.GRAPEVINE_SOURCES?.every(({ topic }) => topic !== collected))
    throw new UsageError(
      `run sends to ${collected}, which GRAPEVINE_SOURCES does not name: nobody would read it. Name it, or send to a source`,
    );
  const input = [...options.reference, ...files].includes('-') ? standardInput() : null;
  const started = Date.now();
  const pipeline = await openPipeline(config, options.data, options.brand ? [options.brand] : '*');
  const stop = stopAsked().then(() => 'stopped' as const);
  try {
    const before = await pipeline.log.bounds(pipeline.topics.collected);
    const finished = work(pipeline, { ...options, files, input });
    finished.catch(() => undefined);
    if ((await Promise.race([finished, stop, pipeline.failed])) === 'stopped') {
      process.stderr.write(
        'stopped: what was read is safe and goes on with the next run or start on this data directory\n',
      );
      process.exitCode = 1;
      return;
    }
    const summary = await summarise(pipeline, before, (Date.now() - started) / 1_000);
    print(options.json ? JSON.stringify(summary) : readable(summary));
    if (summary.difference !== 0) process.exitCode = 1;
  } finally {
    input?.destroy();
    await pipeline.close();
  }
}

async function work(
  pipeline: Pipeline,
  { reference, preset, brand, files, input }: RunOptions & Pick<Feed, 'files' | 'input'>,
): Promise<'done'> {
  await pipeline.start();
  await pipeline.drained(); // an earlier run may have been stopped half way
  for await (const stage of feed(pipeline, { reference, files, preset: preset ?? null, brand: brand ?? null, input })) {
    if (stage.left?.length) console.error(`left as the brand itself has said: ${stage.left.join(', ')}`);
    const bar = progressBar(stage.label, stage.records);
    await pipeline.drained(({ lag }) => bar.update(Math.max(0, stage.records - Math.max(...Object.values(lag)))));
    bar.stop();
  }
  return 'done';
}

function readable(summary: RunSummary): string {
  const lines = [
    table(
      ['', 'events'],
      [
        ['received', summary.received],
        ['stored', summary.stored],
        ['duplicate', summary.duplicate],
        ['rejected', summary.rejected],
        ['difference', summary.difference],
      ],
    ),
    '',
    table(['stored by type', 'events'], Object.entries(summary.by_type)),
  ];
  const codes = Object.entries(summary.rejected_by_code);
  if (codes.length > 0)
    lines.push(
      '',
      table(
        ['rejected by code', 'events', 'the first of them'],
        codes.map(([code, n]) => [code, n, summary.first_rejected[code] ?? '']),
      ),
    );
  if (summary.conflicting > 0)
    lines.push(
      '',
      `${summary.conflicting} of the duplicates say something else than what was sent first under their event_id, which stands: table duplicates, code conflicting_duplicate`,
    );
  if (summary.quarantined > 0)
    lines.push(
      '',
      `${summary.quarantined} of the stored are quarantined (bots, clicks without a user_agent): counted, never credited`,
    );
  lines.push(
    '',
    `${summary.reference} reference records; ${summary.seconds.toFixed(1)} s; ${Math.round(summary.received / summary.seconds).toLocaleString('en-US')} events/s`,
  );
  return lines.join('\n');
}
