/** Rows of the tables the recorder writes: column names and, for each record, the values in that order. Pure. */
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import type { ReferenceRecord } from '../../../schemas/generated/reference_record.ts';
import type { RejectedRecord } from '../../../schemas/generated/rejected_record.ts';

/** Columns of `events` that are the enriched event's fields of the same name; null becomes '' where the column holds text. */
export const text_columns = [
  'source_topic',
  'event_id',
  'type',
  'brand_id',
  'campaign_id',
  'influencer_id',
  'post_id',
  'product_id',
  'platform',
  'url',
  'referrer',
  'user_agent',
  'network',
  'link_code',
  'text',
  'language',
  'parent_id',
  'channel',
  'share_kind',
  'coupon_code',
  'redemption_id',
  'status',
  'currency',
  'retailer_id',
  'store_id',
  'transaction_id',
  'content_hash',
  'relationship',
  'tier',
  'region',
  'campaign_scope',
  'coupon_id',
  'coupon_use',
  'owner_id',
  'owner_relationship',
  'owner_tier',
  'comment_signal',
  'leak_policy',
] as const satisfies readonly (keyof EnrichedEvent)[];
/** Columns whose value is the field's as it is (times are epoch ms). */
export const plain_columns = [
  'source_partition',
  'source_offset',
  'source_at',
  'occurred_at',
  'hashtags',
  'count',
  'amount_e4',
  'discount_e4',
  'quantity',
  'properties',
  'is_valid',
  'invalid_reasons',
  'flags',
  'filled',
  'influencer_identifiers',
  'owner_identifiers',
  'issued_to',
  'click_window_ms',
  'comment_window_ms',
  'share_window_ms',
  'like_window_ms',
] as const satisfies readonly (keyof EnrichedEvent)[];

export const event_columns = [
  ...text_columns,
  ...plain_columns,
  'revision',
  'identity_key',
  'identity_kind',
  'identifier_kinds',
  'identifier_platforms',
  'identifier_pseudonyms',
  'sign',
  'batch',
] as const;

const sign_index = event_columns.indexOf('sign');
const batch_index = event_columns.indexOf('batch');
const revision_index = event_columns.indexOf('revision');

export type EventRow = unknown[];

type Coded = Pick<EnrichedEvent, 'coupon_use' | 'coupon_id'>;

const nobody = { kind: '', pseudonym: '' };

/** A unique coupon code is an identifier too; a shared one never is. */
const codeOf = ({ coupon_use, coupon_id }: Coded): { kind: string; pseudonym: string }[] =>
  coupon_use === 'unique' && coupon_id ? [{ kind: 'coupon_code', pseudonym: `coupon:${coupon_id}` }] : [];

/** The identifier an event's person is known by: the strongest that names a person, else the unique code, else nobody. */
export const knownBy = (event: Coded & Pick<EnrichedEvent, 'identifiers'>): { kind: string; pseudonym: string } =>
  event.identifiers[0] ?? codeOf(event)[0] ?? nobody;

export function eventRow(event: EnrichedEvent, batch: string): EventRow {
  const row: EventRow = new Array(event_columns.length);
  let i = 0;
  for (const name of text_columns) row[i++] = event[name] ?? '';
  for (const name of plain_columns) row[i++] = event[name];
  const known_by = knownBy(event);
  row[i++] = event.reference_version;
  row[i++] = known_by.pseudonym;
  row[i++] = known_by.kind;
  row[i++] = event.identifiers.map((id) => id.kind);
  row[i++] = event.identifiers.map((id) => id.platform);
  row[i++] = event.identifiers.map((id) => id.pseudonym);
  row[i++] = 1;
  row[i++] = batch;
  return row;
}

/** The same row taken back, as part of another batch. */
export function cancelled(row: EventRow, batch: string): EventRow {
  const out = row.slice();
  out[sign_index] = -1;
  out[batch_index] = batch;
  return out;
}

/** Equal but for revision, sign and batch: nothing an analyst could see has changed. */
export function sameContent(a: EventRow, b: EventRow): boolean {
  const content = (row: EventRow): string =>
    JSON.stringify(
      row.map((value, i) => (i === sign_index || i === batch_index || i === revision_index ? null : value)),
    );
  return content(a) === content(b);
}

export const duplicate_columns = [
  'source_topic',
  'source_partition',
  'source_offset',
  'source_at',
  'brand_id',
  'event_id',
  'code',
  'batch',
] as const;

export const duplicateRow = (event: EnrichedEvent, code: string, batch: string): unknown[] => [
  event.source_topic,
  event.source_partition,
  event.source_offset,
  event.source_at,
  event.brand_id,
  event.event_id,
  code,
  batch,
];

export const link_columns = [
  'brand_id',
  'left',
  'left_kind',
  'right',
  'right_kind',
  'occurred_at',
  'event_id',
  'sign',
  'source_topic',
  'source_partition',
  'source_offset',
  'source_at',
  'batch',
] as const;

const at = (name: (typeof event_columns)[number]): number => event_columns.indexOf(name);
const link_head = ['brand_id', 'occurred_at', 'event_id'] as const;
const [brand_at, occurred_at, event_at] = link_head.map(at) as [number, number, number];
const position_at = (['source_topic', 'source_partition', 'source_offset', 'source_at'] as const).map(at);
const [kinds_at, pseudonyms_at, use_at, coupon_at] = (
  ['identifier_kinds', 'identifier_pseudonyms', 'coupon_use', 'coupon_id'] as const
).map(at) as [number, number, number, number];

/** What an event's row says of identity: the identifier it is known by, linked to each of its others; every link from both its ends. */
export function linkRows(event: EventRow, batch: string): unknown[][] {
  const kinds = event[kinds_at] as string[];
  const identifiers = (event[pseudonyms_at] as string[]).map((pseudonym, i) => ({ kind: kinds[i]!, pseudonym }));
  const code = codeOf({ coupon_use: event[use_at] as string, coupon_id: event[coupon_at] as string });
  const [first, ...others] = [...identifiers, ...code];
  if (!first) return [];
  const row = (left: typeof first, right: typeof first): unknown[] => [
    event[brand_at],
    left.pseudonym,
    left.kind,
    right.pseudonym,
    right.kind,
    event[occurred_at],
    event[event_at],
    1,
    ...position_at.map((index) => event[index]),
    batch,
  ];
  const other = others.filter(({ pseudonym }) => pseudonym !== first.pseudonym);
  return other.flatMap((right) => [row(first, right), row(right, first)]);
}

const link_sign = link_columns.indexOf('sign');

/** The same link taken back. */
export const unlinked = (row: unknown[]): unknown[] => row.with(link_sign, -1);

export const rejected_columns = [
  'source_topic',
  'source_partition',
  'source_offset',
  'source_at',
  'brand_id',
  'event_id',
  'type',
  'service',
  'step',
  'fault_codes',
  'fault_paths',
  'fault_details',
  'sealed',
  'batch',
] as const;

export const rejectedRow = (record: RejectedRecord, batch: string): unknown[] => [
  record.source_topic,
  record.source_partition,
  record.source_offset,
  record.source_at,
  record.brand_id,
  record.event_id,
  record.type,
  record.service,
  record.step,
  record.faults.map((f) => f.code),
  record.faults.map((f) => f.path),
  record.faults.map((f) => f.detail),
  record.sealed.toString('base64'),
  batch,
];

export const reference_columns = [
  'source_topic',
  'source_partition',
  'source_offset',
  'source_at',
  'kind',
  'brand_id',
  'id',
  'name',
  'valid_from',
  'valid_to',
  'version',
  'body',
  'batch',
] as const;

export const referenceRow = (record: ReferenceRecord, version: number, batch: string): unknown[] => [
  record.source_topic,
  record.source_partition,
  record.source_offset,
  record.source_at,
  record.kind,
  record.brand_id,
  record.id,
  record.name ?? '',
  record.valid_from,
  record.valid_to,
  version,
  record.body,
  batch,
];
