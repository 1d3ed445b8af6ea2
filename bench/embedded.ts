/**
 * `npm run bench:embedded [-- --linked | --wide] [-- N…]`: W1 (or people with several identifiers, or W1 with people in proportion to N) through `grapevine run` in one process, on the embedded log and engine. Prints events/s, CPU µs per
 * event by service, peak memory, and the mean of each fifth of the run (on Linux) for each N (default 200,000 and 1,000,000), so that growth with N shows: a peak is
 * the higher the longer one looks, a mean is not.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { linkedEvents, linkedReference } from './linked.ts';
import { w1Events, w1Reference } from './w1.ts';

const bin = resolve(import.meta.dirname, '../bin/grapevine.cjs');
const linked = process.argv.includes('--linked');
const wide = process.argv.includes('--wide');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const sizes = named.length > 0 ? named.map(Number) : [200_000, 1_000_000];
const look_every_ms = 500;
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

/** Memory of a process now, bytes; nothing where the machine does not say. */
function residentBytes(pid: number): number[] {
  try {
    const said = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return said ? [Number(said[1]) * 1_024] : [];
  } catch {
    return [];
  }
}

const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** Mean of each fifth. */
function byFifth(samples: readonly number[]): number[] {
  const at = (fifth: number): number => Math.round((samples.length * fifth) / 5);
  return [0, 1, 2, 3, 4].map((fifth) => {
    const some = samples.slice(at(fifth), at(fifth + 1));
    return mib(some.reduce((sum, bytes) => sum + bytes, 0) / some.length);
  });
}

async function run(...args: string[]): Promise<Record<string, unknown> & { resident: number[] }> {
  const child = spawn(process.execPath, [bin, 'run', ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const resident: number[] = [];
  const looking = setInterval(() => resident.push(...residentBytes(child.pid!)), look_every_ms);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const code = await new Promise((done) => child.on('close', done));
  clearInterval(looking);
  if (code !== 0) throw new Error(`grapevine run ended with ${code}: ${text}`);
  return { ...(JSON.parse(text) as Record<string, unknown>), resident };
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
      lineOf<{ line: string }>(
        linked ? linkedEvents(n, 7) : w1Events(n, 7, wide ? n / 2 : undefined),
        (record) => record.line,
      ),
    );
    const data = join(home, `data-${n}`);
    await run(reference, '--data', data);
    const { seconds, difference, cpu_us_per_event, peak_rss_bytes, resident } = await run(events, '--data', data);
    console.log(
      JSON.stringify({
        events: n,
        difference,
        events_per_second: Math.round(n / Number(seconds)),
        cpu_us_per_event,
        peak_mib: mib(Number(peak_rss_bytes)),
        mean_mib_by_fifth: resident.length < 5 ? null : byFifth(resident),
      }),
    );
    rmSync(data, { recursive: true });
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
