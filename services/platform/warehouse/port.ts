/**
 * The warehouse as services see it: ClickHouse, in process or on a server. The only memory of the pipeline.
 * Every INSERT says in its own text its deduplication token and every setting it relies on.
 */

export interface Insert {
  table: string;
  /** Deduplication token: log id, topic, partition, range, checksum, table. Refused when empty. */
  token: string;
  /** Column names, in the order of the values. */
  columns: readonly string[];
  /** Rows as JSON arrays, one per line (JSONCompactEachRow), without a trailing newline. Empty text inserts nothing. */
  rows: string;
}

/**
 * `brief`: a few rows by their key, on a connection where nothing else is asked. `long`: it may take minutes, and however many there are, the
 * others need not wait for them. `idle`: the same, and neither need those.
 */
export type Pace = 'brief' | 'usual' | 'long' | 'idle';

export interface Warehouse {
  /** Rows of a decisive read: sees every acknowledged write. `parameters` bind {name:Type} in the SQL. */
  query<Row>(sql: string, parameters?: Record<string, unknown>): Promise<Row[]>;
  /** The same for people: own connections, any format, the raw text. */
  ask(sql: string, format: string, parameters?: Record<string, unknown>, pace?: Pace): Promise<string>;
  /** Atomic and idempotent per token within the table's window. */
  insert(insert: Insert): Promise<void>;
  /** DDL and other statements without a result. */
  command(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** ClickHouse said no: `code` is its own number (60 = unknown table, 62 = syntax error, …), `kind` its name. */
export class WarehouseError extends Error {
  override name = 'WarehouseError';
  readonly code: number | null;
  readonly kind: string | null;
  /** True when a retry may help (network, overload, memory); false when the statement itself is wrong. */
  readonly retriable: boolean;
  constructor(message: string, code: number | null, kind: string | null, retriable: boolean) {
    super(message);
    this.code = code;
    this.kind = kind;
    this.retriable = retriable;
  }
}
