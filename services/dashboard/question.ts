/** A question to a view, from the address: which columns, which rows, in which order. Pure: parameters in, SQL out. */
import { identifier, quoted } from '../platform/warehouse/statement.ts';
import type { Column, View } from './catalogue.ts';
import { badParameter, Problem } from './problem.ts';

export interface Question {
  /** Without the settings; `statementOf` has them. */
  sql: string;
  /** The same question to rows that lie elsewhere, as a table of these columns. */
  sqlFrom(source: string): string;
  /** Settings that leave every other brand's rows unread. */
  only: string;
  format: 'json' | 'csv';
  limit: number;
  offset: number;
}

export const most_rows = 10_000;
const operators = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', in: 'IN' } as const;
const reserved = new Set(['columns', 'order', 'limit', 'offset', 'format', 'tz']);
/** Numbers are numbers in JSON, whatever a server's defaults are. */
const formats = [
  'max_result_bytes = 200000000',
  'output_format_json_quote_64bit_integers = 0',
  'output_format_json_quote_decimals = 0',
  "format_csv_null_representation = ''",
];
/** A slow question is stopped, a greedy one too; what nobody waits for may take more, for it is computed alone, or with one thread. */
export type Bound = 'quick' | 'renewed' | 'behind';
export const bounds: Readonly<Record<Bound, string>> = {
  quick: `SETTINGS ${['max_execution_time = 20', 'max_memory_usage = 4000000000', ...formats].join(', ')}`,
  renewed: `SETTINGS ${['max_execution_time = 600', 'max_memory_usage = 4000000000', ...formats].join(', ')}`,
  behind: `SETTINGS ${['max_execution_time = 600', 'max_memory_usage = 12000000000', ...formats].join(', ')}`,
};

type Parameters = Readonly<Record<string, string | string[] | undefined>>;

/** Every table of rows of brands is read as if it held this brand alone. The views join by brand, so the answer is the same, only sooner. */
function onlyOf(brand: string, tables: readonly string[]): string {
  const filters = tables.map((table) => `${quoted(table)}: ${quoted(`brand_id = ${quoted(brand)}`)}`);
  return filters.length === 0 ? '' : `, additional_table_filters = {${filters.join(', ')}}`;
}

/**
 * Throws Problem for an unknown column, operator or a value of another type. `brand` null = the view tells of all brands together; `tables`
 * are those that hold rows of brands.
 */
export function questionOf(
  view: View,
  parameters: Parameters,
  brand: string | null,
  accept = '',
  tables: readonly string[] = [],
): Question {
  const given = Object.entries(parameters).map(([name, value]) => [name, one(name, value)] as const);
  const named = new Map(given);
  const limit = wholeNumber('limit', named.get('limit'), 100, most_rows);
  const offset = wholeNumber('offset', named.get('offset'), 0, 1_000_000_000);
  const columns = chosen(view, named.get('columns'));
  const zone = zoneOf(named.get('tz'));
  const where = [
    ...(brand === null ? [] : [`brand_id = ${quoted(brand)}`]),
    ...given.filter(([name]) => !reserved.has(name)).map(([name, value]) => condition(view, name, value, zone)),
  ];
  const select = columns.map((column) => shown(column, zone)).join(', ');
  const sqlFrom = (source: string): string =>
    [
      `SELECT ${select}`,
      `FROM ${source}`,
      ...(where.length > 0 ? [`WHERE ${where.join(' AND ')}`] : []),
      `ORDER BY ${orderOf(view, named.get('order'), columns)}`,
      `LIMIT ${limit + 1} OFFSET ${offset}`,
    ].join('\n');
  const only = brand === null ? '' : onlyOf(brand, tables);
  return {
    sql: sqlFrom(identifier(view.name)),
    sqlFrom,
    only,
    format: formatOf(named.get('format'), accept),
    limit,
    offset,
  };
}

/** What the warehouse is asked; with fewer `threads` than all it has, where said. */
export const statementOf = ({ sql, only }: Pick<Question, 'sql' | 'only'>, bound: Bound, threads?: number): string =>
  `${sql}\n${bounds[bound]}${threads === undefined ? '' : `, max_threads = ${threads}`}${only}`;

/** What people are shown: without our bounds, and with the limit they asked for. */
export const sqlForPeople = ({ sql, limit }: Question): string =>
  sql.replace(/LIMIT \d+( OFFSET \d+)$/, `LIMIT ${limit}$1`);

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

function condition(view: View, parameter: string, value: string, zone: string | null): string {
  const [name = '', operator = 'eq', ...rest] = parameter.split('.');
  if (rest.length > 0 || !Object.hasOwn(operators, operator))
    throw badParameter(parameter, operator, `column, or column.${Object.keys(operators).join(', column.')}`);
  const column = columnOf(view, parameter, name);
  const values = operator === 'in' ? value.split(',') : [value];
  const literals = values.map((text) => literalOf(parameter, text, column.type, zone ?? 'UTC'));
  const sign = operators[operator as keyof typeof operators];
  return `${identifier(name)} ${sign} ${operator === 'in' ? `(${literals.join(', ')})` : literals[0]}`;
}

function literalOf(field: string, text: string, declared: string, zone: string): string {
  const type = declared.replace(/^(?:LowCardinality|Nullable)\((.*)\)$/, '$1').replace(/^Nullable\((.*)\)$/, '$1');
  if (type === 'String') return quoted(text);
  if (type === 'Bool') {
    if (/^(true|1)$/.test(text)) return 'true';
    if (/^(false|0)$/.test(text)) return 'false';
    throw badParameter(field, text, 'true or false');
  }
  if (type === 'Date') return dayOf(field, text);
  if (type.startsWith('DateTime')) return instantOf(field, text, zone);
  if (/^U?Int/.test(type)) {
    if (!/^-?\d{1,18}$/.test(text)) throw badParameter(field, text, 'a whole number');
    return text;
  }
  if (type.startsWith('Float')) {
    if (!/^-?\d{1,40}(\.\d{1,40})?(e[+-]?\d{1,3})?$/i.test(text) || !Number.isFinite(Number(text)))
      throw badParameter(field, text, 'a number such as 0.0125 or 1.25e-2');
    return text;
  }
  if (type.startsWith('Decimal')) {
    if (!/^-?\d{1,18}(\.\d{1,18})?$/.test(text)) throw badParameter(field, text, 'a number such as 12.50');
    return `toDecimal128(${quoted(text)}, 18)`; // a literal 12.50 would be a binary fraction
  }
  throw badParameter(field, text, `a column that can be compared; ${declared} cannot`);
}

/** Whether a calendar has this day, from the first to the last year the engine can hold. */
function isDay(text: string, first: number, last: number): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  const year = Number(text.slice(0, 4));
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text) && year >= first && year <= last;
}

function dayOf(field: string, text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || !isDay(text, 1970, 2148))
    throw badParameter(field, text, 'a day such as 2026-11-23, from 1970 to 2148');
  return `toDate(${quoted(text)})`;
}

/** With an offset, or as answers write it: in the zone asked for, else UTC. */
function instantOf(field: string, text: string, zone: string): string {
  const found = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:\.\d{1,3})?))?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const [, day = '', minutes = '00:00', seconds = '00', offset] = found ?? [];
  const local = `${day}T${minutes}:${seconds}`;
  const at = Date.parse(`${local}${offset ?? 'Z'}`);
  if (!isDay(day, 1900, 2298) || Number.isNaN(at))
    throw badParameter(
      field,
      text,
      'an instant such as 2026-11-23T10:00:00Z, from 1900 to 2298 (+ is written %2B in an address)',
    );
  if (offset) return `fromUnixTimestamp64Milli(${at}, 'UTC')`;
  return `toDateTime64(${quoted(local.replace('T', ' '))}, 3, ${quoted(zone)})`;
}

function chosen(view: View, text: string | undefined): Column[] {
  if (text === undefined || text === '') return view.columns;
  return [...new Set(text.split(',').map((name) => name.trim()))].map((name) => columnOf(view, 'columns', name));
}

function orderOf(view: View, text: string | undefined, columns: readonly Column[]): string {
  const asked = (text ?? '').split(',').flatMap((part) => part.trim() || []);
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

/** As the catalogue declares it: the engine writes a Bool that came out of its own logic as 0 or 1. */
function shown({ name, type }: Column, zone: string | null): string {
  if (zone !== null && /^(Nullable\()?DateTime/.test(type))
    return `toTimeZone(${identifier(name)}, ${quoted(zone)}) AS ${name}`;
  return type === 'Bool' ? `toBool(${identifier(name)}) AS ${name}` : identifier(name);
}

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

/** `format` says it, else what the client accepts: a table, if it names that and not JSON. */
function formatOf(text: string | undefined, accept: string): 'json' | 'csv' {
  if (text === 'json' || text === 'csv') return text;
  if (text !== undefined && text !== '') throw badParameter('format', text, 'json or csv');
  return /\btext\/csv\b/.test(accept) && !/\bjson\b/.test(accept) ? 'csv' : 'json';
}

/** Whose rows a question is about: always one brand's, and a key of one brand never leaves it. Null = the view knows no brands. */
export function brandOf(view: View, asked: string | undefined, key_brand: string): string | null {
  const has_brand = view.columns.some((column) => column.name === 'brand_id');
  if (!has_brand && key_brand !== '*')
    throw new Problem(
      403,
      'Not for this key',
      `${view.name} tells of all brands together: it needs a key for all of them`,
    );
  if (!has_brand) {
    if (asked === undefined) return null;
    throw badParameter('brand_id', asked, `nothing: ${view.name} tells of all brands together`);
  }
  if (key_brand === '*') {
    if (asked !== undefined) return asked;
    throw badParameter('brand_id', '', 'the id of one brand: you may read several, /api/v1/brands lists them');
  }
  if (asked !== undefined && asked !== key_brand)
    throw new Problem(403, 'Not for this key', 'brand_id: this key reads the rows of another brand', {
      field: 'brand_id',
    });
  return key_brand;
}
