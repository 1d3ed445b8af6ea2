/** `grapevine models FILE`: credits for paths under every model that needs no more than paths. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Credit, fitted } from '../attribution/models/on-paths/fitted.ts';
import { type PathRow, type Paths, pathsOf, type Transform, transforms } from '../attribution/models/on-paths/paths.ts';
import { faultSaid, pathReader } from '../attribution/models/on-paths/read-paths.ts';
import { standardInput } from '../platform/standard-input.ts';
import { print, progressBar, table, UsageError } from './output.ts';
import { seedOf } from './simulate.ts';

interface ModelsOptions {
  transform: Transform;
  resamples: number;
  seed: number;
  strict?: boolean;
  json?: boolean;
}

function resamplesOf(text: string): number {
  const count = Number(text);
  if (text.trim() === '' || !Number.isInteger(count) || (count !== 0 && count < 100) || count > 100_000)
    throw new InvalidArgumentError('expected 0 for no intervals, or a whole number from 100 to 100,000');
  return count;
}

export const modelsCommand = (): Command =>
  new Command('models')
    .description(
      'Credits for paths under every model that needs no more than paths: first and last touch, linear, position based, Markov, Shapley.',
    )
    .argument('<file>', 'CSV of path,conversions,nulls, such as a>b>c,12,3; - reads standard input')
    .addOption(
      new Option('--transform <name>', 'what Markov does to a path first')
        .choices(Object.keys(transforms))
        .default('none'),
    )
    .option('--resamples <n>', 'bootstrap resamples behind the 95 % intervals; 0 = none', resamplesOf, 1_000)
    .option('--seed <n>', 'the same seed gives the same intervals', seedOf, 1)
    .option('--strict', 'give no credits when a line is faulty (exit code 2)')
    .option('--json', 'print [{model, channel, conversions, low, high, journeys, enough, remark}, …]')
    .addHelpText(
      'after',
      `
A faulty line is named and left out; the credits of the others are printed, and the exit code is 1.
time_decay, engagement_weighted and coupon_owner need times, kinds of touch and codes, which paths do not have: ask the warehouse.

Example:
  printf 'friend>blogger,40,160\\nfriend,30,90\\nblogger,12,300\\n' | grapevine models -`,
    )
    .action(models);

async function models(file: string, { transform, resamples, seed, strict, json }: ModelsOptions): Promise<void> {
  const { paths, lines, faulty } = await readPaths(file);
  if (faulty > 0) {
    const said = `${faulty} of ${lines} lines ${faulty === 1 ? 'is' : 'are'} faulty`;
    if (strict) throw new UsageError(`${file}: ${said}, and --strict allows none`);
    process.stderr.write(`${file}: ${said} and left out\n`);
    process.exitCode = 1;
  }
  const bar = progressBar('intervals', resamples);
  const credits = fitted(paths, { resamples, seed, transform, onResample: (done) => bar.update(done) });
  bar.stop();
  print(json ? JSON.stringify(credits) : told(paths, credits));
}

/** So many faulty lines and not one good: this is some other file. */
const hopeless = 20;

/** The paths of a file; names every faulty line on standard error. */
async function readPaths(file: string): Promise<{ paths: Paths; lines: number; faulty: number }> {
  const read = pathReader();
  const rows: PathRow[] = [];
  let [number, lines, faulty] = [0, 0, 0];
  const otherwise = (): UsageError =>
    new UsageError(`${file}: no line is a path; expected CSV lines of path,conversions,nulls such as a>b>c,12,3`);
  const input = file === '-' ? standardInput() : createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      const outcome = read(line);
      if (!outcome) continue;
      lines++;
      if ('row' in outcome) rows.push(outcome.row);
      else {
        faulty++;
        for (const fault of outcome.faults) process.stderr.write(`${file}:${number}: ${faultSaid(fault)}\n`);
        if (rows.length === 0 && faulty >= hopeless) throw otherwise();
      }
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new UsageError(`${file} cannot be read: ${error.message}`);
    throw error;
  }
  if (rows.length === 0) throw otherwise();
  return { paths: pathsOf(rows), lines, faulty };
}

const rounded = (value: number): string => value.toFixed(value < 10 ? 2 : value < 1_000 ? 1 : 0);

function told({ channels, paths }: Paths, credits: Credit[]): string {
  const names = [...new Set(credits.map(({ model }) => model))];
  const cell = ({ conversions, low, high, enough }: Credit): string => {
    if (conversions === null) return '-';
    const interval = low === null || high === null ? '' : ` (${rounded(low)} to ${rounded(high)})`;
    return `${rounded(conversions)}${enough ? interval : ' not enough'}`;
  };
  const sum = (of: 'conversions' | 'nulls'): number => paths.reduce((total, path) => total + path[of], 0);
  const remarks = new Map<string, string[]>();
  for (const { model, channel, remark } of credits)
    if (remark !== '') remarks.set(remark, [...(remarks.get(remark) ?? []), `${model} of ${channel}`]);
  const few = (list: string[]): string =>
    list.length > 3 ? `${list.slice(0, 3).join(', ')} and ${list.length - 3} more` : list.join(', ');
  return [
    `${sum('conversions').toLocaleString('en-US')} journeys that converted, ${sum('nulls').toLocaleString('en-US')} that did not, ${paths.length.toLocaleString('en-US')} paths.`,
    'Conversions credited, with 95 % intervals. Each column splits the same conversions: never add over models.',
    '',
    table(
      ['channel', ...names],
      channels.map((channel, c) => [channel, ...names.map((_, m) => cell(credits[m * channels.length + c]!))]),
    ),
    ...(remarks.size > 0 ? ['', ...[...remarks].map(([remark, list]) => `${remark}: ${few(list)}`)] : []),
  ].join('\n');
}
