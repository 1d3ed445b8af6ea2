import { expect, it } from 'vitest';
import { lookups, sourceRecord } from '../../../test/support/events.ts';
import { checkTenant } from './check-tenant.ts';

const saying = (brand_id: unknown, brand_ids: '*' | readonly string[] | null) => {
  const record = { source: sourceRecord({}), json: { brand_id } };
  const sources = new Map(brand_ids === null ? [] : [[record.source.topic, { brand_ids }]]);
  const outcome = checkTenant(record, { ...lookups, sources });
  return outcome.kind === 'rejected' ? outcome.faults.map(({ code, path }) => `${code} ${path}`) : outcome;
};
const kept = (brand_id: unknown) => ({ kind: 'kept', value: { json: { brand_id } } });
const refused = ['tenant_not_allowed brand_id'];

it('a brand may speak where it is listed, any brand where all are', () => {
  expect(saying('acme', ['other', 'acme'])).toMatchObject(kept('acme'));
  expect(saying('acme', '*')).toMatchObject(kept('acme'));
});

it.each([
  ['is not listed', 'acme', ['other']],
  ['differs in case', 'ACME', ['acme']],
  ['begins like one that is', 'acme/x', ['acme']],
  ['speaks on a topic that is no source', 'acme', null],
] as const)('a brand is refused when it %s', (_, brand_id, brand_ids) => {
  expect(saying(brand_id, brand_ids)).toEqual(refused);
});

it.each([[undefined], [null], [''], [7], [['acme']]])(
  'a record of brand %j goes on: parsing names all its faults',
  (brand_id) => {
    expect(saying(brand_id, ['acme'])).toMatchObject(kept(brand_id));
  },
);
