/** Grafana's provisioning, without Grafana: every query of every panel, variable and alert runs on the engine, every metric is in the register. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { metrics } from '../../services/platform/telemetry.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import { serveWarehouse, type WarehouseServer } from '../../services/platform/warehouse/http.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { cli, scratch } from '../support/cli.ts';

interface Target {
  rawSql?: string;
  expr?: string;
  datasource?: { uid: string };
}
interface Dashboard {
  uid: string;
  title: string;
  panels: { id: number; title: string; type: string; targets: Target[]; gridPos: { x: number; w: number } }[];
  templating: { list: { name: string; type: string; query: string; datasource?: { uid: string } }[] };
}
interface Rule {
  uid: string;
  title: string;
  annotations: { summary: string; runbook_url: string };
  data: { datasourceUid: string; model: Target }[];
}

const root = join(import.meta.dirname, '../../infra/grafana');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const dashboards = readdirSync(join(root, 'dashboards')).map(
  (file) => JSON.parse(read(`dashboards/${file}`)) as Dashboard,
);
const sources = (parse(read('provisioning/datasources/grapevine.yaml')) as { datasources: { uid: string }[] })
  .datasources;
const rules = (parse(read('provisioning/alerting/grapevine.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

/** As the plugin writes them out. */
const range = { from: '2026-09-01', to: '2026-11-30' };
const written = (sql: string): string =>
  sql
    .replaceAll(/\$__dateFilter\((\w+)\)/g, `$1 >= toDate('${range.from}') AND $1 <= toDate('${range.to}')`)
    .replaceAll(/\$__timeFilter\((\w+)\)/g, `$1 >= toDateTime(0) AND $1 <= now()`)
    .replaceAll('$brand', 'moonspoon')
    .replaceAll('$campaign', 'launch')
    .replaceAll('$currency', 'USD')
    .replaceAll('$model', 'linear');

const home = scratch();
let server: WarehouseServer;
let warehouse: Warehouse;
beforeAll(async () => {
  const campaign = join(home.path, 'campaign');
  const data = join(home.path, 'data');
  await cli(['simulate', '--out', campaign, '--people', '400', '--seed', '2']);
  const files = [join(campaign, 'events.ndjson'), '--reference', join(campaign, 'reference.ndjson')];
  expect((await cli(['run', ...files, '--data', data])).code).toBe(0);
  server = await serveWarehouse({ directory: join(data, 'warehouse'), port: 0, database: 'grapevine' });
  warehouse = await openWarehouse({ url: server.url, database: 'grapevine' });
}, 120_000);
afterAll(async () => {
  await warehouse?.close();
  await server?.close();
  home.remove();
});

const queries = dashboards.flatMap(({ title, panels, templating }) => [
  ...panels.flatMap((panel) =>
    panel.targets.flatMap((t) => (t.rawSql ? [{ name: `${title} / ${panel.title}`, sql: t.rawSql }] : [])),
  ),
  ...templating.list.filter((v) => v.type === 'query').map((v) => ({ name: `${title} / $${v.name}`, sql: v.query })),
]);
/** What the plugin's driver asks for: Native as of its protocol version. Which bytes those are, test/contract/warehouse-native.test.ts asks. */
const asTheDriver = async (body: string): Promise<number> => {
  const address = `${server.url}/?database=grapevine&default_format=Native&client_protocol_version=54460`;
  const answer = await fetch(address, { method: 'POST', body });
  await answer.arrayBuffer();
  return answer.status;
};
/** Nothing is late or restated in a campaign that was fed in one go. */
const may_be_empty = /Late and restated/;

describe('every query runs and has rows', () => {
  it.each(queries)('$name', async ({ name, sql }) => {
    const text = written(sql);
    expect(text).not.toContain('$');
    const rows = (await warehouse.ask(text, 'JSONEachRow')).trim();
    if (!may_be_empty.test(name)) expect(rows).not.toBe('');
    expect(await asTheDriver(text)).toBe(200);
  });
  it('of the alerts, too', async () => {
    const asked = rules.flatMap((rule) => rule.data.flatMap(({ model }) => (model.rawSql ? [model.rawSql] : [])));
    expect(asked.length).toBeGreaterThan(0);
    for (const sql of asked) expect(await warehouse.ask(sql, 'JSONEachRow')).toBe('{"missing":0}\n');
  });
});

it('names only metrics of the register', () => {
  const suffix = { counter: '_total', gauge: '', histogram: '_bucket' } as const;
  const exposed = Object.entries(metrics).map(([name, { kind }]) => `grapevine_${name}${suffix[kind]}`);
  const expressions = [
    ...dashboards.flatMap(({ panels }) =>
      panels.flatMap(({ targets }) => targets.flatMap((t) => (t.expr ? [t.expr] : []))),
    ),
    ...rules.flatMap((rule) => rule.data.flatMap(({ model }) => (model.expr ? [model.expr] : []))),
  ];
  expect(expressions.length).toBeGreaterThan(8);
  for (const expression of expressions)
    for (const [name] of expression.matchAll(/grapevine_\w+/g)) expect(exposed, expression).toContain(name);
});

it('has an alert on every metric that the register says to alarm on', () => {
  const asked = rules.flatMap((rule) => rule.data.map(({ model }) => model.expr ?? '')).join('\n');
  const wanted = Object.entries(metrics).filter(([, { help }]) => help.includes('alarm'));
  expect(wanted.length).toBeGreaterThan(3);
  for (const [name] of wanted) expect(asked).toContain(`grapevine_${name}`);
});

it('is whole: data sources exist, ids are unique, nothing stands outside the grid, rules say what to do', () => {
  const known = sources.map((source) => source.uid);
  expect(new Set(dashboards.map((d) => d.uid)).size).toBe(dashboards.length);
  for (const { panels, templating } of dashboards) {
    expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    const used = [...panels.flatMap((p) => p.targets), ...templating.list].flatMap((part) =>
      part.datasource ? [part.datasource.uid] : [],
    );
    for (const uid of used) expect(known).toContain(uid);
  }
  expect(new Set(rules.map((rule) => rule.uid)).size).toBe(rules.length);
  const operators = readFileSync(join(root, '../../docs/operators.md'), 'utf8');
  for (const { annotations, data } of rules) {
    expect(annotations.summary.length).toBeGreaterThan(20);
    const heading = annotations.runbook_url.split('#')[1]!.replaceAll('-', ' ');
    expect(operators.toLowerCase()).toContain(`## ${heading}`);
    for (const { datasourceUid } of data) expect([...known, '__expr__']).toContain(datasourceUid);
  }
});
