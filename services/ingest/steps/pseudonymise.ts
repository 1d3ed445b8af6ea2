import type { CollectedEvent } from '../../../schemas/event.ts';
import type { AcceptedEvent, Identifier } from '../../../schemas/generated/accepted_event.ts';
import { type CollectedReference, matched_fields } from '../../../schemas/reference.ts';
import { normaliseIdentifier, type RawIdentifier } from '../../../schemas/values/identifier.ts';
import { fingerprint, type Keys } from '../../platform/keys.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import type { Ingested, IngestLookups, SourceRecord } from '../records.ts';
import { maskAddress, maskDeep, maskProperties, maskText } from './mask.ts';
import { maskUserAgent } from './mask-user-agent.ts';
import { networkOf } from './network-of.ts';
import type { ParsedRecord } from './parse-record.ts';

/**
 * Replace what identifies a person by its pseudonym; from here on nobody can read it.
 * in       ParsedRecord
 * adds     pseudonyms, network (and drops ip), content_hash, source position; e-mails, phones and mentions in texts are masked
 * refuses  nothing
 */
export function pseudonymise(record: ParsedRecord, { keys }: IngestLookups): Outcome<Ingested> {
  if ('event' in record) return kept({ kind: 'event', event: acceptedEvent(record.event, record.source, keys) });
  const { reference, source } = record;
  const { kind, brand_id, id, valid_from, valid_to } = reference;
  const name = reference.name === null ? null : maskText(reference.name);
  const body = JSON.stringify(pseudonymousBody(reference, keys));
  return kept({
    kind: 'reference',
    reference: { ...positionOf(source), kind, brand_id, id, name, valid_from, valid_to, body },
  });
}

const positionOf = (source: SourceRecord) => ({
  source_topic: source.topic,
  source_partition: source.partition,
  source_offset: source.offset,
  source_at: source.timestamp,
});

/** Field by field: spreading a record this wide costs ten times as much. The hash is taken before the position is known. */
function acceptedEvent(event: CollectedEvent, source: SourceRecord, keys: Keys): AcceptedEvent {
  const network = event.ip === null ? null : networkOf(event.ip);
  const accepted: AcceptedEvent = {
    source_topic: '',
    source_partition: 0,
    source_offset: 0,
    source_at: 0,
    event_id: event.event_id,
    type: event.type,
    occurred_at: event.occurred_at,
    brand_id: event.brand_id,
    identifiers: pseudonyms(event.identifiers, event.brand_id, keys),
    campaign_id: event.campaign_id,
    influencer_id: event.influencer_id,
    post_id: event.post_id,
    product_id: event.product_id,
    platform: event.platform,
    url: event.url === null ? null : maskAddress(event.url),
    referrer: event.referrer === null ? null : maskAddress(event.referrer),
    user_agent: event.user_agent === null ? null : maskUserAgent(event.user_agent),
    network: network === null ? null : keys.pseudonym(event.brand_id, 'network', '', network),
    link_code: event.link_code,
    text: event.text === null ? null : maskText(event.text),
    language: event.language,
    parent_id: event.parent_id,
    channel: event.channel === null ? null : maskText(event.channel),
    share_kind: event.share_kind,
    hashtags: event.hashtags.map((tag) => maskTag(tag, event.brand_id, keys)),
    count: event.count,
    coupon_code: event.coupon_code,
    redemption_id: event.redemption_id,
    status: event.status,
    amount_e4: event.amount_e4,
    currency: event.currency,
    discount_e4: event.discount_e4,
    quantity: event.quantity,
    retailer_id: event.retailer_id,
    store_id: event.store_id,
    transaction_id: event.transaction_id,
    properties: maskProperties(event.properties),
    content_hash: '',
    needed_version: -1,
  };
  accepted.content_hash = fingerprint(JSON.stringify(accepted));
  accepted.source_topic = source.topic;
  accepted.source_partition = source.partition;
  accepted.source_offset = source.offset;
  accepted.source_at = source.timestamp;
  return accepted;
}

const pseudonyms = (identifiers: RawIdentifier[], brand_id: string, keys: Keys): Identifier[] =>
  identifiers.map(({ kind, platform, value }) => ({
    kind,
    platform,
    pseudonym: keys.pseudonym(brand_id, kind, platform, value),
  }));

/** A tag that is a mention keeps a name of its own: an event finds its campaign by it. */
const maskTag = (tag: string, brand_id: string, keys: Keys): string =>
  tag.startsWith('@') ? `@${keys.pseudonym(brand_id, 'mention', '', tag.slice(1)).slice(0, 16)}` : maskText(tag);

interface RawHandle {
  platform: string;
  handle: string;
  valid_from?: number;
  valid_to?: number;
}

/** Fields of a kind that hold identifiers; elsewhere such a name is an unknown field like any other. */
const personal_fields: Record<string, readonly string[]> = {
  influencer: ['identifiers', 'handles'],
  coupon: ['issued_to'],
  distribution: ['identifiers'],
  person: ['identifiers'],
  separation: ['identifiers'],
};
/** Addresses of pages and places, not of people. */
const public_fields = new Set(['url']);

/** Identifiers and handles as pseudonyms, other texts masked; the shape stays. */
function pseudonymousBody({ kind, brand_id, body }: CollectedReference, keys: Keys): Record<string, unknown> {
  const personal = personal_fields[kind] ?? [];
  const out: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(body)) {
    if (matched_fields.get(kind)?.has(field))
      out[field] = value; // what events are matched by must stay as it is
    else if (kind === 'campaign' && field === 'hashtags')
      out[field] = (value as string[]).map((tag) => maskTag(tag, brand_id, keys));
    else if (kind === 'campaign' && field === 'costs')
      out[field] = (value as { influencer_id?: string }[]).map(({ influencer_id, ...line }) => ({
        ...(maskDeep(line) as object),
        ...(influencer_id !== undefined && { influencer_id }),
      }));
    else if (!personal.includes(field))
      out[field] = public_fields.has(field) && typeof value === 'string' ? maskAddress(value) : maskDeep(value, field);
    else if (field === 'handles')
      out[field] = (value as RawHandle[]).map(({ handle, ...scope }) => ({
        ...scope,
        pseudonym: keys.pseudonym(brand_id, 'handle', scope.platform, normaliseIdentifier('handle', handle) ?? handle),
      }));
    else out[field] = pseudonyms(value as RawIdentifier[], brand_id, keys);
  }
  return out;
}
