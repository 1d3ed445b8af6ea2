/** `grapevine settle`: settle redemptions again, after a release whose models have a new version, or whenever somebody doubts. */
import { Command } from 'commander';
import { settlementRequest } from '../../schemas/codec.ts';
import { readConfig } from '../platform/config.ts';
import type { OutgoingRecord } from '../platform/event-log/port.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { openExisting } from './open-warehouse.ts';
import { print, UsageError } from './output.ts';
import { configFor } from './running.ts';
import { sendRecords } from './send.ts';

interface SettleOptions {
  brand?: string;
  redemption?: string;
  reason: string;
  data: string;
}

const page_redemptions = 10_000;

export const settleCommand = (): Command =>
  new Command('settle')
    .description(
      'Settle redemptions again: what the models say now, less what the ledger says. Where nothing changed, nothing is posted.',
    )
    .option('--brand <id>', 'only those of a brand')
    .option('--redemption <id>', 'only this one')
    .option('--reason <reason>', 'what the postings will say: model (a model has a new version) or replay', 'replay')
    .option('--data <dir>', 'data directory', './grapevine-data')
    .addHelpText('after', '\nExample:\n  grapevine settle --reason model')
    .action(settle);

async function settle({ brand = '', redemption = '', reason, data }: SettleOptions): Promise<void> {
  if (reason !== 'model' && reason !== 'replay') throw new UsageError(`--reason ${reason}: expected model or replay`);
  await settleAgain(data, { brand, redemption, reason, cause: 'grapevine settle' });
}

/** Asks for redemptions to be settled again; '' = of every brand, every redemption. */
export async function settleAgain(
  data: string,
  {
    brand,
    redemption,
    reason,
    cause,
  }: { brand: string; redemption: string; reason: 'model' | 'replay'; cause: string },
): Promise<void> {
  const config = configFor(readConfig(process.env), data);
  const warehouse = await openExisting(config, data);
  const ids: { brand_id: string; redemption_id: string }[] = [];
  try {
    for await (const page of redemptions(warehouse, brand, redemption)) ids.push(...page);
  } finally {
    await warehouse.close();
  }
  if (ids.length === 0 && (brand || redemption))
    throw new UsageError(
      `no redemption${redemption && ` ${redemption}`}${brand && ` of brand ${brand}`} is stored: --brand and --redemption name what was sent`,
    );
  const caused_at = Date.now();
  await sendRecords(readConfig(process.env), data, ({ topics }) =>
    ids.map(
      ({ brand_id, redemption_id }): OutgoingRecord => ({
        topic: topics.settlements,
        key: `${brand_id}/${redemption_id}`,
        value: settlementRequest.encode({
          brand_id,
          redemption_id,
          reason,
          cause,
          caused_at,
          needed_version: -1,
        }),
      }),
    ),
  );
  print(`asked for ${ids.length.toLocaleString('en-US')} redemption${ids.length === 1 ? '' : 's'}`);
}

async function* redemptions(warehouse: Warehouse, brand: string, redemption: string) {
  for (let after = { brand_id: '', redemption_id: '' }; ; ) {
    const page = await warehouse.query<{ brand_id: string; redemption_id: string }>(
      `SELECT DISTINCT brand_id, redemption_id FROM events
       WHERE redemption_id != '' AND (brand_id, redemption_id) > ({after_brand:String}, {after:String})
         AND ({brand:String} = '' OR brand_id = {brand:String}) AND ({redemption:String} = '' OR redemption_id = {redemption:String})
       ORDER BY brand_id, redemption_id LIMIT ${page_redemptions}`,
      { after_brand: after.brand_id, after: after.redemption_id, brand, redemption },
    );
    if (page.length > 0) yield page;
    if (page.length < page_redemptions) return;
    after = page.at(-1)!;
  }
}
