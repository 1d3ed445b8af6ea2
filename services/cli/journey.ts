/** `grapevine journey --redemption ID`: the touches in time, what each model gave whom, and the ledger's postings in words. */
import { Command } from 'commander';
import { readConfig } from '../platform/config.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { openWarehouseOf } from './open.ts';
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

interface Redemption {
  brand_id: string;
  redemption_id: string;
  person_id: string;
  redeemed_at: string;
  status: string;
  amount: string | null;
  gross_amount: string | null;
  currency: string;
  coupon_code: string;
  owner_id: string;
  campaign_id: string;
  store_id: string;
  flags: string[];
}

interface TouchLine {
  touched_at: string;
  touch_event_id: string;
  touch_type: string;
  influencer_id: string;
  relationship: string;
  matched_by: string;
  hops: number;
}

interface CreditLine extends TouchLine {
  model: string;
  credit: number;
  amount: number;
}

interface PostingLine {
  posted_at: string;
  reason: string;
  cause: string;
  moves: [model: string, influencer_id: string, credit: number, amount: number][];
}

/** What is known of one redemption. */
export interface Story {
  redemption: Redemption;
  credits: CreditLine[];
  postings: PostingLine[];
}

async function journey({ redemption, brand, data, json }: JourneyOptions): Promise<void> {
  const warehouse = await openWarehouseOf(configFor(readConfig(process.env), data), data);
  try {
    const story = await readStory(warehouse, redemption, brand ?? null);
    print(json ? JSON.stringify(story) : told(story));
  } finally {
    await warehouse.close();
  }
}

async function readStory(warehouse: Warehouse, id: string, brand: string | null): Promise<Story> {
  const found = await warehouse.query<Redemption>(
    `SELECT brand_id, redemption_id, person_id, toString(redeemed_at) AS redeemed_at, status, toString(amount) AS amount,
       toString(gross_amount) AS gross_amount, currency, coupon_code, owner_id, campaign_id, store_id, flags
     FROM redemptions_current WHERE redemption_id = {id:String} AND ({brand:String} = '' OR brand_id = {brand:String}) ORDER BY brand_id`,
    { id, brand: brand ?? '' },
  );
  const [redemption] = found;
  if (!redemption)
    throw new UsageError(
      `no redemption ${id} is stored${brand ? ` for brand ${brand}` : ''}: its \`redeemed\` event has not arrived, or was refused (look in rejected_events)`,
    );
  if (found.length > 1)
    throw new UsageError(`${id} is a redemption of ${found.map((r) => r.brand_id).join(', ')}: say which with --brand`);
  const key = { brand_id: redemption.brand_id, id };
  const credits = await warehouse.query<CreditLine>(
    `SELECT model, toString(touched_at) AS touched_at, touch_event_id, touch_type, influencer_id, relationship, matched_by, hops,
       toFloat64(credit) AS credit, toFloat64(attributed_amount) AS amount
     FROM attribution_credits WHERE brand_id = {brand_id:String} AND redemption_id = {id:String}
     ORDER BY model, attribution_credits.touched_at, touch_event_id`,
    key,
  );
  const postings = await warehouse.query<PostingLine>(
    `SELECT toString(at) AS posted_at, reason, cause, groupArray((model, influencer_id, ppm / 1e6, e4 / 1e4)) AS moves
     FROM
     (
         SELECT posted_at AS at, batch, reason, cause, toString(model) AS model, influencer_id, sum(credit_ppm) AS ppm, sum(amount_e4) AS e4
         FROM attribution_ledger WHERE kind = 'posting' AND brand_id = {brand_id:String} AND redemption_id = {id:String}
         GROUP BY ALL HAVING ppm != 0 OR e4 != 0 ORDER BY model, ppm
     )
     GROUP BY at, batch, reason, cause ORDER BY at, batch`,
    key,
  );
  return { redemption, credits, postings };
}

const reasons: Record<string, string> = {
  first: 'it was settled for the first time',
  late_touch: 'a touch arrived that had happened before it',
  identity: 'it became known who belongs together, or who does not',
  void: 'the till voided it',
  return: 'something came back',
  reference: 'what the brand knows changed',
  model: 'a model has a new version',
  replay: 'it was settled again',
  erasure: 'a person was erased',
};

function told({ redemption: r, credits, postings }: Story): string {
  const paid = r.gross_amount === null ? 'without a price' : `${r.gross_amount} ${r.currency}`;
  const left = r.amount === r.gross_amount || r.amount === null ? '' : `, ${r.amount} ${r.currency} after returns`;
  const who = r.person_id === '' ? 'somebody unknown' : `person ${r.person_id.slice(0, 16)}…`;
  const owner = r.owner_id === '' ? '' : `, the code of ${r.owner_id}`;
  const lines = [
    `${r.redemption_id} of ${r.brand_id}: ${r.status}, ${paid}${left}`,
    `  ${r.redeemed_at} by ${who} with ${r.coupon_code}${owner}${r.store_id ? ` at ${r.store_id}` : ''}`,
    ...(r.flags.length > 0 ? [`  remarks: ${r.flags.join(', ')}`] : []),
  ];
  const touches = credits.filter((c) => c.model === 'linear' && c.touch_event_id !== '');
  lines.push('', touches.length === 0 ? 'No touch of theirs lies in the look-back.' : 'What led to it');
  for (const t of touches)
    lines.push(
      `  ${t.touched_at}  ${t.touch_type} on ${t.influencer_id || 'nobody in particular'}${t.relationship ? ` (${t.relationship})` : ''}, known by ${t.matched_by}${t.hops > 0 ? ` over ${t.hops} link${t.hops > 1 ? 's' : ''}` : ''}`,
    );
  if (credits.length > 0)
    lines.push(
      '',
      table(
        ['model', 'who', 'credit', 'amount'],
        credits.map((c) => [c.model, c.influencer_id || 'nobody', c.credit.toFixed(6), c.amount.toFixed(4)]),
      ),
    );
  for (const p of postings) {
    lines.push('', `${p.posted_at}  ${reasons[p.reason] ?? p.reason} (${p.cause})`);
    for (const [model, influencer, credit, amount] of p.moves)
      lines.push(
        `  ${model.padEnd(20)}${credit < 0 || amount < 0 ? 'takes back' : 'gives'} ${Math.abs(credit).toFixed(6)} / ${Math.abs(amount).toFixed(4)} ${credit < 0 || amount < 0 ? 'from' : 'to'} ${influencer || 'nobody'}`,
      );
  }
  return lines.join('\n');
}
