import { WarehouseError } from '../platform/warehouse/port.ts';

/** What the API says when it cannot answer (RFC 9457). */
export interface ProblemBody {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  /** Parameter that is wrong. */
  field?: string;
  expected?: string;
  /** Nothing is wrong: the answer is there when asked again after so long. */
  retry_after_s?: number;
}

export class Problem extends Error {
  override name = 'Problem';
  readonly body: ProblemBody;
  constructor(
    status: number,
    title: string,
    detail: string,
    about: Pick<ProblemBody, 'field' | 'expected' | 'retry_after_s'> = {},
  ) {
    super(detail);
    this.body = { type: 'about:blank', title, status, detail, ...about };
  }
}

/** Values are repeated shortened: they may be long, and they may be personal. */
export const shortened = (value: string): string => (value.length > 40 ? `${value.slice(0, 40)}…` : value);

export const badParameter = (field: string, value: string, expected: string): Problem =>
  new Problem(400, 'Bad parameter', `${field}: found "${shortened(value)}", expected ${expected}`, { field, expected });

/** ClickHouse stopped a question at our bounds of time (159) or memory (241). */
export const tooDear = (error: unknown): boolean =>
  error instanceof WarehouseError && (error.code === 159 || error.code === 241);

/** ClickHouse could not be reached, or not in time: no question's fault. */
export const isAway = (error: unknown): boolean =>
  error instanceof WarehouseError && error.retriable && (error.code === null || unreachable.has(error.code));

/** Somebody stopped it (QUERY_WAS_CANCELLED): we ourselves when we close, else an operator. */
export const wasStopped = (error: unknown): boolean => error instanceof WarehouseError && error.code === 394;

/** TOO_MANY_SIMULTANEOUS_QUERIES, NO_FREE_CONNECTION, SOCKET_TIMEOUT, NETWORK_ERROR, ABORTED, QUERY_WAS_CANCELLED. */
const unreachable = new Set([202, 203, 209, 210, 236, 394]);
