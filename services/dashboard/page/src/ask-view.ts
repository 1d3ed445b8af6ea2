import { type Live, useLive } from './live.ts';
import type { Rows } from './rows.ts';
import { brand } from './scope.ts';

/** Question to a view: filters as the API spells them (`day.gte`), empty ones left out. */
export interface Question {
  where?: Record<string, string | undefined>;
  columns?: readonly string[];
  order?: string;
  limit?: number;
  /** A view of all brands, such as what became of source positions. */
  any_brand?: boolean;
  /** A second, if absent: what is shown is live. */
  every_ms?: number;
}
export interface ViewAnswer<Row> {
  view: string;
  rows: Row[];
  next_offset: number | null;
  as_of: string;
  sql: string;
}

export function pathOf(view: string, { where = {}, columns, order, limit, any_brand }: Question): string {
  const query = new URLSearchParams();
  if (!any_brand) query.set('brand_id', brand.value);
  for (const [name, value] of Object.entries(where)) if (value !== undefined) query.set(name, value);
  if (columns) query.set('columns', columns.join(','));
  if (order) query.set('order', order);
  query.set('limit', String(limit ?? 1_000));
  return `views/${view}?${query}`;
}

export function useView<View extends keyof Rows>(view: View, question: Question = {}): Live<ViewAnswer<Rows[View]>> {
  return useLive(pathOf(view, question), question.every_ms);
}
