/** Writes the tables of settings and metrics in docs/operators.md, and .env.example, from their registers. `--check` writes nothing and fails when one is stale. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../services/platform/config.ts';
import { metrics } from '../services/platform/telemetry.ts';

const root = join(import.meta.dirname, '..');

function defaultOf(schema: { safeParse(value: unknown): { success: boolean; data?: unknown } }): string {
  const read = schema.safeParse(undefined);
  return read.success && read.data !== undefined ? String(read.data) : '';
}

const rows = Object.entries(settings).map(([name, { schema, meaning }]) => ({
  name,
  meaning,
  value: defaultOf(schema),
}));
const settingsTable = [
  '| setting | default | meaning |',
  '|---|---|---|',
  ...rows.map(({ name, value, meaning }) => `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${meaning} |`),
].join('\n');
const metricsTable = [
  '| metric | kind | unit | help |',
  '|---|---|---|---|',
  ...Object.entries(metrics).map(([name, { kind, unit, help }]) => `| \`${name}\` | ${kind} | ${unit} | ${help} |`),
].join('\n');
const example = `# Settings of Grapevine; all are optional. Set them in the environment.\n\n${rows.map(({ name, value, meaning }) => `# ${meaning}\n#${name}=${value}`).join('\n\n')}\n`;

/** The text with the table under a heading replaced. */
function withTable(text: string, heading: string, table: string): string {
  const [before, after] = text.split(`## ${heading}\n`);
  if (before === undefined || after === undefined) throw new Error(`docs/operators.md has no section ${heading}`);
  const rest = after.split('\n').findIndex((line) => line.startsWith('## '));
  const tail = rest < 0 ? '' : `\n${after.split('\n').slice(rest).join('\n')}`;
  const intro = after
    .split('\n')
    .slice(0, rest < 0 ? undefined : rest)
    .filter((line) => line !== '' && !line.startsWith('|'))
    .join('\n');
  return `${before}## ${heading}\n\n${intro === '' ? '' : `${intro}\n\n`}${table}\n${tail}`;
}

const operators = join(root, 'docs/operators.md');
const text = withTable(withTable(readFileSync(operators, 'utf8'), 'Settings', settingsTable), 'Metrics', metricsTable);
const files: [string, string][] = [
  [operators, text],
  [join(root, '.env.example'), example],
];
const stale = files.filter(([path, content]) => !existsSync(path) || readFileSync(path, 'utf8') !== content);
if (!process.argv.includes('--check')) for (const [path, content] of stale) writeFileSync(path, content);
else if (stale.length > 0) {
  console.error(`stale: ${stale.map(([path]) => path).join(', ')}\nrun: npm run generate`);
  process.exitCode = 1;
}
