import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bind, identifier, insertStatement, quoted } from './statement.ts';

/** Reads a literal as ClickHouse does. */
const unquoted = (literal: string): string => {
  const names: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0', b: '\b', f: '\f' };
  expect(literal).toMatch(/^'(\\.|[^'\\])*'$/s);
  return literal
    .slice(1, -1)
    .replace(/\\(?:x(..)|(.))/gs, (_, hex: string, c: string) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (names[c] ?? c),
    );
};
const text = fc.string({ unit: fc.constantFrom('a', 'é', "'", '\\', '\n', '\t', '\0', '\r', '{', 'N') });

test('an identifier is a plain name', () => {
  expect(identifier('_events_2')).toBe('_events_2');
  for (const name of ['', '2a', 'a b', 'a.b', 'a`', 'a;--', 'é', 'a\n'])
    expect(() => identifier(name)).toThrow(/not a plain identifier/);
});

test('a literal reads as the text it was made of, and ends where it should', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(unquoted(quoted(value))).toBe(value);
    }),
  );
});

test('a text that was put into a statement is no parameter of it', () => {
  for (const value of ['{x:String}', 'IN {x:Array(String)}'])
    expect(bind(`SELECT ${quoted(value)}`, {})).toBe(`SELECT ${quoted(value)}`);
});

describe('bind', () => {
  test('puts values in as literals of their type', () => {
    const sql = '{s:String} {n:Int64} {b:Bool} {big:UInt64} {none:Nullable(String)} {list:Array(String)}';
    const parameters = { s: "it's", n: -1.5, b: true, big: 2n ** 63n, none: null, list: ['a', "'"] };
    expect(bind(sql, parameters)).toBe(
      "CAST('it\\'s' AS String) CAST(-1.5 AS Int64) CAST(true AS Bool) CAST(9223372036854775808 AS UInt64) CAST(NULL AS Nullable(String)) CAST(['a','\\''] AS Array(String))",
    );
  });

  test('puts in a text as it is, whatever a replacement would read in it', () => {
    for (const s of ['$&', '$1', '{n:Int8}', '{s:String}'])
      expect(bind('{s:String}', { s, n: 1 })).toBe(`CAST('${s}' AS String)`);
  });

  test('makes a set of IN: literals when few, one text read as rows from 100 on', () => {
    expect(bind('a IN {k:Array(Int64)}', { k: [1, 2] })).toBe('a IN (1,2)');
    expect(bind('(a, b) IN {k:Array(Tuple(String, Int8))}', { k: [['x', 1]] })).toBe("(a, b) IN (('x',1))");
    expect(bind('a IN {k:Array(String)}', { k: [] })).toBe('a IN (NULL)');
    const few = Array.from({ length: 99 }, (_, i) => i);
    expect(bind('a IN {k:Array(Int64)}', { k: few })).toBe(`a IN (${few.join(',')})`);
    const pairs = Array.from({ length: 100 }, (_, i) => [`a\t'${i}`, i]);
    const sql = bind('(a, b) IN {k:Array(Tuple(String, Int64))}', { k: pairs });
    const rows = /^\(a, b\) IN \(SELECT k0, k1 FROM format\(TSV, 'k0 String, k1 Int64', ('.*')\)\)$/s.exec(sql)![1]!;
    expect(unquoted(rows).split('\n')).toEqual(pairs.map(([, i]) => `a\\t'${i}\t${i}`));
  });

  test('refuses what cannot be a parameter', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, {}, new Date(0), Symbol('s')])
      expect(() => bind('{v:String}', { v: value })).toThrow(/cannot be a parameter/);
    expect(() => bind('{v:String}', {})).toThrow(/needs a parameter v/);
    expect(() => bind('a IN {v:Array(String)}', { v: 'x' })).toThrow(/needs an array/);
  });
});

describe('insertStatement', () => {
  const insert = { table: 'events', token: "log/t/0/1-2/it's", columns: ['a', 'b'], rows: '["x",1]\n["y",2]' };

  test('carries its token and everything exactness relies on in its own text', () => {
    const sql = insertStatement(insert);
    expect(sql).toMatch(/^INSERT INTO events \(`a`, `b`\) SETTINGS /);
    expect(sql).toContain("insert_deduplication_token = 'log/t/0/1-2/it\\'s' FORMAT JSONCompactEachRow\n");
    expect(sql.endsWith(`\n${insert.rows}`)).toBe(true);
    for (const setting of ['insert_deduplicate = 1', 'async_insert = 0', 'optimize_on_insert = 0'])
      expect(sql).toContain(setting);
  });

  test('refuses to be without a token, columns or plain names', () => {
    expect(() => insertStatement({ ...insert, token: '' })).toThrow(/without a deduplication token/);
    expect(() => insertStatement({ ...insert, columns: [] })).toThrow(/must name its columns/);
    expect(() => insertStatement({ ...insert, columns: ['a`'] })).toThrow(/identifier/);
    expect(() => insertStatement({ ...insert, table: 'a.b' })).toThrow(/identifier/);
  });
});
