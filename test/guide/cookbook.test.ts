/** The cookbook and the README's first query are true: they give the results printed below them on the sample campaign. `UPDATE_COOKBOOK=1` prints the cookbook anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { cli, scratch } from '../support/cli.ts';

const file = join(import.meta.dirname, '../../docs/cookbook.md');
const text = readFileSync(file, 'utf8');
const recipes = [...text.matchAll(/^## (\d+)\. (.+?)\n(?:.*?)```sql\n(.*?)\n```\n\n```\n(.*?)\n```/gms)].map(
  ([, number, title, sql, result]) => ({ number: Number(number), title: title!, sql: sql!, result: result! }),
);
const home = scratch();
let warehouse: Warehouse;
const found = new Map<number, string>();

beforeAll(async () => {
  const campaign = join(home.path, 'campaign');
  const data = join(home.path, 'data');
  await cli(['simulate', '--out', campaign, '--people', '2000', '--seed', '1']);
  const files = [join(campaign, 'events.ndjson'), '--reference', join(campaign, 'reference.ndjson')];
  const done = await cli(['run', ...files, '--data', data], { env: { GRAPEVINE_PII_KEY: '5'.repeat(64) } });
  expect(done.code).toBe(0);
  warehouse = await openWarehouse({ directory: join(data, 'warehouse'), database: 'grapevine' });
}, 120_000);
afterAll(async () => {
  await warehouse?.close();
  home.remove();
  if (!process.env.UPDATE_COOKBOOK) return;
  let at = 0;
  writeFileSync(
    file,
    text.replace(/(```sql\n.*?\n```\n\n```\n).*?(\n```)/gs, (_, before: string, after: string) => {
      at++;
      return before + (found.get(at) ?? '?') + after;
    }),
  );
});

it('answers at least 25 questions, numbered in order', () => {
  expect(recipes.length).toBeGreaterThanOrEqual(25);
  expect(recipes.map((recipe) => recipe.number)).toEqual(recipes.map((_, i) => i + 1));
});

it.each(recipes)('$title', async ({ number, sql, result }) => {
  const answer = (await warehouse.ask(sql, 'PrettySpaceNoEscapes')).replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '');
  found.set(number, answer);
  if (!process.env.UPDATE_COOKBOOK) expect(answer).toBe(result);
});

it("gives the README's first query its answer", async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const [, sql, result] = /\$ npx grapevine query "(.+?)"\n(.*?)\n```/s.exec(readme)!;
  const answer = (await warehouse.ask(sql!, 'PrettyCompactNoEscapes'))
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\n+$/g, '');
  expect(answer).toBe(result);
});
