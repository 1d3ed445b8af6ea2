/** Puts files into the source topic: NDJSON lines as they are, YAML and CSV rows as JSON. Bytes that are not text go in as they came. */
import { createReadStream, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { parseAllDocuments } from 'yaml';
import { readPreset } from '../ingest/presets/register.ts';
import type { OutgoingRecord } from '../platform/event-log/port.ts';
import { UsageError } from './output.ts';
import type { Pipeline } from './pipeline.ts';

export interface Feed {
  reference: string[];
  files: string[];
  preset: string | null;
  brand: string | null;
  /** What `-` stands for. */
  input: Readable | null;
}

export interface Stage {
  label: string;
  records: number;
  /** What of the files was left out, since the brand has said it itself: `2 campaigns`. */
  left?: string[];
}

const chunk_records = 5_000;
const chunk_bytes = 4 << 20;

/** Yields after the reference files and after the event files, so that the caller can let the pipeline catch up between. */
export async function* feed(
  pipeline: Pipeline,
  { reference, files, preset, brand, input }: Feed,
): AsyncGenerator<Stage> {
  if (reference.length > 0) yield { label: 'reference', records: await send(pipeline, recordsOf(reference, input)) };
  if (preset) {
    const { references, events } = readPreset(preset, files, brand ?? '');
    const said = await saidOf(pipeline, brand ?? '');
    const left = new Map<string, number>();
    const records = await send(pipeline, asJson(unsaid(references, preset, said, left)));
    yield { label: 'reference', records, left: [...left].map(([kind, n]) => `${n} ${kind}${n === 1 ? '' : 's'}`) };
    yield { label: 'events', records: await send(pipeline, asJson(events)) };
  } else yield { label: 'events', records: await send(pipeline, recordsOf(files, input)) };
}

/** Kinds of which the brand's own word stands: time zone, look-backs, costs and tags are not a till's to change. */
const own_kinds = ['brand', 'campaign', 'product'];

/** How a preset signs what it writes: a name that no brand has for a field of its own. */
const signature = 'written_by_preset';

/** What the brand has said itself: no preset has signed it. */
async function saidOf({ warehouse }: Pipeline, brand: string): Promise<Set<string>> {
  const known = await warehouse.query<{ kind: string; id: string }>(
    'SELECT kind, id FROM reference_current WHERE brand_id = {brand:String} AND kind IN {kinds:Array(String)} AND NOT JSONHas(body, {signature:String})',
    { brand, kinds: own_kinds, signature },
  );
  return new Set(known.map(({ kind, id }) => `${kind}/${id}`));
}

/** Records of which the brand has said nothing, signed; counts the others but for the brand's own record. */
async function* unsaid(
  records: AsyncIterable<object>,
  preset: string,
  said: ReadonlySet<string>,
  left: Map<string, number>,
): AsyncGenerator<object> {
  for await (const record of records) {
    const { kind = '', id = '' } = record as { kind?: string; id?: string };
    if (!said.has(`${kind}/${id}`)) yield own_kinds.includes(kind) ? { ...record, [signature]: preset } : record;
    else if (kind !== 'brand') left.set(kind, (left.get(kind) ?? 0) + 1);
  }
}

async function* asJson(rows: AsyncIterable<object>): AsyncGenerator<Buffer> {
  for await (const row of rows) yield Buffer.from(JSON.stringify(row));
}

/** Records of NDJSON and YAML files, as they are or .gz, as bytes; `input` is what `-` stands for. */
export async function* recordsOf(files: string[], input: Readable | null): AsyncGenerator<Buffer> {
  for (const file of files) {
    const kind = extname(basename(file, '.gz'));
    if (kind === '.yaml' || kind === '.yml') yield* yamlRecords(file);
    else if (kind === '.csv')
      throw new UsageError(`${file}: a CSV file needs --preset, which says what its columns mean`);
    else yield* lines(file === '-' && input ? input : opened(file));
  }
}

const isPacked = (file: string): boolean => file.endsWith('.gz');

async function* opened(file: string): AsyncGenerator<Buffer> {
  const bytes = createReadStream(file);
  if (!isPacked(file)) return yield* bytes;
  const unpacked = createGunzip();
  bytes.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  try {
    yield* unpacked;
  } catch (error) {
    throw notWhole(file, error);
  }
}

const notWhole = (file: string, error: unknown): UsageError =>
  new UsageError(
    `${file} is no whole gzip file (${(error as Error).message}); records of it that are in count once when it is sent again`,
  );

function textOf(file: string): string {
  const bytes = readFileSync(file);
  if (!isPacked(file)) return bytes.toString();
  try {
    return gunzipSync(bytes).toString();
  } catch (error) {
    throw notWhole(file, error);
  }
}

/** Every document of a YAML file; a list stands for its items. */
function* yamlRecords(file: string): Generator<Buffer> {
  for (const document of parseAllDocuments(textOf(file))) {
    const [error] = document.errors;
    if (error) throw new UsageError(`${file}: ${error.message}`);
    const value: unknown = document.toJS();
    for (const record of Array.isArray(value) ? value : [value]) yield Buffer.from(JSON.stringify(record));
  }
}

/** Lines as bytes: a line that is not valid UTF-8 reaches ingest unharmed. Empty lines are skipped. */
async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const bytes of stream) {
    let from = 0;
    for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
      const tail = bytes.subarray(from, end);
      const line = trimmed(rest.length > 0 ? Buffer.concat([...rest, tail]) : tail);
      rest = [];
      from = end + 1;
      if (line.length > 0) yield line;
    }
    if (from < bytes.length) rest.push(bytes.subarray(from));
  }
  const last = trimmed(Buffer.concat(rest));
  if (last.length > 0) yield last;
}

const trimmed = (line: Buffer): Buffer => (line.at(-1) === 13 ? line.subarray(0, -1) : line);

/** Produces in chunks, spread evenly over the partitions; returns how many records went in. */
async function send({ log, topics, failed }: Pipeline, records: AsyncIterable<Buffer>): Promise<number> {
  const partitions = (await log.bounds(topics.collected)).length;
  let sent = 0;
  let bytes = 0;
  let chunk: OutgoingRecord[] = [];
  const flush = async (): Promise<void> => {
    await Promise.race([log.produce(chunk), failed]);
    sent += chunk.length;
    chunk = [];
    bytes = 0;
  };
  for await (const value of records) {
    const at = sent + chunk.length;
    chunk.push({
      topic: topics.collected,
      key: String(at),
      value,
      partition: Math.floor(at / chunk_records) % partitions,
    });
    bytes += value.length;
    if (chunk.length >= chunk_records || bytes >= chunk_bytes) await flush();
  }
  if (chunk.length > 0) await flush();
  return sent;
}
