/** `grapevine weights`: the versions of the weights of `engagement_weighted`, and how to say others. */
import { Command } from 'commander';
import { migrate } from '../../infra/migrate.ts';
import type { EngagementWeights } from '../attribution/models/engagement-weighted.ts';
import { type WeightsVersion, weightsVersions, writeWeights } from '../attribution/weights.ts';
import { readConfig } from '../platform/config.ts';
import { openWarehouseOf } from './open-warehouse.ts';
import { print, table, UsageError } from './output.ts';
import { configFor } from './running.ts';
import { settleAgain } from './settle.ts';

interface WeightsOptions {
  set: string[];
  data: string;
  json?: boolean;
}

export const weightsCommand = (): Command =>
  new Command('weights')
    .description(
      'What a click, share, comment and like are worth to the model engagement_weighted. Other weights are a new version: every redemption is settled again.',
    )
    .option(
      '--set <type=weight[:days]>',
      'a new version with this weight, and half of it after so many days; what is not named stays',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--json', 'print the versions as JSON')
    .addHelpText('after', '\nExample:\n  grapevine weights\n  grapevine weights --set like=0.2 --set share=1:14')
    .action(weights);

async function weights({ set, data, json }: WeightsOptions): Promise<void> {
  const config = configFor(readConfig(process.env), data);
  const warehouse = await openWarehouseOf(config, data);
  let versions: WeightsVersion[];
  let written: number | null = null;
  try {
    await migrate(warehouse, config.CLICKHOUSE_DATABASE);
    versions = await weightsVersions(warehouse);
    if (set.length > 0) {
      const said = changed(versions.at(-1)!.weights, set);
      if (JSON.stringify(said) !== JSON.stringify(versions.at(-1)!.weights)) {
        written = await writeWeights(warehouse, said, Date.now());
        versions = await weightsVersions(warehouse);
      }
    }
  } finally {
    await warehouse.close();
  }
  if (json) print(JSON.stringify(versions));
  else print(shown(versions));
  if (written !== null)
    await settleAgain(data, { brand: '', redemption: '', reason: 'model', cause: `engagement weights ${written}` });
  else if (set.length > 0) print('these weights are in force already: nothing to do');
}

const types = ['click', 'share', 'comment', 'like'];

/** The weights in force with what was said; throws UsageError. */
function changed(in_force: EngagementWeights, set: readonly string[]): EngagementWeights {
  const next = { ...in_force };
  for (const text of set) {
    const [type = '', numbers = ''] = text.split('=');
    const [weight, days] = numbers.split(':');
    const old = in_force[type];
    if (!types.includes(type) || !old)
      throw new UsageError(`--set ${text}: found the type "${type}", expected one of ${types.join(', ')}`);
    next[type] = {
      weight: number(text, 'weight', weight, (n) => n >= 0 && n <= 1_000_000, 'a number from 0 to 1,000,000'),
      half_life_days:
        days === undefined
          ? old.half_life_days
          : number(text, 'half-life', days, (n) => n >= 0.01 && n <= 10_000, 'days from 0.01 to 10,000'),
    };
  }
  if (types.every((type) => next[type]?.weight === 0))
    throw new UsageError('--set: every weight would be 0, expected at least one above it: nobody could earn');
  return next;
}

function number(
  text: string,
  what: string,
  value: string | undefined,
  fits: (n: number) => boolean,
  expected: string,
): number {
  const read = value === undefined || value.trim() === '' ? Number.NaN : Number(value);
  if (!fits(read)) throw new UsageError(`--set ${text}: found the ${what} "${value ?? ''}", expected ${expected}`);
  return read;
}

const shown = (versions: WeightsVersion[]): string =>
  table(
    ['version', 'since', ...types],
    versions.map(({ version, said_at, weights }) => [
      `${version}${version === versions.at(-1)!.version ? ' (in force)' : ''}`,
      new Date(said_at).toISOString().slice(0, 16).replace('T', ' '),
      ...types.map((type) => `${weights[type]?.weight ?? 0}, half after ${weights[type]?.half_life_days ?? 0} d`),
    ]),
  );
