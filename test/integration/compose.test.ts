/**
 * docker-compose.yml, without Docker: valid under the Compose Specification, and its image's steps are done in a folder, and every command of it
 * runs from there as a process with the environment it would have, but for host names.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { cli, scratch, startCli } from '../support/cli.ts';
import { buildImage } from '../support/image.ts';

const root = resolve(import.meta.dirname, '../..');
interface ComposeService {
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string | number>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
}
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
  volumes: object;
};
const ours = Object.entries(compose.services).filter(([, service]) => service.build);
const address = inject('kafka');
const home = scratch();
afterAll(() => home.remove());
let image = '';
beforeAll(() => {
  image = buildImage('infra/Dockerfile', join(home.path, 'image'));
}, 180_000);

describe('docker-compose.yml', () => {
  it('is valid under the Compose Specification', () => {
    const schema = JSON.parse(readFileSync(join(root, 'test/fixtures/compose/compose-spec.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile({ ...schema, $schema: 'https://json-schema.org/draft/2020-12/schema' });
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('starts nothing before what it needs: brokers and engine healthy, topics made', () => {
    for (const [name, { depends_on }] of ours)
      for (const [needed, { condition }] of Object.entries(depends_on ?? {})) {
        const other = compose.services[needed];
        expect(other, `${name} → ${needed}`).toBeDefined();
        if (condition === 'service_healthy') expect(other?.healthcheck, `${needed} has a health check`).toBeDefined();
      }
    expect(ours.map(([name]) => name).sort()).toEqual(['attribution', 'dashboard', 'enrichment', 'ingest', 'topics']);
  });

  it('builds one image, not root: nothing but what production needs, without the embedded engine, with the page', () => {
    expect(new Set(ours.map(([, { build }]) => build?.dockerfile))).toEqual(new Set(['infra/Dockerfile']));
    expect(readFileSync(join(root, 'infra/Dockerfile'), 'utf8')).toMatch(/^USER node$/m);
    const has = (name: string): boolean => existsSync(join(image, 'node_modules', name));
    expect(['kafkajs', 'lmdb', 'tsx'].filter((name) => !has(name))).toEqual([]);
    expect(['chdb', '@chdb', 'vite', 'vitest', 'typescript', '@biomejs/biome'].filter(has)).toEqual([]);
    expect(readdirSync(image)).not.toContain('test');
    expect(readdirSync(join(image, 'services/dashboard/page/dist'))).toContain('index.html');
  });

  it.skipIf(address === '')(
    'has commands that run: topics are made, every service becomes healthy and stops on SIGTERM',
    async () => {
      const engine = startCli(['warehouse', '--data', join(home.path, 'engine'), '--port', '0']);
      const url = await said(engine, /ClickHouse over HTTP at (http:\S+)/);
      const prefix = `compose-${randomUUID().slice(0, 8)}.`;
      const environmentOf = (service: ComposeService): Record<string, string> => ({
        ...Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, String(value)])),
        KAFKA_BROKERS: address,
        GRAPEVINE_TOPIC_PREFIX: prefix,
        ...(service.environment?.GRAPEVINE_PII_KEY ? { GRAPEVINE_PII_KEY: '5'.repeat(64) } : {}),
        ...(service.environment?.CLICKHOUSE_URL
          ? {
              CLICKHOUSE_URL: url,
              CLICKHOUSE_USER: 'default',
              CLICKHOUSE_PASSWORD: '',
              CLICKHOUSE_DATABASE: 'grapevine',
            }
          : {}),
      });
      const topics = compose.services.topics!;
      expect((await cli(topics.command!, { env: environmentOf(topics), program: image })).code).toBe(0);
      for (const [name, service] of ours.filter(([, { command }]) => command?.[0] === 'service')) {
        const command = service.command!.map((word) =>
          word === '9464' ? '0' : word === '0.0.0.0' ? '127.0.0.1' : word,
        );
        const child = startCli(command, { env: environmentOf(service), program: image });
        const port = await said(child, /health and (?:metrics|page) on port (\d+)/);
        expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status, name).toBe(200);
        const ended = new Promise((done) => child.on('close', done));
        child.kill('SIGTERM');
        expect(await ended, name).toBe(0);
      }
      const ended = new Promise((done) => engine.on('close', done));
      engine.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
    120_000,
  );
});

function said(child: ReturnType<typeof startCli>, words: RegExp): Promise<string> {
  return new Promise((found, fail) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const hit = words.exec(text);
      if (hit) found(hit[1]!);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.on('close', (code) => fail(new Error(`ended with ${code}: ${text}`)));
  });
}
