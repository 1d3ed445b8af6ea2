/** Text of the statements we send: identifiers, literals, and the INSERT that carries its own token and settings. Pure. */
import type { Insert } from './port.ts';

const plain = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A table or column name that needs no quoting; throws otherwise. */
export function identifier(name: string): string {
  if (!plain.test(name)) throw new Error(`${JSON.stringify(name)} is not a plain identifier`);
  return name;
}

const escapes: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
};

/** A string literal, for a statement of which it is no parameter even where it looks like one. */
export const quoted = (text: string): string => inQuotes(text).replaceAll('{', '\\x7b');

const inQuotes = (text: string): string => `'${text.replace(/[\\'\n\r\t\0\b\f]/g, (c) => escapes[c] ?? c)}'`;

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return inQuotes(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`${value} cannot be a parameter`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(',')}]`;
  throw new Error(`a ${typeof value} cannot be a parameter`);
}

const member = (value: unknown): string =>
  Array.isArray(value) ? `(${value.map(literal).join(',')})` : literal(value);

/** From this many keys on a set is cheaper as one text that the engine reads as rows than as literals of the statement (4 times, at 10,000). */
const many_keys = 100;

const field = (value: unknown): string =>
  value === null ? '\\N' : String(value).replace(/[\\\n\r\t\0\b\f]/g, (c) => escapes[c] ?? c);

/** A set of keys for IN: literals, or a table read from one text. `type` is Array(T) or Array(Tuple(T, U)). */
function set(values: readonly unknown[], type: string): string {
  if (values.length === 0) return '(NULL)';
  if (values.length < many_keys) return `(${values.map(member).join(',')})`;
  const element = /^\s*Array\((.*)\)\s*$/.exec(type)?.[1] ?? 'String';
  const types = (/^Tuple\((.*)\)$/.exec(element)?.[1] ?? element).split(/,\s*/);
  const rows = values.map((value) => (Array.isArray(value) ? value.map(field).join('\t') : field(value)));
  const names = types.map((_, i) => `k${i}`);
  return `(SELECT ${names.join(', ')} FROM format(TSV, '${types.map((t, i) => `k${i} ${t}`).join(', ')}', ${quoted(rows.join('\n'))}))`;
}

/**
 * Puts `{name:Type}` parameters into the statement as literals. Inline, because over HTTP parameters travel in the address,
 * which is too short for the thousands of keys of a batch. `x IN {keys:Array(T)}` becomes a set, its inner arrays tuples.
 */
export function bind(sql: string, parameters: Record<string, unknown>): string {
  return sql.replace(/(\bIN\s+)?\{(\w+):([^}]+)\}/g, (_, inside: string | undefined, name: string, type: string) => {
    if (!(name in parameters)) throw new Error(`the statement needs a parameter ${name}`);
    const value = parameters[name];
    if (!inside) return `CAST(${literal(value)} AS ${type})`;
    if (!Array.isArray(value)) throw new Error(`IN {${name}} needs an array`);
    return inside + set(value, type);
  });
}

/**
 * What exactness relies on, said in every INSERT: nothing of it may depend on a server's or a connection's defaults.
 * One INSERT is one block: formed whole (limits above any batch of ours), never collapsed, never queued.
 */
const pinned = [
  'insert_deduplicate = 1',
  'async_insert = 0',
  'optimize_on_insert = 0',
  'deduplicate_blocks_in_dependent_materialized_views = 0',
  'max_insert_block_size = 10000000',
  'min_insert_block_size_rows = 10000000',
  'min_insert_block_size_bytes = 4000000000',
  'input_format_parallel_parsing = 0',
  'max_insert_threads = 1',
  'insert_distributed_sync = 1',
].join(', ');

/** Throws when the token, the columns or the table are missing. */
export function insertStatement({ table, columns, token, rows }: Insert): string {
  if (token === '') throw new Error(`an INSERT into ${table} without a deduplication token is refused`);
  if (columns.length === 0) throw new Error(`an INSERT into ${table} must name its columns`);
  const names = columns.map((name) => `\`${identifier(name)}\``).join(', ');
  return `INSERT INTO ${identifier(table)} (${names}) SETTINGS ${pinned}, insert_deduplication_token = ${quoted(token)} FORMAT JSONCompactEachRow\n${rows}`;
}
