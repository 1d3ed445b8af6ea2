/** `grapevine simulate`: a realistic campaign as files, with its known truth. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Simulation, simulate } from '../simulator/simulate.ts';
import { scenarios } from '../simulator/world.ts';
import { print, table } from './output.ts';

/** First day of every simulated campaign: the same seed gives the same bytes, whenever it is asked for. */
export const begins_at = Date.UTC(2026, 8, 1);

export function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 50 || count > 1_000_000)
    throw new InvalidArgumentError('expected a whole number from 50 to 1,000,000');
  return count;
}
export function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw new InvalidArgumentError('expected a whole number from 0 to 4294967295');
  return seed;
}
export function scenarioOf(text: string): string {
  if (!Object.hasOwn(scenarios, text))
    throw new InvalidArgumentError(`expected one of ${Object.keys(scenarios).join(', ')}`);
  return text;
}

interface SimulateOptions {
  out: string;
  people: number;
  seed: number;
  scenario: string;
  json?: boolean;
}

export const simulateCommand = (): Command =>
  new Command('simulate')
    .description('Write a realistic campaign (events, reference) with its known truth: who really moved whom.')
    .requiredOption('--out <dir>', 'directory for reference.ndjson, events.ndjson and truth.json')
    .option('--people <n>', 'consumers in reach', countOf, 2_000)
    .option('--seed <n>', 'the same seed gives the same campaign', seedOf, 1)
    .option('--scenario <name>', `who is stronger: ${Object.keys(scenarios).join(', ')}`, scenarioOf, 'friends')
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  grapevine simulate --out campaign --people 2000 --seed 7\n  grapevine run campaign/events.ndjson --reference campaign/reference.ndjson',
    )
    .action(({ out, people, seed, scenario, json }: SimulateOptions) => {
      const simulation = simulate({ seed, people, scenario, begins_at });
      write(out, simulation);
      const { sent, redemptions_net, sales_e4 } = simulation.truth;
      if (json) return print(JSON.stringify({ ...sent, redemptions_net, sales: sales_e4 / 10_000 }));
      print(
        table(
          ['written to', 'records'],
          [
            [join(out, 'reference.ndjson'), sent.reference],
            [join(out, 'events.ndjson'), simulation.lines.length],
            [join(out, 'truth.json'), simulation.truth.causes.length],
          ],
        ),
      );
    });

function write(out: string, { reference, lines, truth }: Simulation): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'reference.ndjson'), `${reference.map((record) => JSON.stringify(record)).join('\n')}\n`);
  writeFileSync(join(out, 'events.ndjson'), `${lines.map((line) => line.text).join('\n')}\n`);
  writeFileSync(join(out, 'truth.json'), `${JSON.stringify(truth, null, 1)}\n`);
}
