/** Runs the command line as a user does: a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runningUrl } from '../../services/cli/running.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';

const root = resolve(import.meta.dirname, '../..');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  input?: string | Buffer;
  env?: Record<string, string>;
  cwd?: string;
  /** Where the program lies: this project, when nothing is said. */
  program?: string;
}

/** Starts `grapevine …`; the caller ends it. */
export function startCli(args: string[], { env, cwd, program = root }: CliOptions = {}): ChildProcess {
  return spawn(process.execPath, [join(program, 'bin/grapevine.cjs'), ...args], {
    cwd: cwd ?? program,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs `grapevine …` to its end. */
export async function cli(args: string[], options: CliOptions = {}): Promise<Finished> {
  const child = startCli(args, options);
  const [out, err]: Buffer[][] = [[], []];
  child.stdout!.on('data', (chunk: Buffer) => out!.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => err!.push(chunk));
  child.stdin!.on('error', () => undefined).end(options.input ?? '');
  const code = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
  return { code, stdout: Buffer.concat(out!).toString(), stderr: Buffer.concat(err!).toString() };
}

/** Runs `grapevine … --json`; throws with what it said when it failed. */
export async function cliJson<T>(args: string[], options: CliOptions = {}): Promise<T> {
  const done = await cli([...args, '--json'], options);
  if (done.code !== 0)
    throw new Error(`grapevine ${args.join(' ')} ended with ${done.code}: ${done.stderr}${done.stdout}`);
  return JSON.parse(done.stdout) as T;
}

/** Rows of a query over a data directory: as `grapevine query` answers, without a process for it where one that is running can be asked. */
export async function rows<T>(data: string, sql: string): Promise<T[]> {
  const url = runningUrl(data);
  return jsonLines(await (url ? askedOf(url, sql) : askedByCli(data, sql)));
}

async function askedOf(url: string, sql: string): Promise<string> {
  const warehouse = await openWarehouse({ url, database: 'grapevine' });
  try {
    return await warehouse.ask(sql, 'JSONEachRow');
  } finally {
    await warehouse.close();
  }
}

async function askedByCli(data: string, sql: string): Promise<string> {
  const done = await cli(['query', '-', '--data', data, '--format', 'JSONEachRow'], { input: sql });
  if (done.code !== 0) throw new Error(done.stderr);
  return done.stdout;
}

const jsonLines = <T>(text: string): T[] =>
  text.trim() === ''
    ? []
    : text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as T);

/** A new directory, and the function that removes it. */
export function scratch(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'grapevine-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
