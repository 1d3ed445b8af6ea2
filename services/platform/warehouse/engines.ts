/** Connections to the embedded engine for many callers: a connection runs one statement at a time and forgets its settings after it. */
import { openEngine } from './embedded.ts';
import type { AskedStatement } from './http-request.ts';
import { identifier, quoted } from './statement.ts';

/** Statements may carry the keys of a whole batch. */
const max_query_bytes = 64 << 20;

const is_kill = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*KILL\b/i;

type Engine = Awaited<ReturnType<typeof openEngine>>;

interface Seat {
  engine: Engine;
  database: string;
}

export interface Answer {
  bytes: Buffer;
  /** Rows and bytes read and written, as ClickHouse's summary header names them. */
  summary: Record<string, string>;
}

/** Seats that are taken one after the other, in the order of who came. */
class Seats {
  readonly all: readonly Seat[];
  readonly #free: Seat[];
  readonly #waiting: ((seat: Seat) => void)[] = [];

  constructor(all: readonly Seat[]) {
    this.all = all;
    this.#free = [...all];
  }

  async on<T>(work: (seat: Seat) => Promise<T>): Promise<T> {
    const seat = this.#free.pop() ?? (await new Promise<Seat>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(seat);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(seat);
      else this.#free.push(seat);
    }
  }
}

export class Engines {
  readonly #database: string;
  readonly #usual: Seats;
  /** Who stops a statement does not wait for it to end. */
  readonly #stopping: Seats;

  private constructor(database: string, usual: Seats, stopping: Seats) {
    this.#database = database;
    this.#usual = usual;
    this.#stopping = stopping;
  }

  static async open(directory: string, database: string, count: number): Promise<Engines> {
    const seats: Seat[] = [];
    for (let i = 0; i < count + 1; i++) {
      const engine = await openEngine(directory);
      if (i === 0) await text(engine, `CREATE DATABASE IF NOT EXISTS ${identifier(database)}`);
      await text(engine, `USE ${identifier(database)}`);
      await text(engine, `SET max_query_size = ${max_query_bytes}`);
      seats.push({ engine, database });
    }
    return new Engines(database, new Seats(seats.slice(0, count)), new Seats(seats.slice(count)));
  }

  /** Runs one statement on a free connection; throws the engine's error. */
  run(asked: AskedStatement): Promise<Answer> {
    const seats = is_kill.test(asked.statement) ? this.#stopping : this.#usual;
    return seats.on((seat) => runOn(seat, asked, asked.database ?? this.#database));
  }

  async close(): Promise<void> {
    for (const { engine } of [...this.#usual.all, ...this.#stopping.all]) await engine.close();
  }
}

async function runOn(
  seat: Seat,
  { statement, settings, parameters, format, query_id }: AskedStatement,
  database: string,
): Promise<Answer> {
  if (seat.database !== database) {
    await text(seat.engine, `USE ${identifier(database)}`);
    seat.database = database;
  }
  if (/^\s*(SET|USE)\b/i.test(statement)) return { bytes: Buffer.alloc(0), summary: {} };
  const names = Object.keys(settings).filter((name) => name !== 'max_query_size'); // as large as it gets, always
  try {
    for (const name of names) await text(seat.engine, `SET ${name} = ${quoted(settings[name] ?? '')}`);
    for (const [name, value] of Object.entries(parameters))
      await text(seat.engine, `SET param_${identifier(name)} = ${quoted(value)}`);
    const result = await seat.engine.exec({
      query: statement,
      query_id,
      clickhouse_settings: { default_format: format },
    } as Parameters<Engine['exec']>[0]);
    return { bytes: await bytesOf(result.stream), summary: { ...result.summary } as Record<string, string> };
  } finally {
    for (const name of names) await text(seat.engine, `SET ${name} = DEFAULT`).catch(() => undefined);
  }
}

const text = async (engine: Engine, query: string): Promise<void> => {
  await engine.command({ query, query_id: '' } as Parameters<Engine['command']>[0]);
};

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
