/**
 * The steps of a Dockerfile, done in folders: what a build without Docker can show. Stages, COPY by .dockerignore and RUN are done as written,
 * with this machine's Node and libraries; base image, user and health check are not.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Builds under `into`; answers the last stage's folder of the image's WORKDIR. */
export function buildImage(dockerfile: string, into: string): string {
  const stages = new Map<string, string>();
  let stage = into;
  let workdir = '/';
  for (const [, instruction, rest] of readFileSync(join(root, dockerfile), 'utf8')
    .replace(/\\\n\s*/g, ' ')
    .matchAll(/^([A-Z]+) (.+)$/gm)) {
    const words = rest!.split(' ');
    const here = (path: string): string => join(stage, path.startsWith('/') ? path : join(workdir, path));
    if (instruction === 'FROM') {
      stage = join(into, words[2] ?? 'image');
      stages.set(words[2] ?? 'image', stage);
    } else if (instruction === 'WORKDIR') {
      workdir = words[0]!;
      mkdirSync(here('.'), { recursive: true });
    } else if (instruction === 'COPY') {
      const other = /^--from=(.+)$/.exec(words[0]!)?.[1];
      const from = other === undefined ? root : stages.get(other)!;
      copy(from, other === undefined ? words.slice(0, -1) : words.slice(1, -1), here(words.at(-1)!));
    } else if (instruction === 'RUN') run(rest!, here('.'));
  }
  return join(stage, workdir);
}

function copy(from: string, sources: string[], to: string): void {
  for (const source of sources) {
    const path = join(from, source);
    const isFolder = statSync(path).isDirectory();
    cpSync(path, isFolder ? to : to.endsWith('/') ? join(to, source) : to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (each) => from !== root || !ignored.has(relative(root, each)),
    });
  }
}

const ignored = new Set(readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n'));

/** What node:*-slim has not, whatever this machine has: a package that wants to be compiled fails here as it would there. */
const absent = ['python', 'python3', 'cc', 'gcc', 'g++', 'make'];

/** Nothing of the run that tests (its NODE_ENV, its npm_…) reaches the build. */
function run(command: string, cwd: string): void {
  const shims = mkdtempSync(join(tmpdir(), 'grapevine-slim-'));
  for (const name of absent) writeFileSync(join(shims, name), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|NODE_ENV$|VITEST)/.test(name)),
  );
  try {
    execFileSync('sh', ['-c', command], {
      cwd,
      env: { ...env, PATH: `${shims}${delimiter}${env.PATH}`, npm_config_prefer_offline: 'true' },
      stdio: 'pipe',
    });
  } finally {
    rmSync(shims, { recursive: true });
  }
}
