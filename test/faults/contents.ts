/** What a warehouse holds, as far as it may not depend on what happened on the way: one line per row, sorted. */

/** Not among the columns: positions and times of the source, reference versions, names of batches, the ledger's history. */
const queries: Record<string, string> = {
  events: 'SELECT * EXCEPT (received_at, revision) FROM events_current',
  outcomes: `SELECT brand_id, event_id, 'stored' AS outcome, count() AS n FROM events_current GROUP BY ALL UNION ALL SELECT brand_id, event_id, code, count() FROM duplicates GROUP BY ALL`,
  rejected: 'SELECT brand_id, event_id, type, step, fault_codes, count() AS n FROM rejected_events GROUP BY ALL',
  reference: 'SELECT kind, brand_id, id, valid_from, valid_to, body, count() AS n FROM reference_records GROUP BY ALL',
  links: 'SELECT brand_id, event_id, left, right, sum(sign) AS n FROM identity_links GROUP BY ALL HAVING n != 0',
  persons: 'SELECT * FROM persons_current',
  redemptions: 'SELECT * FROM redemptions_current',
  credits: 'SELECT * FROM attribution_credits',
  'event aggregates': 'SELECT * FROM event_quarters WHERE events != 0 OR actions != 0',
  'credit aggregates': 'SELECT * FROM credit_quarters WHERE credit != 0 OR amount != 0',
};

export type Ask = (sql: string) => Promise<string>;

/** Differences by part, at most a few lines of each; [] when two warehouses hold the same. */
export async function compare(is: Ask, should: Ask): Promise<{ rows: Record<string, number>; differences: string[] }> {
  const rows: Record<string, number> = {};
  const differences: string[] = [];
  for (const [part, sql] of Object.entries(queries)) {
    const [found, expected] = [await lines(is, sql), await lines(should, sql)];
    rows[part] = expected.length;
    for (const row of without(expected, found).slice(0, 3)) differences.push(`${part}: missing ${row}`);
    for (const row of without(found, expected).slice(0, 3)) differences.push(`${part}: surplus ${row}`);
  }
  return { rows, differences };
}

const lines = async (ask: Ask, sql: string): Promise<string[]> =>
  (await ask(`${sql} FORMAT JSONEachRow`))
    .split('\n')
    .filter((row) => row !== '')
    .sort();

function without(rows: string[], others: string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const n = left.get(row) ?? 0;
    left.set(row, n - 1);
    return n <= 0;
  });
}
