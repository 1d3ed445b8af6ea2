/**
 * What a brand sends as reference (DESIGN 1.2): a record has `kind` where an event has `type`. Unknown fields are kept in the body.
 * null and '' mean absent. All faults of a record are found at once.
 */
import { z } from 'zod';
import { flawIn, withoutEmpty } from './event.ts';
import type { Fault } from './fault.ts';
import { fault, faultsOf, says } from './faults-of.ts';
import {
  brand_id,
  code,
  currency,
  hashtags,
  id,
  identifiers,
  instant,
  lookback,
  money,
  text,
  two_identifiers,
  window_end,
} from './fields.ts';
import { parseInstant } from './values/instant.ts';

export const relationships = ['friend', 'blogger', 'celebrity', 'expert'] as const;
export const coupon_uses = ['unique', 'shared'] as const;
export const leak_policies = ['keep', 'halve', 'withhold'] as const;
export const cost_kinds = ['cogs', 'shipping', 'face_value', 'handling', 'fee', 'other'] as const;

const common = {
  brand_id,
  name: text(512).optional(),
  valid_from: instant.optional(),
  valid_to: window_end.optional(),
};
const ids = z.array(id()).max(10_000);
const words = z.array(text(256)).max(1_000);
const whole = z.int().min(0);
const one = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.object({ kind: z.literal(kind), id: id(), ...common, ...shape }).loose();

/** The name of a time zone as the tables of zones spell it; null when there is none. */
function zoneOf(name: string): string | null {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

const cost = z.object({ kind: z.enum(cost_kinds), amount: money, currency, influencer_id: id().optional() });
const handle = z
  .object({
    platform: id(64).toLowerCase(),
    handle: text(256).min(1),
    valid_from: instant.optional(),
    valid_to: window_end.optional(),
  })
  .refine(({ valid_from, valid_to }) => valid_from === undefined || valid_to === undefined || valid_to > valid_from, {
    path: ['valid_to'],
    message: says('bad_window', 'later than valid_from'),
  });
const time_zone = text(64)
  .refine((name) => zoneOf(name) !== null, 'unknown_value: a time zone such as America/Los_Angeles')
  .transform((name) => zoneOf(name) ?? name);

export const referenceSchema = z.discriminatedUnion('kind', [
  one('brand', { currency: currency.optional(), time_zone: time_zone.optional(), lookback: lookback.optional() }),
  one('campaign', {
    starts_at: instant.optional(),
    ends_at: window_end.optional(),
    product_ids: ids.optional(),
    hashtags: hashtags.optional(),
    lookback: lookback.optional(),
    scope: z.enum(['brand', 'campaign']).optional(),
    holdout_share: z.number().min(0).max(1).optional(),
    costs: z.array(cost).max(1_000).optional(),
  }),
  one('influencer', {
    relationship: z.enum(relationships).optional(),
    followers: whole.optional(),
    handles: z.array(handle).max(100).optional(),
    identifiers: identifiers.optional(),
    lifestyle: words.optional(),
    region: text(128).optional(),
    home_store_id: id().optional(),
  }),
  one('product', { category: text(256).optional(), tags: words.optional(), unit_cost: money.optional() }),
  one('coupon', {
    code,
    use: z.enum(coupon_uses).optional(),
    influencer_id: id().optional(),
    campaign_id: id().optional(),
    product_ids: ids.optional(),
    face_value: money.optional(),
    issued_to: identifiers.optional(),
    leaked_at: instant.optional(),
    leak_policy: z.enum(leak_policies).optional(),
  }),
  one('distribution', { campaign_id: id(), identifiers, at: instant }),
  one('post_snapshot', {
    post_id: id(),
    influencer_id: id().optional(),
    at: instant,
    reach: whole.optional(),
    views: whole.optional(),
    impressions: whole.optional(),
  }),
  one('retailer', {}),
  one('store', {
    retailer_id: id().optional(),
    store_type: text(64).optional(),
    region: text(128).optional(),
    city: text(128).optional(),
    postcode: text(32).optional(),
    lat: z.number().min(-90).max(90).optional(),
    lon: z.number().min(-180).max(180).optional(),
  }),
  one('link', {
    influencer_id: id().optional(),
    campaign_id: id().optional(),
    post_id: id().optional(),
    product_id: id().optional(),
    url: text(8_192).optional(),
  }),
  one('person', {
    identifiers,
    lifestyle: words.optional(),
    values: words.optional(),
    region: text(128).optional(),
    shops_at: words.optional(),
    buys: words.optional(),
  }),
  one('separation', { identifiers: two_identifiers, withdrawn: z.boolean().optional() }),
]);

export type ReferenceInput = z.output<typeof referenceSchema>;
export type ReferenceKind = ReferenceInput['kind'];
export const reference_kinds: readonly string[] = referenceSchema.options.map((option) => option.shape.kind.value);
/** Fields of each kind by which events find it, or it finds another: codes and ids. */
export const matched_fields: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  referenceSchema.options.map(({ shape }) => [
    shape.kind.value,
    new Set(Object.keys(shape).filter((field) => /^code$|_ids?$/.test(field))),
  ]),
);

/** A valid reference record, normalised, personal data still raw: lives only inside ingest. */
export interface CollectedReference {
  kind: ReferenceKind;
  brand_id: string;
  id: string;
  name: string | null;
  /** Epoch ms; null = always. */
  valid_from: number | null;
  /** Epoch ms; null = for ever. */
  valid_to: number | null;
  /** The fields of the kind: times in epoch ms, look-backs in ms, money in `_e4` fields. */
  body: Record<string, unknown>;
}

export type ParsedReference =
  | { reference: CollectedReference; faults?: never }
  | { reference?: never; faults: Fault[] };

/** Parses one JSON object; every fault it has. */
export function parseReference(input: Record<string, unknown>): ParsedReference {
  const raw = withoutEmpty(input);
  for (const field of ['costs', 'handles', 'lookback'])
    if (raw[field] !== undefined) raw[field] = withoutEmptyInside(raw[field]);
  if (raw.kind === 'brand') raw.id = raw.brand_id; // there is one of it; under another id nobody would look for it
  const result = referenceSchema.safeParse(raw);
  const faults = result.success ? [] : faultsOf(result.error.issues, raw);
  for (const [from, to] of [
    ['valid_from', 'valid_to'],
    ['starts_at', 'ends_at'],
  ] as const) {
    const [begins, ends] = [parseInstant(raw[from]), parseInstant(raw[to])];
    if (begins !== null && ends !== null && ends <= begins)
      faults.push(fault('bad_window', to, raw[to], `later than ${from}`));
  }
  const flaw = flawIn(raw, '');
  if (flaw && faults.length === 0) faults.push({ ...flaw, path: flaw.path.replace(/^\./, '') });
  return result.success && faults.length === 0 ? { reference: collected(result.data) } : { faults };
}

/** null and '' are absent in the lines of a list and in a look-back, too. */
function withoutEmptyInside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyInside);
  return typeof value === 'object' && value !== null ? withoutEmpty(value as Record<string, unknown>) : value;
}

function collected(parsed: ReferenceInput): CollectedReference {
  const { kind, brand_id, id, name, valid_from, valid_to, ...rest } = parsed;
  const body: Record<string, unknown> = { ...rest };
  const rename = (from: string): void => {
    if (body[from] === undefined) return;
    body[`${from}_e4`] = body[from];
    delete body[from];
  };
  if (kind === 'coupon') rename('face_value');
  if (kind === 'product') rename('unit_cost');
  if (kind === 'campaign' && Array.isArray(body.costs))
    body.costs = (body.costs as z.output<typeof cost>[]).map(({ amount, ...line }) => ({ ...line, amount_e4: amount }));
  const look = body.lookback as z.output<typeof lookback> | undefined;
  if (look) body.lookback = Object.fromEntries(Object.entries(look).map(([type, ms]) => [`${type}_ms`, ms]));
  return { kind, brand_id, id, name: name ?? null, valid_from: valid_from ?? null, valid_to: valid_to ?? null, body };
}

/** Look-back per touch type as a body holds it, ms. */
export interface LookbackBody {
  click_ms?: number;
  comment_ms?: number;
  share_ms?: number;
  like_ms?: number;
}
