/**
 * Starts a real Kafka broker without Docker: jars through Maven, run on Java 17 or later. `npm run kafka [-- DIRECTORY PORT]` runs one in the foreground;
 * tests call `startBroker`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Broker {
  /** host:port */
  address: string;
  /** Directory of its files and its log. */
  directory: string;
  process: ChildProcess;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const jars = join(tmpdir(), `grapevine-kafka-4.1.0-${userInfo().uid}`);
/** Long: after a kill -9 a broker on a busy machine reads its logs again. */
const ready_ms = 180_000;

/** Why no broker can be started here; null when one can. */
export function missingForBroker(): string | null {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (version < 17) return 'Java 17 or later (Debian: apt-get install openjdk-17-jre-headless)';
  if (!existsSync(join(jars, 'done')) && spawnSync('mvn', ['-v']).status !== 0)
    return 'Maven (Debian: apt-get install maven)';
  return null;
}

function fetchJars(): void {
  if (existsSync(join(jars, 'done'))) return;
  mkdirSync(jars, { recursive: true });
  const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
  const done = spawnSync('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`], {
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`Maven could not fetch Kafka: ${done.stdout}${done.stderr}`);
  writeFileSync(join(jars, 'done'), '');
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Whether something listens: the broker opens its port once it is ready to serve. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Starts a broker on a directory (kept: starting again on it continues) and resolves when it answers. */
export async function startBroker(
  directory: string,
  options: { port?: number; properties?: string[]; format?: string[] } = {},
): Promise<Broker> {
  fetchJars();
  mkdirSync(directory, { recursive: true });
  const port = options.port ?? (await freePort());
  const controller = await freePort();
  const file = join(directory, 'server.properties');
  const own = [
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    `controller.quorum.bootstrap.servers=127.0.0.1:${controller}`,
    `log.dirs=${join(directory, 'data')}`,
    ...(options.properties ?? []),
  ];
  writeFileSync(file, `${readFileSync(new URL('server.properties', import.meta.url), 'utf8')}\n${own.join('\n')}\n`);
  const java = (main: string, ...args: string[]): string[] => ['-Xmx512m', '-cp', `${jars}/*`, main, ...args];
  if (!existsSync(join(directory, 'data/meta.properties'))) {
    const done = spawnSync(
      'java',
      java(
        'kafka.tools.StorageTool',
        'format',
        '--standalone',
        '-t',
        // A name that began with '-' would be read as an option.
        `G${randomBytes(16).toString('base64url').slice(1)}`,
        '-c',
        file,
        ...(options.format ?? []),
      ),
      { encoding: 'utf8' },
    );
    if (done.status !== 0) throw new Error(`Kafka could not format ${directory}: ${done.stdout}${done.stderr}`);
  }
  const log = createWriteStream(join(directory, 'kafka.log'), { flags: 'a' });
  const child = spawn('java', java('kafka.Kafka', file), { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  for (const until = Date.now() + ready_ms; !(await answers(port)); await wait(50)) {
    if (child.exitCode !== null) throw new Error(`Kafka ended with ${child.exitCode}: see ${directory}/kafka.log`);
    if (Date.now() <= until) continue;
    child.kill('SIGKILL');
    throw new Error(`Kafka did not start within ${ready_ms} ms: see ${directory}/kafka.log`);
  }
  return {
    address: `127.0.0.1:${port}`,
    directory,
    process: child,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.on('exit', resolve));
      child.kill(signal);
      await gone;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory = './kafka-data', port = '9092', ...rest] = process.argv.slice(2);
  if (directory.startsWith('-') || !/^\d{1,5}$/.test(port) || rest.length > 0) {
    console.error('usage: npm run kafka [-- DIRECTORY [PORT]], by default ./kafka-data and 9092');
    process.exit(2);
  }
  const missing = missingForBroker();
  if (missing) {
    console.error(`no broker can be started here: it needs ${missing}`);
    process.exit(1);
  }
  const broker = await startBroker(directory, { port: Number(port) });
  console.log(`Kafka at ${broker.address}, files in ${broker.directory}; Ctrl-C stops`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void broker.stop());
}
