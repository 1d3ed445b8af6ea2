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
    text: 's has lag and has committed nothing for 300 s\n',
  });
});
