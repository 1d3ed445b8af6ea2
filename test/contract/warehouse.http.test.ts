import { once } from 'node:events';
import { Agent, createServer as createHttpServer, get } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  TupleParam,
} from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAway } from '../../services/dashboard/problem.ts';
import { openWarehouse, warehouseError } from '../../services/platform/warehouse/client.ts';
import { serveWarehouse, type WarehouseServer } from '../../services/platform/warehouse/http.ts';
import { scratch } from '../support/cli.ts';
import { warehouseContract } from './warehouse.ts';

const { path: directory, remove } = scratch();
let server: WarehouseServer;

beforeAll(async () => {
  server = await serveWarehouse({ directory, port: 0, database: 'served' });
});
afterAll(async () => {
  await server.close();
  remove();
});

warehouseContract('the engine over HTTP', async () => {
  const own = await openWarehouse({ url: server.url, database: 'default' });
  await own.command('CREATE DATABASE contract');
  await own.close();
  const warehouse = await openWarehouse({ url: server.url, database: 'contract' });
  return { warehouse, close: () => warehouse.close() };
});

test('a server that is not there is an outage, worth another attempt', async () => {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  const warehouse = await openWarehouse({ url: `http://127.0.0.1:${port}`, database: 'contract' });
  await expect(warehouse.query('SELECT 1')).rejects.toMatchObject({ code: null, retriable: true });
  await warehouse.close();
});

test('who is answered while it closes holds nothing up, though the client would keep the connection', async () => {
  const closing = await serveWarehouse({ directory, port: 0, database: 'served', shared: true });
  const agent = new Agent({ keepAlive: true });
  const answered = new Promise((done) => {
    const path = `/?query=${encodeURIComponent('SELECT sleep(1)')}`;
    get({ port: closing.port, path, agent }, (answer) => answer.resume().on('end', done));
  });
  await expect
    .poll(async () =>
      (await fetch(closing.url, { method: 'POST', body: 'SELECT count() FROM system.processes' })).text(),
    )
    .toBe('2\n');
  const closed = closing.close();
  await answered;
  const waited = performance.now();
  await closed;
  expect(performance.now() - waited).toBeLessThan(4_000); // connections are kept for five seconds
  agent.destroy();
}, 30_000);

test('who stops statements does not wait for them to end', async () => {
  const url = `${server.url}/?query=${encodeURIComponent("SELECT sum(cityHash64(number)) FROM numbers(1000000000000) SETTINGS log_comment = 'for ever', max_execution_time = 25")}`;
  const ended = Array.from({ length: 5 }, async () => (await fetch(url)).headers.get('x-clickhouse-exception-code'));
  const kill = `KILL QUERY WHERE Settings['log_comment'] = 'for ever' SYNC`;
  const again = setInterval(() => void fetch(server.url, { method: 'POST', body: kill }).catch(() => undefined), 50);
  expect(await Promise.all(ended)).toEqual(['394', '394', '394', '394', '394']);
  clearInterval(again);
}, 30_000);

test('however many questions take long on a server, the others are asked beside them', async () => {
  const held: (() => void)[] = [];
  const slow = createHttpServer(async (request, response) => {
    let sql = '';
    for await (const part of request) sql += part;
    if (sql.includes('long')) held.push(() => response.end('1\n'));
    else response.end('1\n');
  }).listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const { port } = slow.address() as { port: number };
  const warehouse = await openWarehouse({ url: `http://127.0.0.1:${port}`, database: 'contract' });
  try {
    const long = Array.from({ length: 40 }, (_, n) => warehouse.ask(`SELECT 'long', ${n}`, 'TabSeparated', {}, 'long'));
    await expect.poll(() => held.length).toBeGreaterThan(9);
    await Promise.all(Array.from({ length: 12 }, (_, n) => warehouse.ask(`SELECT ${n}`, 'TabSeparated')));
    expect(held.length).toBeGreaterThan(9);
    const waiting = setInterval(() => {
      for (const answer of held.splice(0)) answer();
    }, 5);
    await Promise.all(long);
    clearInterval(waiting);
  } finally {
    await warehouse.close();
    slow.close();
  }
});

test.each([
  ['ECONNREFUSED'],
  ['ECONNRESET'],
  ['EHOSTUNREACH'],
  ['ENETUNREACH'],
  ['ETIMEDOUT'],
  ['EAI_AGAIN'],
  ['ENOTFOUND'],
  ['EPIPE'],
])('%s is an outage, also where the fault says nothing else', (code) => {
  const fault = warehouseError(Object.assign(new Error(''), { code }));
  expect(fault).toMatchObject({ code: null, retriable: true });
  expect(fault.message).toContain(code);
  expect(isAway(fault)).toBe(true);
});

test('what a proxy says of a server that is gone is an outage, and so is a server that shuts down', async () => {
  let answer: [number, string] = [502, '<html>502 Bad Gateway</html>'];
  const gone = createHttpServer((_request, response) => {
    response.statusCode = answer[0];
    response.end(answer[1]);
  }).listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as { port: number };
  const warehouse = await openWarehouse({ url: `http://127.0.0.1:${port}`, database: 'contract' });
  try {
    for (const [status, text, away] of [
      [502, '<html>502 Bad Gateway</html>', true],
      [503, 'no healthy upstream', true],
      [503, '<html>The service is unavailable.</html>', true],
      [504, '<title>504 Gateway Time-out</title>', true],
      [504, '', true],
      [500, 'Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)', true],
      [500, 'Code: 47. DB::Exception: Unknown identifier 503. (UNKNOWN_IDENTIFIER)', false],
    ] as const) {
      answer = [status, text];
      const fault = await warehouse.ask('SELECT 1', 'TabSeparated').catch((error: unknown) => error);
      expect([text, isAway(fault)]).toEqual([text, away]);
    }
  } finally {
    await warehouse.close();
    gone.close();
  }
});

test('a second server on the directory is refused while the first runs', async () => {
  await expect(serveWarehouse({ directory, port: 0, database: 'served' })).rejects.toThrow(/in use by process/);
});

for (const zipped of [false, true]) {
  describe(`@clickhouse/client ${zipped ? 'with' : 'without'} compression`, () => {
    let client: ClickHouseClient;
    const table = `people_${zipped}`;

    beforeAll(async () => {
      client = createClient({
        url: server.url,
        compression: { request: zipped, response: zipped },
        log: { level: ClickHouseLogLevel.OFF },
      });
      await client.command({
        query: `CREATE TABLE ${table} (id UInt32, name String, list Array(Nullable(String))) ENGINE = MergeTree ORDER BY id`,
      });
    });
    afterAll(() => client.close());

    async function one<T>(
      query: string,
      rest: Omit<Parameters<ClickHouseClient['query']>[0], 'query' | 'format'> = {},
    ): Promise<T> {
      const result = await client.query({ ...rest, query, format: 'JSONEachRow' });
      const [row] = await result.json<T>();
      return row!;
    }

    test('pings, commands, inserts and reads', async () => {
      expect(await client.ping()).toEqual({ success: true });
      const values = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `näme\t'${id}'\n`, list: [null, '"'] }));
      const { executed } = await client.insert({ table, values, format: 'JSONEachRow' });
      expect(executed).toBe(true);
      const result = await client.query({ query: `SELECT * FROM ${table} ORDER BY id`, format: 'JSONEachRow' });
      expect(await result.json()).toEqual(values);
      const whole = await client.query({ query: `SELECT count() AS n FROM ${table}` });
      expect(await whole.json()).toMatchObject({ data: [{ n: 5_000 }], rows: 1 });
    });

    test('streams rows in and out', async () => {
      const result = await client.query({ query: 'SELECT number AS n FROM numbers(10000)', format: 'JSONEachRow' });
      let rows = 0;
      for await (const chunk of result.stream()) rows += chunk.length;
      expect(rows).toBe(10_000);
    });

    test('binds parameters: numbers, texts, nulls, arrays and tuples', async () => {
      const parameters = {
        n: -7,
        text: "a'b\\c\td\ne {n:Int8} ключ",
        none: null,
        numbers: [1, 2],
        texts: ['x', 'y z', ''],
        pair: new TupleParam([1, 'p']),
      };
      expect(
        await one(
          'SELECT {n:Int32} AS n, {text:String} AS text, {none:Nullable(String)} AS none, {numbers:Array(UInt8)} AS numbers, {texts:Array(String)} AS texts, {pair:Tuple(UInt8, String)} AS pair',
          { query_params: parameters },
        ),
      ).toEqual({ ...parameters, pair: [1, 'p'] });
      expect(
        await one('SELECT count() > 0 AS found FROM {table:Identifier} WHERE 1 IN {keys:Array(UInt8)}', {
          query_params: { table, keys: [1] },
        }),
      ).toEqual({ found: 1 });
    });

    test('binds arrays, tuples and maps whose texts need escaping', async () => {
      const texts = ["it's", 'a\\b', 'c\td\n', ''];
      const parameters = { texts, pair: new TupleParam([1, "p'q"]), map: { k: "v'w" } };
      expect(
        await one(
          'SELECT {texts:Array(String)} AS texts, {pair:Tuple(UInt8, String)} AS pair, {map:Map(String, String)} AS map',
          { query_params: parameters },
        ),
      ).toEqual({ ...parameters, pair: [1, "p'q"] });
    });

    test('sets settings for one query only', async () => {
      const read = "SELECT toString(getSetting('max_threads')) AS threads, getSetting('max_result_rows') AS rows";
      const before = await one<{ threads: string }>(read);
      const clickhouse_settings = { max_threads: 1, max_result_rows: '77' };
      expect(await one(read, { clickhouse_settings })).toEqual({ threads: '1', rows: 77 });
      for (let seat = 0; seat < 8; seat++) expect(await one(read)).toEqual(before);
      await expect(one('SELECT nothing', { clickhouse_settings })).rejects.toThrow();
      for (let seat = 0; seat < 8; seat++) expect(await one(read)).toEqual(before);
    });

    test('learns the number and name of an error', async () => {
      const cases: [string, string, string][] = [
        ['SELECT * FROM nowhere', '60', 'UNKNOWN_TABLE'],
        ['SELECT 1 2', '62', 'SYNTAX_ERROR'],
        ['SELECT nothing', '47', 'UNKNOWN_IDENTIFIER'],
        ["SELECT throwIf(1, 'as asked')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
      ];
      for (const [query, code, type] of cases) {
        const error = await client.query({ query }).catch((error: unknown) => error);
        expect(error).toBeInstanceOf(ClickHouseError);
        expect(error).toMatchObject({ code, type });
      }
    });
  });
}

describe('plain HTTP', () => {
  const at = (search: Record<string, string> = {}, path = '/'): string =>
    `${server.url}${path}?${new URLSearchParams(search)}`;
  const post = (
    body: string | Uint8Array<ArrayBuffer>,
    search: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) => fetch(at(search), { method: 'POST', body, headers });

  test('/ping answers Ok, and so does / without a query; other paths are not there', async () => {
    for (const path of ['/ping', '/']) {
      const answer = await fetch(server.url + path);
      expect([answer.status, await answer.text()]).toEqual([200, 'Ok.\n']);
    }
    expect((await fetch(`${server.url}/nowhere`)).status).toBe(404);
  });

  test('a query comes in the address, in the body, or begins in one and ends in the other', async () => {
    expect(await (await fetch(at({ query: 'SELECT 1, 2' }))).text()).toBe('1\t2\n');
    expect(await (await post('SELECT 3')).text()).toBe('3\n');
    await post('CREATE TABLE plain (id Int64) ENGINE = MergeTree ORDER BY id');
    const inserted = await post('1\n2\n', { query: 'INSERT INTO plain FORMAT TSV' });
    expect([inserted.status, await inserted.text()]).toEqual([200, '']);
    expect(await (await post('SELECT sum(id) FROM plain')).text()).toBe('3\n');
    expect((await post('')).status).toBe(400);
  });

  test('the statement decides the format, then default_format, then TabSeparated', async () => {
    const sql = "SELECT 1 AS a, 'x' AS b";
    const asked = await post(sql, { default_format: 'CSVWithNames' });
    expect(await asked.text()).toBe('"a","b"\n1,"x"\n');
    expect(asked.headers.get('x-clickhouse-format')).toBe('CSVWithNames');
    expect(asked.headers.get('content-type')).toContain('text/csv');
    const named = await post(`${sql} FORMAT JSONEachRow`, { default_format: 'CSV' });
    expect(await named.text()).toBe('{"a":1,"b":"x"}\n');
    expect(named.headers.get('x-clickhouse-format')).toBe('JSONEachRow');
    expect((await post(sql)).headers.get('x-clickhouse-format')).toBe('TabSeparated');
  });

  test('parameters and settings stand in the address, a database there or in a header', async () => {
    expect(await (await post('SELECT {a:Int32} + {b:Int32}', { param_a: '2', param_b: '3' })).text()).toBe('5\n');
    expect(await (await post("SELECT getSetting('max_threads')", { max_threads: '3' })).text()).toBe('3\n');
    const read = 'SELECT currentDatabase()';
    expect(await (await post(read)).text()).toBe('served\n');
    expect(await (await post(read, {}, { 'x-clickhouse-database': 'system' })).text()).toBe('system\n');
    expect(await (await post(read, { database: 'default' })).text()).toBe('default\n');
    for (let seat = 0; seat < 8; seat++) expect(await (await post(read)).text()).toBe('served\n');
    expect((await post(read, { database: 'nowhere' })).headers.get('x-clickhouse-exception-code')).toBe('81');
    expect(await (await post(read)).text()).toBe('served\n');
  });

  test('an error has its status, its number in a header and its name in the text', async () => {
    const cases: [string, number, string, string][] = [
      ['SELECT * FROM nowhere', 404, '60', 'UNKNOWN_TABLE'],
      ['SELECT FROM WHERE', 400, '62', 'SYNTAX_ERROR'],
      ['SELECT nothing', 404, '47', 'UNKNOWN_IDENTIFIER'],
    ];
    for (const [sql, status, code, kind] of cases) {
      const answer = await post(sql);
      const text = await answer.text();
      expect([answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([status, code]);
      expect(text).toContain(`Code: ${code}. DB::Exception: `);
      expect(text).toContain(`(${kind})`);
    }
    const unknown = await post('SELECT 1', { no_such_setting: '1' });
    expect(unknown.headers.get('x-clickhouse-exception-code')).toBe('115');
  });

  test('GET only reads: a DROP is refused with 164 and the table stays', async () => {
    await post('CREATE TABLE stays (id Int64) ENGINE = MergeTree ORDER BY id');
    for (const query of [
      'DROP TABLE stays',
      '/* SELECT */ DROP TABLE stays',
      '-- SELECT\nDROP TABLE stays',
      'INSERT INTO stays VALUES (1)',
    ]) {
      const answer = await fetch(at({ query }));
      expect([answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([500, '164']);
      expect(await answer.text()).toContain('(READONLY)');
    }
    expect(await (await fetch(at({ query: '  -- of course\n (SELECT count() FROM stays)' }))).text()).toBe('0\n');
  });

  test('HEAD and OPTIONS write as little as GET does', async () => {
    await post('CREATE TABLE still (id Int64) ENGINE = MergeTree ORDER BY id');
    for (const method of ['HEAD', 'OPTIONS', 'DELETE'])
      for (const query of ['DROP TABLE still', 'WITH 1 AS x INSERT INTO still SELECT x']) {
        const answer = await fetch(at({ query }), { method });
        expect(answer.headers.get('x-clickhouse-exception-code')).toBe('164');
      }
    expect(await (await post('SELECT count() FROM still')).text()).toBe('0\n');
  });

  test('GET runs no writing statement behind a reading one', async () => {
    await post('CREATE TABLE kept (id Int64) ENGINE = MergeTree ORDER BY id');
    for (const query of ['SELECT 1; DROP TABLE kept', 'WITH 1 AS x INSERT INTO kept SELECT x'])
      expect((await fetch(at({ query }))).status).not.toBe(200);
    expect(await (await post('SELECT count() FROM kept')).text()).toBe('0\n');
  });

  test('SET and USE of one request change nothing for the next', async () => {
    await post('SET max_result_rows = 5');
    await post('USE system');
    for (let seat = 0; seat < 8; seat++)
      expect(await (await post("SELECT currentDatabase(), getSetting('max_result_rows')")).text()).toBe('served\t0\n');
  });

  test('bodies travel gzipped both ways; other encodings are refused', async () => {
    const body = gzipSync(`SELECT '${'é'.repeat(1_000)}'`);
    const answer = await post(
      new Uint8Array(body),
      { enable_http_compression: '1' },
      { 'content-encoding': 'gzip', 'accept-encoding': 'gzip' },
    );
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(await answer.text()).toBe(`${'é'.repeat(1_000)}\n`);
    expect((await post('SELECT 1', {}, { 'content-encoding': 'br' })).status).toBe(415);
    expect((await post('SELECT 1', {}, { 'accept-encoding': 'gzip' })).headers.get('content-encoding')).toBeNull();
  });

  test('20 queries at once are all answered, each with its own settings', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const answer = await post(`SELECT ${i}, getSetting('max_threads'), sleep(0.05)`, {
          max_threads: String(1 + (i % 5)),
          query_id: `q${i}`,
        });
        expect(answer.headers.get('x-clickhouse-query-id')).toBe(`q${i}`);
        return answer.text();
      }),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => `${i}\t${1 + (i % 5)}\t0\n`));
  });
});
