/**
 * Preset `retail`: a retailer's redemption file, with the campaigns, mailings and products beside it.
 *   redemptions.csv   redemption_id, loyalty_id, coupon_code, campaign_id, redeemed_at, and as they are: store_id, transaction_id,
 *                     product_id, quantity, amount, discount, currency; status (voided, returned) says what came of an earlier row;
 *                     a return is known by return_id (else redeemed_at), product_id, quantity, amount, currency and transaction_id:
 *                     rows that say the same of these are one return, and a file that says more of these tells of new ones
 *   campaigns.csv     campaign_id, start_date, end_date (inclusive days, UTC)
 *   distribution.csv  campaign_id, loyalty_id: handing a coupon to a household, at the start of the campaign
 *   products.csv      product_id, product_category, product_type
 * An empty field is absent. Other columns are kept as properties.
 */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseInstant } from '../../../schemas/values/instant.ts';
import { parseCurrency, parseMoney } from '../../../schemas/values/money.ts';
import { type CsvRow, csvRows } from './csv-rows.ts';
import type { PresetRecords } from './preset.ts';

const day_ms = 86_400_000;

export function retail(files: string[], brand_id: string): PresetRecords {
  const [first] = files;
  if (files.length !== 1 || first === undefined || !existsSync(first))
    throw new Error('preset retail expects one existing directory with redemptions.csv, or that file');
  const folder = statSync(first).isDirectory() ? first : dirname(first);
  const redemptions = statSync(first).isDirectory() ? join(first, 'redemptions.csv') : first;
  if (!existsSync(redemptions)) throw new Error(`preset retail expects redemptions.csv in ${folder}`);
  return {
    references: references((name) => join(folder, name), brand_id),
    events: events(redemptions, brand_id),
  };
}

async function* rowsOf(file: string): AsyncGenerator<CsvRow> {
  if (existsSync(file)) yield* csvRows(file);
}

async function* references(at: (name: string) => string, brand_id: string): AsyncGenerator<object> {
  yield { kind: 'brand', brand_id, id: brand_id, time_zone: 'UTC' };
  const starts = new Map<string, string>();
  for await (const { campaign_id = '', start_date = '', end_date = '', ...rest } of rowsOf(at('campaigns.csv'))) {
    const starts_at = `${start_date}T00:00:00Z`;
    starts.set(campaign_id, starts_at);
    yield { ...rest, kind: 'campaign', brand_id, id: campaign_id, starts_at, ends_at: dayAfter(end_date) };
  }
  for await (const { product_id, product_category, product_type, ...rest } of rowsOf(at('products.csv')))
    yield { ...rest, kind: 'product', brand_id, id: product_id, name: product_type, category: product_category };
  for await (const { campaign_id = '', loyalty_id = '', ...rest } of rowsOf(at('distribution.csv'))) {
    const identifiers = [{ kind: 'loyalty_id', value: loyalty_id }];
    yield {
      ...rest,
      kind: 'distribution',
      brand_id,
      id: `${campaign_id}/${loyalty_id}`,
      campaign_id,
      identifiers,
      at: starts.get(campaign_id),
    };
  }
}

/** The first instant after an inclusive day; a broken date stays broken, for ingest to name. */
function dayAfter(date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) ? date : new Date(at + day_ms).toISOString();
}

async function* events(file: string, brand_id: string): AsyncGenerator<object> {
  for await (const row of csvRows(file)) {
    const { redemption_id, loyalty_id, redeemed_at, ...rest } = row;
    const identifiers = loyalty_id ? [{ kind: 'loyalty_id', value: loyalty_id }] : undefined;
    yield {
      ...rest,
      event_id: (rest.status || 'redeemed') === 'redeemed' ? redemption_id : laterId(row),
      type: 'coupon_redemption',
      occurred_at: redeemed_at,
      brand_id,
      redemption_id,
      identifiers,
    };
  }
}

/** What came of an earlier row is an event of its own, named by what it tells of, however that is written. */
function laterId(row: CsvRow): string {
  const { redemption_id, status, redeemed_at = '', product_id, return_id } = row;
  const at = instantOf(redeemed_at);
  const rest = status === 'returned' ? [return_id || at, whatCameBack(row)] : [at, product_id];
  return [redemption_id, status, ...rest].filter(Boolean).join('/');
}

/** One spelling of an instant; one that is none stays as it is, for ingest to name. */
function instantOf(text: string): string {
  const at = parseInstant(text);
  return at === null ? text : new Date(at).toISOString().replace('.000Z', 'Z');
}

/** Several returns may carry one moment, and several lines one return. Those that differ here are several, in whatever order and file they come. */
function whatCameBack({ product_id, quantity, amount, currency = '', transaction_id }: CsvRow): string {
  const units = quantity ? Number(quantity) : null;
  const money = [parseMoney(amount) ?? (amount || null), parseCurrency(currency) ?? (currency || null)];
  const said = [product_id || null, units, ...money, transaction_id || null];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 12);
}
