/**
 * Brings the warehouse's tables and views up to date: numbered files, recorded with their checksums. What makes or changes tables is applied
 * once; a file of views alone is applied again when it has changed, and so are those after it: the last one to name a view defines it.
 * Copies of two releases may run side by side: an older one leaves the views of a newer one (release.json counts them), and a newer one that an
 * older one has crossed applies its views once more.
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
      only_views: statements.every((statement) => of_view.test(withoutComments(statement))),
    };
  });
}

const made_view = /^CREATE OR REPLACE VIEW (\w+)/;
const of_view = /^(?:CREATE OR REPLACE|DROP) VIEW /;
const withoutComments = (statement: string): string => statement.replace(/^\s*--.*$/gm, '').trim();

/** The number of these files among all that were ever released: `npm run generate` counts on when one has changed. */
export const release = (
  JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8')) as { release: number; checksum: string }
).release;

export interface Migrated {
  applied: string[];
  present: string[];
}

/** As often as another process may cross ours, before we say that something is wrong. */
const attempts = 10;

/** Applies what is missing; safe to repeat and to run from several processes at once. Throws MigrationChanged. */
export async function migrate(
  warehouse: Warehouse,
  database: string,
  note: (text: string) => void = console.error,
): Promise<Migrated> {
  await makeRecord(warehouse);
  let before = await appliedByOlder(warehouse);
  const done = await applyMissing(warehouse, database, note);
  for (let n = 1; ; n++) {
    const after = await appliedByOlder(warehouse);
    if (after === before) return { applied: [...new Set(done.applied)], present: done.present };
    if (n === attempts) throw new Error(`other processes kept changing the views of database ${database}`);
    before = after;
    done.applied.push(...(await applyMissing(warehouse, database, note, true)).applied);
  }
}

async function makeRecord(warehouse: Warehouse): Promise<void> {
  await warehouse.command(
    `CREATE TABLE IF NOT EXISTS schema_migrations
     (
         number UInt32 COMMENT 'Number of the file in infra/clickhouse; 0 = a release began',
         name String COMMENT 'Name of the file',
         checksum String COMMENT 'SHA-256 of the file, 16 hex characters',
         applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied',
         release UInt32 COMMENT 'Release that applied it; 0 = before they were counted'
     )
     ENGINE = MergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 1000
     COMMENT 'Migrations applied to this database'`,
  );
  await warehouse.command(
    "ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS release UInt32 COMMENT 'Release that applied it; 0 = before they were counted'",
  );
}

async function applyMissing(
  warehouse: Warehouse,
  database: string,
  note: (text: string) => void,
  anew = false,
): Promise<Migrated> {
  const known = await warehouse.query<{ number: number; checksum: string; release: number }>(
    'SELECT number, argMax(checksum, applied_at) AS checksum, max(release) AS release FROM schema_migrations GROUP BY number',
  );
  const checksums = new Map(known.map((row) => [row.number, row.checksum]));
  const done: Migrated = { applied: [], present: [] };
  if (Math.max(0, ...known.map((row) => row.release)) < release)
    await recordMigration(warehouse, { number: 0, name: 'release', checksum: String(release) });
  let changed = anew;
  let newer = await newerRelease(warehouse);
  const ours = new Set<string>();
  for (const { statements, ...file } of migrations()) {
    const before = checksums.get(file.number);
    const isOther = before !== file.checksum;
    if (before !== undefined && isOther && !file.only_views)
      throw new MigrationChanged(
        `migration ${file.number} (${file.name}) was applied to database ${database} in another version: use a new data directory or database, and run your files again`,
      );
    changed ||= isOther;
    const isDue = isOther || (changed && file.only_views);
    // Asked before each file: a newer release may begin meanwhile. What nobody has made yet is made in any case.
    if (isDue) newer ||= await newerRelease(warehouse);
    if (!isDue || (newer > 0 && before !== undefined)) {
      done.present.push(file.name);
      continue;
    }
    const isKept = async (view: string) => newer > 0 && !ours.has(view) && (await hasView(warehouse, database, view));
    for (const view of await apply(warehouse, statements, isKept)) ours.add(view);
    await recordMigration(warehouse, file);
    done.applied.push(file.name);
  }
  if (newer > 0)
    note(
      `a newer release (${newer}, this is ${release}) has migrated database ${database}: its views are left as they are`,
    );
  return done;
}

/** Runs the statements of a file, but those of views that are kept as they are, and returns the views it has put up. */
async function apply(
  warehouse: Warehouse,
  statements: string[],
  isKept: (view: string) => Promise<boolean>,
): Promise<string[]> {
  const put_up: string[] = [];
  for (const statement of statements) {
    const [, view] = made_view.exec(withoutComments(statement)) ?? [];
    if (view !== undefined && (await isKept(view))) continue;
    await warehouse.command(statement);
    if (view !== undefined) put_up.push(view);
  }
  return put_up;
}

/** Whether somebody has put up this view: a newer release's is left as it is, though its file has another number there. */
async function hasView(warehouse: Warehouse, database: string, name: string): Promise<boolean> {
  const found = await warehouse.query<object>(
    'SELECT name FROM system.tables WHERE database = {database:String} AND name = {name:String}',
    { database, name },
  );
  return found.length > 0;
}

/** The release that has begun after this one; 0 without any. */
async function newerRelease(warehouse: Warehouse): Promise<number> {
  const [newest] = await warehouse.query<{ release: number }>('SELECT max(release) AS release FROM schema_migrations');
  return newest && newest.release > release ? newest.release : 0;
}

const recordMigration = (
  warehouse: Warehouse,
  { number, name, checksum }: Pick<Migration, 'number' | 'name' | 'checksum'>,
): Promise<void> =>
  warehouse.insert({
    table: 'schema_migrations',
    token: `migration/${number}/${checksum}/${Date.now()}`,
    columns: ['number', 'name', 'checksum', 'release'],
    rows: JSON.stringify([number, name, checksum, release]),
  });

/** How often older releases have applied a file of theirs: once more while we applied ours, and their views may lie over these. */
async function appliedByOlder(warehouse: Warehouse): Promise<number> {
  const ours = new Set(migrations().map(({ number, checksum }) => `${number}/${checksum}`));
  const rows = await warehouse.query<{ number: number; checksum: string }>(
    'SELECT number, checksum FROM schema_migrations WHERE number > 0 AND release < {release:UInt32}',
    { release: String(release) },
  );
  return rows.filter(({ number, checksum }) => !ours.has(`${number}/${checksum}`)).length;
}
