/** The documents are true: every command of their `sh` blocks runs, registers equal their tables, links lead somewhere. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settings } from '../../services/platform/config.ts';
import { metrics } from '../../services/platform/telemetry.ts';
import { cli, scratch } from '../support/cli.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = ['README.md', 'docs/analysts.md', 'docs/operators.md'];
/** Commands that other tests run (command-line, services, compose): they take long, never end, or need a broker. */
const elsewhere =
  /^(npm (ci|start|test|run \S+)|docker compose .*|npx grapevine (start|warehouse|service|topics --create)\b.*)$/;

const home = scratch();
beforeAll(async () => {
  mkdirSync(join(home.path, 'bin'));
  writeFileSync(
    join(home.path, 'bin/npx'),
    `#!/bin/sh\nshift\nexec "${process.execPath}" "${root}/bin/grapevine.cjs" "$@"\n`,
    { mode: 0o755 },
  );
  symlinkSync(join(root, 'services'), join(home.path, 'services'));
  // What `npm start` leaves in the default data directory, in small.
  const sample = join(root, 'services/cli/sample');
  const done = await cli(['run', join(sample, 'events.ndjson'), '--reference', join(sample, 'reference.yaml')], {
    cwd: home.path,
  });
  expect(done.code).toBe(0);
});
afterAll(() => home.remove());

const commands = documents.flatMap((file) =>
  [...read(file).matchAll(/```sh\n(.*?)```/gs)].flatMap((block) =>
    block[1]!
      .trim()
      .split('\n')
      .map((command) => ({ file, command })),
  ),
);

describe('commands shown', () => {
  it.each(commands.filter(({ command }) => !elsewhere.test(command)))('$file: $command', ({ command }) => {
    const done = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
      cwd: home.path,
      env: { ...process.env, PATH: `${home.path}/bin:${process.env.PATH}` },
      encoding: 'utf8',
    });
    expect(done.stderr).toBe('');
    expect(done.status).toBe(0);
    expect(done.stdout.length).toBeGreaterThan(20);
  });
  it('are all there', () => expect(commands.length).toBeGreaterThan(10));
});

it('links lead to files that exist', () => {
  const files = [
    ...documents,
    ...readdirSync(join(root, 'services'), { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('README.md'))
      .map((f) => `services/${f}`),
  ];
  for (const file of files)
    for (const [, target] of read(file).matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(root, dirname(file), target!)), `${file} → ${target}`).toBe(true);
});

const tableOf = (file: string, heading: string): string[] => {
  const section = read(file).split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([A-Za-z_]+)` *\|/gm)].map((row) => row[1]!);
};

it('every setting is in the table of settings and in .env.example, and nothing else is', () => {
  expect(tableOf('docs/operators.md', 'Settings')).toEqual(Object.keys(settings));
  expect([...read('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map((row) => row[1])).toEqual(Object.keys(settings));
});

it('every metric is in the table of metrics, and nothing else is', () => {
  expect(tableOf('docs/operators.md', 'Metrics')).toEqual(Object.keys(metrics));
});
