/** `grapevine keys`: make, list and revoke keys of the read API. */
import { Command } from 'commander';
import { createKey, listKeys, revokeKey } from '../dashboard/access.ts';
import { openExisting, openWarehouseOf } from './open-warehouse.ts';
import { print, table, UsageError } from './output.ts';
import { withWarehouse } from './with-warehouse.ts';

interface DataOptions {
  data: string;
  json?: boolean;
}

async function create({ brand, name, data, json }: DataOptions & { brand: string; name: string }): Promise<void> {
  if (brand.trim() === '') throw new UsageError('--brand: found nothing, expected the id of a brand, or * for all');
  await withWarehouse(openWarehouseOf, data, async (warehouse) => {
    const made = await createKey(warehouse, brand, name, Date.now());
    print(
      json
        ? JSON.stringify({ ...made, brand_id: brand, name })
        : `${made.key}\nkey ${made.key_id} reads the rows of ${brand === '*' ? 'all brands' : brand}; it is shown only now: only its hash is kept`,
    );
  });
}

const list = ({ data, json }: DataOptions): Promise<void> =>
  withWarehouse(openExisting, data, async (warehouse) => {
    const keys = await listKeys(warehouse);
    if (json) return print(JSON.stringify(keys));
    if (keys.length === 0) return print('no key yet: grapevine keys create --brand B');
    print(
      table(
        ['key', 'brand', 'name', 'since', 'state'],
        keys.map((key) => [key.key_id, key.brand_id, key.name, key.said_at, key.revoked ? 'revoked' : 'valid']),
      ),
    );
  });

const revoke = (id: string, { data }: DataOptions): Promise<void> =>
  withWarehouse(openExisting, data, async (warehouse) => {
    if (!(await revokeKey(warehouse, id, Date.now())))
      throw new UsageError(`there is no key ${id}: see \`grapevine keys list\``);
    print(`key ${id} is revoked; running dashboards know within ten seconds`);
  });

const data_option = ['--data <dir>', 'data directory', './grapevine-data'] as const;

export const keysCommand = (): Command => {
  const keys = new Command('keys').description('Keys of the read API: each reads the rows of one brand.');
  const create_example = '\nExample:\n  grapevine keys create --brand moonspoon --name "their BI tool"';
  keys.addCommand(
    new Command('create')
      .description('Make a key; it is shown once.')
      .requiredOption('--brand <id>', 'brand whose rows it may read; * = all, for operators')
      .option('--name <text>', 'what to call it', '')
      .option(...data_option)
      .option('--json', 'print the key as JSON')
      .addHelpText('after', create_example)
      .action(create),
  );
  keys.addCommand(
    new Command('list')
      .description('List keys.')
      .option(...data_option)
      .option('--json', 'print JSON')
      .action(list),
  );
  keys.addCommand(
    new Command('revoke')
      .description('Take a key back.')
      .argument('<id>', 'its id')
      .option(...data_option)
      .action(revoke),
  );
  return keys.addHelpText('after', create_example);
};
