/** The read API and the page: fastify, one answer cache, and who may read what. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import rateLimit from '@fastify/rate-limit';
import serveStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type Warehouse, WarehouseError } from '../platform/warehouse/port.ts';
import { quoted } from '../platform/warehouse/statement.ts';
import type { Access } from './access.ts';
import { type Answer, Answers } from './answers.ts';
import { loadCatalogue, type View } from './catalogue.ts';
import { openApi } from './openapi.ts';
import { badParameter, Problem } from './problem.ts';
import { brandOf, type Question, questionOf, sqlForPeople } from './question.ts';
import { findRedemptions, storyBody, storyOf } from './story.ts';

export interface DashboardParts {
  warehouse: Pick<Warehouse, 'query' | 'ask'>;
  database: string;
  access: Access;
  /** Only these names in the Host header: a page of somebody else must not reach a server of this machine by another name. null = any. */
  hosts: readonly string[] | null;
  /** Directory of the built page. */
  page: string;
  /** Whether /healthz and /readyz are served, for an orchestrator. */
  probes?: boolean;
  now(): number;
  /** Requests a minute and key (else address). */
  most_requests?: number;
}

export const page_directory = join(import.meta.dirname, 'page', 'dist');
const kept_bytes = 64 << 20;

/** A server that is ready; the caller listens, or hands it requests. */
export async function openDashboard(parts: DashboardParts): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: 1_024, routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true } });
  const catalogue = await loadCatalogue(parts.warehouse, parts.database);
  protect(app, parts);
  await app.register(rateLimit, {
    max: parts.most_requests ?? 1_200,
    timeWindow: 60_000,
    keyGenerator: (request) => request.headers.authorization ?? request.ip,
    allowList: (request) => !request.url.startsWith('/api/'),
  });
  app.setErrorHandler(async (error, _request, reply) => sayProblem(reply, problemOf(error)));
  app.setNotFoundHandler(async (request, reply) =>
    sayProblem(
      reply,
      new Problem(404, 'Not found', `there is no ${request.url.split('?')[0]}; /api/v1/views lists what there is`),
    ),
  );
  const document = openApi(catalogue);
  await app.register(swagger, { mode: 'static', specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true });
  app.get('/api/v1/openapi.json', async () => document);
  await app.register(async (api) => routes(api, parts, catalogue), { prefix: '/api/v1' });
  if (parts.probes) probes(app, parts);
  await servePage(app, parts.page);
  await app.ready();
  return app;
}

function protect(app: FastifyInstance, { hosts }: DashboardParts): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cache-control': 'no-cache',
    });
    if (!request.url.startsWith('/api/docs'))
      void reply.header(
        'content-security-policy',
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
      );
    if (hosts !== null && !hosts.includes((request.headers.host ?? '').replace(/:\d+$/, '')))
      throw new Problem(403, 'Another host', `this server answers to ${hosts.join(', ')}`);
  });
}

async function servePage(app: FastifyInstance, directory: string): Promise<void> {
  if (existsSync(join(directory, 'index.html'))) {
    await app.register(serveStatic, { root: directory });
    return;
  }
  app.get('/', async (_request, reply) =>
    reply
      .type('text/html')
      .send(
        '<!doctype html><title>Grapevine</title><p>The page is not built: <code>npm run build:page</code>. The API: <a href="/api/docs">/api/docs</a>',
      ),
  );
}

function probes(app: FastifyInstance, { warehouse }: DashboardParts): void {
  app.get('/healthz', async (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', async (_request, reply) => {
    await warehouse.query('SELECT 1 AS one');
    return reply.type('text/plain').send('ok\n');
  });
}

function routes(
  api: FastifyInstance,
  { warehouse, access, now }: DashboardParts,
  catalogue: ReadonlyMap<string, View>,
): void {
  const answers = new Answers(now, kept_bytes);
  const readers = new WeakMap<FastifyRequest, string>();
  api.addHook('onRequest', async (request) => {
    readers.set(request, await access(request.headers.authorization));
  });
  const brandOfKey = (request: FastifyRequest): string => readers.get(request) ?? '';

  api.get('/brands', async (request, reply) => {
    const brand = brandOfKey(request);
    const answer = await answers.of(`brands ${brand}`, () => warehouse.ask(brandsSql(brand), 'JSONEachRow'));
    return send(request, reply, { brands: rowsOf(answer.text) });
  });

  api.get('/views', async (request, reply) => send(request, reply, { views: [...catalogue.values()] }));

  api.get<{ Params: { view: string }; Querystring: Record<string, string | string[]> }>(
    '/views/:view',
    async (request, reply) => {
      const view = catalogue.get(request.params.view);
      if (!view)
        throw new Problem(
          404,
          'No such view',
          `there is no view ${request.params.view.slice(0, 40)}; /api/v1/views lists them`,
        );
      const { brand_id, ...rest } = request.query;
      if (Array.isArray(brand_id)) throw badParameter('brand_id', brand_id.join(' & '), 'it once');
      const question = questionOf(view, rest, brandOf(view, brand_id, brandOfKey(request)));
      const format = question.format === 'csv' ? 'CSVWithNames' : 'JSONEachRow';
      const answer = await answers.of(`${format} ${question.sql}`, () => warehouse.ask(question.sql, format));
      return question.format === 'csv'
        ? sendCsv(request, reply, view, question, answer)
        : sendRows(request, reply, view, question, answer);
    },
  );

  api.get<{ Params: { id: string }; Querystring: { brand_id?: string } }>('/journeys/:id', async (request, reply) => {
    const own = brandOfKey(request);
    const asked = request.query.brand_id;
    if (own !== '*' && asked && asked !== own)
      throw new Problem(403, 'Not for this key', 'brand_id: this key reads the rows of another brand', {
        field: 'brand_id',
      });
    const found = await findRedemptions(warehouse, request.params.id, own === '*' ? (asked ?? null) : own);
    const [redemption] = found;
    if (!redemption) throw new Problem(404, 'No such redemption', 'its redeemed event has not arrived, or was refused');
    if (found.length > 1) throw badParameter('brand_id', '', `one of ${found.map((one) => one.brand_id).join(', ')}`);
    return send(request, reply, storyBody(await storyOf(warehouse, redemption)));
  });

  api.get('/health', async (request, reply) => {
    const sql = 'SELECT toString(max(source_at)) AS last_event_at FROM events';
    const answer = await answers.of(`health ${sql}`, () => warehouse.ask(sql, 'JSONEachRow'));
    const [row] = rowsOf(answer.text) as { last_event_at: string }[];
    const last = row && !row.last_event_at.startsWith('1970') ? row.last_event_at : null;
    return send(request, reply, {
      ok: true,
      last_event_at: last,
      warnings: last === null ? ['no event has arrived yet'] : [],
    });
  });
}

const brandsSql = (brand: string): string =>
  `SELECT brand_id, if(known.name = '', brand_id, known.name) AS name, JSONExtractString(known.body, 'currency') AS currency, JSONExtractString(known.body, 'time_zone') AS time_zone
   FROM (SELECT DISTINCT brand_id FROM attribution_ledger UNION DISTINCT SELECT DISTINCT brand_id FROM reference_records) AS seen
   LEFT JOIN (SELECT brand_id, name, body FROM reference_current WHERE kind = 'brand' AND id = brand_id) AS known USING (brand_id)
   WHERE brand_id != ''${brand === '*' ? '' : ` AND brand_id = ${quoted(brand)}`} ORDER BY brand_id`;

const rowsOf = (text: string): unknown[] =>
  text === '' ? [] : (JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as unknown[]);

function sendRows(
  request: FastifyRequest,
  reply: FastifyReply,
  view: View,
  question: Question,
  answer: Answer,
): FastifyReply {
  const rows = rowsOf(answer.text);
  const more = rows.length > question.limit;
  return send(
    request,
    reply,
    {
      view: view.name,
      rows: more ? rows.slice(0, question.limit) : rows,
      next_offset: more ? question.offset + question.limit : null,
      as_of: new Date(answer.as_of).toISOString(),
      sql: sqlForPeople(question),
    },
    answer.text,
  );
}

/** One row more than asked for was read: in CSV it is cut off, quotes may hold line breaks. */
function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  view: View,
  { limit }: Question,
  { text, as_of }: Answer,
): FastifyReply {
  let [rows, quotes, at] = [-1, 0, 0];
  for (; at < text.length && rows < limit; at++) {
    if (text[at] === '"') quotes++;
    else if (text[at] === '\n' && quotes % 2 === 0) rows++;
  }
  const body = text.slice(0, at);
  void reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${view.name}.csv"`);
  return tagged(request, reply.header('x-as-of', new Date(as_of).toISOString()), body, body);
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  body: object,
  content = JSON.stringify(body),
): FastifyReply {
  return tagged(request, reply.type('application/json; charset=utf-8'), JSON.stringify(body), content);
}

/** The tag is of the rows, not of the moment they were read. */
function tagged(request: FastifyRequest, reply: FastifyReply, body: string, content: string): FastifyReply {
  const tag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  void reply.header('etag', tag);
  return request.headers['if-none-match'] === tag ? reply.code(304).send() : reply.send(body);
}

const sayProblem = (reply: FastifyReply, { body }: Problem): FastifyReply =>
  reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof WarehouseError) {
    if (error.code === 159)
      return new Problem(503, 'Too slow', 'the answer took longer than 20 s: ask for fewer days, columns or rows');
    if (error.code === 241 || error.code === 396)
      return new Problem(503, 'Too much', 'the answer needs too much memory: ask for fewer days, columns or rows');
    return new Problem(503, 'The warehouse does not answer', 'try again; if it stays, look at the log of Grapevine');
  }
  const status = (error as { statusCode?: number } | null)?.statusCode;
  if (status === 429)
    return new Problem(429, 'Too many requests', 'wait a minute, or ask less often with If-None-Match');
  if (status !== undefined && status < 500) return new Problem(status, 'Bad request', (error as Error).message);
  return new Problem(500, 'Our fault', 'something is broken here: look at the log of Grapevine');
}
