/**
 * Brings the warehouse's tables and views up to date: numbered files, recorded with their checksums. What makes or changes tables is applied
 * once; a file of views alone is applied again when it has changed, and so are those after it: the last one to name a view defines it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Warehouse } from '../services/platform/warehouse/port.ts';

const folder = join(import.meta.dirname, 'clickhouse');

interface Migration {
  number: number;
  name: string;
  checksum: string;
  statements: string[];
  /** Views hold no rows: their newest text can replace any older one. */
  only_views: boolean;
}

/** A file that was applied and changes tables has changed since: its tables may not be what the code expects. */
export class MigrationChanged extends Error {
  override name = 'MigrationChanged';
}

export function migrations(): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const statements = text.split(/;\s*$/m).filter((statement) => withoutComments(statement) !== '');
    return {
      number: Number(file.slice(0, 3)),
      name: file.slice(4, -4),
      checksum: createHash('sha256').update(text).digest('hex').slice(0, 16),
      statements,
      only_views: statements.every((statement) => /^CREATE OR REPLACE VIEW\b/.test(withoutComments(statement))),
    };
  });
}

const withoutComments = (statement: string): string => statement.replace(/^\s*--.*$/gm, '').trim();

/** Applies what is missing; safe to repeat and to run from several processes at once. Throws MigrationChanged. */
export async function migrate(
  warehouse: Warehouse,
  database: string,
): Promise<{ applied: string[]; present: string[] }> {
  await warehouse.command(
    `CREATE TABLE IF NOT EXISTS schema_migrations
     (
         number UInt32 COMMENT 'Number of the file in infra/clickhouse',
         name String COMMENT 'Name of the file',
         checksum String COMMENT 'SHA-256 of the file, 16 hex characters',
         applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied'
     )
     ENGINE = MergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 1000
     COMMENT 'Migrations applied to this database'`,
  );
  const known = await warehouse.query<{ number: number; checksum: string }>(
    'SELECT number, argMax(checksum, applied_at) AS checksum FROM schema_migrations GROUP BY number',
  );
  const checksums = new Map(known.map((row) => [row.number, row.checksum]));
  const done = { applied: [] as string[], present: [] as string[] };
  let changed = false;
  for (const { number, name, checksum, statements, only_views } of migrations()) {
    const before = checksums.get(number);
    if (before !== undefined && before !== checksum && !only_views)
      throw new MigrationChanged(
        `migration ${number} (${name}) was applied to database ${database} in another version: use a new data directory or database, and run your files again`,
      );
    changed ||= before !== checksum;
    if (before === checksum && !(changed && only_views)) {
      done.present.push(name);
      continue;
    }
    for (const statement of statements) await warehouse.command(statement);
    await warehouse.insert({
      table: 'schema_migrations',
      token: `migration/${number}/${checksum}/${Date.now()}`,
      columns: ['number', 'name', 'checksum'],
      rows: JSON.stringify([number, name, checksum]),
    });
    done.applied.push(name);
  }
  return done;
}
