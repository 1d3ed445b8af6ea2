/** The house's borders, kept by a test: who may import what. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => join(folder, file));
}

const imports = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1]!);

/** The path an import leads to inside the repository, or the package it names. */
const target = (file: string, specifier: string): string =>
  specifier.startsWith('.') ? relative(root, resolve(root, file, '..', specifier)) : specifier;

const files = [...sources('services'), ...sources('schemas'), ...sources('infra')].filter(
  (f) => !f.endsWith('.test.ts'),
);
const edges = files.flatMap((file) => imports(file).map((specifier) => ({ file, to: target(file, specifier) })));

const breaches = (allowed: (edge: { file: string; to: string }) => boolean): string[] =>
  edges.filter((edge) => !allowed(edge)).map(({ file, to }) => `${file} → ${to}`);

describe('borders', () => {
  it('a service never imports another; only the command line may', () => {
    const serviceOf = (path: string): string | null => /^services\/([^/]+)\//.exec(path)?.[1] ?? null;
    const found = breaches(({ file, to }) => {
      const [from, into] = [serviceOf(file), serviceOf(to)];
      return !into || into === 'platform' || from === into || from === 'cli';
    });
    expect(found).toEqual([]);
  });

  it('schemas import nothing from services', () => {
    expect(breaches(({ file, to }) => !file.startsWith('schemas/') || !to.startsWith('services/'))).toEqual([]);
  });

  it('each library has one door', () => {
    const doors: Record<string, RegExp> = {
      avsc: /^schemas\/codec\.ts$/,
      lmdb: /^services\/platform\/event-log\/embedded/,
      kafkajs: /^services\/platform\/event-log\/kafka/,
      chdb: /^services\/platform\/warehouse\/embedded/,
      '@clickhouse/client': /^services\/platform\/warehouse\//,
      commander: /^services\/cli\//,
    };
    const found = breaches(({ file, to }) => {
      const door = doors[Object.keys(doors).find((name) => to === name || to.startsWith(`${name}/`)) ?? ''];
      return !door || door.test(file);
    });
    expect(found).toEqual([]);
  });

  it('pure places import no client, clock, config or node module', () => {
    const pure =
      /^services\/(ingest|enrichment)\/(steps|lookups|pipeline)|^services\/attribution\/(models\/|journey|ledger|recorder\/(decide|rows))/;
    const found = breaches(
      ({ file, to }) =>
        !pure.test(file) ||
        (!(to.startsWith('node:') && to !== 'node:crypto') &&
          !/platform\/(event-log|warehouse|config|telemetry|run-service)/.test(to)),
    );
    expect(found).toEqual([]);
  });

  it('process.env is read only where a process begins', () => {
    const readers = files.filter((file) => readFileSync(join(root, file), 'utf8').includes('process.env'));
    expect(readers.filter((file) => !/^services\/cli\//.test(file))).toEqual([]);
  });
});
