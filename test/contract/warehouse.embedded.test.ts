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
