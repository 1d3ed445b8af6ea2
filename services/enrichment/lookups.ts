/**
 * What the brand knows, in memory, as of any time: of the records of an id whose validity holds the moment, the one that began last. A record
 * with the same kind, brand, id and valid_from replaces the older one. So it does not matter in which order records of different times were
 * sent, and how often: a redelivery, or an export that is sent again, moves nobody's credit.
 */
import type { ReferenceRecord } from '../../schemas/generated/reference_record.ts';
import type { LookbackBody } from '../../schemas/reference.ts';

/** Kinds that enrichment looks things up in; the others go straight to the warehouse. */
interface Bodies {
  brand: { currency?: string; time_zone?: string; lookback?: LookbackBody };
  campaign: {
    starts_at?: number;
    ends_at?: number;
    product_ids?: string[];
    hashtags?: string[];
    lookback?: LookbackBody;
    scope?: string;
  };
  influencer: {
    relationship?: string;
    followers?: number;
    region?: string;
    identifiers?: { pseudonym: string }[];
    handles?: { pseudonym: string; valid_from?: number; valid_to?: number }[];
  };
  product: { category?: string };
  coupon: {
    code: string;
    use?: string;
    influencer_id?: string;
    campaign_id?: string;
    product_ids?: string[];
    issued_to?: { pseudonym: string }[];
    leaked_at?: number;
    leak_policy?: string;
  };
  store: { retailer_id?: string; region?: string };
  link: { influencer_id?: string; campaign_id?: string; post_id?: string; product_id?: string };
}
export type KnownKind = keyof Bodies;

export interface Known<Kind extends KnownKind> {
  id: string;
  valid_from: number | null;
  valid_to: number | null;
  version: number;
  body: Bodies[Kind];
}

export interface ReferenceIndex {
  /** Offset of the newest record applied; -1 for none. */
  readonly version: number;
  /** An echo of a record that was applied before (a worker that woke up late wrote it again) counts nothing: the newer one stands. */
  apply(record: ReferenceRecord, version: number): void;
  /** The record that speaks for `id` at the moment `at` (epoch ms), or null. */
  at<Kind extends KnownKind>(kind: Kind, brand_id: string, id: string, at: number): Known<Kind> | null;
  /** Whether there is any record of `id`, at whatever time. */
  knows(kind: KnownKind, brand_id: string, id: string): boolean;
  /** Ids of coupons that ever had this code, sorted. */
  couponsOf(brand_id: string, code: string): readonly string[];
  /** Ids of campaigns that ever had this hashtag, sorted. */
  campaignsOf(brand_id: string, hashtag: string): readonly string[];
}

const looked_up: ReadonlySet<string> = new Set<KnownKind>([
  'brand',
  'campaign',
  'influencer',
  'product',
  'coupon',
  'store',
  'link',
]);

export function referenceIndex(): ReferenceIndex {
  const records = new Map<string, Known<KnownKind>[]>();
  const coupons = new Map<string, string[]>();
  const campaigns = new Map<string, string[]>();
  /** Source position → the version it first came under. */
  const first_seen = new Map<string, number>();
  let version = -1;
  return {
    get version() {
      return version;
    },
    apply(record, at) {
      version = Math.max(version, at);
      if (!looked_up.has(record.kind)) return;
      const { kind, brand_id, id, valid_from, valid_to } = record;
      const position = `${record.source_topic}/${record.source_partition}/${record.source_offset}`;
      if ((first_seen.get(position) ?? at) < at) return;
      first_seen.set(position, at);
      const known = { id, valid_from, valid_to, version: at, body: JSON.parse(record.body) as Bodies[KnownKind] };
      const key = `${kind}/${brand_id}/${id}`;
      const before = records.get(key) ?? [];
      if (before.some((other) => other.valid_from === valid_from && other.version > at)) return;
      const others = before.filter((other) => other.valid_from !== valid_from);
      records.set(
        key,
        [known, ...others].sort((a, b) => began(b) - began(a)),
      );
      if (kind === 'coupon') addTo(coupons, `${brand_id}/${(known.body as Bodies['coupon']).code}`, id);
      if (kind === 'campaign')
        for (const tag of (known.body as Bodies['campaign']).hashtags ?? []) addTo(campaigns, `${brand_id}/${tag}`, id);
    },
    at<Kind extends KnownKind>(kind: Kind, brand_id: string, id: string, at: number) {
      const list = records.get(`${kind}/${brand_id}/${id}`);
      return (list?.find((known) => holds(known, at)) as Known<Kind> | undefined) ?? null;
    },
    knows: (kind, brand_id, id) => records.has(`${kind}/${brand_id}/${id}`),
    couponsOf: (brand_id, code) => coupons.get(`${brand_id}/${code}`) ?? [],
    campaignsOf: (brand_id, hashtag) => campaigns.get(`${brand_id}/${hashtag}`) ?? [],
  };
}

const began = ({ valid_from }: Known<KnownKind>): number => valid_from ?? Number.NEGATIVE_INFINITY;

const holds = ({ valid_from, valid_to }: Known<KnownKind>, at: number): boolean =>
  (valid_from === null || valid_from <= at) && (valid_to === null || at < valid_to);

function addTo(index: Map<string, string[]>, key: string, id: string): void {
  const ids = index.get(key);
  if (!ids) index.set(key, [id]);
  else if (!ids.includes(id)) index.set(key, [...ids, id].sort());
}
