/**
 * An event id counts once: of its revisions each was written once, all but the newest were taken back once, one stands. A posting stands once
 * in its batch, a link once. (That a position has one outcome is the matter of completeness.)
 */
import { type Check, keyWindow, note, nothing, within } from './check.ts';

export const nothingTwice: Check = {
  name: 'nothing_twice',
  promise: 'every event id stands exactly once',
  async look({ warehouse }, scope) {
    const looked = nothing('rows');
    const fresh = scope.round
      ? ` OR (brand_id, event_id) IN (SELECT brand_id, event_id FROM events WHERE ${within(scope.round.fresh)})`
      : '';
    const events = `(${await keyWindow(warehouse, scope, 'events', ['brand_id', 'event_id'])})${fresh}`;
    const odd = await warehouse.query<
      Record<'brand_id' | 'event_id', string> & Record<'stands' | 'most' | 'back' | 'offset', number>
    >(
      `SELECT brand_id, event_id, toInt32(sum(plus) - sum(minus)) AS stands, toInt32(max(plus)) AS most, toInt32(max(minus)) AS back, any(source_offset) AS offset
       FROM (
         SELECT brand_id, event_id, revision, countIf(sign = 1) AS plus, countIf(sign = -1) AS minus, any(source_offset) AS source_offset
         FROM events WHERE ${events} GROUP BY brand_id, event_id, revision
       )
       GROUP BY brand_id, event_id
       HAVING stands != 1 OR most > 1 OR back > 1 OR (sum(minus) > 0 AND maxIf(revision, minus > 0) >= maxIf(revision, plus > 0))
       SETTINGS optimize_aggregation_in_order = 1, optimize_use_projections = 0`,
    );
    for (const { brand_id, event_id, stands, most, back, offset } of odd)
      note(
        looked,
        `events: brand ${brand_id}, event ${event_id} (offset ${offset})`,
        'written once and standing once',
        most > 1
          ? `one revision written ${most} times`
          : back > 1
            ? `one revision taken back ${back} times`
            : `${stands} rows stand`,
      );
    const ledger = await keyWindow(warehouse, scope, 'attribution_ledger', ['brand_id', 'redemption_id']);
    const posted = await warehouse.query<
      Record<'brand_id' | 'redemption_id' | 'model' | 'batch', string> & { n: number }
    >(
      `SELECT brand_id, redemption_id, model, batch, toInt32(count()) AS n FROM attribution_ledger WHERE ${ledger}
       GROUP BY brand_id, redemption_id, model, batch, row_hash HAVING n > 1 SETTINGS optimize_aggregation_in_order = 1, optimize_use_projections = 0`,
    );
    for (const { brand_id, redemption_id, model, batch, n } of posted)
      note(
        looked,
        redemption_id === ''
          ? `attribution_ledger: marker of ${batch}`
          : `attribution_ledger: brand ${brand_id}, redemption ${redemption_id}, model ${model}, batch ${batch}`,
        'one row',
        `${n} equal rows`,
      );
    const links = await keyWindow(warehouse, scope, 'identity_links', ['brand_id', 'left']);
    const linked = await warehouse.query<Record<'brand_id' | 'event_id' | 'right', string> & { n: number }>(
      `SELECT brand_id, event_id, right, toInt32(sum(sign)) AS n FROM identity_links WHERE ${links}
       GROUP BY brand_id, left, right, left_kind, right_kind, event_id HAVING n NOT IN (0, 1) SETTINGS optimize_aggregation_in_order = 1`,
    );
    for (const { brand_id, event_id, right, n } of linked)
      note(
        looked,
        `identity_links: brand ${brand_id}, event ${event_id}, link to ${right.slice(0, 12)}…`,
        'one link',
        `${n}`,
      );
    const persons = await keyWindow(warehouse, scope, 'persons', ['brand_id', 'identifier']);
    const members = await warehouse.query<Record<'brand_id' | 'identifier', string> & { n: number }>(
      `SELECT brand_id, identifier, toInt32(sum(sign)) AS n FROM persons WHERE identifier != '' AND (${persons})
       GROUP BY brand_id, identifier, person_id, from_at HAVING n NOT IN (0, 1) SETTINGS optimize_aggregation_in_order = 1`,
    );
    for (const { brand_id, identifier, n } of members)
      note(looked, `persons: brand ${brand_id}, identifier ${identifier.slice(0, 12)}…`, 'belonging once', `${n}`);
    const [rows] = await warehouse.query<{ n: number }>(
      `SELECT toInt64((SELECT count() FROM events WHERE ${events}) + (SELECT count() FROM attribution_ledger WHERE ${ledger}) + (SELECT count() FROM identity_links WHERE ${links}) + (SELECT count() FROM persons WHERE ${persons})) AS n SETTINGS optimize_use_projections = 0`,
    );
    looked.looked_at = rows?.n ?? 0;
    return looked;
  },
};
