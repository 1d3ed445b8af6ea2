import { describe, expect, it } from 'vitest';
import type { View } from './catalogue.ts';
import { Problem } from './problem.ts';
import { brandOf, questionOf, sqlForPeople, statementOf } from './question.ts';

const column = (name: string, type: string) => ({ name, type, comment: '' });
const view: View = {
  name: 'sales',
  comment: '',
  columns: [
    column('brand_id', 'LowCardinality(String)'),
    column('code', 'String'),
    column('day', 'Date'),
    column('at', "DateTime64(3, 'UTC')"),
    column('amount', 'Nullable(Decimal(18, 4))'),
    column('rate', 'Nullable(Float64)'),
    column('n', 'UInt64'),
    column('valid', 'Bool'),
    column('tags', 'Array(String)'),
  ],
};
const where = (parameters: Record<string, string>): string =>
  /WHERE brand_id = 'b' AND (.*)/.exec(questionOf(view, parameters, 'b').sql)![1]!;
const refused = (work: () => unknown): Problem['body'] => {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error.body;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a condition', () => {
  it.each([
    [{ code: "a'b\\" }, "code = 'a\\'b\\\\'"],
    [{ code: '{x:String}' }, "code = '\\x7bx:String}'"],
    [{ 'code.in': 'a,b' }, "code IN ('a', 'b')"],
    [{ 'code.ne': '' }, "code != ''"],
    [{ 'day.gte': '2026-02-28' }, "day >= toDate('2026-02-28')"],
    [{ at: '2026-10-05' }, "at = toDateTime64('2026-10-05 00:00:00', 3, 'UTC')"],
    [
      { 'at.lt': '2026-10-05 10:00:00.123', tz: 'Asia/Tokyo' },
      "at < toDateTime64('2026-10-05 10:00:00.123', 3, 'Asia/Tokyo')",
    ],
    [{ 'at.gt': '2026-10-05T02:00:00+02:00' }, "at > fromUnixTimestamp64Milli(1791158400000, 'UTC')"],
    [{ 'amount.lte': '12.50' }, "amount <= toDecimal128('12.50', 18)"],
    [{ 'rate.gte': '1.2345678901234567e-7' }, 'rate >= 1.2345678901234567e-7'],
    [{ rate: '0.00000012345678901234567' }, 'rate = 0.00000012345678901234567'],
    [{ rate: '-0.5' }, 'rate = -0.5'],
    [{ n: '7' }, 'n = 7'],
    [{ valid: 'false' }, 'valid = false'],
  ])('%j', (parameters, sql) => expect(where(parameters as Record<string, string>)).toBe(sql));

  it.each([
    [{ tags: 'x' }, 'tags'],
    [{ n: '1.5' }, 'n'],
    [{ n: '1e3' }, 'n'],
    [{ rate: 'NaN' }, 'rate'],
    [{ day: '2026-02-29' }, 'day'],
    [{ day: '1969-12-31' }, 'day'],
    [{ at: '2026-10-05T25:00:00Z' }, 'at'],
    [{ at: '2026-10-05T10:00:00 02:00' }, 'at'],
    [{ at: '10:00' }, 'at'],
    [{ toString: 'x' }, 'toString'],
    [{ 'code.': 'x' }, 'code.'],
    [{ 'day.in': '2026-01-01,x' }, 'day.in'],
  ])('%j is refused', (parameters, field) => {
    const body = refused(() => questionOf(view, parameters as unknown as Record<string, string>, 'b'));
    expect(body).toMatchObject({ status: 400, field });
    expect(body.expected).toBeTruthy();
  });
});

describe('a question', () => {
  it('leaves the rows of every other brand unread, whoever waits or not', () => {
    const question = questionOf(view, {}, "b'", '', ['events', 'attribution_ledger']);
    for (const lane of ['quick', 'behind'] as const)
      expect(statementOf(question, lane)).toMatch(
        /, additional_table_filters = \{'events': 'brand_id = \\'b.+\\'', 'attribution_ledger': 'brand_id = .+'\}$/,
      );
    expect(sqlForPeople(question)).not.toContain('additional_table_filters');
  });

  it('reads one row more than asked, in an order without ties, within bounds', () => {
    const question = questionOf(view, { columns: 'code,amount', order: '-amount', limit: '5', offset: '10' }, 'b');
    expect(question.sql.split('\n').slice(0, 5)).toEqual([
      'SELECT code, amount',
      'FROM sales',
      "WHERE brand_id = 'b'",
      'ORDER BY amount DESC NULLS LAST, code',
      'LIMIT 6 OFFSET 10',
    ]);
    expect(statementOf(question, 'quick')).toMatch(/SETTINGS max_execution_time = 20, max_memory_usage = \d+/);
    expect(statementOf(question, 'behind')).toMatch(/SETTINGS max_execution_time = 600, max_memory_usage = \d+/);
    expect(statementOf(question, 'quick', 1)).toMatch(/, max_threads = 1(,|$)/);
    expect(statementOf(question, 'quick')).not.toContain('max_threads');
    expect(sqlForPeople(question)).toMatch(/LIMIT 5 OFFSET 10$/);
  });

  it('answers with a table who accepts only that', () => {
    const format = (parameters: Record<string, string>, accept: string) =>
      questionOf(view, parameters, 'b', accept).format;
    expect(format({}, 'text/csv')).toBe('csv');
    expect(format({}, 'application/json, text/csv')).toBe('json');
    expect(format({}, '*/*')).toBe('json');
    expect(format({ format: 'json' }, 'text/csv')).toBe('json');
  });
});

describe('whose rows', () => {
  const brandless: View = { name: 'all', comment: '', columns: [column('n', 'UInt64')] };
  it('a key of one brand reads that brand, named or not, and no other', () => {
    expect([brandOf(view, undefined, 'b'), brandOf(view, 'b', 'b')]).toEqual(['b', 'b']);
    for (const other of ['c', '', '*', 'B']) expect(refused(() => brandOf(view, other, 'b')).status).toBe(403);
    expect(refused(() => brandOf(brandless, undefined, 'b')).status).toBe(403);
  });
  it('a key of all says which, but where there are no brands; an empty one is that of what could not be told', () => {
    expect(brandOf(view, 'c', '*')).toBe('c');
    expect(brandOf(view, '', '*')).toBe('');
    expect(refused(() => brandOf(view, undefined, '*'))).toMatchObject({ status: 400, field: 'brand_id' });
    expect(brandOf(brandless, undefined, '*')).toBeNull();
    expect(refused(() => brandOf(brandless, 'c', '*')).status).toBe(400);
  });
});
