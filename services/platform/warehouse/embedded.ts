/** The in-process ClickHouse engine (chdb, an optional dependency), as a connection of @clickhouse/client. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import type { createClient } from '@clickhouse/client';
import { setStandardInputAside } from '../standard-input.ts';

export type EngineConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

const configuration = fileURLToPath(new URL('../../../infra/clickhouse/engine.xml', import.meta.url));

/** The engine's allocator keeps pages for seconds after their use, and merges use many: a hundred megabytes. */
const give_back = 'SYSTEM JEMALLOC PURGE';
const give_back_every_ms = 500;
let given_back_at = Number.NEGATIVE_INFINITY;

/** Opens one more connection to the engine of a directory; a process can hold one directory only. */
export async function openEngine(directory: string): Promise<EngineConnection> {
  const chdb = await Promise.all([import('chdb'), import('chdb/connection')]).catch((error: unknown) => {
    throw new Error(
      `the embedded ClickHouse engine is not installed (package chdb, optional): run \`npm install\` on linux or macOS, or set CLICKHOUSE_URL to a server. ${error instanceof Error ? error.message : ''}`,
    );
  });
  setStandardInputAside();
  // Engine and services share the memory of one process: V8 collects at 1.6 times what is live instead of up to 4 times.
  setFlagsFromString('--heap-growing-percent=60');
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
  const command = engine.command.bind(engine);
  const tell = (query: string) => command({ query, query_id: '' } as Parameters<typeof command>[0]);
  const drain = () => tell('SELECT 1').catch(() => undefined);
  const giveBack = async () => {
    if (performance.now() - given_back_at < give_back_every_ms) return;
    given_back_at = performance.now();
    await tell(give_back).catch(drain);
  };
  const guarded =
    <P, R>(call: (parameters: P) => Promise<R>) =>
    (parameters: P): Promise<R> => {
      const run = last
        .then(giveBack) // before a statement: after the last one nobody would wait for it, and the engine may be closing
        .then(() => call(parameters))
        .catch(async (error: unknown) => {
          await drain();
          throw error;
        });
      last = run.catch(() => undefined);
      return run;
    };
  engine.exec = guarded(engine.exec.bind(engine));
  engine.command = guarded(engine.command.bind(engine));
  return engine;
}
