/** `grapevine journey --redemption ID`: the touches in time, what each model gave whom, and the ledger's postings in words. */
import { Command } from 'commander';
import { findRedemptions, inWords, type Story, storyOf, whoEarned } from '../dashboard/story.ts';
import { readConfig } from '../platform/config.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { openExisting } from './open-warehouse.ts';
import { print, table, UsageError } from './output.ts';
import { configFor } from './running.ts';

interface JourneyOptions {
  redemption: string;
  brand?: string;
  data: string;
  json?: boolean;
}

export const journeyCommand = (): Command =>
  new Command('journey')
    .description(
      'Tell the story of one redemption: who touched it when, who earned what under each model, what was corrected and why.',
    )
    .requiredOption('--redemption <id>', 'redemption id')
    .option('--brand <id>', 'its brand (needed when several brands use the id)')
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--json', 'print the facts as JSON')
    .addHelpText('after', '\nExample:\n  grapevine journey --redemption till-1')
    .action(journey);

async function journey({ redemption, brand, data, json }: JourneyOptions): Promise<void> {
  const warehouse = await openExisting(configFor(readConfig(process.env), data), data);
  try {
    const story = await readStory(warehouse, redemption, brand ?? null);
    print(json ? JSON.stringify(story) : told(story));
  } finally {
    await warehouse.close();
  }
}

async function readStory(warehouse: Warehouse, id: string, brand: string | null): Promise<Story> {
  const found = await findRedemptions(warehouse, id, brand);
  const [redemption] = found;
  if (!redemption)
    throw new UsageError(
      `no redemption ${id} is stored${brand ? ` for brand ${brand}` : ''}: its \`redeemed\` event has not arrived, or was refused (see \`grapevine rejected list\`)`,
    );
  if (found.length > 1)
    throw new UsageError(`${id} is a redemption of ${found.map((r) => r.brand_id).join(', ')}: say which with --brand`);
  return storyOf(warehouse, redemption);
}

const nothingSaid = (status: string): string =>
  status === 'voided'
    ? 'It was voided: nobody earns by it any more.'
    : 'No touch of theirs that counts lies in the look-back.';

function told({ redemption: r, credits, postings, quarantined }: Story): string {
  const paid = r.gross_amount === null ? 'without a price' : `${r.gross_amount} ${r.currency}`;
  const left = r.amount === r.gross_amount || r.amount === null ? '' : `, ${r.amount} ${r.currency} are left of it`;
  const who = r.person_id === '' ? 'somebody unknown' : `person ${r.person_id.slice(0, 16)}…`;
  const owner = r.owner_id === '' ? '' : `, the code of ${r.owner_id}`;
  const lines = [
    `${r.redemption_id} of ${r.brand_id}: ${r.status}, ${paid}${left}`,
    `  ${r.redeemed_at} by ${who} with ${r.coupon_code}${owner}${r.store_id ? ` at ${r.store_id}` : ''}`,
    ...(r.flags.length > 0 ? [`  remarks: ${r.flags.join(', ')}`] : []),
  ];
  const touches = credits.filter((c) => c.model === 'linear' && c.touch_event_id !== '');
  lines.push('', touches.length > 0 ? 'What led to it' : nothingSaid(r.status));
  if (quarantined > 0)
    lines.push(
      `  ${quarantined} earlier touch${quarantined > 1 ? 'es' : ''} of theirs ${quarantined > 1 ? 'are' : 'is'} quarantined and earn${quarantined > 1 ? '' : 's'} nothing: events_current.invalid_reasons says why`,
    );
  for (const t of touches)
    lines.push(
      `  ${t.touched_at}  ${t.touch_type} on ${whoEarned(t.influencer_id, t.touch_event_id)}${t.relationship ? ` (${t.relationship})` : ''}, known by ${t.matched_by}${t.hops > 0 ? ` over ${t.hops} link${t.hops > 1 ? 's' : ''}` : ''}`,
    );
  if (credits.length > 0)
    lines.push(
      '',
      table(
        ['model', 'who', 'credit', 'amount'],
        credits.map((c) => [
          c.model,
          whoEarned(c.influencer_id, c.touch_event_id),
          c.credit.toFixed(6),
          c.amount.toFixed(4),
        ]),
      ),
    );
  for (const line of inWords(postings)) lines.push(...(line.startsWith(' ') ? [] : ['']), line);
  return lines.join('\n');
}
