/** Migrations on the real engine: applied once, views anew when their text changed, tables never silently. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MigrationChanged, migrate, migrations, release } from '../../infra/migrate.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import type { Insert, Warehouse } from '../../services/platform/warehouse/port.ts';
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
const wasOther = (number: number, seconds = 1): Promise<void> =>
  warehouse.command(
    `INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (${number}, 'other', 'another version', now64(3) + ${seconds})`,
  );
/** Never the same row twice: the engine would drop it as a repeat. */
let began = 0;
const newerBegan = (): Promise<void> =>
  warehouse.command(
    `INSERT INTO schema_migrations (number, name, checksum, release) VALUES (0, 'release', 'newer ${began++}', ${release + 1})`,
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

  it('leaves files that make or change tables as they were released, down to their comments: another text would be refused', () => {
    const ofTables = migrations().filter(({ only_views }) => !only_views);
    expect(
      ofTables.map(({ number, name, checksum }) => `${String(number).padStart(3, '0')}-${name} ${checksum}`),
    ).toEqual([
      '001-events 5d201790a07e0b51',
      '002-duplicates 2799570a30aa5962',
      '003-rejected-events 2dce99c00fc8b880',
      '004-identity e1a17caf0368c23c',
      '005-attribution-ledger 6c28fe8953249e3c',
      '006-reference-records 84fa20c77fc6562e',
      '013-row-hashes 86fe95f84faa5a22',
      '014-source-gaps 27433f387b65c2a5',
      '018-api-keys 2a61318886b2608f',
      '024-aggregates 4f51370ddbe71d97',
      '025-engagement-weights dd75a5d95ecaf679',
      '027-plain-strings ce7010a816311f75',
      '028-advice 9b995b3d7193d1fa',
      '030-nobody d2eab0a91b1473dd',
      '031-replays d00b366f051f76f8',
      '033-kept-answers aac839aa323a80e5',
      '035-ledger-parts b4f9f15de13fca13',
    ]);
  });

  it('takes over a warehouse whose views are of an older release, whichever they are, and drops what nobody reads any more', async () => {
    const ofViews = migrations().filter(({ statements }) => !/CREATE TABLE|ALTER TABLE|INSERT/.test(statements.join()));
    expect(ofViews.length).toBeGreaterThan(10);
    await warehouse.command('CREATE VIEW engaged_people AS SELECT 1');
    for (const { number } of ofViews) await wasOther(number);
    const { applied } = await migrate(warehouse, 'grapevine');
    expect(applied).toEqual(ofViews.map(({ name }) => name));
    expect(await columnsOf('engaged_people')).toBe(0);
  });

  it('leaves the views of a newer release as they are, and says so', async () => {
    await wasOther(12);
    await newerBegan();
    const notes: string[] = [];
    const { applied } = await migrate(warehouse, 'grapevine', (text) => notes.push(text));
    expect(applied).toEqual([]);
    expect(notes).toEqual([expect.stringContaining(`a newer release (${release + 1}, this is ${release})`)]);
    await warehouse.command('ALTER TABLE schema_migrations DELETE WHERE number = 0 SETTINGS mutations_sync = 1');
    await migrate(warehouse, 'grapevine');
  });

  it('makes what nobody has made yet, though a newer release has begun', async () => {
    await warehouse.command('TRUNCATE TABLE schema_migrations');
    await warehouse.command('DROP VIEW campaign_performance');
    await newerBegan();
    const { applied, present } = await migrate(warehouse, 'grapevine', () => undefined);
    expect(applied).toEqual(expect.arrayContaining(['events', 'campaign-performance']));
    expect(present).toEqual([]);
    expect(await columnsOf('campaign_performance')).toBeGreaterThan(40); // as 020 has it, not 012
    await warehouse.command('ALTER TABLE schema_migrations DELETE WHERE number = 0 SETTINGS mutations_sync = 1');
  });

  it('says that a newer release was here, though it has nothing to do itself', async () => {
    await migrate(warehouse, 'grapevine', () => undefined);
    await newerBegan();
    const notes: string[] = [];
    expect((await migrate(warehouse, 'grapevine', (text) => notes.push(text))).applied).toEqual([]);
    expect(notes).toEqual([expect.stringContaining(`a newer release (${release + 1}, this is ${release})`)]);
    await warehouse.command('ALTER TABLE schema_migrations DELETE WHERE number = 0 SETTINGS mutations_sync = 1');
  });

  it('leaves a view of a newer release as it is, whatever the number of the file it came from', async () => {
    await warehouse.command('CREATE OR REPLACE VIEW campaign_performance AS SELECT 1 AS newer');
    await warehouse.command('ALTER TABLE schema_migrations DELETE WHERE number = 20 SETTINGS mutations_sync = 1');
    await newerBegan();
    await migrate(warehouse, 'grapevine', () => undefined);
    expect(await columnsOf('campaign_performance')).toBe(1);
    await warehouse.command('ALTER TABLE schema_migrations DELETE WHERE number = 0 SETTINGS mutations_sync = 1');
    await wasOther(12);
    await migrate(warehouse, 'grapevine');
    expect(await columnsOf('campaign_performance')).toBeGreaterThan(40);
  });

  it('stops putting up views when a newer release begins meanwhile', async () => {
    await wasOther(12);
    let inserts = 0;
    const meanwhile = new Proxy(warehouse, {
      get: (_, name: keyof Warehouse) => {
        if (name !== 'insert') return warehouse[name].bind(warehouse);
        return async (rows: Insert) => {
          await warehouse.insert(rows);
          if (inserts++ === 0) await newerBegan();
        };
      },
    });
    const { applied } = await migrate(meanwhile, 'grapevine', () => undefined);
    expect(applied).toEqual(['performance']);
    await warehouse.command('ALTER TABLE schema_migrations DELETE WHERE number = 0 SETTINGS mutations_sync = 1');
    await migrate(warehouse, 'grapevine');
  });

  it('has its own views in the end, though a copy of an older release applies its own at the same time', async () => {
    const columns = await columnsOf('campaign_performance');
    await wasOther(12);
    let crossed = 0;
    const crossing = new Proxy(warehouse, {
      get: (_, name: keyof Warehouse) => {
        if (name !== 'insert') return warehouse[name].bind(warehouse);
        return async (rows: Insert) => {
          await warehouse.insert(rows);
          if (crossed > 0 || !String(rows.rows).includes('performance-and-funnel')) return;
          crossed++;
          await wasOther(20, 0); // recorded before our last file, its view made after our file 20
          await warehouse.command('CREATE OR REPLACE VIEW campaign_performance AS SELECT 1 AS of_another_release');
        };
      },
    });
    await migrate(crossing, 'grapevine');
    expect(crossed).toBe(1);
    expect(await columnsOf('campaign_performance')).toBe(columns);
  });

  it('refuses a changed file of tables, and says what to do', async () => {
    await wasOther(1);
    const refused = migrate(warehouse, 'grapevine');
    await expect(refused).rejects.toThrow(MigrationChanged);
    await expect(refused).rejects.toThrow(/migration 1 \(events\).*use a new data directory/);
  });
});
