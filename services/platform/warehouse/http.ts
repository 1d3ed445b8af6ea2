/**
 * The embedded engine behind the part of ClickHouse's HTTP interface that clients and BI tools use: /ping, and / with `query`,
 * `database`, `default_format`, `param_*` and settings in the address, data in the body, gzip both ways, errors with ClickHouse's codes.
 * Binds to 127.0.0.1 and asks nobody who they are. Sessions, progress headers and ClickHouse's own compression are not served.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { lockDirectory } from '../lock-directory.ts';
import { Engines } from './engines.ts';
import { type AskedStatement, RequestRefused, readRequest, statusOf } from './http-request.ts';
import { nativeAsOf } from './native.ts';

export interface WarehouseServer {
  port: number;
  url: string;
  /** Stops listening, lets running statements end, closes the engine. */
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Directory of the engine's files. */
  directory: string;
  /** 0 = a free one. */
  port: number;
  database: string;
  /** Sees every request first: true when it takes it (the page and its API on the same port). */
  front?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** True when this process already holds the directory's lock (it runs services on the same engine). */
  shared?: boolean;
}

const largest_body_bytes = 1 << 30;
const side_by_side = 4;
const sweep_every_ms = 100;

export async function serveWarehouse({
  directory,
  port,
  database,
  front,
  shared,
}: ServeOptions): Promise<WarehouseServer> {
  const release = shared ? () => undefined : lockDirectory(directory, 'warehouse');
  const engines = await Engines.open(directory, database, side_by_side);
  const server = createServer((request, response) => {
    try {
      if (front?.(request, response)) return;
    } catch (error) {
      return fail(response, error); // thrown here it would end the process
    }
    answer(request, response, engines).catch((error: unknown) => fail(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    async close() {
      const sweeping = setInterval(() => server.closeIdleConnections(), sweep_every_ms); // of those who were answered since
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
      clearInterval(sweeping);
      await engines.close();
      release();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, engines: Engines): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname === '/ping' || url.pathname === '/replicas_status') return say(response, 200, 'Ok.\n');
  if (url.pathname !== '/')
    throw new RequestRefused(404, null, `There is no handle ${url.pathname}. Use / or /ping for health checks.`);
  const body = await bodyOf(request);
  if (request.method === 'GET' && !url.searchParams.has('query')) return say(response, 200, 'Ok.\n');
  const asked = readRequest(request.method ?? 'GET', url.searchParams, request.headers, body);
  const { bytes: made, summary } = await engines.run(asked);
  const bytes = asked.protocol_version > 0 ? nativeAsOf(asked.protocol_version, made) : made;
  await send(response, asked, bytes, JSON.stringify(summary), request.headers['accept-encoding'] ?? '');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest_body_bytes)
      throw new RequestRefused(413, null, `the body is larger than ${largest_body_bytes} bytes: send it in parts`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new RequestRefused(415, null, `content encoding ${encoding} is not served: send gzip or plain`);
  return promisify(gunzip)(body);
}

const types: Record<string, string> = {
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  JSONCompactEachRow: 'application/x-ndjson; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8; header=absent',
  CSVWithNames: 'text/csv; charset=UTF-8; header=present',
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
  TSV: 'text/tab-separated-values; charset=UTF-8',
};

async function send(
  response: ServerResponse,
  asked: AskedStatement,
  bytes: Buffer,
  summary: string,
  accepts: string,
): Promise<void> {
  const zipped = asked.compress && /\bgzip\b/.test(accepts);
  response.writeHead(200, {
    'content-type': types[asked.format] ?? 'text/plain; charset=UTF-8',
    'x-clickhouse-query-id': asked.query_id,
    'x-clickhouse-format': asked.format,
    'x-clickhouse-timezone': 'UTC',
    'x-clickhouse-server-display-name': 'grapevine',
    'x-clickhouse-summary': summary,
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(zipped ? await promisify(gzip)(bytes) : bytes);
}

const say = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=UTF-8' }).end(text);
};

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const { code, type } = (error ?? {}) as { code?: unknown; type?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RequestRefused && error.code === null) return say(response, error.status, `${message}\n`);
  const number = error instanceof RequestRefused ? error.code : /^\d+$/.test(String(code)) ? Number(code) : 1_002;
  const kind = error instanceof RequestRefused ? error.kind : typeof type === 'string' ? type : 'UNKNOWN_EXCEPTION';
  response.setHeader('x-clickhouse-exception-code', String(number));
  say(response, statusOf(number ?? 1_002), `Code: ${number}. DB::Exception: ${message} (${kind}) (version embedded)\n`);
}
