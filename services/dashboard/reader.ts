/** How the read API asks the warehouse: over the connection for people and within bounds, so that the pipeline never waits for it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Pace, type Warehouse, WarehouseError } from '../platform/warehouse/port.ts';
import { quoted } from '../platform/warehouse/statement.ts';
import type { Lane } from './answers.ts';
import { type Bound, statementOf } from './question.ts';

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
  /** Stops what is being computed: the engine would not let the process end before. Never fails. */
  stop(): Promise<void>;
}

const longest_stopping_ms = 5_000;
/** What waited for a connection begins when another one was stopped. */
const again_ms = 20;

export async function openReader(warehouse: Pick<Warehouse, 'query' | 'ask'>): Promise<Reader> {
  const [row] = await warehouse.query<{ threads: number }>("SELECT toUInt32(getSetting('max_threads')) AS threads");
  const half = Math.max(1, Math.floor((row?.threads ?? 1) / 2));
  const ours = quoted(`grapevine read API ${randomUUID()}`);
  let [running, stopped] = [0, false];
  const read: Read = async ({ sql, only: brand = '', parameters = {} }, format, lane, sparing = false) => {
    const asked = { sql, only: `, log_comment = ${ours}${brand}` };
    const { bound, threads, pace } = wayOf(lane, sparing, half);
    if (stopped) throw new WarehouseError('the read API stops', 394, 'QUERY_WAS_CANCELLED', true);
    running++;
    try {
      return await warehouse.ask(statementOf(asked, bound, threads), format, parameters, pace);
    } finally {
      running--;
    }
  };
  const kill = `KILL QUERY WHERE Settings['log_comment'] = ${ours} SYNC`;
  const stop = async (): Promise<void> => {
    stopped = true;
    for (const until = Date.now() + longest_stopping_ms; running > 0 && Date.now() < until; await wait(again_ms)) {
      const killed = warehouse.ask(kill, 'TabSeparated', {}, 'brief').catch(() => undefined); // a server may not let us
      await Promise.race([killed, wait(until - Date.now(), undefined, { ref: false })]);
    }
  };
  return { read, half, stop };
}

/** Within which bounds, with how many threads (all, if undefined) and over which connection. */
function wayOf(lane: Lane, sparing: boolean, half: number): { bound: Bound; threads: number | undefined; pace: Pace } {
  if (lane === 'idle') return { bound: 'renewed', threads: 1, pace: 'idle' };
  if (lane === 'behind') return { bound: 'behind', threads: sparing ? half : undefined, pace: 'long' };
  return sparing
    ? { bound: 'renewed', threads: 1, pace: 'long' }
    : { bound: 'quick', threads: undefined, pace: 'usual' };
}
