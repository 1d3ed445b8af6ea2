/** The OpenAPI 3.1 document: made from the catalogue, so that it says what the engine says. */
import type { Column, View } from './catalogue.ts';
import { most_rows } from './question.ts';

const typeOf = (type: string): object => {
  const inner = /^(?:LowCardinality|Nullable)\((.*)\)$/.exec(type)?.[1];
  if (type.startsWith('Nullable'))
    return { ...typeOf(inner!), type: [(typeOf(inner!) as { type: string }).type, 'null'] };
  if (inner) return typeOf(inner);
  const element = /^Array\((.*)\)$/.exec(type)?.[1];
  if (element) return { type: 'array', items: typeOf(element) };
  if (type.startsWith('Map(')) return { type: 'object' };
  if (type === 'Bool') return { type: 'boolean' };
  if (/^U?Int/.test(type)) return { type: 'integer' };
  if (/^(Float|Decimal)/.test(type)) return { type: 'number' };
  if (type === 'Date') return { type: 'string', format: 'date' };
  return { type: 'string' };
};

const parameter = (name: string, description: string, schema: object): object => ({
  name,
  in: 'query',
  description,
  schema,
});
const of_every_view = [
  parameter('columns', 'Columns to return, separated by commas; all by default.', { type: 'string' }),
  parameter(
    'order',
    'Columns to sort by, separated by commas, - before one for descending; the others follow, so that pages never overlap.',
    { type: 'string' },
  ),
  parameter('limit', 'Rows to return.', { type: 'integer', minimum: 0, maximum: most_rows, default: 100 }),
  parameter('offset', 'Rows to leave out first: next_offset of the page before.', {
    type: 'integer',
    minimum: 0,
    default: 0,
  }),
  parameter('format', 'json or csv.', { type: 'string', enum: ['json', 'csv'], default: 'json' }),
  parameter(
    'tz',
    'Time zone in which instants are written, and read where they come without an offset; UTC by default.',
    { type: 'string' },
  ),
];

const age_taken = {
  name: 'Cache-Control',
  in: 'header',
  description:
    '`max-stale=seconds`: so long after it was young an answer will do while a newer one is computed, for ever without seconds (RFC 9111, 5.2.1.2). X-As-Of says how old it is.',
  schema: { type: 'string' },
};

const header = (description: string): object => ({ description, schema: { type: 'string' } });
const etag = { ETag: header('Of the content: send it back as If-None-Match.') };
const age_headers = {
  'X-As-Of': header('The moment the answer speaks for.'),
  'X-Newer-In': header(
    'A newer answer is being computed, and there in about so many milliseconds; absent when none is.',
  ),
};
const row_headers = {
  ...etag,
  ...age_headers,
  'X-Next-Offset': header('Offset of the next page; absent on the last. CSV has no other place for it.'),
};

const comparable = ({ type }: Column): boolean => !/^(Array|Map)\(/.test(type);
const problem = {
  description: 'RFC 9457 problem',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const not_answered = {
  304: { description: 'Nothing changed since the answer with your ETag' },
  401: problem,
  429: problem,
  503: problem,
};

const viewPath = (view: View): object => ({
  get: {
    operationId: view.name,
    summary: view.comment,
    description:
      'Filter by any column: `column=value`, or `column.gte`, `.gt`, `.lte`, `.lt`, `.ne`, and `.in` with values separated by commas.',
    parameters: [
      ...view.columns.filter(comparable).map(({ name, comment, type }) => ({
        ...parameter(name, comment, typeOf(type)),
        ...(name === 'brand_id' ? { description: `${comment}; needed when the key reads several brands.` } : {}),
      })),
      ...of_every_view,
      age_taken,
    ],
    responses: {
      200: {
        description: 'Rows, as of a moment',
        headers: row_headers,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['view', 'rows', 'next_offset', 'as_of', 'sql'],
              properties: {
                view: { const: view.name },
                rows: { type: 'array', items: { $ref: `#/components/schemas/${view.name}` } },
                next_offset: { type: ['integer', 'null'], description: 'Offset of the next page; null on the last.' },
                as_of: { type: 'string', format: 'date-time' },
                sql: { type: 'string', description: 'The query behind it.' },
              },
            },
          },
          'text/csv': { schema: { type: 'string' } },
        },
      },
      ...not_answered,
      400: problem,
      403: problem,
    },
  },
});

const text = { type: 'string' };
const list = (name: string, items: object): object => ({
  type: 'object',
  required: [name],
  properties: { [name]: { type: 'array', items } },
});
const answer = (description: string, schema: object, others: object = {}): object => ({
  200: { description, headers: etag, content: { 'application/json': { schema } } },
  ...not_answered,
  ...others,
});
/** The same of what is kept for a while. */
const answerOfAge = (description: string, schema: object, others: object = {}): object => ({
  ...answer(description, schema, others),
  200: { description, headers: { ...etag, ...age_headers }, content: { 'application/json': { schema } } },
});

const brands = list('brands', {
  type: 'object',
  required: ['brand_id', 'name', 'currency', 'time_zone'],
  properties: { brand_id: text, name: text, currency: text, time_zone: text },
});
const view_list = list('views', {
  type: 'object',
  required: ['name', 'comment', 'columns'],
  properties: {
    name: text,
    comment: text,
    columns: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'type', 'comment'],
        properties: { name: text, type: text, comment: text },
      },
    },
  },
});
const health = {
  type: 'object',
  required: ['ok', 'lag', 'last_event_at', 'warnings'],
  properties: {
    ok: { type: 'boolean' },
    lag: {
      type: ['integer', 'null'],
      description: 'Records still to be worked through; null where this process does not know.',
    },
    last_event_at: { type: ['string', 'null'], description: 'Broker time of the newest event, UTC.' },
    warnings: { type: 'array', items: text },
  },
};
const objects = { type: 'array', items: { type: 'object' } };
const journey = {
  type: 'object',
  required: ['redemption', 'touches', 'credits', 'postings', 'quarantined', 'in_words', 'sql', 'ledger_sql'],
  properties: {
    redemption: { type: 'object', description: 'As in redemptions_current; amounts as text.' },
    touches: { ...objects, description: 'In time, each with its credit by model.' },
    credits: { ...objects, description: 'One per model and touch.' },
    postings: { ...objects, description: 'What the ledger moved, when and why.' },
    quarantined: {
      type: 'integer',
      description: 'Touches of the redeemer before it that earn nothing because they are quarantined.',
    },
    in_words: { type: 'array', items: text },
    sql: text,
    ledger_sql: text,
  },
};

export function openApi(catalogue: ReadonlyMap<string, View>): object {
  const views = [...catalogue.values()];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Grapevine read API',
      version: '1',
      description: 'The views of the warehouse, as JSON and CSV, for one brand a key.',
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, {}],
    paths: {
      '/api/v1/brands': {
        get: {
          operationId: 'brands',
          summary: 'Brands the key may read',
          parameters: [age_taken],
          responses: answerOfAge('Brands', brands),
        },
      },
      '/api/v1/views': {
        get: {
          operationId: 'views',
          summary: 'Views, their columns and what they mean',
          responses: answer('Views', view_list),
        },
      },
      '/api/v1/health': {
        get: {
          operationId: 'health',
          summary: 'How fresh the numbers are',
          parameters: [age_taken],
          responses: answerOfAge('Freshness', health),
        },
      },
      '/api/v1/journeys/{redemption_id}': {
        get: {
          operationId: 'journey',
          summary: 'The story of one redemption: touches, credits by model, postings',
          parameters: [
            { name: 'redemption_id', in: 'path', required: true, schema: { type: 'string' } },
            parameter('brand_id', 'Needed when several brands use the id.', { type: 'string' }),
            age_taken,
          ],
          responses: answerOfAge('Journey', journey, { 400: problem, 403: problem, 404: problem }),
        },
      },
      ...Object.fromEntries(views.map((view) => [`/api/v1/views/${view.name}`, viewPath(view)])),
    },
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of `grapevine keys create`; not needed on the own machine under `grapevine start`.',
        },
      },
      schemas: {
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'detail'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            field: { type: 'string' },
            expected: { type: 'string' },
            retry_after_s: {
              type: 'integer',
              description:
                'Nothing is wrong: the answer is being computed and there when asked again after so many seconds',
            },
          },
        },
        ...Object.fromEntries(
          views.map((view) => [
            view.name,
            {
              type: 'object',
              description: view.comment,
              properties: Object.fromEntries(
                view.columns.map((c) => [c.name, { ...typeOf(c.type), description: c.comment }]),
              ),
            },
          ]),
        ),
      },
    },
  };
}
