/** `grapevine models FILE`: what each model makes of a file of paths, how sure it is, and when the data are not enough. */
import { createReadStream, existsSync } from 'node:fs';
import { Command } from 'commander';
import { parse } from 'csv-parse';
import { intervalsOf, least_conversions, least_with_channel } from '../attribution/models/data-driven/bootstrap.ts';
import { markov } from '../attribution/models/data-driven/markov.ts';
import { type Attribution, type Path, placeModels, transforms } from '../attribution/models/data-driven/paths.ts';
import { shapley } from '../attribution/models/data-driven/shapley.ts';
import { print, table, UsageError } from './output.ts';

interface ModelsOptions {
  transform: string;
  replicates: string;
  seed: string;
  json?: boolean;
}

export const modelsCommand = (): Command =>
  new Command('models')
    .description(
      'Attribute the conversions of a file of paths under every model that works on paths, Markov and Shapley among them.',
    )
    .argument(
      '<file>',
      'CSV of path,conversions,nulls such as a>b>c,12,3 (- = standard input); nulls = journeys like this that did not convert',
    )
    .option('--transform <name>', `what is done to each path first: ${Object.keys(transforms).join(', ')}`, 'none')
    .option('--replicates <n>', 'bootstrap replicates for the 95 % intervals', '200')
    .option('--seed <n>', 'seed of the bootstrap', '1')
    .option('--json', 'print an array of {model, channel, conversions, low, high}')
    .addHelpText('after', '\nExample:\n  grapevine models paths.csv --transform exposure')
    .action(models);

/** One line of the answer; conversions null: this model says nothing on these data, `why` says so. */
interface Line {
  model: string;
  channel: string;
  conversions: number | null;
  low: number | null;
  high: number | null;
  why: string | null;
}

const all: Record<string, (paths: readonly Path[]) => Attribution | null> = { ...placeModels, markov, shapley };
const not_enough = `not enough: fewer than ${least_conversions} conversions, or than ${least_with_channel} with the channel`;
const no_nulls = 'not enough: Markov needs journeys that did not convert, and these are none';

async function models(file: string, { transform, replicates, seed, json }: ModelsOptions): Promise<void> {
  const change = transforms[transform];
  if (!change) throw new UsageError(`--transform ${transform}: expected ${Object.keys(transforms).join(', ')}`);
  const count = whole('--replicates', replicates, 10_000);
  const start = whole('--seed', seed, 2 ** 32 - 1);
  if (file !== '-' && !existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const { paths, faults } = await readPaths(file);
  for (const fault of faults.slice(0, 20)) process.stderr.write(`${fault}\n`);
  if (faults.length > 20) process.stderr.write(`… ${faults.length - 20} lines more\n`);
  if (paths.length === 0)
    throw new UsageError(`${file}: no line holds a path: expected path,conversions,nulls such as a>b>c,12,3`);
  const changed = paths.map((path) => ({ ...path, touches: change(path.touches) }));
  const lines = Object.entries(all).flatMap(([name, model]) => linesOf(name, model, changed, count, start));
  print(json ? JSON.stringify(lines) : readable(lines));
  if (!json) for (const why of new Set(lines.flatMap((line) => line.why ?? []))) print(why);
  if (faults.length > 0) process.exitCode = 1;
}

function whole(option: string, text: string, most: number): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > most)
    throw new UsageError(`${option} ${text}: expected a whole number from 0 to ${most}`);
  return n;
}

function linesOf(
  name: string,
  model: (paths: readonly Path[]) => Attribution | null,
  paths: Path[],
  replicates: number,
  seed: number,
): Line[] {
  const point = model(paths);
  if (!point)
    return [...new Set(paths.flatMap((path) => path.touches))].map((channel) => ({
      model: name,
      channel,
      conversions: null,
      low: null,
      high: null,
      why: no_nulls,
    }));
  const intervals = intervalsOf(paths, model, { replicates, seed });
  return [...point].map(([channel, conversions]) => {
    const interval = intervals.get(channel) ?? null;
    return {
      model: name,
      channel,
      conversions,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      why: interval ? null : not_enough,
    };
  });
}

const readable = (lines: Line[]): string =>
  table(
    ['model', 'channel', 'conversions', '95 % interval'],
    lines.map((l) => [
      l.model,
      l.channel,
      l.conversions === null ? '–' : l.conversions.toFixed(4),
      l.low === null || l.high === null ? 'not enough' : `${l.low.toFixed(2)} – ${l.high.toFixed(2)}`,
    ]),
  );

/** Good lines as paths, bad ones as sentences: a bad line never sinks the file. */
async function readPaths(file: string): Promise<{ paths: Path[]; faults: string[] }> {
  const paths: Path[] = [];
  const faults: string[] = [];
  const rows = (file === '-' ? process.stdin : createReadStream(file)).pipe(
    parse({ bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true, info: true }),
  );
  for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    if (paths.length + faults.length === 0 && record[0] === 'path') continue; // a header
    const read = pathOf(record);
    if (typeof read === 'string') faults.push(`line ${info.lines}: ${read}`);
    else paths.push(read);
  }
  return { paths, faults };
}

function pathOf([text = '', conversions = '', nulls = '0', ...more]: string[]): Path | string {
  if (more.length > 0) return `expected path,conversions,nulls, found ${more.length + 3} fields`;
  const touches = text.split('>').map((channel) => channel.trim());
  if (touches.some((channel) => channel === ''))
    return `path ${shown(text)}: expected channels separated by >, none of them empty`;
  const [converted, lost] = [conversions, nulls === '' ? '0' : nulls].map(Number);
  if (!isCount(converted)) return `conversions ${shown(conversions)}: expected a whole number from 0`;
  if (!isCount(lost)) return `nulls ${shown(nulls)}: expected a whole number from 0`;
  return { touches, conversions: converted, nulls: lost };
}

const isCount = (n: number | undefined): n is number => n !== undefined && Number.isSafeInteger(n) && n >= 0;
const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}…` : text);
