/** Rows of a CSV file by the names in its first line. Accepts a BOM, and `,` `;` or tab between fields. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';

/** A row; one that has more or fewer fields than the header comes as `{ unreadable_row }`, so that ingest refuses it and keeps it. */
export type CsvRow = Record<string, string>;

export async function* csvRows(file: string): AsyncGenerator<CsvRow> {
  const rows = createReadStream(file).pipe(
    parse({
      bom: true,
      delimiter: [',', ';', '\t'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
    }),
  );
  let head: string[] | null = null;
  for await (const fields of rows as AsyncIterable<string[]>) {
    if (!head) head = fields;
    else if (fields.length !== head.length) yield { unreadable_row: fields.join(',') };
    else yield Object.fromEntries(head.map((name, i) => [name, fields[i] ?? '']));
  }
}
