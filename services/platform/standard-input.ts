/** Standard input, kept from the embedded engine: that takes what is sent there for rows of every INSERT (chdb-io/chdb-core#239). */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { isatty } from 'node:tty';

const nothing = '/dev/null';
let aside = false;

/** What is sent to this process; to be asked for before the engine is opened. A process of its own reads it, so that descriptor 0 can be given up. */
export function standardInput(): Readable {
  if (aside) throw new Error('standard input was set aside before it was asked for');
  if (isatty(0)) return process.stdin;
  const reader = spawn('cat', { stdio: [0, 'pipe', 'inherit'] });
  const input = new PassThrough(); // what nobody has begun to read when the reader ends would be thrown away
  reader.on('error', (error) => input.destroy(error));
  pipeline(reader.stdout!, input, () => reader.kill());
  process.once('exit', () => reader.kill());
  reader.unref();
  return input;
}

/** From here on descriptor 0 has nothing to read. A terminal is left as it is: the engine reads none. */
export function setStandardInputAside(): void {
  const { rdev } = fstatSync(0);
  if (isatty(0) || (rdev !== 0 && rdev === statSync(nothing).rdev)) return;
  closeSync(0);
  // The lowest free number is given: that of what was just closed.
  const opened = openSync(nothing, 'r');
  if (opened !== 0) throw new Error(`standard input could not be set aside (${opened}): start this with < ${nothing}`);
  aside = true;
}
