/** The routes of the read API: each a question that is kept, bounded, and about one brand. */
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { quoted } from '../platform/warehouse/statement.ts';
import { Answers, type Compute, type Lane, type Part } from './answers.ts';
import type { View } from './catalogue.ts';
import type { Answer, DatedShelf } from './kept.ts';
import { Preparer, type PreparerParts } from './prepared.ts';
import { badParameter, isAway, Problem, shortened, tooDear, wasStopped } from './problem.ts';
import { brandOf, questionOf } from './question.ts';
import type { Read, Reader } from './reader.ts';
import { oldestTaken, rowsOf, sendBody, sendRows } from './reply.ts';
import type { DashboardParts } from './server.ts';
import { findRedemptions, storyBody, storyOf } from './story.ts';
import { namedOf } from './whole.ts';

const kept_bytes = 64 << 20;
const shelve_every_ms = 60_000;
const longest_shelving_ms = 5_000;
const sweep_every_ms = 100;
export const most_running = 64;

interface Asking {
  read: Read;
  /** How old an answer may be says the request. */
  ask(request: FastifyRequest, question: string, compute: Compute, part?: Part): Promise<Answer>;
  /** Brand of the key; * = all. */
  brandOfKey(request: FastifyRequest): string;
}

export function routes(
  api: FastifyInstance,
  parts: DashboardParts,
  catalogue: ReadonlyMap<string, View>,
  tables: readonly string[],
  { reader, shelf }: { reader: Reader; shelf: DatedShelf },
): void {
  const { access, telemetry, now } = parts;
  const { read } = reader;
  const answers = new Answers({
    now,
    most_bytes: kept_bytes,
    most_running,
    most_renewing: reader.half,
    tooDear,
    isAway,
    wasStopped,
    shelf,
    onAnswer: (how) => telemetry.count('api_answers', { how }, 1),
  });
  shelveNowAndThen(api, answers, reader); // closes last
  prepareNowAndThen(api, answers, parts, { read, shelf, catalogue, tables });
  const readers = new WeakMap<FastifyRequest, string>();
  api.addHook('onRequest', async (request) => {
    readers.set(request, await access(request.headers.authorization));
  });
  const asking: Asking = {
    read,
    brandOfKey: (request) => readers.get(request) ?? '',
    ask: (request, question, compute, part) =>
      answers.of(question, compute, part, oldestTaken(request.headers['cache-control'])),
  };
  api.get('/views', async (request, reply) => sendBody(request, reply, { views: [...catalogue.values()] }));
  viewRoute(api, asking, catalogue, tables);
  brandsRoute(api, asking);
  journeyRoute(api, asking);
  healthRoute(api, asking, parts);
}

/** Every minute, and when the server closes. What is being computed is stopped before, for the server waits for whom it answers. */
function shelveNowAndThen(api: FastifyInstance, answers: Answers, reader: Reader): void {
  const timer = setInterval(() => void answers.shelve(), shelve_every_ms).unref();
  let sweeping: NodeJS.Timeout | undefined;
  api.addHook('preClose', async () => {
    answers.stop();
    sweeping = setInterval(() => api.server.closeIdleConnections(), sweep_every_ms); // of those who were answered since
    await reader.stop();
  });
  api.addHook('onClose', async () => {
    clearInterval(timer);
    clearInterval(sweeping);
    await Promise.race([answers.shelve(), wait(longest_shelving_ms, undefined, { ref: false })]);
  });
}

/** What pages open with, while nobody asks and the pipeline keeps up. */
function prepareNowAndThen(
  api: FastifyInstance,
  answers: Answers,
  { prepare_every_ms = 0, lag, now }: DashboardParts,
  parts: Pick<PreparerParts, 'read' | 'shelf' | 'catalogue' | 'tables'>,
): void {
  if (prepare_every_ms === 0) return;
  const preparer = new Preparer({
    ...parts,
    now,
    brands: async () => {
      const brands = rowsOf(await parts.read({ sql: brandsSql('*') }, 'JSONEachRow', 'quick')) as {
        brand_id: string;
      }[];
      return brands.map(({ brand_id }) => brand_id);
    },
    isIdle: async () => ((await lag?.()) ?? 0) <= much_lag && answers.running === 0,
    prepare: (question, compute) => answers.prepare(question, compute),
  });
  api.addHook('onReady', async () => void preparer.run(prepare_every_ms));
  api.addHook('preClose', async () => preparer.stop());
}

function viewRoute(
  api: FastifyInstance,
  { ask, brandOfKey, read }: Asking,
  catalogue: ReadonlyMap<string, View>,
  tables: readonly string[],
): void {
  api.get<{ Params: { view: string }; Querystring: Record<string, string | string[]> }>(
    '/views/:view',
    async (request, reply) => {
      const name = request.params.view;
      const view = catalogue.get(name);
      if (!view)
        throw new Problem(404, 'No such view', `there is no view ${shortened(name)}; /api/v1/views lists them`);
      const { brand_id, ...rest } = request.query;
      if (Array.isArray(brand_id)) throw badParameter('brand_id', brand_id.join(' & '), 'it once');
      questionOf(view, rest, null); // a parameter misspelt is named before one that is missing
      const brand = brandOf(view, brand_id, brandOfKey(request));
      const question = questionOf(view, rest, brand, request.headers.accept, tables);
      const { name: asked, compute, part } = namedOf(read, view, question, brand);
      const answer = await ask(request, asked, compute, part);
      return sendRows(request, reply, view, question, answer);
    },
  );
}

function brandsRoute(api: FastifyInstance, { ask, brandOfKey, read }: Asking): void {
  api.get('/brands', async (request, reply) => {
    const sql = brandsSql(brandOfKey(request));
    const answer = await ask(request, sql, (lane, sparing) => read({ sql }, 'JSONEachRow', lane, sparing));
    return sendBody(request, reply, { brands: rowsOf(answer.text) }, answer);
  });
}

/** Brands that sent events or reference records. */
const brandsSql = (brand: string): string =>
  `SELECT brand_id, if(known.name = '', brand_id, known.name) AS name, JSONExtractString(known.body, 'currency') AS currency, JSONExtractString(known.body, 'time_zone') AS time_zone
   FROM (SELECT brand_id FROM events GROUP BY brand_id UNION DISTINCT SELECT DISTINCT brand_id FROM reference_records) AS seen
   LEFT JOIN (SELECT brand_id, name, body FROM reference_current WHERE kind = 'brand' AND id = brand_id) AS known USING (brand_id)
   WHERE brand_id != ''${brand === '*' ? '' : ` AND brand_id = ${quoted(brand)}`} ORDER BY brand_id`;

function journeyRoute(api: FastifyInstance, { ask, brandOfKey, read }: Asking): void {
  api.get<{ Params: { id: string }; Querystring: Record<string, string | string[]> }>(
    '/journeys/:id',
    async (request, reply) => {
      const own = brandOfKey(request);
      const asked = request.query.brand_id;
      if (Array.isArray(asked)) throw badParameter('brand_id', asked.join(' & '), 'it once');
      const unknown = Object.keys(request.query).find((name) => name !== 'brand_id');
      if (unknown !== undefined) throw badParameter(shortened(unknown), '', 'no other parameter than brand_id');
      if (own !== '*' && asked !== undefined && asked !== own)
        throw new Problem(403, 'Not for this key', 'brand_id: this key reads the rows of another brand', {
          field: 'brand_id',
        });
      const brand = own === '*' ? (asked ?? null) : own;
      const { id } = request.params;
      const answer = await ask(request, `journey ${JSON.stringify([brand, id])}`, (lane, sparing) =>
        tell(tablesOf(read, lane, sparing), id, brand),
      );
      return sendBody(request, reply, answer.text, answer);
    },
  );
}

async function tell(reader: Tables, id: string, brand: string | null): Promise<string> {
  const found = await findRedemptions(reader, id, brand);
  const [redemption] = found;
  if (!redemption) throw new Problem(404, 'No such redemption', 'its redeemed event has not arrived, or was refused');
  if (found.length > 1) throw badParameter('brand_id', '', `one of ${found.map((one) => one.brand_id).join(', ')}`);
  return JSON.stringify(storyBody(await storyOf(reader, redemption)));
}

type Tables = Pick<Warehouse, 'query'>;

const tablesOf = (read: Read, lane: Lane, sparing?: boolean): Tables => ({
  query: async <Row>(sql: string, parameters: Record<string, unknown> = {}): Promise<Row[]> =>
    rowsOf(await read({ sql, parameters }, 'JSONEachRow', lane, sparing)) as Row[],
});

/** More than this waits: what is shown is not the latest. */
const much_lag = 1_000;

function healthRoute(api: FastifyInstance, { ask, brandOfKey, read }: Asking, { lag }: DashboardParts): void {
  api.get('/health', async (request, reply) => {
    const brand = brandOfKey(request);
    const where = brand === '*' ? '' : ` WHERE brand_id = ${quoted(brand)}`;
    const sql = `SELECT toString(max(source_at)) AS last_event_at, count() AS events FROM events${where}`;
    const answer = await ask(request, sql, (lane, sparing) => read({ sql }, 'JSONEachRow', lane, sparing));
    const [row] = rowsOf(answer.text) as { last_event_at: string; events: number }[];
    const last_event_at = row && row.events > 0 ? row.last_event_at : null;
    const waiting = (await lag?.()) ?? null;
    const warnings = [
      ...(last_event_at === null ? ['no event has arrived yet'] : []),
      ...(waiting !== null && waiting > much_lag ? [`${waiting} records are still to be worked through`] : []),
    ];
    return sendBody(request, reply, { ok: true, lag: waiting, last_event_at, warnings }, answer);
  });
}
