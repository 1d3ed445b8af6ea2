/** Reads a request of ClickHouse's HTTP interface into one statement with its settings and parameters. Pure but for the query id. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface AskedStatement {
  statement: string;
  database: string | null;
  /** Format of the result. */
  format: string;
  settings: Record<string, string>;
  /** {name:Type} parameters, in ClickHouse's text form. */
  parameters: Record<string, string>;
  query_id: string;
  compress: boolean;
  /** Protocol version that blocks of Native are written for; 0 = none named. */
  protocol_version: number;
}

/** A request we do not serve; `code` and `kind` are ClickHouse's, where it has one. */
export class RequestRefused extends Error {
  override name = 'RequestRefused';
  readonly status: number;
  readonly code: number | null;
  readonly kind: string;
  constructor(status: number, code: number | null, message: string, kind = '') {
    super(message);
    this.status = status;
    this.code = code;
    this.kind = kind;
  }
}

/** Parameters of the interface itself, and settings only ClickHouse's own HTTP server knows. */
const not_settings = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'session_id',
  'session_timeout',
  'session_check',
  'compress',
  'decompress',
  'stacktrace',
  'buffer_size',
  'wait_end_of_query',
  'role',
  'quota_key',
  'client_protocol_version',
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'cancel_http_readonly_queries_on_client_close',
  'add_http_cors_header',
  'readonly',
]);
const reading = /^\s*(--[^\n]*\n|\/\*[\s\S]*?\*\/|\s|\()*(select|with|show|describe|desc|explain|exists|values)\b/i;

export function readRequest(
  method: string,
  search: URLSearchParams,
  headers: IncomingHttpHeaders,
  body: Buffer,
): AskedStatement {
  if (search.get('decompress') === '1' || search.get('compress') === '1')
    throw new RequestRefused(
      501,
      48,
      "ClickHouse's own compression is not served: send gzip or plain (drivers: compress=0, in JDBC compress=false)",
      'NOT_IMPLEMENTED',
    );
  const text = body.toString('utf8');
  if (body.length > 0 && !Buffer.from(text, 'utf8').equals(body))
    throw new RequestRefused(
      501,
      48,
      'the body is not UTF-8: binary formats are not served, use a text format such as JSONEachRow',
      'NOT_IMPLEMENTED',
    );
  const inAddress = search.get('query') ?? '';
  const statement = inAddress === '' ? text : text === '' ? inAddress : `${inAddress}\n${text}`;
  if (statement.trim() === '') throw new RequestRefused(400, 62, 'Empty query', 'SYNTAX_ERROR');
  if (method !== 'POST' && !reading.test(statement))
    throw new RequestRefused(
      500,
      164,
      `Cannot execute query in readonly mode. For queries over HTTP, method ${method} implies readonly. You should use method POST for modifying queries.`,
      'READONLY',
    );
  const bare = statement.replace(/'(?:\\.|[^'\\])*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  if (reading.test(statement) && /;\s*\S/.test(bare))
    throw new RequestRefused(400, 62, 'Multi-statements are not allowed', 'SYNTAX_ERROR');
  if (method !== 'POST' && /\bINSERT\s+INTO\b|\bINTO\s+OUTFILE\b/i.test(bare))
    throw new RequestRefused(500, 164, 'Cannot execute query in readonly mode.', 'READONLY');
  const settings: Record<string, string> = {};
  const parameters: Record<string, string> = {};
  for (const [name, value] of search) {
    if (name.startsWith('param_')) parameters[name.slice(6)] = value;
    else if (!not_settings.has(name)) settings[setting(name)] = value;
  }
  const header = headers['x-clickhouse-database'];
  const format =
    formatOf(statement) ?? search.get('default_format') ?? String(headers['x-clickhouse-format'] ?? 'TabSeparated');
  const version = search.get('client_protocol_version') ?? '';
  const protocol_version = /^native$/i.test(format) && /^\d+$/.test(version) ? Number(version) : 0;
  return {
    statement,
    database: search.get('database') ?? (typeof header === 'string' ? header : null),
    format,
    protocol_version,
    settings,
    parameters,
    query_id: search.get('query_id') ?? randomUUID(),
    compress: search.get('enable_http_compression') === '1',
  };
}

function setting(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new RequestRefused(
      404,
      115,
      `Setting ${name.slice(0, 64)} is neither a builtin setting nor started with the prefix 'SQL_'`,
      'UNKNOWN_SETTING',
    );
  return name;
}

/** The FORMAT a reading statement names at its end. */
function formatOf(statement: string): string | null {
  if (!reading.test(statement)) return null;
  return /\bFORMAT\s+(\w+)\s*(?:SETTINGS\s[^()]*)?;?\s*$/i.exec(statement)?.[1] ?? null;
}

const bad_request = new Set([6, 26, 27, 36, 38, 41, 42, 43, 53, 62, 69, 70, 72, 117, 130, 131, 386, 427, 469]);
const not_found = new Set([16, 46, 47, 50, 56, 60, 63, 73, 78, 81, 115]);

/** The HTTP status ClickHouse answers with for an exception code. */
export function statusOf(code: number): number {
  if (bad_request.has(code)) return 400;
  if (not_found.has(code)) return 404;
  if (code === 48) return 501;
  return code === 516 || code === 192 || code === 193 ? 403 : 500;
}
