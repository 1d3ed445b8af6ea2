/** A question to a view, from the address: which columns, which rows, in which order. Pure: parameters in, SQL out. */
import { identifier, quoted as inQuotes } from '../platform/warehouse/statement.ts';
import type { Column, View } from './catalogue.ts';
import { badParameter, Problem } from './problem.ts';

export interface Question {
  sql: string;
  format: 'json' | 'csv';
  limit: number;
  offset: number;
}

export const most_rows = 10_000;
const operators = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', in: 'IN' } as const;
const reserved = new Set(['columns', 'order', 'limit', 'offset', 'format', 'tz']);
/** A slow question is stopped, a greedy one too: both say what to narrow. */
const bounds = 'SETTINGS max_execution_time = 20, max_memory_usage = 4000000000, max_result_bytes = 200000000';

type Parameters = Readonly<Record<string, string | string[] | undefined>>;

/** A literal without braces: the warehouse reads {name:Type} in a statement as a parameter. */
const quoted = (text: string): string => inQuotes(text).replaceAll('{', '\\x7b');

/** Throws Problem for an unknown column, operator or a value of another type. `brand` null = all brands. */
export function questionOf(view: View, parameters: Parameters, brand: string | null): Question {
  const given = Object.entries(parameters).map(([name, value]) => [name, one(name, value)] as const);
  const named = new Map(given);
  const limit = wholeNumber('limit', named.get('limit'), 100, most_rows);
  const offset = wholeNumber('offset', named.get('offset'), 0, 1_000_000_000);
  const columns = chosen(view, named.get('columns'));
  const zone = zoneOf(named.get('tz'));
  const where = [
    ...(brand === null ? [] : [`brand_id = ${quoted(brand)}`]),
    ...given.filter(([name]) => !reserved.has(name)).map(([name, value]) => condition(view, name, value)),
  ];
  const select = columns.map((column) => shown(column, zone)).join(', ');
  const sql = [
    `SELECT ${select}`,
    `FROM ${identifier(view.name)}`,
    ...(where.length > 0 ? [`WHERE ${where.join(' AND ')}`] : []),
    `ORDER BY ${orderOf(view, named.get('order'), columns)}`,
    `LIMIT ${limit + 1} OFFSET ${offset}`,
    bounds,
  ].join('\n');
  return { sql, format: formatOf(named.get('format')), limit, offset };
}

/** What people are shown: without our bounds, and with the limit they asked for. */
export const sqlForPeople = ({ sql, limit }: Question): string =>
  sql.replace(`\n${bounds}`, '').replace(`LIMIT ${limit + 1} `, `LIMIT ${limit} `);

function one(name: string, value: string | string[] | undefined): string {
  if (Array.isArray(value))
    throw badParameter(name, value.join(' & '), 'it once: several values go to .in, separated by commas');
  return value ?? '';
}

function columnOf(view: View, field: string, name: string): Column {
  const found = view.columns.find((column) => column.name === name);
  if (!found)
    throw badParameter(
      field,
      name,
      `a column of ${view.name}: ${view.columns.map((column) => column.name).join(', ')}`,
    );
  return found;
}

function condition(view: View, parameter: string, value: string): string {
  const [name = '', operator = 'eq', ...rest] = parameter.split('.');
  if (rest.length > 0 || !Object.hasOwn(operators, operator))
    throw badParameter(parameter, operator, `column, or column.${Object.keys(operators).join(', column.')}`);
  const column = columnOf(view, parameter, name);
  const values = operator === 'in' ? value.split(',') : [value];
  const literals = values.map((text) => literalOf(parameter, text, column.type));
  const sign = operators[operator as keyof typeof operators];
  return `${identifier(name)} ${sign} ${operator === 'in' ? `(${literals.join(', ')})` : literals[0]}`;
}

function literalOf(field: string, text: string, declared: string): string {
  const type = declared.replace(/^(?:LowCardinality|Nullable)\((.*)\)$/, '$1').replace(/^Nullable\((.*)\)$/, '$1');
  if (type === 'String') return quoted(text);
  if (type === 'Bool') {
    if (/^(true|1)$/.test(text)) return 'true';
    if (/^(false|0)$/.test(text)) return 'false';
    throw badParameter(field, text, 'true or false');
  }
  if (type === 'Date') {
    if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)))
      throw badParameter(field, text, 'a day such as 2026-11-23');
    return `toDate(${quoted(text)})`;
  }
  if (type.startsWith('DateTime')) {
    const at = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) throw badParameter(field, text, 'an instant such as 2026-11-23T10:00:00Z');
    return `fromUnixTimestamp64Milli(${at}, 'UTC')`;
  }
  if (/^(U?Int|Float|Decimal)/.test(type)) {
    if (!/^-?\d{1,18}(\.\d{1,18})?$/.test(text)) throw badParameter(field, text, 'a number');
    return text;
  }
  throw badParameter(field, text, `a column that can be compared; ${declared} cannot`);
}

function chosen(view: View, text: string | undefined): Column[] {
  if (text === undefined || text === '') return view.columns;
  return [...new Set(text.split(','))].map((name) => columnOf(view, 'columns', name));
}

function orderOf(view: View, text: string | undefined, columns: readonly Column[]): string {
  const asked = (text ?? '').split(',').filter(Boolean);
  const parts = asked.map((part) => {
    const name = part.replace(/^-/, '');
    return {
      name: columnOf(view, 'order', name).name,
      sql: `${identifier(name)}${part.startsWith('-') ? ' DESC' : ''} NULLS LAST`,
    };
  });
  // The rest of the columns follow, so that pages never overlap: rows of one value keep one order.
  const rest = columns.filter(
    (column) => !/^Map\(/.test(column.type) && !parts.some((part) => part.name === column.name),
  );
  return [...parts.map((part) => part.sql), ...rest.map((column) => identifier(column.name))].join(', ') || '1';
}

const shown = ({ name, type }: Column, zone: string | null): string =>
  zone !== null && /^(Nullable\()?DateTime/.test(type)
    ? `toTimeZone(${identifier(name)}, ${quoted(zone)}) AS ${name}`
    : identifier(name);

function zoneOf(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw badParameter('tz', text, 'a time zone such as America/Los_Angeles');
  }
}

function wholeNumber(name: string, text: string | undefined, absent: number, most: number): number {
  if (text === undefined || text === '') return absent;
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number > most) throw badParameter(name, text, `a whole number up to ${most}`);
  return number;
}

function formatOf(text: string | undefined): 'json' | 'csv' {
  if (text === undefined || text === '' || text === 'json') return 'json';
  if (text === 'csv') return 'csv';
  throw badParameter('format', text, 'json or csv');
}

/** Whose rows a question is about: a key of one brand never leaves it. */
export function brandOf(view: View, asked: string | undefined, key_brand: string): string | null {
  const has_brand = view.columns.some((column) => column.name === 'brand_id');
  if (key_brand === '*') return has_brand && asked ? asked : null;
  if (!has_brand)
    throw new Problem(
      403,
      'Not for this key',
      `${view.name} tells of all brands together: it needs a key for all of them`,
    );
  if (asked && asked !== key_brand)
    throw new Problem(403, 'Not for this key', 'brand_id: this key reads the rows of another brand', {
      field: 'brand_id',
    });
  return key_brand;
}
