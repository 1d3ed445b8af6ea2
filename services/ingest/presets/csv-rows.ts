/** Rows of a CSV file by the names in its first line. Accepts a BOM; `,` `;` or tab, whichever the first line has most of, separates fields. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { CsvError, parse } from 'csv-parse/sync';

/** A row; one that has more or fewer fields than the header, or quotes that do not fit, comes as `{ unreadable_row }`: ingest refuses and keeps it. */
export type CsvRow = Record<string, string>;

/** Lines read together: what is wrong in one of them costs reading these once more, line by line. */
const block_lines = 1_000;
/** How many lines one quoted field may go over. Beyond, its quote was never closed. */
const most_lines = 50;

export async function* csvRows(file: string): AsyncGenerator<CsvRow> {
  const delimiter = await delimiterOf(file);
  const read = readerOf(delimiter);
  let head: string[] | null = null;
  for await (const { row, unreadable } of recordsOf(file, read)) {
    if (unreadable !== undefined) yield { unreadable_row: unreadable };
    else if (!head) head = row;
    else if (row.length !== head.length) yield { unreadable_row: row.join(delimiter) };
    else yield Object.fromEntries(head.map((name, i) => [name, row[i] ?? '']));
  }
}

type Found = { row: string[]; unreadable?: never } | { row?: never; unreadable: string };
/** The records in some lines; `open` when a quote is not closed in them, `wrong` when they can be read no way. */
type Reader = (lines: readonly string[]) => string[][] | 'open' | 'wrong';

async function* recordsOf(file: string, read: Reader): AsyncGenerator<Found> {
  let lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    lines.push(line);
    if (lines.length < block_lines) continue;
    const { found, left } = recordsIn(lines, read, false);
    yield* found;
    lines = left;
  }
  yield* recordsIn(lines, read, true).found;
}

/** All records in a block; where that does not work, one by one. What a quote leaves open at the end is left for the next block. */
function recordsIn(lines: string[], read: Reader, last: boolean): { found: Found[]; left: string[] } {
  const all = read(lines);
  if (Array.isArray(all)) return { found: all.map((row) => ({ row })), left: [] };
  const found: Found[] = [];
  for (let at = 0; at < lines.length; ) {
    const { rows, taken } = recordAt(lines, at, read);
    if (rows === 'open' && !last && lines.length - at <= most_lines) return { found, left: lines.slice(at) };
    if (Array.isArray(rows)) found.push(...rows.map((row) => ({ row })));
    else found.push({ unreadable: lines[at] ?? '' });
    at += taken;
  }
  return { found, left: [] };
}

/** The record that begins at a line, over as many lines as its quotes ask for. */
function recordAt(lines: string[], at: number, read: Reader): { rows: ReturnType<Reader>; taken: number } {
  for (let taken = 1; ; taken++) {
    const rows = read(lines.slice(at, at + taken));
    if (Array.isArray(rows)) return { rows, taken };
    if (rows === 'wrong' || taken === most_lines || at + taken >= lines.length) return { rows, taken: 1 };
  }
}

const readerOf =
  (delimiter: string): Reader =>
  (lines) => {
    try {
      return parse(lines.join('\n'), {
        bom: true,
        delimiter,
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        trim: true,
      });
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      return error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'open' : 'wrong';
    }
  };

async function delimiterOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(16_384), 0, 16_384, 0);
    const [first = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/, 1);
    const count = (delimiter: string): number => first.split(delimiter).length;
    return [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0]!;
  } finally {
    await handle.close();
  }
}
