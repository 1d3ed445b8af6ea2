/** `start` with the page, its API and ClickHouse on one port; `keys`; `service dashboard` beside it: as processes, as people run them. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cli, cliJson, scratch, startCli } from '../support/cli.ts';

const home = scratch();
const data = join(home.path, 'data');
const children: ChildProcess[] = [];
let url = '';

async function started(args: string[], said: RegExp, env: Record<string, string> = {}): Promise<string> {
  const child = startCli(args, { env });
  children.push(child);
  return new Promise((found, fail) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const hit = said.exec(text);
      if (hit) found(hit[1]!);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.on('close', (code) => fail(new Error(`ended with ${code}: ${text}`)));
  });
}

beforeAll(async () => {
  const sample = join(import.meta.dirname, '../../services/cli/sample');
  const done = await cli(['run', join(sample, 'reference.yaml'), join(sample, 'events.ndjson'), '--data', data]);
  expect(done.code, done.stderr).toBe(0);
  url = await started(['start', '--data', data, '--port', '0'], /running; the page: (http:\S+)/);
}, 180_000);
afterAll(async () => {
  for (const child of children.filter((one) => one.exitCode === null)) {
    const ended = new Promise((done) => child.on('close', done));
    child.kill('SIGTERM');
    await ended;
  }
  home.remove();
}, 60_000);

/** With headers and addresses that fetch would not send. */
const raw = (path: string, headers: Record<string, string> = {}, method = 'GET', body = '') =>
  new Promise<{ status: number; text: string }>((done, fail) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => done({ status: response.statusCode!, text }));
    });
    asked.on('error', fail).end(body);
  });

describe('start, on one port', () => {
  it('gives a browser the page or how it is made, programs the API, and clients ClickHouse', async () => {
    expect((await raw('/', { accept: 'text/html' })).text).toMatch(/^<!doctype html>/);
    expect(await (await fetch(`${url}/api/v1/brands`)).json()).toMatchObject({ brands: [{ brand_id: 'moonspoon' }] });
    expect((await raw('/ping')).text).toBe('Ok.\n');
    expect((await raw('/?query=SELECT+41%2B1', { accept: 'text/html' })).text).toBe('42\n');
    expect((await raw('/', {}, 'POST', 'SELECT 43')).text).toBe('43\n');
    const client = createClient({ url, database: 'grapevine' });
    const stored = await client.query({ query: 'SELECT count() AS n FROM events_current', format: 'JSONEachRow' });
    const rows = (await (await fetch(`${url}/api/v1/views/events_current?brand_id=moonspoon`)).json()) as { rows: [] };
    expect(await stored.json()).toEqual([{ n: rows.rows.length }]);
    await client.close();
  });

  it('lets no page of somebody else ask the engine either', async () => {
    for (const headers of [{ host: 'evil.example' }, { origin: 'http://evil.example' }] as Record<string, string>[]) {
      expect(await raw('/', headers, 'POST', 'SELECT 42')).toMatchObject({ status: 403 });
      expect(await raw('/?query=SELECT+42', headers)).toMatchObject({ status: 403 });
      expect(await raw('/ping', headers)).toMatchObject({ status: 403 });
    }
  });

  it.each(['//', '//x:y', '/%', '/api/%', '/\\', '*'])('outlives any address: %j', async (path) => {
    const { hostname, port } = new URL(url);
    await new Promise((done, fail) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`),
      );
      socket.on('data', done).on('error', fail).on('close', done);
    });
    expect((await raw('/ping')).text).toBe('Ok.\n');
  });

  it('knows how many records wait', async () => {
    expect(await (await fetch(`${url}/api/v1/health`)).json()).toMatchObject({ ok: true, lag: 0, warnings: [] });
  });
});

describe('service dashboard, with keys', () => {
  it('answers who has one, tells an orchestrator how it is, and forgets a key that is revoked', async () => {
    const made = await cliJson<{ key: string; key_id: string }>(
      ['keys', 'create', '--brand', 'moonspoon', '--name', 'their BI tool', '--data', data],
      {},
    );
    const port = await started(['service', 'dashboard', '--port', '0'], /page, health and metrics on port (\d+)/, {
      CLICKHOUSE_URL: url,
      LOG_LEVEL: 'info',
    });
    const own = `http://127.0.0.1:${port}`;
    const headers = { authorization: `Bearer ${made.key}` };
    expect((await fetch(`${own}/api/v1/brands`)).status).toBe(401);
    const answer = await fetch(`${own}/api/v1/views/redemptions_current?columns=brand_id`, { headers });
    const { rows } = (await answer.json()) as { rows: { brand_id: string }[] };
    expect(new Set(rows.map((row) => row.brand_id))).toEqual(new Set(['moonspoon']));
    for (const path of ['healthz', 'readyz']) expect(await (await fetch(`${own}/${path}`)).text()).toBe('ok\n');
    expect(await (await fetch(`${own}/metrics`)).text()).toMatch(
      /grapevine_api_requests_total\{route="\/api\/v1\/brands",status="401"\} 1/,
    );

    const list = await cli(['keys', 'list', '--data', data]);
    expect(list.stdout).toMatch(new RegExp(`${made.key_id} +moonspoon +their BI tool .* valid`));
    expect(list.stdout).not.toContain(made.key.slice(3));
    expect((await cli(['keys', 'revoke', 'nobody', '--data', data])).code).toBe(2);
    expect((await cli(['keys', 'revoke', made.key_id, '--data', data])).stdout).toContain('is revoked');
    await vi.waitFor(async () => expect((await fetch(`${own}/api/v1/brands`, { headers })).status).toBe(401), {
      timeout: 10_000,
      interval: 200,
    });
    expect((await cli(['keys', 'list', '--data', data])).stdout).toMatch(/ revoked/);
  });

  it('says what it needs', async () => {
    const done = await cli(['service', 'dashboard'], { env: { CLICKHOUSE_URL: '' } });
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining('CLICKHOUSE_URL: not set')]);
    expect((await cli(['keys', 'create', '--brand', ' ', '--data', data])).stderr).toContain('--brand');
    const misspelt = `${data}-misspelt`;
    for (const args of [['create', '--brand', ' '], ['list'], ['revoke', 'nobody']])
      expect((await cli(['keys', ...args, '--data', misspelt])).code).toBe(2);
    expect(existsSync(misspelt)).toBe(false);
  });
});
