/**
 * What a brand sends as an event (DESIGN 1.1): the one definition of the input. null and '' mean absent. Unknown fields are kept
 * in `properties`. All faults of a record are found at once.
 */
import { z } from 'zod';
import type { Fault } from './fault.ts';
import { fault, faultsOf, says } from './faults-of.ts';
import { brand_id, code, currency, hashtags, id, identifiers, instant, money, quantity, text } from './fields.ts';
import { freeNames } from './free-names.ts';
import { byStrength, type IdentifierKind, isBlocked, type RawIdentifier } from './values/identifier.ts';
import { parseInstant } from './values/instant.ts';
import { largest_long } from './values/money.ts';

export const event_types = ['click', 'like', 'comment', 'share', 'coupon_redemption'] as const;
export const share_kinds = ['reshare', 'post', 'review', 'story', 'message'] as const;
export const statuses = ['redeemed', 'voided', 'returned'] as const;

/** How far ahead of its arrival an event may lie, ms. */
const clock_skew_ms = 10 * 60_000;

const fields = {
  event_id: id(128),
  type: z.enum(event_types),
  occurred_at: instant,
  brand_id,
  consumer_id: id().optional(),
  identifiers: identifiers.optional(),
  campaign_id: id().optional(),
  influencer_id: id().optional(),
  post_id: id().optional(),
  product_id: id().optional(),
  platform: id(64).toLowerCase().optional(),
  url: text(8_192).optional(),
  referrer: text(8_192).optional(),
  user_agent: text(2_048).optional(),
  ip: text(64).optional(),
  link_code: id().optional(),
  text: text(60_000).optional(),
  language: id(35).optional(),
  parent_id: id().optional(),
  channel: id(64).optional(),
  share_kind: z.enum(share_kinds).optional(),
  hashtags: hashtags.optional(),
  count: z
    .int()
    .min(1)
    .refine((count) => count !== largest_long + 1, says('number_out_of_range', `at most ${largest_long}`))
    .optional(),
  coupon_code: code.optional(),
  redemption_id: id().optional(),
  status: z.enum(statuses).optional(),
  amount: money.optional(),
  currency: currency.optional(),
  discount: money.optional(),
  quantity: quantity.optional(),
  retailer_id: id().optional(),
  store_id: id().optional(),
  transaction_id: id().optional(),
  properties: z.record(z.string(), z.unknown(), says('wrong_type', 'a map of strings')).optional(),
};

export const eventSchema = z.object(fields).loose();

/** A valid event, normalised, personal data still raw: lives only inside ingest. Absent = null. */
export interface CollectedEvent {
  event_id: string;
  type: (typeof event_types)[number];
  /** Epoch ms. */
  occurred_at: number;
  brand_id: string;
  /** Strongest first; blocked values are gone. */
  identifiers: RawIdentifier[];
  campaign_id: string | null;
  influencer_id: string | null;
  post_id: string | null;
  product_id: string | null;
  platform: string | null;
  url: string | null;
  referrer: string | null;
  user_agent: string | null;
  ip: string | null;
  link_code: string | null;
  text: string | null;
  language: string | null;
  parent_id: string | null;
  channel: string | null;
  share_kind: string | null;
  hashtags: string[];
  count: number;
  coupon_code: string | null;
  redemption_id: string | null;
  status: string | null;
  amount_e4: number | null;
  currency: string | null;
  discount_e4: number | null;
  quantity: number | null;
  retailer_id: string | null;
  store_id: string | null;
  transaction_id: string | null;
  properties: Record<string, string>;
}

type Parsed = z.output<typeof eventSchema>;
export type ParsedEvent = { event: CollectedEvent; faults?: never } | { event?: never; faults: Fault[] };

/** Parses one JSON object that arrived at `at` (epoch ms); every fault it has. */
export function parseEvent(input: Record<string, unknown>, at: number): ParsedEvent {
  const raw = withoutEmpty(input);
  const result = eventSchema.safeParse(raw);
  const faults = result.success ? [] : faultsOf(result.error.issues, raw);
  for (const found of crossFaults(raw, at)) faults.push(found);
  const properties = propertiesOf(raw, faults);
  return result.success && faults.length === 0 ? { event: collected(result.data, properties) } : { faults };
}

/** null and '' are absent, whatever the field. */
export function withoutEmpty(input: Record<string, unknown>): Record<string, unknown> {
  // Without a prototype: a field named __proto__ must not lend its fields to the record.
  const out: Record<string, unknown> = Object.create(null);
  for (const key in input) {
    const value = input[key];
    if (value !== null && value !== '') out[key] = value;
  }
  return out;
}

/** What no single field can say. Works on raw fields, so that it finds its faults beside those of the fields. */
function crossFaults(raw: Record<string, unknown>, at: number): Fault[] {
  const faults: Fault[] = [];
  const occurred_at = parseInstant(raw.occurred_at);
  const named = raw.consumer_id !== undefined || (Array.isArray(raw.identifiers) && raw.identifiers.length > 0);
  if (raw.type === 'coupon_redemption') {
    const status = raw.status ?? 'redeemed';
    if (status === 'redeemed' && raw.coupon_code === undefined)
      faults.push(fault('missing_field', 'coupon_code', undefined, 'the code that was redeemed'));
    if ((status === 'voided' || status === 'returned') && raw.redemption_id === undefined)
      faults.push(fault('missing_field', 'redemption_id', undefined, 'the redemption that is taken back'));
    if (raw.amount !== undefined && raw.currency === undefined)
      faults.push(fault('amount_without_currency', 'currency', undefined));
    if (raw.currency !== undefined && raw.amount === undefined)
      faults.push(fault('currency_without_amount', 'amount', undefined));
  } else if (!named && (raw.count === undefined || raw.type === 'comment'))
    faults.push(fault('missing_person', 'consumer_id', undefined, 'consumer_id or identifiers'));
  if (typeof raw.count === 'number' && raw.count > 1) {
    if (raw.type === 'comment' || raw.type === 'coupon_redemption')
      faults.push(fault('count_not_allowed', 'count', raw.count, `1 for a ${raw.type}`));
    else if (named) faults.push(fault('count_not_allowed', 'count', raw.count, '1 where a person is named'));
  }
  if (occurred_at !== null && occurred_at > at + clock_skew_ms)
    faults.push(
      fault('date_in_future', 'occurred_at', raw.occurred_at, `at most ${new Date(at + clock_skew_ms).toISOString()}`),
    );
  return faults;
}

const nul = <T>(value: T | undefined): T | null => value ?? null;

function collected(e: Parsed, properties: Record<string, string>): CollectedEvent {
  const redemption = e.type === 'coupon_redemption';
  return {
    event_id: e.event_id,
    type: e.type,
    occurred_at: e.occurred_at,
    brand_id: e.brand_id,
    identifiers: identifiersOf(e),
    campaign_id: nul(e.campaign_id),
    influencer_id: nul(e.influencer_id),
    post_id: nul(e.post_id),
    product_id: nul(e.product_id),
    platform: nul(e.platform),
    url: nul(e.url),
    referrer: nul(e.referrer),
    user_agent: nul(e.user_agent),
    ip: nul(e.ip),
    link_code: nul(e.link_code),
    text: nul(e.text),
    language: nul(e.language),
    parent_id: nul(e.parent_id),
    channel: nul(e.channel),
    share_kind: e.type === 'share' ? (e.share_kind ?? 'reshare') : null,
    hashtags: e.hashtags ?? [],
    count: e.count ?? 1,
    coupon_code: nul(e.coupon_code),
    redemption_id: redemption ? (e.redemption_id ?? e.event_id) : null,
    status: redemption ? (e.status ?? 'redeemed') : null,
    amount_e4: nul(e.amount),
    currency: nul(e.currency),
    discount_e4: nul(e.discount),
    quantity: nul(e.quantity),
    retailer_id: nul(e.retailer_id),
    store_id: nul(e.store_id),
    transaction_id: nul(e.transaction_id),
    properties,
  };
}

/** consumer_id is an identifier like the others, the strongest. Values that name nobody are dropped; the event stays. */
function identifiersOf(e: Parsed): RawIdentifier[] {
  const found = new Map<string, RawIdentifier>();
  const add = (kind: IdentifierKind, platform: string, value: string): void => {
    if (!isBlocked(value)) found.set(`${kind}\0${platform}\0${value}`, { kind, platform, value });
  };
  if (e.consumer_id !== undefined) add('consumer_id', '', e.consumer_id.trim());
  for (const { kind, platform, value } of e.identifiers ?? []) add(kind, platform, value);
  return found.size < 2 ? [...found.values()] : [...found.values()].sort(byStrength);
}

const only_redemptions = ['redemption_id', 'status'] as const;

/** `properties`, unknown fields, and fields that mean nothing on this type: as text, nothing lost. Adds the faults it finds. */
function propertiesOf(raw: Record<string, unknown>, faults: Fault[]): Record<string, string> {
  const own = new Map<string, string>();
  const again: [name: string, text: string][] = [];
  const keep = (name: string, value: unknown, path: string): void => {
    if (value === undefined || value === null) return;
    const flaw = flawIn(name, path) ?? flawIn(value, path);
    const text = typeof value === 'string' ? value : JSON.stringify(sortedDeep(value));
    if (flaw) faults.push(flaw);
    else if (own.has(name)) again.push([name, text]);
    else own.set(name, text);
  };
  if (typeof raw.properties === 'object' && raw.properties !== null && !Array.isArray(raw.properties))
    for (const [name, value] of Object.entries(raw.properties)) keep(name, value, `properties.${name}`);
  for (const name in raw) if (!Object.hasOwn(fields, name)) keep(name, raw[name], name);
  if (raw.type !== 'coupon_redemption') for (const name of only_redemptions) keep(name, raw[name], name);
  if (raw.type !== 'share') keep('share_kind', raw.share_kind, 'share_kind');
  const free = freeNames('_');
  return Object.fromEntries([...own, ...again].map(([name, text]) => [free(name), text]));
}

/** The same value with the fields of its objects in order: equal content is equal text. */
function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sortedDeep(inner)]),
  );
}

/** Something in a free value that could not be kept exactly: a number beyond 2^53, or half a surrogate pair. */
export function flawIn(value: unknown, path: string): Fault | null {
  if (typeof value === 'string')
    return /\p{Surrogate}/u.test(value)
      ? fault('bad_text', path.replace(/\p{Surrogate}/gu, '?'), value, 'well-formed Unicode')
      : null;
  if (typeof value === 'number')
    return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))
      ? fault('number_out_of_range', path, value, 'a number within 2^53')
      : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = flawIn(key, path) ?? flawIn(inner, `${path}.${key}`);
    if (found) return found;
  }
  return null;
}
