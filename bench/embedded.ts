/**
 * `npm run bench:embedded [-- --linked] [-- N…]`: W1 (or people with several identifiers) through `grapevine run` in one process, on the embedded log and engine. Prints events/s, CPU µs per
 * event by service and peak memory for each N (default 200,000 and 1,000,000), so that growth with N shows.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { linkedEvents, linkedReference } from './linked.ts';
import { w1Events, w1Reference } from './w1.ts';

const bin = resolve(import.meta.dirname, '../bin/grapevine.cjs');
const linked = process.argv.includes('--linked');
const named = process.argv.slice(2).filter((argument) => argument !== '--linked');
const sizes = named.length > 0 ? named.map(Number) : [200_000, 1_000_000];
const home = mkdtempSync(join(tmpdir(), 'grapevine-bench-'));

async function write(name: string, lines: Iterable<string>): Promise<string> {
  const file = createWriteStream(join(home, name));
  for (const line of lines)
    if (!file.write(`${line}\n`)) await new Promise<void>((resume) => file.once('drain', () => resume()));
  file.end();
  await finished(file);
  return join(home, name);
}

function* lineOf<T>(records: Iterable<T>, text: (record: T) => string): Generator<string> {
  for (const record of records) yield text(record);
}

async function run(...args: string[]): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, [bin, 'run', ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`grapevine run ended with ${code}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

console.log(
  `${new Date().toISOString().slice(0, 10)}, node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
);
try {
  const reference = await write(
    'reference.ndjson',
    lineOf<object>(linked ? linkedReference() : w1Reference(7), (record) => JSON.stringify(record)),
  );
  for (const n of sizes) {
    const events = await write(
      'events.ndjson',
      lineOf<{ line: string }>(linked ? linkedEvents(n, 7) : w1Events(n, 7), (record) => record.line),
    );
    const data = join(home, `data-${n}`);
    await run(reference, '--data', data);
    const { seconds, difference, cpu_us_per_event, peak_rss_bytes } = await run(events, '--data', data);
    console.log(
      JSON.stringify({
        events: n,
        difference,
        events_per_second: Math.round(n / Number(seconds)),
        cpu_us_per_event,
        peak_mib: Math.round(Number(peak_rss_bytes) / 2 ** 20),
      }),
    );
    rmSync(data, { recursive: true });
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
