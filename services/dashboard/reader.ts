/** How the read API asks the warehouse: over the connection for people and within bounds, so that the pipeline never waits for it. */
import type { Warehouse } from '../platform/warehouse/port.ts';
import type { Lane } from './answers.ts';
import { statementOf } from './question.ts';

export interface Asked {
  sql: string;
  /** More settings, each after a comma; none if absent. */
  only?: string;
  parameters?: Record<string, unknown>;
}

/** `sparing`: who asked has an older answer, so threads are left to those who have none. Throws WarehouseError. */
export type Read = (asked: Asked, format: string, lane: Lane, sparing?: boolean) => Promise<string>;

export interface Reader {
  read: Read;
  /** Half of the warehouse's threads, one at least: so many a dear answer is renewed with, or so many others at once with one each. */
  half: number;
}

export async function openReader(warehouse: Pick<Warehouse, 'query' | 'ask'>): Promise<Reader> {
  const [row] = await warehouse.query<{ threads: number }>("SELECT toUInt32(getSetting('max_threads')) AS threads");
  const half = Math.max(1, Math.floor((row?.threads ?? 1) / 2));
  const read: Read = ({ sql, only = '', parameters = {} }, format, lane, sparing = false) => {
    const statement = sparing
      ? statementOf({ sql, only }, lane === 'quick' ? 'renewed' : lane, lane === 'quick' ? 1 : half)
      : statementOf({ sql, only }, lane);
    return warehouse.ask(statement, format, parameters, sparing || lane === 'behind' ? 'long' : 'usual');
  };
  return { read, half };
}
