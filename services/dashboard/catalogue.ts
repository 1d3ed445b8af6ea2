/** The views people may read, as the engine describes them: columns, types and comments are its own. */
import type { Warehouse } from '../platform/warehouse/port.ts';

/** THE list. Tables are named here only where no view stands before them. */
export const readable = [
  'events_current',
  'redemptions_current',
  'attribution_credits',
  'journeys',
  'campaign_daily',
  'influencer_daily',
  'product_daily',
  'store_daily',
  'coupon_daily',
  'campaign_performance',
  'influencer_performance',
  'product_performance',
  'store_performance',
  'coupon_performance',
  'campaign_stores',
  'campaign_products',
  'post_performance',
  'campaign_attribution',
  'influencer_attribution',
  'model_comparison',
  'trust_comparison',
  'trust_verdict',
  'funnel',
  'engagement_sensitivity',
  'data_quality',
  'restatements',
  'receipts',
  'pipeline_completeness',
  'rejected_events',
  'duplicates',
  'distributions_current',
  'campaign_costs',
  'posts_current',
  'persons_current',
  'reference_current',
  'reference_records',
] as const;

/** Never served: sealed bytes of refused records, and what only the pipeline needs. */
const hidden = new Set(['sealed', 'batch', 'row_hash']);

export interface Column {
  name: string;
  /** ClickHouse's type. */
  type: string;
  comment: string;
}

export interface View {
  name: string;
  comment: string;
  columns: Column[];
}

/** Tables whose rows belong to a brand: a question of one brand reads no row of another in any of them, whatever the view does with them. */
export async function brandTables(warehouse: Pick<Warehouse, 'query'>, database: string): Promise<string[]> {
  const rows = await warehouse.query<{ name: string }>(
    `SELECT table AS name FROM system.columns
     WHERE database = {database:String} AND system.columns.name = 'brand_id'
       AND table IN (SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree') ORDER BY name`,
    { database },
  );
  return rows.map(({ name }) => `${database}.${name}`);
}

export async function loadCatalogue(warehouse: Pick<Warehouse, 'query'>, database: string): Promise<Map<string, View>> {
  const parameters = { database, names: readable };
  const views = await warehouse.query<{ name: string; comment: string }>(
    'SELECT name, comment FROM system.tables WHERE database = {database:String} AND name IN {names:Array(String)}',
    parameters,
  );
  const columns = await warehouse.query<Column & { view: string }>(
    `SELECT table AS view, name, type, comment FROM system.columns
     WHERE database = {database:String} AND table IN {names:Array(String)} ORDER BY table, position`,
    parameters,
  );
  const found = new Map(views.map((view) => [view.name, { ...view, columns: [] as Column[] }]));
  for (const { view, ...column } of columns) if (!hidden.has(column.name)) found.get(view)?.columns.push(column);
  return new Map(readable.flatMap((name) => (found.has(name) ? [[name, found.get(name)!] as const] : [])));
}
