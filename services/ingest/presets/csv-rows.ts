/** Rows of a CSV file by the names in its first line. Accepts a BOM; `,` `;` or tab, whichever the first line has most of, separates fields. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { CsvError, parse } from 'csv-parse';

/** A row; one that has more or fewer fields than the header, or a quote that never ends, comes as `{ unreadable_row }`: ingest refuses and keeps it. */
export type CsvRow = Record<string, string>;

export async function* csvRows(file: string): AsyncGenerator<CsvRow> {
  const delimiter = await delimiterOf(file);
  const parser = createReadStream(file).pipe(
    parse({
      bom: true,
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
    }),
  );
  let head: string[] | null = null;
  let good_lines = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      good_lines = info.lines;
      if (!head) head = record;
      else if (record.length !== head.length) yield { unreadable_row: record.join(delimiter) };
      else yield Object.fromEntries(head.map((name, i) => [name, record[i] ?? '']));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    for await (const line of linesAfter(file, good_lines)) yield { unreadable_row: line };
  }
}

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

/** What stands after the last row that could be read, line by line. */
async function* linesAfter(file: string, lines: number): AsyncGenerator<string> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
    if (++number > lines && line.trim() !== '') yield line;
}
