/** The warehouse over @clickhouse/client: the engine in process, or a server. Writer and decisive reads have a connection each, people some. */
import { mkdirSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { lockDirectory } from '../lock-directory.ts';
import { openEngine } from './embedded.ts';
import { type Insert, type Pace, type Warehouse, WarehouseError } from './port.ts';
import { bind, identifier, insertStatement } from './statement.ts';

export interface WarehouseOptions {
  /** A server's address; else `directory` holds the embedded engine's files. */
  url?: string;
  username?: string;
  password?: string;
  directory?: string;
  database: string;
}

/** A connection of the engine works on one statement at a time, that of a server on ten: a question goes where the fewest wait. */
interface PeopleConnection {
  client: ClickHouseClient;
  waiting: number;
}
const people_connections = 4;
/** Longer than the longest question may take (600 s): it is the engine that stops it. */
const people_timeout_ms = 630_000;

interface Connections {
  writer: ClickHouseClient;
  reader: ClickHouseClient;
  people: PeopleConnection[];
  brief: ClickHouseClient;
  idle: ClickHouseClient;
  release(): void;
}

/** The keys of a batch stand in the statement: 50,000 of 100 bytes. */
const max_query_bytes = 64 << 20;

/** Decisive reads find rows by projections however small the table is (by default only from a million rows on). */
const decisive = [
  'output_format_json_quote_64bit_integers = 0',
  'min_table_rows_to_use_projection_index = 0',
  'max_projection_rows_to_use_projection_index = 1000000000',
];

/** Opens the warehouse; the embedded one creates its database, that of a server must be there (`makeDatabase`). Throws WarehouseError. */
export async function openWarehouse(options: WarehouseOptions): Promise<Warehouse> {
  const connections = options.url ? server(options) : await engine(options);
  return new ClickHouseWarehouse(connections, options);
}

/** What a server says of a database it does not have: UNKNOWN_DATABASE. */
export const unknown_database = 81;

/** Makes the database on a server. Throws WarehouseError, such as when this user may not. */
export async function makeDatabase({ database, ...rest }: WarehouseOptions): Promise<void> {
  const client = serverClient({ ...rest, database: 'default' });
  try {
    await guarded(() => client.command({ query: `CREATE DATABASE IF NOT EXISTS ${identifier(database)}` }));
  } finally {
    await client.close();
  }
}

const serverClient = (
  { url, username, password, database }: WarehouseOptions,
  request_timeout = 120_000,
): ClickHouseClient =>
  createClient({
    url: url!,
    database,
    request_timeout,
    log: { level: ClickHouseLogLevel.OFF }, // what fails is thrown, and said once
    clickhouse_settings: { max_query_size: String(max_query_bytes) },
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  });

function server(options: WarehouseOptions): Connections {
  const make = (request_timeout?: number): ClickHouseClient => serverClient(options, request_timeout);
  return {
    writer: make(),
    reader: make(),
    people: [0, 1].map(() => ({ client: make(people_timeout_ms), waiting: 0 })),
    brief: make(),
    idle: make(people_timeout_ms),
    release: () => undefined,
  };
}

async function engine({ directory, database }: WarehouseOptions): Promise<Connections> {
  if (!directory) throw new Error('the embedded warehouse needs a directory');
  const make = async (): Promise<ClickHouseClient> => {
    const client = createClient({ connection: await openEngine(directory) });
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${identifier(database)}` });
    await client.command({ query: `USE ${identifier(database)}` });
    await client.command({ query: `SET max_query_size = ${max_query_bytes}` });
    return client;
  };
  mkdirSync(directory, { recursive: true });
  const release = lockDirectory(directory, 'warehouse');
  const [writer, reader] = [await make(), await make()];
  const people: PeopleConnection[] = [];
  for (let i = 0; i < people_connections; i++) people.push({ client: await make(), waiting: 0 });
  return { writer, reader, people, brief: await make(), idle: await make(), release };
}

/** As if so many waited there: the others are taken first. */
const long_weight = 1_000;

class ClickHouseWarehouse implements Warehouse {
  readonly #connections: Connections;
  readonly #remote: boolean;

  constructor(connections: Connections, options: WarehouseOptions) {
    this.#connections = connections;
    this.#remote = options.url !== undefined;
  }

  async query<Row>(sql: string, parameters: Record<string, unknown> = {}): Promise<Row[]> {
    return rowsOf(await this.#text(this.#connections.reader, bind(sql, parameters), 'JSONColumns', decisive));
  }

  async ask(
    sql: string,
    format: string,
    parameters: Record<string, unknown> = {},
    pace: Pace = 'usual',
  ): Promise<string> {
    const statement = bind(sql, parameters).trim().replace(/;$/, '');
    const named = /\sFORMAT\s+(\w+)\s*$/i.exec(statement);
    const [text, as] = [named ? statement.slice(0, named.index) : statement, named?.[1] ?? format];
    if (pace === 'brief' || pace === 'idle') return this.#text(this.#connections[pace], text, as, []);
    const { people } = this.#connections; // the first never has what takes long
    const connection = people.slice(pace === 'long' ? 1 : 0).reduce((a, b) => (b.waiting < a.waiting ? b : a));
    const weight = pace === 'long' ? long_weight : 1;
    connection.waiting += weight;
    try {
      return await this.#text(connection.client, text, as, []);
    } finally {
      connection.waiting -= weight;
    }
  }

  /** Settings stand in the statement itself: the engine would keep those of a connection for the next query. */
  async #text(client: ClickHouseClient, sql: string, format: string, settings: string[]): Promise<string> {
    const all = this.#remote ? [...settings, 'select_sequential_consistency = 1'] : settings;
    const tail =
      all.length === 0
        ? ''
        : /\bSETTINGS\s+\w+\s*=[^()]*$/i.test(sql.replace(/'(?:\\.|[^'\\])*'|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g, ' '))
          ? `\n, ${all.join(', ')}`
          : `\nSETTINGS ${all.join(', ')}`;
    return guarded(async () => {
      const { stream } = await client.exec({ query: `${sql}${tail}\nFORMAT ${identifier(format)}` });
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString('utf8');
    });
  }

  async insert(insert: Insert): Promise<void> {
    const query = insertStatement(insert);
    if (insert.rows === '') return;
    await guarded(() => this.#connections.writer.command({ query }));
  }

  async command(sql: string): Promise<void> {
    await guarded(() => this.#connections.writer.command({ query: sql }));
  }

  async close(): Promise<void> {
    const { writer, reader, people, brief, idle, release } = this.#connections;
    await Promise.all(
      [writer, reader, brief, idle, ...people.map(({ client }) => client)].map((client) => client.close()),
    );
    release();
  }
}

/** Rows of an answer by columns: names stand once in it, not in every row, a third of the text to write and to parse. */
function rowsOf<Row>(text: string): Row[] {
  const columns = Object.entries(JSON.parse(text === '' ? '{}' : text) as Record<string, unknown[]>);
  const rows: Record<string, unknown>[] = new Array(columns[0]?.[1].length ?? 0);
  for (let i = 0; i < rows.length; i++) {
    const row: Record<string, unknown> = {};
    for (const [name, values] of columns) row[name] = values[i];
    rows[i] = row;
  }
  return rows as Row[];
}

/** Overload, memory, network, shutdown: worth another attempt. */
const retriable_codes = new Set([159, 160, 164, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 319, 394, 999]);

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw warehouseError(error);
  }
}

/** The client takes the first word in parentheses for the kind, which may be one of the statement's; ClickHouse's own stands last. */
const kindOf = (error: unknown): string | null => {
  const whole = (error as { cause?: unknown } | null)?.cause;
  return whole instanceof Error ? ([...whole.message.matchAll(/\(([A-Z][A-Z0-9_]{3,})\)/g)].at(-1)?.[1] ?? null) : null;
};

/** Of the network, or of a proxy before a server that is gone. */
const outage =
  /ECONN\w+|E(?:HOST|NET)UNREACH|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EPIPE|^$|socket|time-?out|bad gateway|upstream|service (?:is )?(?:temporarily )?unavailable/i;

/** What a client or the engine threw, as ours. */
export function warehouseError(error: unknown): WarehouseError {
  const message = error instanceof Error ? error.message : String(error);
  const { code, type } = (error ?? {}) as { code?: unknown; type?: unknown }; // the engine has a copy of the client of its own: no instanceof
  if (typeof code === 'string' && /^\d+$/.test(code)) {
    const number = Number(code);
    return new WarehouseError(
      `ClickHouse ${number}: ${message.slice(0, 2_000)}${number === unknown_database ? ' `grapevine migrate` makes it; CLICKHOUSE_DATABASE names it.' : ''}`,
      number,
      kindOf(error) ?? (typeof type === 'string' ? type : null),
      retriable_codes.has(number),
    );
  }
  const found = /Code: (\d+)\. .*?\((\w+)\)/s.exec(message) ?? /Code: (\d+)/.exec(message);
  if (found)
    return new WarehouseError(
      message.slice(0, 2_000),
      Number(found[1]),
      found[2] ?? null,
      retriable_codes.has(Number(found[1])),
    );
  const said = [message, typeof code === 'string' && !message.includes(code) ? code : ''].filter(Boolean).join(' ');
  return new WarehouseError(`the warehouse did not answer: ${said}`, null, null, outage.test(said));
}
