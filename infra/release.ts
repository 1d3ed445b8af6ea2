/** Counts the releases of the warehouse: one more whenever a file of infra/clickhouse has changed. `--check` writes nothing and fails when it is due. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from './migrate.ts';

const file = join(import.meta.dirname, 'clickhouse', 'release.json');
const known = JSON.parse(readFileSync(file, 'utf8')) as { release: number; checksum: string };
const all = migrations().map(({ number, checksum }) => `${number}/${checksum}`);
const checksum = createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 16);
if (known.checksum !== checksum) {
  if (process.argv.includes('--check')) {
    console.error('stale: infra/clickhouse/release.json; run `npm run generate`');
    process.exit(1);
  }
  writeFileSync(file, `${JSON.stringify({ release: known.release + 1, checksum }, null, 2)}\n`);
  console.log(`release ${known.release + 1} of the warehouse`);
}
