/** What services rely on in a warehouse, for the engine in process and for a server over HTTP. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Warehouse, WarehouseError } from '../../services/platform/warehouse/port.ts';

export interface OpenedWarehouse {
  warehouse: Warehouse;
  /** Closes the warehouse and removes it. */
  close(): Promise<void>;
}

const lines = (...rows: unknown[][]): string => rows.map((row) => JSON.stringify(row)).join('\n');

export function warehouseContract(name: string, open: () => Promise<OpenedWarehouse>): void {
  describe(`the warehouse contract, kept by ${name}`, () => {
    let opened: OpenedWarehouse;
    let warehouse: Warehouse;
    let tables = 0;

    beforeAll(async () => {
      opened = await open();
      warehouse = opened.warehouse;
    });
    afterAll(() => opened.close());

    /** A table with the deduplication window every table of ours has. */
    async function newTable(columns: string, order = 'tuple()'): Promise<string> {
      const table = `t${tables++}`;
      await warehouse.command(
        `CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY ${order} SETTINGS non_replicated_deduplication_window = 100`,
      );
      return table;
    }

    const count = async (table: string): Promise<number> =>
      (await warehouse.query<{ n: number }>(`SELECT count() AS n FROM ${table}`))[0]!.n;

    async function refusal(work: Promise<unknown>): Promise<WarehouseError> {
      const error = await work.then(
        () => null,
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(WarehouseError);
      return error as WarehouseError;
    }

    const strange = [
      'plain',
      '',
      "it's",
      'say "yes"',
      'back\\slash \\n \\N',
      'tab\there',
      'line\nbreak\r\n',
      'ключ 🔑 é',
      '{k:String}',
      '?',
      'SETTINGS x = 1',
      '$1 $& --',
    ];

    describe('rows', () => {
      test('come back as they were: unicode, quotes, newlines, times, nulls, arrays and maps', async () => {
        const table = await newTable(
          "id Int64, s String, low LowCardinality(String), at DateTime64(3, 'UTC'), n Nullable(Int64), f Float64, b Bool, list Array(String), pairs Map(LowCardinality(String), String)",
          'id',
        );
        const columns = ['id', 's', 'low', 'at', 'n', 'f', 'b', 'list', 'pairs'];
        const rows = strange.map((text, i) => [
          9_007_199_254_740_991 - i,
          text,
          text,
          1_767_225_600_123 + i,
          i % 2 === 0 ? null : -i,
          i / 8,
          i % 2 === 0,
          i === 0 ? [] : [text, ''],
          i === 0 ? {} : { [text]: text, other: '' },
        ]);
        await warehouse.insert({ table, token: 'one', columns, rows: lines(...rows) });
        const read = await warehouse.query<Record<string, unknown>>(
          `SELECT * REPLACE (toUnixTimestamp64Milli(at) AS at) FROM ${table} ORDER BY id DESC`,
        );
        expect(read.map((row) => columns.map((column) => row[column]))).toEqual(rows);
      });

      test('keep their times to the millisecond, from 1970 to 2100 and where clocks change', async () => {
        const table = await newTable("at DateTime64(3, 'UTC')");
        const times = [0, 1, 999, 951_782_400_000, 1_774_745_999_999, 1_774_746_000_000, 4_102_444_800_000];
        await warehouse.insert({ table, token: 'one', columns: ['at'], rows: lines(...times.map((at) => [at])) });
        const read = await warehouse.query(`SELECT toUnixTimestamp64Milli(at) AS at FROM ${table} ORDER BY at`);
        expect(read).toEqual(times.map((at) => ({ at })));
      });

      test('that are none insert nothing, and a read of none is empty', async () => {
        const table = await newTable('id Int64');
        await warehouse.insert({ table, token: 'one', columns: ['id'], rows: '' });
        expect(await warehouse.query(`SELECT * FROM ${table}`)).toEqual([]);
        expect(await warehouse.ask(`SELECT * FROM ${table}`, 'TSV')).toBe('');
      });

      test('can be asked for in any format', async () => {
        const sql = 'SELECT number AS n, {s:String} AS s FROM numbers(2)';
        expect(await warehouse.ask(`${sql};\n`, 'CSVWithNames', { s: 'é"' })).toBe('"n","s"\n0,"é"""\n1,"é"""\n');
        expect(JSON.parse(await warehouse.ask(sql, 'JSON', { s: '' }))).toMatchObject({ rows: 2 });
      });
    });

    describe('an insert', () => {
      test('under the same token is stored once, under another again', async () => {
        const table = await newTable('id Int64');
        const insert = (token: string, ...ids: number[]): Promise<void> =>
          warehouse.insert({ table, token, columns: ['id'], rows: lines(...ids.map((id) => [id])) });
        await insert("log/t/0/0-2/a'b\\c/events", 1, 2);
        await insert("log/t/0/0-2/a'b\\c/events", 1, 2);
        expect(await count(table)).toBe(2);
        await insert('other', 1, 2);
        expect(await count(table)).toBe(4);
        await insert('other', 7); // the token alone decides, not the content
        expect(await count(table)).toBe(4);
      });

      test('without a token, columns or a plain table is refused', async () => {
        const table = await newTable('id Int64');
        const insert = { table, token: 'one', columns: ['id'], rows: '[1]' };
        await expect(warehouse.insert({ ...insert, token: '' })).rejects.toThrow(/token/);
        await expect(warehouse.insert({ ...insert, columns: [] })).rejects.toThrow(/columns/);
        await expect(warehouse.insert({ ...insert, table: 't; DROP TABLE t' })).rejects.toThrow(/identifier/);
        expect(await count(table)).toBe(0);
      });

      test('of 20,000 rows is one part', async () => {
        const table = await newTable('id Int64, s String');
        const rows = Array.from({ length: 20_000 }, (_, i) => [i, `row ${i}`]);
        await warehouse.insert({ table, token: 'one', columns: ['id', 's'], rows: lines(...rows) });
        const parts = await warehouse.query(
          `SELECT toInt64(rows) AS rows FROM system.parts WHERE database = currentDatabase() AND table = {table:String}`,
          { table },
        );
        expect(parts).toEqual([{ rows: 20_000 }]);
      });

      test('with a faulty row stores none of its rows and leaves the token free', async () => {
        const table = await newTable('id Int64');
        const insert = { table, token: 'one', columns: ['id'] };
        expect((await refusal(warehouse.insert({ ...insert, rows: '[1]\n["x"]' }))).retriable).toBe(false);
        expect(await count(table)).toBe(0);
        await warehouse.insert({ ...insert, rows: '[1]\n[2]' });
        expect(await count(table)).toBe(2);
      });
    });

    test('no statement leaves its settings to the next, on no connection', async () => {
      const table = await newTable('id Int64');
      const probe = await newTable('threads String, token String, sequential String, projections String');
      const names = [
        'max_threads',
        'insert_deduplication_token',
        'async_insert',
        'min_table_rows_to_use_projection_index',
      ];
      const read = names.map((name) => `toString(getSetting('${name}'))`).join(', ');
      const asked = async (): Promise<string> => warehouse.ask(`SELECT ${read}`, 'TSV');
      const written = async (): Promise<string> => {
        await warehouse.command(`TRUNCATE TABLE ${probe}`);
        await warehouse.command(`INSERT INTO ${probe} SELECT ${read}`);
        return warehouse.ask(`SELECT * FROM ${probe}`, 'TSV');
      };
      const decided = async (): Promise<string> => JSON.stringify(await warehouse.query(`SELECT [${read}] AS found`));
      const before = [await asked(), await written(), await decided()];
      const calls: (() => Promise<unknown>)[] = [
        () => warehouse.insert({ table, token: 'a token', columns: ['id'], rows: '[1]' }),
        () => warehouse.insert({ table, token: 'a token', columns: ['nothing'], rows: '[1]' }),
        () =>
          warehouse.command(
            `INSERT INTO ${table} SETTINGS insert_deduplication_token = 'b', max_threads = 1 VALUES (2)`,
          ),
        () => warehouse.query('SELECT 1 SETTINGS max_threads = 1'),
        () => warehouse.query("SELECT throwIf(1) SETTINGS max_threads = 1, insert_deduplication_token = 'c'"),
        () => warehouse.ask("SELECT 1 SETTINGS max_threads = 1, insert_deduplication_token = 'd'", 'TSV'),
      ];
      for (const call of calls) {
        await call().catch(() => undefined);
        expect([await asked(), await written(), await decided()]).toEqual(before);
      }
      expect(before[0]!.split('\t')[1]).toBe('');
    });

    test('a statement that fails halfway leaves nothing of its answer to the next', async () => {
      const half =
        "SELECT throwIf(number = 9000, 'halfway') FROM numbers(10000) SETTINGS max_block_size = 1000, max_threads = 1";
      for (let i = 0; i < 4; i++) {
        await expect(warehouse.query(half)).rejects.toThrow(/halfway/);
        await expect(warehouse.ask(half, 'TSV')).rejects.toThrow(/halfway/);
        const rows = await warehouse.query('SELECT 1 AS one');
        expect([rows.length, rows[0]]).toEqual([1, { one: 1 }]);
        expect((await warehouse.ask('SELECT 1', 'TSV')).slice(0, 100)).toBe('1\n');
      }
    });

    test('nobody is queued behind a long question of people', async () => {
      const ended: string[] = [];
      const long = warehouse
        .ask('SELECT sum(sleepEachRow(1)) FROM numbers(3)', 'TabSeparated', {}, 'long')
        .then(() => ended.push('long'));
      await Promise.all(
        Array.from({ length: 12 }, () => warehouse.ask('SELECT 1', 'TabSeparated').then(() => ended.push('quick'))),
      );
      await long;
      expect(ended).toEqual([...Array<string>(12).fill('quick'), 'long']);
    });

    test('a word that looks like a clause is no clause', async () => {
      expect(await warehouse.query('SELECT 1 AS settings')).toEqual([{ settings: 1 }]);
      expect(await warehouse.ask("SELECT 'my settings'", 'TSV')).toBe('my settings\n');
      expect(await warehouse.query('SELECT 1 AS one -- settings')).toEqual([{ one: 1 }]);
    });

    describe('parameters', () => {
      test('of every kind reach the statement as they are', async () => {
        for (const text of strange)
          expect(await warehouse.query('SELECT {text:String} AS text', { text })).toEqual([{ text }]);
        const [row] = await warehouse.query(
          'SELECT {n:Int64} AS n, {f:Float64} AS f, {b:Bool} AS b, {none:Nullable(String)} AS none, {list:Array(String)} AS list',
          { n: -5, f: 0.25, b: true, none: null, list: strange },
        );
        expect(row).toEqual({ n: -5, f: 0.25, b: true, none: null, list: strange });
      });

      for (const many of [3, 5_000]) {
        test(`IN finds the rows of ${many} keys, whatever stands in them`, async () => {
          const table = await newTable('brand LowCardinality(String), id String, n Int64', '(brand, id)');
          const key = (i: number): [string, string] => [
            strange[i % strange.length]!,
            `${strange[Math.trunc(i / strange.length) % strange.length]}${i}`,
          ];
          const all = Array.from({ length: many * 2 }, (_, i) => i);
          const rows = all.map((i) => [...key(i), i]);
          await warehouse.insert({ table, token: 'one', columns: ['brand', 'id', 'n'], rows: lines(...rows) });
          const wanted = all.filter((i) => i % 2 === 1);
          const found = async (where: string, keys: unknown[]): Promise<number[]> =>
            (await warehouse.query<{ n: number }>(`SELECT n FROM ${table} WHERE ${where} ORDER BY n`, { keys })).map(
              ({ n }) => n,
            );
          expect(await found('(brand, id) IN {keys:Array(Tuple(String, String))}', wanted.map(key))).toEqual(wanted);
          expect(
            await found(
              'id IN {keys:Array(String)}',
              wanted.map((i) => key(i)[1]),
            ),
          ).toEqual(wanted);
          expect(await found('n IN {keys:Array(Int64)}', wanted)).toEqual(wanted);
          expect(await found('n NOT IN {keys:Array(Int64)}', wanted)).toEqual(all.filter((i) => i % 2 === 0));
          expect(await found('n IN {keys:Array(Int64)}', [])).toEqual([]);
        });
      }

      test('that are missing are refused before anything is sent', async () => {
        await expect(warehouse.query('SELECT {a:Int64}', { b: 1 })).rejects.toThrow(/needs a parameter a/);
      });
    });

    describe('errors', () => {
      test("carry ClickHouse's number and name, and no wrong statement is worth another attempt", async () => {
        const table = await newTable('id Int64');
        const insert = { table: 'nowhere', token: 'one', columns: ['id'], rows: '[1]' };
        const cases: [() => Promise<unknown>, number, string][] = [
          [() => warehouse.query('SELECT * FROM nowhere'), 60, 'UNKNOWN_TABLE'],
          [() => warehouse.command('DROP TABLE nowhere'), 60, 'UNKNOWN_TABLE'],
          [() => warehouse.insert(insert), 60, 'UNKNOWN_TABLE'],
          [() => warehouse.query('SELECT FROM WHERE'), 62, 'SYNTAX_ERROR'],
          [() => warehouse.command('CREATE NOTHING AT ALL'), 62, 'SYNTAX_ERROR'],
          [() => warehouse.ask(`SELECT nothing FROM ${table}`, 'TSV'), 47, 'UNKNOWN_IDENTIFIER'],
        ];
        for (const [work, code, kind] of cases)
          expect(await refusal(work())).toMatchObject({ code, kind, retriable: false });
      });

      test('of an overload are worth another attempt', async () => {
        const tight = warehouse.query(
          'SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 1000000',
        );
        expect(await refusal(tight)).toMatchObject({ code: 241, kind: 'MEMORY_LIMIT_EXCEEDED', retriable: true });
        expect(await warehouse.query('SELECT 1 AS still')).toEqual([{ still: 1 }]);
      });
    });

    test('a long question of people does not block a decisive read', async () => {
      let answered = false;
      const question = warehouse
        .ask("SELECT sleepEachRow(1), 'people' FROM numbers(3) SETTINGS max_block_size = 1", 'TSV')
        .finally(() => {
          answered = true;
        });
      await vi.waitFor(
        async () => {
          const running = await warehouse.query(
            "SELECT 1 FROM system.processes WHERE query LIKE '%sleepEachRow(1)%' AND query NOT LIKE '%system.processes%'",
          );
          expect(running).toHaveLength(1);
        },
        { timeout: 10_000, interval: 5 },
      );
      expect(answered).toBe(false);
      expect(await question).toBe('0\tpeople\n'.repeat(3));
    });

    test('a hundred reads and writes at once all arrive', async () => {
      const table = await newTable('id Int64');
      await Promise.all(
        Array.from({ length: 100 }, async (_, id) => {
          await warehouse.insert({ table, token: `${id}`, columns: ['id'], rows: `[${id}]` });
          expect(await warehouse.query(`SELECT id FROM ${table} WHERE id = {id:Int64}`, { id })).toEqual([{ id }]);
        }),
      );
      expect(await count(table)).toBe(100);
    });
  });
}
