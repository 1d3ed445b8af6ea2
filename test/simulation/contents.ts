/** What a run left in the warehouse, as far as it must not depend on the schedule; and the laws that hold by themselves. */
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import type { Sent } from './workload.ts';

/** Lines by what they are about, sorted. */
export type Contents = Record<string, string[]>;

/**
 * Not among the columns: which of several equal copies was stored (its position, its time), the reference version that happened to be
 * the last one read, names of batches and the history of the ledger.
 */
const queries: Record<string, string> = {
  events: 'SELECT * EXCEPT (received_at, revision) FROM events_current',
  'outcomes of events': `SELECT event_id, 'stored' AS outcome, count() AS n FROM events_current GROUP BY event_id UNION ALL SELECT event_id, code, count() FROM duplicates GROUP BY event_id, code`,
  rejected: 'SELECT source_partition, source_offset, brand_id, event_id, type, step, fault_codes FROM rejected_events',
  'reference records':
    'SELECT source_partition, source_offset, kind, brand_id, id, valid_from, valid_to, body FROM reference_records',
  'identity links': 'SELECT brand_id, event_id, left, right, sum(sign) AS n FROM identity_links GROUP BY ALL',
  persons: 'SELECT * FROM persons_current',
  credits: 'SELECT * FROM attribution_credits',
  'event aggregates': 'SELECT * FROM event_quarters WHERE events != 0 OR actions != 0',
  'credit aggregates': 'SELECT * FROM credit_quarters',
};

const tables = [
  'events',
  'duplicates',
  'rejected_events',
  'identity_links',
  'persons',
  'attribution_ledger',
  'reference_records',
];

export async function clear(warehouse: Warehouse): Promise<void> {
  for (const table of tables) await warehouse.command(`TRUNCATE TABLE ${table}`);
}

export async function contentsOf(warehouse: Warehouse): Promise<Contents> {
  const out: Contents = {};
  for (const [name, sql] of Object.entries(queries)) {
    const text = await warehouse.ask(sql, 'JSONEachRow');
    out[name] = text
      .split('\n')
      .filter((row) => row !== '')
      .sort();
  }
  return out;
}

/** What differs, at most a few lines of each. */
export function differences(should: Contents, is: Contents): string[] {
  return Object.keys(should).flatMap((name) => [
    ...without(should[name]!, is[name]!)
      .slice(0, 3)
      .map((row) => `${name}: missing ${row}`),
    ...without(is[name]!, should[name]!)
      .slice(0, 3)
      .map((row) => `${name}: surplus ${row}`),
  ]);
}

function without(rows: string[], others: string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const n = left.get(row) ?? 0;
    left.set(row, n - 1);
    return n <= 0;
  });
}

/** Laws of DESIGN 3 that need no comparison: one outcome per position, sums of signs, balanced postings, one marker per batch. */
export async function brokenLaws(warehouse: Warehouse, sent: readonly Sent[]): Promise<string[]> {
  const broken: string[] = [];
  const receipts = await warehouse.query<{ source_partition: number; source_offset: number; n: number }>(
    'SELECT source_partition, source_offset, count() AS n FROM receipts GROUP BY source_partition, source_offset',
  );
  const outcomes = new Map(receipts.map((row) => [`${row.source_partition}/${row.source_offset}`, row.n]));
  const offsets: number[] = [];
  for (const { partition, text } of sent) {
    const offset = offsets[partition] ?? 0;
    offsets[partition] = offset + 1;
    const n = outcomes.get(`${partition}/${offset}`) ?? 0;
    if (n !== 1) broken.push(`position ${partition}/${offset} has ${n} outcomes: ${text}`);
  }
  const laws: [string, string][] = [
    [
      'an event whose rows do not add up to one',
      'SELECT brand_id, event_id, sum(sign) AS n FROM events GROUP BY ALL HAVING n != 1',
    ],
    [
      'an event written twice under one revision',
      'SELECT brand_id, event_id, revision, count() AS n FROM events WHERE sign = 1 GROUP BY ALL HAVING n > 1',
    ],
    [
      'postings of a batch that are not balanced',
      `SELECT batch, redemption_id, model, sum(ledger.credit_ppm) AS ppm FROM attribution_ledger AS ledger WHERE kind = 'posting' GROUP BY ALL HAVING abs(ppm) NOT IN (0, 1000000)`,
    ],
    [
      'credit that does not add up to one',
      `SELECT redemption_id, model, sum(ledger.credit_ppm) AS ppm FROM attribution_ledger AS ledger WHERE kind = 'posting' GROUP BY ALL HAVING ppm NOT IN (0, 1000000)`,
    ],
    [
      'a batch settled twice',
      `SELECT batch, countIf(kind = 'marker') AS markers FROM attribution_ledger GROUP BY ALL HAVING markers > 1`,
    ],
  ];
  for (const [law, sql] of laws)
    for (const row of (await warehouse.query<object>(sql)).slice(0, 3)) broken.push(`${law}: ${JSON.stringify(row)}`);
  return broken;
}
