/**
 * Every part has its projections, and they say what its rows say: the same groups with the same sums, the same rows. What an aggregate holds is
 * read from the projection itself and its columns are named by their expressions, so the detail is computed from the names: no second definition.
 * Compared by part, brand and day as sums of hash × value (wrapping): as sums are linear, no group has to be kept in memory.
 */

import type { Warehouse } from '../../platform/warehouse/port.ts';
import { identifier, quoted } from '../../platform/warehouse/statement.ts';
import { type Check, type Looked, note, nothing, partWindow } from './check.ts';

interface Projection {
  table: string;
  name: string;
}

export const aggregates: Check = {
  name: 'aggregates',
  promise: 'every aggregate and every index of a part says what its rows say',
  async look({ warehouse }, scope) {
    const looked = nothing('rows');
    const projections = await warehouse.query<Projection>(
      `SELECT table, name FROM system.projections WHERE database = currentDatabase() ORDER BY table, name`,
    );
    for (const table of new Set(projections.map((p) => p.table))) {
      const own = projections.filter((p) => p.table === table);
      await presence(warehouse, table, own, looked);
      const where = await partWindow(warehouse, scope, table, 'aggregates');
      if (where === null) continue;
      for (const projection of own) {
        const odd = await differing(warehouse, projection, where);
        if (odd.length === 0) continue;
        // The two sides are read one after the other: a part that came or went between them differs once, and not again.
        const parts = [...new Set(odd.map(({ part }) => quoted(part)))].join(', ');
        for (const row of await differing(warehouse, projection, `_part IN (${parts})`)) say(row, projection, looked);
      }
      const [rows] = await warehouse.query<{ n: number }>(`SELECT toInt64(count()) AS n FROM ${table} WHERE ${where}`);
      looked.looked_at += rows?.n ?? 0;
    }
    return looked;
  },
};

/** What a migration has asked for and the engine is still making is pending. */
async function presence(warehouse: Warehouse, table: string, projections: Projection[], looked: Looked): Promise<void> {
  // Read before the parts: one that is done in between is not missing.
  const making = await warehouse.query<{ part: string; projection: string }>(
    `SELECT arrayJoin(parts_to_do_names) AS part, extract(command, 'MATERIALIZE PROJECTION (\\\\w+)') AS projection FROM system.mutations
     WHERE database = currentDatabase() AND table = ${quoted(table)} AND NOT is_done AND projection != ''`,
  );
  const asked = new Set(making.map(({ part, projection }) => `${part}/${projection}`));
  const names = projections.map(({ name }) => quoted(name)).join(', ');
  const parts = await warehouse.query<{ name: string; missing: string[]; n: number }>(
    `SELECT name, arrayFilter(p -> NOT has(projections, p), [${names}]) AS missing, rows AS n FROM system.parts
     WHERE database = currentDatabase() AND table = ${quoted(table)} AND active AND rows > 0 AND notEmpty(missing)`,
  );
  for (const { name, missing, n } of parts)
    if (missing.every((projection) => asked.has(`${name}/${projection}`))) looked.pending++;
    else note(looked, `${table}: part ${name} (${n} rows)`, `projection ${missing.join(', ')}`, 'none');
}

interface Odd {
  part: string;
  brand: string;
  day: string;
  /** What is summed, by the name of its column. */
  names: string[];
  detail: string[];
  stored: string[];
}

/** Sums of a projection that are not those of the rows of its part, by part, brand and day. */
async function differing(warehouse: Warehouse, { table, name }: Projection, chosen: string): Promise<Odd[]> {
  const parts = await warehouse.query<{ name: string }>(
    `SELECT name FROM system.parts WHERE database = currentDatabase() AND table = ${quoted(table)} AND active AND rows > 0
       AND has(projections, ${quoted(name)}) AND (${chosen.replaceAll('_part', 'name')})`,
  );
  if (parts.length === 0) return [];
  const where = `_part IN (${parts.map((part) => quoted(part.name)).join(', ')})`;
  const source = `mergeTreeProjection(currentDatabase(), ${identifier(table)}, ${identifier(name)})`;
  const columns = await warehouse.query<{ name: string; type: string }>(`DESCRIBE TABLE ${source}`);
  const sums = columns.filter(({ type }) => type.startsWith('AggregateFunction('));
  const groups = columns.filter(({ name, type }) => !type.startsWith('AggregateFunction(') && !name.startsWith('_'));
  const day = groups.find(({ type }) => type.startsWith('DateTime'))?.name;
  const column = (text: string): string => `\`${text}\``;
  const side = (
    from: string,
    group: (name: string) => string,
    value: (name: string) => string,
    sign: 1 | -1,
  ): string => {
    const hash = `reinterpretAsInt64(cityHash64(tuple(${groups.map((g) => group(g.name)).join(', ')})))`;
    const values = sums.length === 0 ? ['1'] : sums.map((s) => value(s.name));
    const exact = values.map((_, i) =>
      sums[i]?.type.includes('Float') ? `toInt64(round(sum(v${i}) * 10000))` : `sum(h * toInt64(v${i}))`,
    );
    const plain = values.map((_, i) => `sum(v${i})`);
    return `SELECT part, brand, day, [${exact.join(', ')}] AS exact, arrayMap(x -> toString(x), [${plain.map((p) => `toFloat64(${p})`).join(', ')}]) AS plain, ${sign} AS side
      FROM (SELECT ${values.map((v, i) => `${v} AS v${i}`).join(', ')}, _part AS part, toString(${group('brand_id')}) AS brand, ${day ? `toString(toDate(${group(day)}))` : `''`} AS day, ${hash} AS h FROM ${from} WHERE ${where})
      GROUP BY part, brand, day`;
  };
  const stored = side(source, column, (v) => `finalizeAggregation(${column(v)})`, 1);
  const detail = side(
    identifier(table),
    (g) => g,
    (v) => v.slice('sum('.length, -1),
    -1,
  );
  // The detail stands first: after the projection the engine takes the table's name for the projection.
  const names = sums.length === 0 ? ['rows'] : sums.map((sum) => sum.name);
  const odd = await warehouse.query<Omit<Odd, 'names'>>(
    `SELECT part, brand, day, anyIf(plain, side = -1) AS detail, anyIf(plain, side = 1) AS stored
     FROM (${detail} UNION ALL ${stored}) GROUP BY part, brand, day
     HAVING sumForEach(arrayMap(x -> x * side, exact)) != arrayMap(x -> 0, any(exact))
     SETTINGS optimize_use_projections = 0`,
  );
  return odd.map((row) => ({ ...row, names }));
}

function say({ part, brand, day, names, detail, stored }: Odd, { table, name }: Projection, looked: Looked): void {
  const said = (values: string[]): string => names.map((what, i) => `${what} = ${values[i] ?? 0}`).join(', ');
  const on = day === '' ? '' : `, day ${day} (UTC)`;
  note(looked, `${table}.${name}: brand ${brand}${on}, part ${part}`, said(detail), said(stored));
}
