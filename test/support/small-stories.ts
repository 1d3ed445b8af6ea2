/** Stories small enough to count by hand, through `grapevine run` into a warehouse of their own. Every story is a brand. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { cli, scratch } from './cli.ts';

export const user_agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';
export const mail = (name: string) => [{ kind: 'email', value: `${name}@example.org` }];
export const card = (value: string) => [{ kind: 'loyalty_id', value }];
export const as = (value: string) => [{ kind: 'consumer_id', value }];
export const record = (kind: string, id: string, rest: object) => ({ kind, id, ...rest });

let events = 0;
/** An event of ten o'clock on that day of October 2026. */
export const event = (type: string, day: number, rest: object) => ({
  type,
  event_id: `e${++events}`,
  occurred_at: `2026-10-${String(day).padStart(2, '0')}T10:00:00Z`,
  ...rest,
});

export const sold = (day: number, coupon_code: string, rest: object = {}) =>
  event('coupon_redemption', day, { coupon_code, amount: 10, currency: 'USD', ...rest });

export const campaign_id = 'launch';
export const ann = { influencer_id: 'ann', campaign_id };

export interface Told {
  warehouse(): Warehouse;
  answer(sql: string): Promise<Record<string, unknown>[]>;
  /** Columns of a view for a brand, as numbers. */
  ask(columns: string, view: string, brand: string, rest?: string): Promise<Record<string, unknown>[]>;
}

/** Tells the stories before the tests of a file; every event of the file must be stored. */
export function tellStories(stories: Record<string, object[]>): Told {
  const home = scratch();
  const data = join(home.path, 'data');
  let opened: Warehouse | null = null;
  const warehouse = (): Warehouse => opened!;
  const answer = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await warehouse().ask(sql, 'JSONEachRow'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  beforeAll(async () => {
    const file = join(home.path, 'stories.ndjson');
    const lines = Object.entries(stories).flatMap(([brand_id, list]) => list.map((one) => ({ brand_id, ...one })));
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const done = await cli(['run', file, '--data', data]);
    expect(done.code, done.stderr + done.stdout).toBe(0);
    opened = await openWarehouse({ directory: join(data, 'warehouse'), database: 'grapevine' });
    const [stored] = await answer('SELECT toInt32(uniqExact(event_id)) AS n FROM events_current');
    expect(stored).toEqual({ n: events });
  }, 120_000);
  afterAll(async () => {
    await opened?.close();
    home.remove();
  });
  return {
    warehouse,
    answer,
    ask: (columns, view, brand, rest = '') =>
      answer(
        `SELECT ${columns.replace(/\w+/g, (name) => `toFloat64(${name}) AS ${name}`)} FROM ${view} WHERE brand_id = '${brand}' ${rest}`,
      ),
  };
}
