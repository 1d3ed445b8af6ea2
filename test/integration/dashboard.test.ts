/** The read API on the real engine: the views as they are, one brand a key, and nothing else by any trick. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue, readable } from '../../services/dashboard/catalogue.ts';
import { questionOf, statementOf } from '../../services/dashboard/question.ts';
import { openReader } from '../../services/dashboard/reader.ts';
import { partOf, whole_views } from '../../services/dashboard/whole.ts';
import { type DashboardWorld, openDashboardWorld } from '../support/dashboard.ts';

let world: DashboardWorld;
const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
interface Document {
  openapi: string;
  paths: Record<string, { get: Operation }>;
  components: { schemas: Record<string, { properties: Record<string, { type?: unknown; description?: string }> }> };
}
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
let document: Document;

beforeAll(async () => {
  world = await openDashboardWorld();
  document = (await world.get('openapi.json')).body as Document;
  ajv.addSchema({ ...document, $id: 'api' });
}, 180_000);
afterAll(() => world?.close());

type Row = Record<string, unknown>;
const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
const linesOf = (text: string): Row[] =>
  text === '' ? [] : (JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as Row[]);
const select = (what: string): Promise<string> => world.warehouse.ask(what, 'JSONEachRow');
const get = (...asked: Parameters<DashboardWorld['get']>) => world.get(...asked);
/** The engine writes some Bool columns as 0 and 1; the API as the catalogue declares them. */
const declared = (view: string, name: string): string =>
  document.components.schemas[view]!.properties[name]!.type === 'boolean' ? `toBool(${name}) AS ${name}` : name;
const of_all_brands = ['pipeline_completeness'];
const never = ['sealed', 'batch', 'row_hash'];

describe('views of whole lives', () => {
  it.each([...whole_views])(
    '%s: a question is answered from the whole as by the view, letter by letter',
    async (name) => {
      const view = (await loadCatalogue(world.warehouse, 'grapevine')).get(name)!;
      const brand = of_all_brands.includes(name) ? null : 'acme';
      const columns = view.columns.map((column) => column.name);
      const numbers = view.columns.filter(({ type }) => /^(Nullable\()?(U?Int|Float|Decimal)/.test(type));
      for (const parameters of [{}, { format: 'csv' }]) {
        const question = questionOf(view, parameters, 'nobody');
        const format = question.format === 'csv' ? 'CSVWithNames' : 'JSONEachRow';
        const part = partOf((await openReader(world.warehouse)).read, view, { ...question }, 'nobody')!;
        if (brand !== null)
          expect(await part.take('')).toBe(await world.warehouse.ask(statementOf(question, 'quick'), format));
      }
      const questions: Record<string, string>[] = [
        {},
        { format: 'csv' },
        { tz: 'America/Los_Angeles', order: columns.map((column) => `-${column}`).join(',') },
        { columns: columns.filter((_, i) => i % 3 === 0).join(','), limit: '2', offset: '1' },
        ...numbers.slice(0, 6).map((number) => ({ [`${number.name}.gte`]: '1', order: `-${number.name}` })),
      ];
      for (const parameters of questions) {
        const question = questionOf(view, parameters, brand);
        const part = partOf((await openReader(world.warehouse)).read, view, question, brand)!;
        const plain = await world.warehouse.ask(
          statementOf(question, 'quick'),
          question.format === 'csv' ? 'CSVWithNames' : 'JSONEachRow',
        );
        const taken = await part.take(await part.compute('behind'));
        expect(taken).toBe(plain);
      }
      expect(columns.length, 'columns to compare').toBeGreaterThan(1);
    },
  );
});

describe('views', () => {
  it.each(readable.filter((view) => !of_all_brands.includes(view)))(
    '%s: JSON, CSV and schema are what SELECT says, and a key of a brand reads only that brand',
    async (view) => {
      const columns = Object.keys(document.components.schemas[view]!.properties);
      const direct = linesOf(
        await select(`SELECT ${columns.map((name) => declared(view, name)).join(', ')} FROM ${view}`),
      );
      const asked = await get(`views/${view}?brand_id=acme&limit=10000`, 'all');
      expect(asked.status).toBe(200);
      const rows = asked.body.rows as Row[];
      expect(sorted(rows)).toEqual(sorted(direct.filter((row) => row.brand_id === 'acme')));
      expect(rows.length, 'rows to compare').toBeGreaterThan(0);
      expect(direct.some((row) => row.brand_id === 'moon')).toBe(true);
      for (const row of rows) expect(Object.keys(row).filter((column) => never.includes(column))).toEqual([]);
      const answer = ajv.compile({
        $ref: `api#/paths/~1api~1v1~1views~1${view}/get/responses/200/content/application~1json/schema`,
      });
      expect(answer(asked.body), JSON.stringify(answer.errors)).toBe(true);

      const own = await get(`views/${view}?limit=10000`, 'acme');
      expect(sorted(own.body.rows)).toEqual(sorted(rows));
      const csv = await get(`views/${view}?limit=10000`, 'acme', { accept: 'text/csv' });
      expect(csv.headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${view}.csv"`,
      });
      const cells = parse(csv.text, { columns: true }) as Row[];
      expect(cells.map((row) => Object.keys(row))[0]).toEqual(columns);
      expect(cells).toHaveLength(rows.length);
      for (const { text } of [own, csv]) expect(text).not.toContain('moon');
      expect((await get(`views/${view}?brand_id=moon`, 'acme')).status).toBe(403);
      expect((await get(`views/${view}?brand_id=`, 'acme')).status).toBe(403);
      expect((await get(`views/${view}?brand_id=acme&brand_id=moon`, 'acme')).status).toBe(400);
      for (const filter of ['brand_id.in=moon,acme', 'brand_id.ne=acme', 'brand_id.gte=', 'brand_id.eq=moon'])
        expect((await get(`views/${view}?limit=10000&${filter}`, 'acme')).text).not.toContain('"moon"');
    },
  );

  it('of all brands together need a key for all', async () => {
    for (const view of of_all_brands) {
      expect((await get(`views/${view}`, 'acme')).status).toBe(403);
      expect((await get(`views/${view}?brand_id=acme`, 'all')).status).toBe(400);
      const { rows } = (await get(`views/${view}`, 'all')).body;
      expect(sorted(rows)).toEqual(sorted(linesOf(await select(`SELECT * FROM ${view}`))));
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  it('are about one brand: who reads several says which', async () => {
    expect((await get('views/events_current', 'all')).body).toMatchObject({ status: 400, field: 'brand_id' });
    expect((await get('views/events_current')).body).toMatchObject({ status: 400, field: 'brand_id' });
    expect((await get('views/events_current?brand=acme')).body).toMatchObject({ status: 400, field: 'brand' });
  });

  it('have no column that is the pipeline’s own', () => {
    for (const view of readable)
      for (const name of never) expect(document.components.schemas[view]!.properties[name], view).toBeUndefined();
  });

  it.each(['json', 'csv'])('are paged as %s without a row lost or shown twice, in one order', async (format) => {
    const seen: unknown[] = [];
    for (let offset = '0', pages = 0; offset !== ''; pages++) {
      expect(pages).toBeLessThan(10);
      const page = await get(
        `views/events_current?brand_id=acme&order=-type&limit=7&offset=${offset}&columns=event_id,type,text&format=${format}`,
      );
      const rows = (format === 'json' ? page.body.rows : parse(page.text, { columns: true })) as Row[];
      seen.push(...rows.map((row) => row.event_id));
      offset = String(page.headers['x-next-offset'] ?? '');
      if (format === 'json') expect(String(page.body.next_offset ?? '')).toBe(offset);
    }
    const stored = linesOf(
      await select("SELECT event_id FROM events_current WHERE brand_id = 'acme' ORDER BY type DESC, event_id"),
    );
    expect(seen).toEqual(stored.map((row) => row.event_id));
    expect(seen).toHaveLength(27);
  });

  it('are filtered by every operator, and exactly where money is compared', async () => {
    const count = async (filter: string): Promise<number> =>
      (await get(`views/events_current?brand_id=acme&columns=event_id&${filter}`)).body.rows.length;
    expect(await count('type.in=click,like&occurred_at.gte=2026-10-05T00:00:00Z')).toBe(5);
    expect(await count('type=click&occurred_at.lt=2026-10-02')).toBe(5);
    expect(await count('type.ne=click')).toBe(2);
    expect(await count('event_id.gt=c8&event_id.lte=c9')).toBe(1);
    expect(await count('amount=10')).toBe(1);
    expect(await count('amount.lt=10.0001&amount.gte=9.9999')).toBe(1);
    expect(await count('amount.gt=10')).toBe(0);
    expect(await count('is_valid=true&count=1&quantity=1.5')).toBe(0);
    expect(await count('event_id.in=')).toBe(0);
  });

  it('write instants in the zone asked for, and read them so', async () => {
    const path = 'views/redemptions_current?brand_id=acme&columns=redeemed_at';
    expect((await get(path)).body.rows[0].redeemed_at).toBe('2026-10-09 10:00:00.000');
    const there = await get(`${path}&tz=America/Los_Angeles`);
    expect(there.body.rows[0].redeemed_at).toBe('2026-10-09 03:00:00.000');
    expect((await get(`${path}&tz=America/Los_Angeles&format=csv`)).text).toContain('2026-10-09 03:00:00.000');
    for (const [same, rows] of [
      ['2026-10-09 03:00:00.000&tz=America/Los_Angeles', 1],
      ['2026-10-09T03:00&tz=America/Los_Angeles', 1],
      ['2026-10-09T12:00:00%2B02:00&tz=America/Los_Angeles', 1],
      ['2026-10-09T10:00:00', 1],
      ['2026-10-09T03:00:00Z&tz=America/Los_Angeles', 0],
    ] as const)
      expect((await get(`${path}&redeemed_at=${same}`)).body.rows, same).toHaveLength(rows);
  });

  it('say the query behind them, which gives the same rows', async () => {
    const { body } = await get('views/redemptions_current?brand_id=acme&columns=redemption_id,amount&limit=5');
    expect(linesOf(await select(body.sql))).toEqual(body.rows);
    expect(Date.parse(body.as_of)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('leave text in CSV as it is stored: quotes, line breaks, and what a spreadsheet takes for a formula', async () => {
    const [stored] = linesOf(
      await select("SELECT text FROM events_current WHERE brand_id = 'acme' AND event_id = 'late'"),
    );
    expect(stored!.text).toMatch(/^=HYPERLINK.*\n/);
    const { text } = await get('views/events_current?brand_id=acme&event_id=late&columns=text&format=csv');
    expect(parse(text, { columns: true })).toEqual([stored]);
  });
});

it('nothing is an empty cell of CSV', async () => {
  const { text } = await get(
    'views/redemptions_current?brand_id=acme&columns=redemption_id,amount&format=csv&limit=1000',
  );
  expect(text).not.toContain('\\N');
  const { body } = await get('views/redemptions_current?brand_id=acme&columns=redemption_id,amount&limit=1000');
  const priced = new Map((body.rows as Row[]).map((row) => [row.redemption_id, row.amount]));
  const cells = parse(text, { columns: true }) as Row[];
  expect(cells).toHaveLength(priced.size);
  for (const { redemption_id, amount } of cells)
    expect(amount).toBe(priced.get(redemption_id) === null ? '' : String(priced.get(redemption_id)));
});

describe('the OpenAPI document', () => {
  it('is 3.1: every reference leads somewhere, every operation is whole', () => {
    expect(document.openapi).toBe('3.1.0');
    const names = new Set<string>();
    for (const [path, { get: operation }] of Object.entries(document.paths)) {
      names.add(operation.operationId);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path' && one.required);
      expect(declared.map((one) => one.name)).toEqual(inPath);
      const asked = (operation.parameters ?? []).map((one) => `${one.in} ${one.name}`);
      expect(new Set(asked).size).toBe(asked.length);
      for (const { schema } of operation.parameters ?? []) expect(ajv.validateSchema(schema)).toBe(true);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(response.description).toBeTruthy();
        for (const { schema } of Object.values(response.content ?? {})) expect(ajv.validateSchema(schema)).toBe(true);
      }
    }
    expect(names.size).toBe(Object.keys(document.paths).length);
    for (const [, target] of JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g))
      expect(ajv.getSchema(`api#${target}`), target).toBeDefined();
  });

  it('lists every view and column with what it means', async () => {
    const { views } = (await get('views')).body as { views: { name: string; comment: string; columns: Row[] }[] };
    expect(views.map((view) => view.name)).toEqual([...readable]);
    for (const { name: view, columns } of views) {
      expect(document.paths[`/api/v1/views/${view}`]).toBeDefined();
      const { properties } = document.components.schemas[view]!;
      expect(Object.keys(properties)).toEqual(columns.map((column) => column.name));
      for (const [name, { description }] of Object.entries(properties))
        expect(description, `${view}.${name}`).toBeTruthy();
    }
  });

  it.each(['brands', 'views', 'health', 'journeys/R?brand_id=acme'])('is kept by %s', async (path) => {
    const route = path.startsWith('journeys') ? 'journeys/{redemption_id}' : path;
    const { schema } = document.paths[`/api/v1/${route}`]!.get.responses['200']!.content!['application/json']!;
    const { body } = await get(path);
    const validate = ajv.compile(schema);
    expect(validate(body), JSON.stringify(validate.errors)).toBe(true);
  });
});
