import { setTimeout as idle } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Pace } from '../../services/platform/warehouse/port.ts';
import { scratch } from '../support/cli.ts';
import { warehouseContract } from './warehouse.ts';

const { path: directory, remove } = scratch();

warehouseContract('the engine in process', async () => {
  const warehouse = await openWarehouse({ directory, database: 'contract' });
  return {
    warehouse,
    async close() {
      await warehouse.close();
      remove();
    },
  };
});

test('needs a directory and a plain name for its database', async () => {
  await expect(openWarehouse({ database: 'contract' })).rejects.toThrow(/directory/);
});

test('parts that a merge has replaced are gone within seconds: each takes memory', async () => {
  const warehouse = await openWarehouse({ directory, database: 'merged' });
  try {
    await warehouse.command('CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a');
    for (const a of [1, 2, 3, 4]) await warehouse.command(`INSERT INTO t VALUES (${a})`);
    await warehouse.command('OPTIMIZE TABLE t FINAL');
    const parts =
      'SELECT countIf(active) AS active, count() AS all, max(level) > 0 AS merged FROM system.parts WHERE database = {of:String}';
    await expect
      .poll(() => warehouse.query(parts, { of: 'merged' }), { timeout: 20_000, interval: 500 })
      .toEqual([{ active: 1, all: 1, merged: 1 }]);
    expect(await warehouse.query('SELECT sum(a) AS sum FROM t')).toEqual([{ sum: 10 }]);
  } finally {
    await warehouse.close();
    remove();
  }
}, 90_000);

test('neither the pipeline nor a brief question waits for what people ask', async () => {
  const { path, remove: removed } = scratch();
  const warehouse = await openWarehouse({ directory: path, database: 'busy' });
  try {
    await warehouse.command(
      'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10',
    );
    const ended: string[] = [];
    const note = (name: string) => () => ended.push(name);
    const people = Array.from({ length: 8 }, () =>
      warehouse.ask('SELECT sum(sleepEachRow(1)) FROM numbers(2)', 'TabSeparated').then(note('people')),
    );
    await Promise.all([
      ...people,
      warehouse.ask('SELECT 1', 'TabSeparated', {}, 'brief').then(note('brief')),
      warehouse.query('SELECT 1 AS one').then(note('query')),
      warehouse.insert({ table: 't', token: 'one', columns: ['a'], rows: '[1]' }).then(note('insert')),
    ]);
    expect(ended.slice(0, 3).sort()).toEqual(['brief', 'insert', 'query']);
    expect(process.env.UV_THREADPOOL_SIZE, 'as bin/grapevine.cjs has it').toBe('14');
  } finally {
    await warehouse.close();
    removed();
  }
});

test('however many questions take long, a usual one does not wait for them', async () => {
  const { path, remove: removed } = scratch();
  const warehouse = await openWarehouse({ directory: path, database: 'long' });
  try {
    const ended: string[] = [];
    const ask = (name: string, sql: string, pace: Pace) =>
      warehouse.ask(sql, 'TabSeparated', {}, pace).then(() => ended.push(name));
    const long = Array.from({ length: 8 }, () => ask('long', 'SELECT sum(sleepEachRow(1)) FROM numbers(2)', 'long'));
    await Promise.all([...long, ask('usual', 'SELECT 1', 'usual')]);
    expect(ended).toHaveLength(9);
    expect(ended[0]).toBe('usual');

    ended.splice(0);
    const idling = ask('idle', 'SELECT sum(sleepEachRow(1)) FROM numbers(3) SETTINGS max_block_size = 1', 'idle');
    await Promise.all(Array.from({ length: 4 }, () => ask('long', 'SELECT sleep(0.2)', 'long')));
    expect(ended).toEqual(['long', 'long', 'long', 'long']);
    await idling;
  } finally {
    await warehouse.close();
    removed();
  }
}, 30_000);

test('nothing goes on in the engine when the last statement has been answered: it closes at once, and another directory opens', async () => {
  const [one, other] = [scratch(), scratch()];
  for (const { path } of [one, other, one, other, one, other]) {
    const warehouse = await openWarehouse({ directory: path, database: 'again' });
    await idle(600); // longer than memory is kept that could be given back
    await warehouse.query('SELECT sum(number) FROM numbers(1000000)');
    await warehouse.close();
  }
  one.remove();
  other.remove();
}, 60_000);
