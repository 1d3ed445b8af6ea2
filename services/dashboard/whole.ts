/**
 * Views of which all rows of a brand are few, and cost no more than one: each adds up whatever the brand has, and a filter only hides rows. What
 * is too dear of such a view is computed whole, and every question to it is then answered from that, within the engine and read as any table.
 */
import { WarehouseError } from '../platform/warehouse/port.ts';
import { identifier, quoted } from '../platform/warehouse/statement.ts';
import type { Compute, Part } from './answers.ts';
import { TooLarge } from './behind.ts';
import type { readable, View } from './catalogue.ts';
import type { Question } from './question.ts';
import type { Read } from './reader.ts';

export const whole_views: ReadonlySet<string> = new Set<(typeof readable)[number]>([
  'campaign_daily',
  'campaign_performance',
  'influencer_performance',
  'product_performance',
  'store_performance',
  'coupon_performance',
  'post_performance',
  'campaign_stores',
  'campaign_products',
  'campaign_attribution',
  'influencer_attribution',
  'model_comparison',
  'trust_comparison',
  'trust_verdict',
  'funnel',
  'engagement_sensitivity',
  'data_quality',
  'pipeline_completeness',
]);

/** A statement carries the rows: beyond this it would take longer than a moment, and more than the client can read through for settings. */
const most_bytes = 4 << 20;
/** What is far more is not read to its end: no row of a view has less than 10 characters, and none takes sixteen times what it takes as text. */
const far_more = `, max_result_rows = ${Math.ceil(most_bytes / 10)}, max_result_bytes = ${16 * most_bytes}`;
/** TOO_MANY_ROWS_OR_BYTES */
const isFarMore = (error: unknown): boolean => error instanceof WarehouseError && error.code === 396;

/** A question as it is asked of the answers: under this name it is kept, computed so, and part of that. */
export interface Named {
  name: string;
  compute: Compute;
  part: Part | undefined;
}

/** `brand` null = the view tells of all brands together. */
export function namedOf(read: Read, view: View, question: Question, brand: string | null): Named {
  const format = formatOf(question);
  return {
    name: `${format} ${question.sql}`,
    compute: (lane, sparing) => read(question, format, lane, sparing),
    part: partOf(read, view, question, brand),
  };
}

const formatOf = ({ format }: Question): string => (format === 'csv' ? 'CSVWithNames' : 'JSONEachRow');

/** What the question is part of; undefined where it stands for itself. */
export function partOf(read: Read, view: View, question: Question, brand: string | null): Part | undefined {
  if (!whole_views.has(view.name)) return undefined;
  const columns = view.columns.map(({ name }) => identifier(name)).join(', ');
  const where = brand === null ? '' : ` WHERE brand_id = ${quoted(brand)}`;
  const sql = `SELECT ${columns} FROM ${identifier(view.name)}${where}`;
  const structure = view.columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
  return {
    whole: `TabSeparated ${sql}`,
    async compute(lane, sparing) {
      const asked = { sql, only: `${far_more}${question.only}` };
      const rows = await read(asked, 'TabSeparated', lane, sparing).catch((error: unknown) => {
        throw isFarMore(error) ? new TooLarge() : error;
      });
      if (Buffer.byteLength(rows) > most_bytes) throw new TooLarge();
      return rows;
    },
    take(rows) {
      // No rows at all are read as no columns by servers before 26.7.
      const source =
        rows === '' ? `null(${quoted(structure)})` : `format(TabSeparated, ${quoted(structure)}, ${quoted(rows)})`;
      return read({ sql: question.sqlFrom(source) }, formatOf(question), 'quick');
    },
  };
}
