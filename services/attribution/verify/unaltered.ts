/** Every row still has the content it was written with: its stored hash equals the hash of what it holds now. */
import { type Check, note, nothing, partWindow } from './check.ts';

/** Table → what names a row. */
export const hashed: Record<string, string> = {
  events: `concat('brand ', brand_id, ', event ', event_id, ' (', source_topic, '/', toString(source_partition), ' offset ', toString(source_offset), ')')`,
  rejected_events: `concat(source_topic, '/', toString(source_partition), ' offset ', toString(source_offset))`,
  duplicates: `concat(source_topic, '/', toString(source_partition), ' offset ', toString(source_offset), ', brand ', brand_id, ', event ', event_id)`,
  attribution_ledger: `if(kind = 'marker', concat('marker of ', batch), concat('brand ', brand_id, ', redemption ', redemption_id, ', model ', model, ', touch ', touch_event_id, ', batch ', batch))`,
  reference_records: `concat(source_topic, '/', toString(source_partition), ' offset ', toString(source_offset), ', ', kind, ' ', brand_id, '/', id)`,
  persons: `if(identifier = '', concat('marker of ', batch), concat('brand ', brand_id, ', identifier ', identifier))`,
  identity_links: `concat('brand ', brand_id, ', event ', event_id, ' (', source_topic, '/', toString(source_partition), ' offset ', toString(source_offset), ')')`,
};

export const unaltered: Check = {
  name: 'unaltered',
  promise: 'every row is as it was written',
  async look({ warehouse }, scope) {
    const looked = nothing('rows');
    const expressions = await warehouse.query<{ table: string; expression: string }>(
      `SELECT table, default_expression AS expression FROM system.columns WHERE database = currentDatabase() AND name = 'row_hash'`,
    );
    for (const [table, place] of Object.entries(hashed)) {
      const expression = expressions.find((row) => row.table === table)?.expression;
      if (!expression) throw new Error(`${table} has no column row_hash: run \`grapevine migrate\``);
      const where = await partWindow(warehouse, scope, table, 'unaltered');
      if (where === null) continue;
      const altered = await warehouse.query<{ place: string; stored: string; now: string }>(
        `SELECT ${place} AS place, lower(hex(row_hash)) AS stored, lower(hex(${expression})) AS now FROM ${table} WHERE ${where} AND row_hash != ${expression} LIMIT 10000`,
      );
      for (const { place, stored, now } of altered)
        note(looked, `${table}: ${place}`, `hash ${stored}`, `content with hash ${now}`);
      const [rows] = await warehouse.query<{ n: number }>(`SELECT toInt64(count()) AS n FROM ${table} WHERE ${where}`);
      looked.looked_at += rows?.n ?? 0;
    }
    return looked;
  },
};
