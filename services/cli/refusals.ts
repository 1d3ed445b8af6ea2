/** Refused records as the warehouse keeps them: which there are, their bytes opened, and which were sent again. */
import { createHash } from 'node:crypto';
import { type Keys, SealError } from '../platform/keys.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';

/** Which refused records: '' = of every brand, of every code; no place = wherever they are. */
export interface Wanted {
  /** TOPIC/PARTITION/OFFSET of the source. */
  places: readonly string[];
  brand: string;
  code: string;
}

export interface Refusal {
  place: string;
  source_topic: string;
  source_partition: number;
  source_offset: number;
  /** Broker time, ISO 8601. */
  source_at: string;
  /** '' when it could not be told; so are event_id and type. */
  brand_id: string;
  event_id: string;
  type: string;
  service: string;
  step: string;
  faults: { code: string; path: string; detail: string }[];
  /** When its bytes were sent again, the last time, ISO 8601; null = never. */
  replayed_at: string | null;
}

export interface OpenedRefusal extends Refusal {
  /** As they were sent. */
  bytes: Buffer;
  /** Equal bytes, equal hash, whoever they are listed under; says nothing of them without the master key. */
  bytes_hash: string;
}

/** Some of the wanted: those that open, and those whose sealed bytes do not. */
export interface Page {
  opened: OpenedRefusal[];
  closed: Refusal[];
}

export const nothing_refused = 'nothing of that kind was refused: see `grapevine rejected list`';

/** A page has at most so many, and about so many bytes: one refused record may have megabytes. */
const page_records = 100;
const page_bytes = 16 << 20;

const place_sql = "concat(source_topic, '/', toString(source_partition), '/', toString(source_offset))";
const iso = (column: string): string => `concat(replaceOne(toString(${column}), ' ', 'T'), 'Z')`;
const wanted_sql = `({brand:String} = '' OR brand_id = {brand:String}) AND ({code:String} = '' OR has(fault_codes, {code:String}))
  AND (empty({places:Array(String)}) OR ${place_sql} IN {places:Array(String)})`;

/** Refused records of `rows` (a SELECT from rejected_events) and when each was sent again. */
const refusalsOf = (rows: string, more = ''): string =>
  `SELECT ${place_sql} AS place, source_topic, source_partition, source_offset, ${iso('refused.source_at')} AS source_at, brand_id, event_id, type, service, step,
     arrayMap((code, path, detail) -> CAST((code, path, detail), 'Tuple(code String, path String, detail String)'), fault_codes, fault_paths, fault_details) AS faults,
     if(again.at = 0, NULL, ${iso('again.at')}) AS replayed_at ${more}
   FROM (${rows}) AS refused
   LEFT JOIN (SELECT source_topic, source_partition, source_offset, max(replayed_at) AS at FROM rejected_replays GROUP BY ALL) AS again
     USING (source_topic, source_partition, source_offset)`;

/** The newest first, at most `limit`, and how many there are. */
export async function newestRefusals(
  warehouse: Pick<Warehouse, 'query'>,
  wanted: Wanted,
  limit: number,
): Promise<{ all: number; newest: Refusal[] }> {
  const parameters = { ...wanted, limit };
  const [counted] = await warehouse.query<{ n: number }>(
    `SELECT count() AS n FROM rejected_events WHERE ${wanted_sql}`,
    parameters,
  );
  const order = (at: string): string => `ORDER BY ${at} DESC, source_topic, source_partition, source_offset DESC`;
  const rows = `SELECT * FROM rejected_events WHERE ${wanted_sql} ${order('source_at')} LIMIT {limit:UInt32}`;
  const newest = await warehouse.query<Refusal>(`${refusalsOf(rows)} ${order('refused.source_at')}`, parameters);
  return { all: counted?.n ?? 0, newest };
}

/**
 * Those refused until now, page by page in the order in which they were sent to each source partition, opened.
 * What is refused while the pages are read is not among them: sent again and refused once more, a record would have no end.
 */
export async function* openedRefusals(
  warehouse: Pick<Warehouse, 'query'>,
  wanted: Wanted,
  keys: Keys,
): AsyncGenerator<Page> {
  const partitions = await warehouse.query<{ topic: string; partition: number; first: number; last: number }>(
    `SELECT source_topic AS topic, source_partition AS partition, min(source_offset) AS first, max(source_offset) AS last
     FROM rejected_events WHERE ${wanted_sql} GROUP BY topic, partition ORDER BY topic, partition`,
    { ...wanted },
  );
  for (const { topic, partition, first, last } of partitions)
    for (let from = first; from <= last; ) {
      const page = await pageOf(warehouse, wanted, { topic, partition, from, last });
      if (page.length === 0) break;
      yield openedOf(page, keys);
      from = page.at(-1)!.source_offset + 1;
    }
}

/** Of the sizes first, then of the rows: the engine would hold a hundred of the largest at once. */
async function pageOf(
  warehouse: Pick<Warehouse, 'query'>,
  wanted: Wanted,
  range: { topic: string; partition: number; from: number; last: number },
): Promise<(Refusal & { sealed: string })[]> {
  const parameters = { ...wanted, ...range };
  const of_range = `FROM rejected_events WHERE source_topic = {topic:String} AND source_partition = {partition:Int32}
    AND source_offset BETWEEN {from:Int64} AND {last:Int64} AND ${wanted_sql}`;
  const sizes = await warehouse.query<{ at: number; bytes: number }>(
    `SELECT source_offset AS at, length(sealed) AS bytes ${of_range} ORDER BY at LIMIT ${page_records}`,
    parameters,
  );
  let last = range.from - 1;
  for (let sum = 0, i = 0; i < sizes.length && (i === 0 || sum + sizes[i]!.bytes <= page_bytes); i++) {
    sum += sizes[i]!.bytes;
    last = sizes[i]!.at;
  }
  const rows = `SELECT * ${of_range}`;
  return warehouse.query(`${refusalsOf(rows, ', sealed')} ORDER BY source_offset`, { ...parameters, last });
}

function openedOf(page: readonly (Refusal & { sealed: string })[], keys: Keys): Page {
  const result: Page = { opened: [], closed: [] };
  for (const { sealed, ...refusal } of page)
    try {
      const bytes = keys.open(refusal.brand_id, Buffer.from(sealed, 'base64'));
      const content = createHash('sha256').update(bytes).digest('hex');
      result.opened.push({ ...refusal, bytes, bytes_hash: keys.pseudonym('', 'refused', '', content) });
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      result.closed.push(refusal);
    }
  return result;
}

/** How many of a kind, and where the first of them is. */
export interface Some {
  n: number;
  first: string | null;
}

export const noneYet = (): Some => ({ n: 0, first: null });

export function count(some: Some, place: string): void {
  some.n++;
  some.first ??= place;
}

export const leftOf = ({ n, first }: Some): string =>
  `${n.toLocaleString('en-US')} left, ${n === 1 ? '' : 'the first at '}${first}`;

/** What is said of places that were named and hold nothing of the kind; null where there are none. */
export function absentOf(absent: ReadonlySet<string>): string | null {
  const [first] = absent;
  const all = absent.size === 1 ? 'holds' : `and ${(absent.size - 1).toLocaleString('en-US')} more named places hold`;
  return first === undefined ? null : `${first} ${all} nothing of that kind that was refused`;
}

/** What is said of those that did not open, once everything else is done; null where all did. */
export const closedOf = (closed: Some): string | null =>
  closed.n === 0
    ? null
    : `${leftOf(closed)}: the sealed bytes do not open. They open with the GRAPEVINE_PII_KEY (or the pii.key of the data directory) that ingest had when it refused them`;

/** Of these, one of each that says the same to the same topic and was not sent again since `since` (epoch ms; 0 = ever). */
export async function unsentOf(
  warehouse: Pick<Warehouse, 'query'>,
  refusals: readonly OpenedRefusal[],
  since: number,
): Promise<OpenedRefusal[]> {
  const said = (topic: string, hash: string): string => `${topic}/${hash}`;
  const bySaid = new Map<string, OpenedRefusal>();
  for (const refusal of refusals) {
    const name = said(refusal.source_topic, refusal.bytes_hash);
    bySaid.delete(name); // of these the last one stands, also in the order
    bySaid.set(name, refusal);
  }
  const sent = await warehouse.query<{ source_topic: string; bytes_hash: string }>(
    `SELECT DISTINCT source_topic, bytes_hash FROM rejected_replays
     WHERE bytes_hash IN {hashes:Array(String)} AND replayed_at >= fromUnixTimestamp64Milli({since:Int64})`,
    { hashes: [...new Set(refusals.map(({ bytes_hash }) => bytes_hash))], since },
  );
  for (const { source_topic, bytes_hash } of sent) bySaid.delete(said(source_topic, bytes_hash));
  return [...bySaid.values()];
}

/** Writes down that their bytes were sent again. */
export async function rememberReplayed(
  warehouse: Pick<Warehouse, 'insert'>,
  refusals: readonly OpenedRefusal[],
  at: number,
): Promise<void> {
  const [first] = refusals;
  if (!first) return;
  await warehouse.insert({
    table: 'rejected_replays',
    columns: ['source_topic', 'source_partition', 'source_offset', 'bytes_hash', 'replayed_at'],
    token: `rejected_replays/${at}/${first.place}`,
    rows: refusals
      .map((r) => JSON.stringify([r.source_topic, r.source_partition, r.source_offset, r.bytes_hash, at]))
      .join('\n'),
  });
}
