import { expect, test } from 'vitest';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
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
    const parts = 'SELECT countIf(active) AS active, count() AS all FROM system.parts WHERE database = {of:String}';
    expect(await warehouse.query(parts, { of: 'merged' })).not.toEqual([{ active: 1, all: 1 }]);
    await expect
      .poll(() => warehouse.query(parts, { of: 'merged' }), { timeout: 20_000, interval: 500 })
      .toEqual([{ active: 1, all: 1 }]);
    expect(await warehouse.query('SELECT sum(a) AS sum FROM t')).toEqual([{ sum: 10 }]);
  } finally {
    await warehouse.close();
    remove();
  }
}, 90_000);
