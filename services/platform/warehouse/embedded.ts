/** The in-process ClickHouse engine (chdb, an optional dependency), as a connection of @clickhouse/client. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ChdbConnection } from 'chdb/connection';

export type EngineConnection = ChdbConnection;

/** Opens one more connection to the engine of a directory; a process can hold one directory only. */
export async function openEngine(directory: string): Promise<EngineConnection> {
  const chdb = await import('chdb/connection').catch((error: unknown) => {
    throw new Error(
      `the embedded ClickHouse engine is not installed (package chdb, optional): run \`npm install\` on linux or macOS, or set CLICKHOUSE_URL to a server. ${error instanceof Error ? error.message : ''}`,
    );
  });
  const path = resolve(directory);
  mkdirSync(path, { recursive: true });
  return chdb.createChdbConnection({ path });
}
