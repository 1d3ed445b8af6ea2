/** The read API and the page on one fastify: who may ask, how often, and what is said when something is wrong. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import rateLimit from '@fastify/rate-limit';
import serveStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { prometheusText } from '../platform/operations.ts';
import type { Telemetry } from '../platform/telemetry.ts';
import { type Warehouse, WarehouseError } from '../platform/warehouse/port.ts';
import type { Access } from './access.ts';
import { ComputedBehind, TooMuch } from './answers.ts';
import { TooLarge } from './behind.ts';
import { brandTables, loadCatalogue } from './catalogue.ts';
import { strangeIn } from './front.ts';
import { openApi } from './openapi.ts';
import { Problem, shortened } from './problem.ts';
import { openReader } from './reader.ts';
import { sendBody } from './reply.ts';
import { most_running, routes } from './routes.ts';
import { openShelf } from './shelf.ts';

export interface DashboardParts {
  warehouse: Pick<Warehouse, 'query' | 'ask' | 'insert'>;
  database: string;
  access: Access;
  /** Only these names in the Host header, and no page of another site: for a server without keys on one's own machine. null = any. */
  hosts: readonly string[] | null;
  /** Directory of the built page. */
  page: string;
  telemetry: Telemetry;
  /** Records still to be worked through, where this process knows. */
  lag?: () => Promise<number>;
  /** Least pause between two rounds of computing what pages open with before anybody asks; none is, if absent or 0. */
  prepare_every_ms?: number;
  /** Whether /healthz, /readyz and /metrics are served, for an orchestrator. */
  probes?: boolean;
  now(): number;
  /** Requests a minute and key (else address). */
  most_requests?: number;
}

export const page_directory = join(import.meta.dirname, 'page', 'dist');

/** A server that is ready; the caller listens, or hands it requests. */
export async function openDashboard(parts: DashboardParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: 1_024,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) =>
      void sayProblem(
        reply as unknown as FastifyReply,
        problemOf(error, request as unknown as FastifyRequest, parts.telemetry),
      ),
  });
  const catalogue = await loadCatalogue(parts.warehouse, parts.database);
  const tables = await brandTables(parts.warehouse, parts.database);
  const reader = await openReader(parts.warehouse);
  const shelf = await openShelf(parts.warehouse, parts.database, (text) => parts.telemetry.warn(text));
  protect(app, parts);
  measure(app, parts);
  await app.register(rateLimit, {
    max: parts.most_requests ?? 6_000,
    timeWindow: 60_000,
    keyGenerator: callerOf,
    allowList: (request) => !request.url.startsWith('/api/'),
  });
  app.setErrorHandler(async (error, request, reply) => sayProblem(reply, problemOf(error, request, parts.telemetry)));
  app.setNotFoundHandler(async (request, reply) => {
    const path = shortened(request.url.split('?')[0] ?? '');
    return sayProblem(reply, new Problem(404, 'Not found', `there is no ${path}; /api/v1/views lists what there is`));
  });
  const document = openApi(catalogue);
  await app.register(swagger, { mode: 'static', specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true });
  app.get('/api/v1/openapi.json', async (request, reply) => sendBody(request, reply, document));
  await app.register(async (api) => routes(api, parts, catalogue, tables, { reader, shelf }), { prefix: '/api/v1' });
  if (parts.probes) probes(app, parts);
  await servePage(app, parts.page);
  await app.ready();
  return app;
}

/** Keys are counted by their hash; the limiter comes after the key was found good. */
const callerOf = ({ headers, ip }: FastifyRequest): string =>
  headers.authorization ? createHash('sha256').update(headers.authorization).digest('base64url') : ip;

const own_content =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

function protect(app: FastifyInstance, { hosts }: DashboardParts): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-cache',
    });
    if (!request.url.startsWith('/api/docs')) void reply.header('content-security-policy', own_content);
    const strange = hosts === null ? null : strangeIn(request, hosts);
    if (strange) throw new Problem(403, 'A stranger', `this server is for its own machine: ${strange}`);
  });
}

function measure(app: FastifyInstance, { telemetry }: DashboardParts): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    if (!route.startsWith('/api/v1/')) return;
    telemetry.count('api_requests', { route, status: String(reply.statusCode) }, 1);
    telemetry.observe('api_ms', {}, reply.elapsedTime);
  });
}

async function servePage(app: FastifyInstance, directory: string): Promise<void> {
  if (existsSync(join(directory, 'index.html'))) {
    await app.register(serveStatic, {
      root: directory,
      cacheControl: false,
      preCompressed: true, // the build puts .br and .gz beside what is larger than a packet
      // vite puts a hash of the content into the names there
      setHeaders: (reply, path) => {
        if (/[\\/]assets[\\/]/.test(path)) void reply.header('cache-control', 'public, max-age=31536000, immutable');
      },
    });
    return;
  }
  app.get('/', async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .send(
        '<!doctype html><html lang="en"><title>Grapevine</title><p>The page is not built: run <code>npm run build:page</code>, then start again. The API is there: <a href="/api/docs">/api/docs</a>.</p></html>',
      ),
  );
}

function probes(app: FastifyInstance, { warehouse, telemetry }: DashboardParts): void {
  const say = (reply: FastifyReply, text: string): FastifyReply =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  app.get('/healthz', async (_request, reply) => say(reply, 'ok\n'));
  app.get('/readyz', async (_request, reply) => {
    await warehouse.query('SELECT 1 AS one');
    return say(reply, 'ok\n');
  });
  app.get('/metrics', async (_request, reply) => say(reply, prometheusText(telemetry.read())));
}

const sayProblem = (reply: FastifyReply, { body }: Problem): FastifyReply => {
  if (body.status === 503) void reply.header('retry-after', String(body.retry_after_s ?? 5));
  if (body.status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
};

/** What the caller can mend is said to the caller; what is ours to the log, too. */
function problemOf(error: unknown, request: FastifyRequest, telemetry: Telemetry): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TooMuch)
    return new Problem(503, 'Busy', `${most_running} questions are being computed: ask again in some seconds`);
  if (error instanceof ComputedBehind)
    return new Problem(
      503,
      'Being computed',
      'it takes more than 20 s or 4 GB the first time, over so many events: ask again, it is kept when it is there',
      { retry_after_s: 10 },
    );
  if (error instanceof WarehouseError && error.code === 159)
    return new Problem(503, 'Too slow', 'the answer took longer than 600 s: ask for fewer days, columns or rows');
  if (error instanceof TooLarge)
    return new Problem(503, 'Too much', 'the answer is too large to be kept: ask for fewer days, columns or rows');
  if (error instanceof WarehouseError && (error.code === 241 || error.code === 396))
    return new Problem(503, 'Too much', 'the answer needs too much memory: ask for fewer days, columns or rows');
  const status = (error as { statusCode?: number } | null)?.statusCode;
  if (status === 429)
    return new Problem(429, 'Too many requests', 'wait a minute, or ask less often with If-None-Match');
  if (status !== undefined && status < 500) return new Problem(status, 'Bad request', (error as Error).message);
  telemetry.warn(
    `read API: ${request.routeOptions.url ?? request.method}: ${error instanceof Error ? error.message : error}`,
  );
  if (error instanceof WarehouseError && error.retriable)
    return new Problem(503, 'The warehouse does not answer', 'try again; if it stays, look at the log of Grapevine');
  return new Problem(500, 'Our fault', 'something is broken here: look at the log of Grapevine');
}
