/**
 * Starts a real schema registry without Docker, for tests: Apicurio Registry (Apache 2.0) through Maven, run on Java 17 or later, in memory.
 * It speaks the Confluent REST API under /apis/ccompat/v7. 3.0 is the last of its lines that runs on Java 17.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../kafka/run-broker.ts';

export interface Registry {
  /** Where the Confluent REST API begins. */
  url: string;
  stop(): Promise<void>;
}

const version = '3.0.9';
const jars = join(tmpdir(), `grapevine-registry-${version}-${userInfo().uid}`);
const ready_ms = 120_000;

function fetchJars(): void {
  if (existsSync(join(jars, 'done'))) return;
  mkdirSync(jars, { recursive: true });
  const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
  const goal = ['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${jars}`];
  const packed = join(jars, `apicurio-registry-app-${version}-all.tar.gz`);
  for (const [command, args] of [
    ['mvn', ['-q', '-B', ...goal]],
    ['tar', ['xzf', packed, '-C', jars]],
  ] as const) {
    const done = spawnSync(command, args, { encoding: 'utf8', cwd: jars });
    if (done.status !== 0) throw new Error(`${command} could not fetch the registry: ${done.stdout}${done.stderr}`);
  }
  writeFileSync(join(jars, 'done'), '');
}

/** Starts an empty registry and resolves when it answers. What keeps it from starting here is said by `missingForBroker`: it needs the same. */
export async function startRegistry(): Promise<Registry> {
  fetchJars();
  const port = await freePort();
  const jar = readdirSync(jars).find((name) => name.endsWith('-runner.jar'));
  if (!jar) throw new Error(`no program in ${jars}`);
  const options = ['-Xmx256m', '-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`];
  const child = spawn('java', [...options, '-jar', join(jars, jar)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const keep = (text: Buffer): void => {
    said = (said + text).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const answers = (): Promise<boolean> =>
    fetch(`${url}/subjects`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const until = Date.now() + ready_ms; !(await answers()); await wait(100)) {
    if (child.exitCode === null && Date.now() <= until) continue;
    child.kill('SIGKILL');
    throw new Error(`the registry did not start: ${said}`);
  }
  return {
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
}
