/** Lines of a CSV `path,conversions,nulls` (`a>b>c,12,3`) → rows. A faulty line is named and left out; no line spoils another. */
import { parse } from 'csv-parse/sync';
import type { PathRow } from './paths.ts';

export interface Fault {
  expected: string;
  got: string;
}

type Read = { row: PathRow } | { faults: Fault[] } | null;

const columns = ['path', 'conversions', 'nulls'] as const;
type Column = (typeof columns)[number];

/** Reads line by line: a row, its faults, or null for the header and empty lines. `,` `;` or tab separate, whichever the first line has most of; the header may be absent, name the columns in another order, or name more. */
export function pathReader(): (line: string) => Read {
  let layout: { delimiter: string; fields: number; at: Record<Column, number> } | null = null;
  return (text) => {
    const line = layout ? text : text.replace(/^\uFEFF/, '');
    if (line.trim() === '') return null;
    const delimiter =
      layout?.delimiter ?? [',', ';', '\t'].sort((a, b) => line.split(b).length - line.split(a).length)[0]!;
    const fields = fieldsOf(line, delimiter);
    if (!fields) return { faults: [{ expected: 'every quote to be closed', got: line }] };
    if (!layout) {
      const names = fields.map((field) => field.toLowerCase());
      const named = columns.every((name) => names.includes(name));
      const at = (name: Column, i: number): number => (named ? names.indexOf(name) : i);
      layout = {
        delimiter,
        fields: named ? names.length : columns.length,
        at: { path: at('path', 0), conversions: at('conversions', 1), nulls: at('nulls', 2) },
      };
      if (named) return null;
      if (fields.slice(1).every((field) => !/\d/.test(field)))
        return { faults: [{ expected: 'a header with path, conversions and nulls, or no header', got: line }] };
    }
    const { at } = layout;
    if (fields.length !== layout.fields)
      return {
        faults: [{ expected: `${layout.fields} fields (${columns.join(delimiter)}), not ${fields.length}`, got: line }],
      };
    const touches = fields[at.path]!.split('>').map((channel) => channel.trim());
    const faults: Fault[] = [];
    if (touches.includes('')) faults.push({ expected: 'channels with > between them as path', got: fields[at.path]! });
    const count = (column: 'conversions' | 'nulls'): number => {
      const field = fields[at[column]]!;
      const value = /^\d+(\.0*)?$/.test(field) ? Number(field) : Number.NaN;
      if (!Number.isSafeInteger(value))
        faults.push({ expected: `a whole number, 0 or more, as ${column}`, got: field });
      return value;
    };
    const row = { touches, conversions: count('conversions'), nulls: count('nulls') };
    return faults.length > 0 ? { faults } : { row };
  };
}

/** Fields of one line, trimmed; null when a quote is never closed. */
function fieldsOf(line: string, delimiter: string): string[] | null {
  if (!line.includes('"')) return line.split(delimiter).map((field) => field.trim());
  try {
    return (parse(line, { delimiter, trim: true }) as string[][])[0] ?? [];
  } catch {
    return null;
  }
}

/** A fault as one line of text; what a stranger wrote is quoted, escaped and shortened. */
export const faultSaid = ({ expected, got }: Fault): string =>
  `expected ${expected}; got ${got === '' ? 'nothing' : JSON.stringify(got.length > 60 ? `${got.slice(0, 59)}…` : got)}`;
