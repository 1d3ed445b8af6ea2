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
const common = [
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
  parameter('tz', 'Time zone in which instants are written; UTC by default.', { type: 'string' }),
];

const comparable = ({ type }: Column): boolean => !/^(Array|Map)\(/.test(type);
const problem = {
  description: 'RFC 9457 problem',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const viewPath = (view: View): object => ({
  get: {
    operationId: view.name,
    summary: view.comment,
    description:
      'Filter by any column: `column=value`, or `column.gte`, `.gt`, `.lte`, `.lt`, `.ne`, and `.in` with values separated by commas.',
    parameters: [
      ...view.columns.filter(comparable).map((column) => parameter(column.name, column.comment, typeOf(column.type))),
      ...common,
    ],
    responses: {
      200: {
        description: 'Rows, as of a moment',
        headers: { ETag: { schema: { type: 'string' } } },
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
      304: { description: 'As your ETag says' },
      400: problem,
      401: problem,
      403: problem,
      503: problem,
    },
  },
});

const answers = (description: string): object => ({ 200: { description }, 401: problem, 404: problem });

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
        get: { operationId: 'brands', summary: 'Brands the key may read', responses: answers('Brands') },
      },
      '/api/v1/views': {
        get: { operationId: 'views', summary: 'Views, their columns and what they mean', responses: answers('Views') },
      },
      '/api/v1/health': {
        get: { operationId: 'health', summary: 'How fresh the numbers are', responses: answers('Freshness') },
      },
      '/api/v1/journeys/{redemption_id}': {
        get: {
          operationId: 'journey',
          summary: 'The story of one redemption: touches, credits by model, postings',
          parameters: [
            { name: 'redemption_id', in: 'path', required: true, schema: { type: 'string' } },
            parameter('brand_id', 'Needed when several brands use the id.', { type: 'string' }),
          ],
          responses: answers('Journey'),
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
