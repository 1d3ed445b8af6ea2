/** What an operator's tools are told while Kafka or ClickHouse does not answer, and by requests nobody expects. */
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import type { EventLog } from './event-log/port.ts';
import { type OperationsServer, serveOperations } from './operations.ts';
import type { Service } from './run-service.ts';
import { telemetryTo } from './telemetry.ts';
import type { Warehouse } from './warehouse/port.ts';

const opened: OperationsServer[] = [];
afterEach(() => Promise.all(opened.splice(0).map((server) => server.close())));

/** A service with ten records of lag, whose log and warehouse answer until they are cut off. */
async function operated() {
  let [away, now] = [false, 1_000_000];
  const answered = <T>(value: T): Promise<T> => (away ? new Promise(() => undefined) : Promise.resolve(value));
  const log = {
    bounds: () => answered([{ partition: 0, start: 0, end: 10 }]),
    committed: () => answered([]),
    offsetsPerMessage: () => 1,
  } as unknown as EventLog;
  const warehouse = { query: () => answered([{ name: 'default', free: 5 }]) } as unknown as Warehouse;
  const telemetry = telemetryTo(pino({ level: 'silent' }));
  telemetry.count('retries', { service: 's' }, 3);
  const services = [{ name: 's', topics: ['t'] }] as unknown as Service[];
  const watched = { log, warehouse, services, telemetry, failure: () => null, now: () => now };
  const server = await serveOperations(watched, 0, '127.0.0.1');
  opened.push(server);
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return {
    server,
    get,
    cut: () => (away = true),
    pass(ms: number) {
      now += ms;
    },
  };
}

test('no address ends the process', async () => {
  const { server, get } = await operated();
  for (const address of ['//', '///', '/\\', '*', 'http://[', '//?all=true']) {
    const said = await new Promise<string>((done, fail) => {
      const socket = connect(server.port, '127.0.0.1', () =>
        socket.end(`GET ${address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      );
      let text = '';
      socket
        .on('data', (chunk) => (text += chunk))
        .on('close', () => done(text))
        .on('error', fail);
    });
    expect(said).toMatch(/^HTTP\/1\.1 40[04] /);
  }
  expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
});

test('while log and warehouse do not answer the service is alive, says it is not ready, and still counts', async () => {
  const { get, cut } = await operated();
  const before = await get('/metrics');
  expect(before.text).toMatch(/grapevine_lag\{service="s",topic="t",partition="0"\} 10\n/);
  expect(before.text).toMatch(/grapevine_disk_free_bytes\{disk="default"\} 5\n/);
  cut();
  expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
  const { status, text } = await get('/metrics');
  expect(status).toBe(200);
  expect(text).toMatch(/grapevine_retries_total\{service="s"\} 3\n/);
  expect(text).not.toMatch(/grapevine_lag\{|grapevine_disk_free_bytes\{/); // nobody knows
  const ready = await get('/readyz');
  expect(ready.status).toBe(503);
  expect(ready.text).toMatch(/the log does not say .* t\b[\s\S]*the warehouse does not answer/);
});

test('lag that was there when the log fell silent is stalled after five minutes', async () => {
  const { get, cut, pass } = await operated();
  await get('/metrics');
  cut();
  pass(301_000);
  expect((await get('/metrics')).text).toMatch(/grapevine_stalled\{service="s"\} 1\n/);
  expect(await get('/healthz')).toEqual({
    status: 503,
    text: 's has lag and has committed nothing of t/0 for 300 s\n',
  });
});

/** A service on topic t, whose partitions end where they are said to, and are committed and held as they are said to be. */
async function spread(partitions: Record<number, { end: number; committed: number | null; held: boolean }>) {
  let now = 1_000_000;
  const all = () => Object.entries(partitions).map(([partition, said]) => ({ partition: Number(partition), ...said }));
  const log = {
    bounds: async () => all().map(({ partition, end }) => ({ partition, start: 0, end })),
    committed: async () =>
      all().flatMap(({ partition, committed }) => (committed === null ? [] : { partition, offset: committed })),
    offsetsPerMessage: () => 1,
  } as unknown as EventLog;
  const telemetry = telemetryTo(pino({ level: 'silent' }));
  for (const { partition, held } of all())
    if (held) telemetry.count('held', { service: 's', topic: 't', partition: String(partition) }, 1);
  const services = [{ name: 's', topics: ['t'] }] as unknown as Service[];
  const watched = { log, warehouse: null, services, telemetry, failure: () => null, now: () => now };
  const server = await serveOperations(watched, 0, '127.0.0.1');
  opened.push(server);
  /** What /healthz says now, and after a little more than five minutes in which this happened. */
  return async (meanwhile: () => void) => {
    const ask = async () => await (await fetch(`http://127.0.0.1:${server.port}/healthz`)).text();
    const before = await ask();
    now += 301_000;
    meanwhile();
    const after = await ask();
    const metrics = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    expect(/grapevine_stalled\{service="s"\} (\d)/.exec(metrics)?.[1]).toBe(after === 'ok\n' ? '0' : '1');
    return [before, after];
  };
}

test('a partition that stands still is named, though others go on', async () => {
  const partitions = { 0: { end: 10, committed: 5, held: true }, 1: { end: 10, committed: 5, held: true } };
  const five_minutes = await spread(partitions);
  const said = await five_minutes(() => (partitions[1].committed = 6));
  expect(said).toEqual(['ok\n', 's has lag and has committed nothing of t/0 for 300 s\n']);
});

test('a copy does not answer for a partition that another one holds', async () => {
  const partitions = { 0: { end: 10, committed: 5, held: false }, 1: { end: 10, committed: 10, held: true } };
  const five_minutes = await spread(partitions);
  expect(await five_minutes(() => (partitions[0].end = 20))).toEqual(['ok\n', 'ok\n']);
});

test('every copy answers for a partition that nobody has ever read: one that was added while they ran', async () => {
  const partitions = { 0: { end: 10, committed: 10, held: true }, 4: { end: 7, committed: null, held: false } };
  const five_minutes = await spread(partitions);
  expect(await five_minutes(() => (partitions[4].end = 20))).toEqual([
    'ok\n',
    's has lag and has committed nothing of t/4 for 300 s\n',
  ]);
});

test('a copy that was given nothing says so only when no partition moves', async () => {
  const partitions = { 0: { end: 10, committed: 5, held: false }, 1: { end: 10, committed: 5, held: false } };
  const five_minutes = await spread(partitions);
  expect(await five_minutes(() => (partitions[1].committed = 6))).toEqual(['ok\n', 'ok\n']);
  expect((await five_minutes(() => undefined))[1]).toBe('s has lag and has committed nothing of t/0, t/1 for 300 s\n');
});

test('a record after a long silence is no standstill, nor is one after which others keep coming', async () => {
  const partitions = { 0: { end: 10, committed: 10, held: true } };
  const five_minutes = await spread(partitions);
  expect(await five_minutes(() => (partitions[0].end = 11))).toEqual(['ok\n', 'ok\n']);
  expect(await five_minutes(() => Object.assign(partitions[0], { end: 20, committed: 11 }))).toEqual(['ok\n', 'ok\n']);
});
