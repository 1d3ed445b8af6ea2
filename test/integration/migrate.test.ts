/** Migrations on the real engine: applied once, views anew when their text changed, tables never silently. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MigrationChanged, migrate } from '../../infra/migrate.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { scratch } from '../support/cli.ts';

const home = scratch();
let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await openWarehouse({ directory: join(home.path, 'engine'), database: 'grapevine' });
});
afterAll(async () => {
  await warehouse.close();
  home.remove();
});
/** As if another version of the file had been applied last. */
const wasOther = (number: number): Promise<void> =>
  warehouse.command(
    `INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (${number}, 'other', 'another version', now64(3) + 1)`,
  );
const columnsOf = async (view: string): Promise<number> =>
  (await warehouse.query(`SELECT name FROM system.columns WHERE database = 'grapevine' AND table = '${view}'`)).length;

describe('migrate', () => {
  it('applies every file once', async () => {
    const first = await migrate(warehouse, 'grapevine');
    expect(first.applied.length).toBeGreaterThan(20);
    expect(first.present).toEqual([]);
    const second = await migrate(warehouse, 'grapevine');
    expect(second).toEqual({ applied: [], present: first.applied });
  });

  it('applies a changed file of views again, and the views after it: the last one to name a view defines it', async () => {
    const columns = await columnsOf('campaign_performance');
    expect(columns).toBeGreaterThan(40); // 020 defines it anew, 012 had fewer
    await wasOther(12);
    const { applied, present } = await migrate(warehouse, 'grapevine');
    expect(applied).toEqual(expect.arrayContaining(['performance', 'campaign-performance']));
    expect(present).toEqual(expect.arrayContaining(['events', 'source-gaps', 'row-hashes']));
    expect(await columnsOf('campaign_performance')).toBe(columns);
  });

  it('refuses a changed file of tables, and says what to do', async () => {
    await wasOther(1);
    const refused = migrate(warehouse, 'grapevine');
    await expect(refused).rejects.toThrow(MigrationChanged);
    await expect(refused).rejects.toThrow(/migration 1 \(events\).*use a new data directory/);
  });
});
