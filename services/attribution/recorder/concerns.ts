/** Which events a reference record may say something new about. Pure. Too many is harmless: an event decided anew without change writes nothing. */
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';

/** What is needed of a reference record to find the events it concerns. */
export interface ConcernRecord {
  kind: string;
  brand_id: string;
  id: string;
  version: number;
  /** The body as JSON text. */
  body: string;
}

/** Keys of events, as `kind of key` → brand and key. */
export interface Concern {
  link_code: [string, string][];
  coupon_code: [string, string][];
  coupon_id: [string, string][];
  campaign_id: [string, string][];
  influencer_id: [string, string][];
  store_id: [string, string][];
  hashtag: [string, string][];
  /** Brands all of whose redemptions are concerned. */
  brands: string[];
}

export function concernOf(records: readonly ConcernRecord[]): Concern {
  const out: Concern = {
    link_code: [],
    coupon_code: [],
    coupon_id: [],
    campaign_id: [],
    influencer_id: [],
    store_id: [],
    hashtag: [],
    brands: [],
  };
  for (const { kind, brand_id, id, body } of records) {
    if (kind === 'link') out.link_code.push([brand_id, id]);
    else if (kind === 'influencer') out.influencer_id.push([brand_id, id]);
    else if (kind === 'store') out.store_id.push([brand_id, id]);
    else if (kind === 'brand') out.brands.push(brand_id);
    else if (kind === 'coupon') {
      out.coupon_id.push([brand_id, id]);
      out.coupon_code.push([brand_id, (JSON.parse(body) as { code: string }).code]);
    } else if (kind === 'campaign') {
      out.campaign_id.push([brand_id, id]);
      for (const tag of (JSON.parse(body) as { hashtags?: string[] }).hashtags ?? []) out.hashtag.push([brand_id, tag]);
    }
  }
  return out;
}

/** Of these events, those that a record with a newer version than theirs concerns, with the version they must be decided under. */
export function concerned(
  events: readonly EnrichedEvent[],
  records: readonly ConcernRecord[],
): { event: EnrichedEvent; version: number }[] {
  if (records.length === 0) return [];
  const newest = new Map<string, number>();
  for (const record of records) {
    const { brands, ...keyed } = concernOf([record]);
    const note = (key: string): void => void newest.set(key, Math.max(newest.get(key) ?? -1, record.version));
    for (const brand_id of brands) note(`brand/${brand_id}`);
    for (const [kind, pairs] of Object.entries(keyed))
      for (const [brand_id, key] of pairs) note(`${kind}/${brand_id}/${key}`);
  }
  return events
    .map((event) => ({ event, version: Math.max(-1, ...keysOf(event).map((key) => newest.get(key) ?? -1)) }))
    .filter(({ event, version }) => version > event.reference_version);
}

function keysOf(event: EnrichedEvent): string[] {
  const { brand_id } = event;
  const keys: string[] = [];
  for (const name of ['link_code', 'coupon_code', 'coupon_id', 'campaign_id', 'influencer_id', 'store_id'] as const)
    if (event[name] !== null) keys.push(`${name}/${brand_id}/${event[name]}`);
  if (event.owner_id !== null) keys.push(`influencer_id/${brand_id}/${event.owner_id}`);
  for (const tag of event.hashtags) keys.push(`hashtag/${brand_id}/${tag}`);
  if (event.type === 'coupon_redemption') keys.push(`brand/${brand_id}`);
  return keys;
}
