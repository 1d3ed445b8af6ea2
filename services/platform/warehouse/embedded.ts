/** The in-process ClickHouse engine (chdb, an optional dependency), as a connection of @clickhouse/client. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { createClient } from '@clickhouse/client';
import { setStandardInputAside } from '../standard-input.ts';

export type EngineConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

const configuration = fileURLToPath(new URL('../../../infra/clickhouse/engine.xml', import.meta.url));

/** Opens one more connection to the engine of a directory; a process can hold one directory only. */
export async function openEngine(directory: string): Promise<EngineConnection> {
  const chdb = await Promise.all([import('chdb'), import('chdb/connection')]).catch((error: unknown) => {
    throw new Error(
      `the embedded ClickHouse engine is not installed (package chdb, optional): run \`npm install\` on linux or macOS, or set CLICKHOUSE_URL to a server. ${error instanceof Error ? error.message : ''}`,
    );
  });
  setStandardInputAside();
  const path = resolve(directory);
  mkdirSync(path, { recursive: true });
  const [{ Session }, { createChdbConnection }] = chdb;
  // What a connection is not told, the engine is by the session that starts it; it goes on while a connection is open.
  const starting = new Session(path, { connectionArgs: [`--config-file=${configuration}`] });
  try {
    // chdb carries its own copy of the client's types, of another minor version: the shapes are the same.
    return drained(createChdbConnection({ path }) as unknown as EngineConnection);
  } finally {
    starting.close();
  }
}

/** chdb hands what a failed statement had already answered to the next one: one statement at a time, and after a failure one whose answer nobody reads. */
function drained(engine: EngineConnection): EngineConnection {
  let last: Promise<unknown> = Promise.resolve();
  const drain = engine.command.bind(engine, { query: 'SELECT 1', query_id: '' } as Parameters<
    EngineConnection['command']
  >[0]);
  const guarded =
    <P, R>(call: (parameters: P) => Promise<R>) =>
    (parameters: P): Promise<R> => {
      const run = last
        .then(() => call(parameters))
        .catch(async (error: unknown) => {
          await drain().catch(() => undefined);
          throw error;
        });
      last = run.catch(() => undefined);
      return run;
    };
  engine.exec = guarded(engine.exec.bind(engine));
  engine.command = guarded(engine.command.bind(engine));
  return engine;
}
