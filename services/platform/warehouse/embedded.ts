/** The in-process ClickHouse engine (chdb, an optional dependency), as a connection of @clickhouse/client. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { createClient } from '@clickhouse/client';

export type EngineConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

/** Opens one more connection to the engine of a directory; a process can hold one directory only. */
export async function openEngine(directory: string): Promise<EngineConnection> {
  const chdb = await import('chdb/connection').catch((error: unknown) => {
    throw new Error(
      `the embedded ClickHouse engine is not installed (package chdb, optional): run \`npm install\` on linux or macOS, or set CLICKHOUSE_URL to a server. ${error instanceof Error ? error.message : ''}`,
    );
  });
  const path = resolve(directory);
  mkdirSync(path, { recursive: true });
  // chdb carries its own copy of the client's types, of another minor version: the shapes are the same.
  return chdb.createChdbConnection({ path }) as unknown as EngineConnection;
}
