/**
 * Native for clients that name a protocol version, as Go's driver does: the engine's own blocks, a block's info before each and, from version
 * 54454 on, a byte after each column's name and type. Read back here by nothing but the place where the next column must begin.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveWarehouse, type WarehouseServer } from '../../services/platform/warehouse/http.ts';
import { scratch } from '../support/cli.ts';

const { path: directory, remove } = scratch();
let server: WarehouseServer;
beforeAll(async () => {
  server = await serveWarehouse({ directory, port: 0, database: 'served' });
});
afterAll(async () => {
  await server.close();
  remove();
});

const ask = async (query: string, parameters = ''): Promise<Buffer> => {
  const response = await fetch(`${server.url}/?default_format=Native${parameters}`, { method: 'POST', body: query });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(bytes.toString());
  return bytes;
};
const info = Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]);
const text = (word: string) => Buffer.concat([Buffer.from([word.length]), Buffer.from(word)]);

it.each([
  ['toString(number * number)'],
  ["repeat('ü', number * 40)"],
  ['number % 2 = 0'],
  ['toInt128(number)'],
  ['toFixedString(toString(number), 3)'],
  ['toDecimal64(number, 4)'],
  ['toDecimal32(number, 2)'],
  ['toDecimal128(number, 9)'],
  ["toDateTime64(number, 3, 'UTC')"],
  ['toDate(number)'],
  ["toUUID('00000000-0000-0000-0000-0000000000ff')"],
  ["toIPv6('::1')"],
  ["CAST(1, 'Enum8(\\'a, (b\\' = 1)')"],
  ['if(number % 2 = 0, NULL, number)'],
  ['if(number % 2 = 0, NULL, toString(number))'],
  ['toLowCardinality(toString(number % 300))'],
  ["CAST(if(number % 2 = 0, NULL, toString(number)), 'LowCardinality(Nullable(String))')"],
  ['range(number % 5)'],
  ["arrayMap(x -> [toString(x), 'y'], range(number % 5))"],
  ['emptyArrayString()'],
  ["CAST([toString(number)], 'Array(LowCardinality(String))')"],
  ["CAST([], 'Array(LowCardinality(String))')"],
  ["map(toString(number), (number, 'x'))"],
  ["CAST((number, 'x', [1]), 'Tuple(a UInt64, `b c` LowCardinality(String), d Array(Nullable(UInt8)))')"],
  ['tuple(NULL)'],
  ['tuple()'],
  ["CAST(toLowCardinality(toString(number)), 'SimpleAggregateFunction(anyLast, LowCardinality(String))')"],
  ["CAST([toString(number)], 'SimpleAggregateFunction(groupArrayArray, Array(String))')"],
  ['toIntervalDay(number)'],
])('finds the end of a column %s', async (expression) => {
  const rows = 1_000;
  const query = `SELECT ${expression} AS first, 'end' AS last FROM numbers(${rows}) SETTINGS session_timezone = 'UTC'`;
  const made = await ask(query);
  const asked = await ask(query, '&client_protocol_version=54460');
  const first = made.indexOf(text('first')) + 6;
  const type = first + 1 + made[first]!;
  const last = made.indexOf(Buffer.concat([text('last'), text('String')])) + 12;
  const zero = Buffer.from([0]);
  const framed = [info, made.subarray(0, type), zero, made.subarray(type, last), zero, made.subarray(last)];
  expect(asked.equals(Buffer.concat(framed))).toBe(true);
  expect((await ask(query, '&client_protocol_version=54405')).equals(Buffer.concat([info, made]))).toBe(true);
});

it('puts an info before every block', async () => {
  const query = 'SELECT number, toString(number) AS name FROM numbers(200000) SETTINGS max_block_size = 65409';
  const [made, asked] = [await ask(query), await ask(query, '&client_protocol_version=54405')];
  expect((asked.length - made.length) / info.length).toBeGreaterThan(2);
});

it('is the same whatever case the format is written in', async () => {
  const version = '&client_protocol_version=54460';
  expect((await ask('SELECT 1 AS a FORMAT native', version)).equals(await ask('SELECT 1 AS a', version))).toBe(true);
});

it('is as the engine wrote it where no version is named, or another format asked for', async () => {
  for (const version of [
    '',
    '&client_protocol_version=abc',
    '&client_protocol_version=-5',
    '&client_protocol_version=0x10',
  ])
    expect((await ask('SELECT 1 AS a', version)).subarray(0, 2)).toEqual(Buffer.from([1, 1]));
  expect((await ask('SELECT 1 AS a FORMAT TSV', '&client_protocol_version=54460')).toString()).toBe('1\n');
});

it('says which type it cannot serve, and what to do', async () => {
  const query = 'SELECT sumState(number) AS a FROM numbers(3)';
  await expect(ask(query, '&client_protocol_version=54460')).rejects.toThrow(
    /type AggregateFunction is not served as Native to a client of a protocol version: cast it/,
  );
});

it("refuses ClickHouse's own compression of an answer rather than sending what cannot be read", async () => {
  await expect(ask('SELECT 1', '&compress=1')).rejects.toThrow(/own compression is not served: send gzip or plain/);
});
