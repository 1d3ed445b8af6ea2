/**
 * `verify` on the real engine: clean over all that the pipeline does, and wrong by name as soon as any one row of a table, or an aggregate, is
 * deleted, doubled or altered by hand.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { w1Events, w1Reference } from '../../bench/w1.ts';
import { newRound, readingApart } from '../../services/attribution/verify/check.ts';
import { startVerifying } from '../../services/attribution/verify/loop.ts';
import { checks } from '../../services/attribution/verify/register.ts';
import { hashed } from '../../services/attribution/verify/unaltered.ts';
import { type VerifyReport, verify } from '../../services/attribution/verify/verify.ts';
import { openPipeline, type Pipeline } from '../../services/cli/pipeline.ts';
import { readConfig } from '../../services/platform/config.ts';
import { cli, scratch, startCli } from '../support/cli.ts';

const home = scratch();
const data = join(home.path, 'data');
const tables = Object.keys(hashed);
let pipeline: Pipeline;
let closed = false;

const feed = async (lines: string[]): Promise<void> => {
  const { log, topics } = pipeline;
  for (let i = 0; i < lines.length; i += 700)
    await log.produce(
      lines
        .slice(i, i + 700)
        .map((line, j) => ({ topic: topics.collected, key: String(i + j), value: Buffer.from(line) })),
    );
  await pipeline.drained();
};
const look = (): Promise<VerifyReport> =>
  verify(
    { ...pipeline.verifiable, warehouse: readingApart(pipeline.warehouse, null), wait_ms: 0 },
    { redemptions: 'all', number: 0, round: null },
  );
const one = async <T>(sql: string): Promise<T> => {
  const [row] = await pipeline.warehouse.query<T>(sql);
  if (row === undefined) throw new Error(`there is no such row: ${sql}`);
  return row;
};
const remove = (table: string, where: string) =>
  pipeline.warehouse.command(`ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 2`);
const alter = (table: string, set: string, where: string) =>
  pipeline.warehouse.command(`ALTER TABLE ${table} UPDATE ${set} WHERE ${where} SETTINGS mutations_sync = 2`);
const double = (table: string, where: string) =>
  pipeline.warehouse.command(
    `INSERT INTO ${table} SETTINGS insert_deduplicate = 0, async_insert = 0 SELECT * FROM ${table} WHERE ${where}`,
  );
/** All tables as the pipeline left them. */
const restore = async (): Promise<void> => {
  for (const table of tables) {
    await pipeline.warehouse.command(`TRUNCATE TABLE ${table}`);
    await pipeline.warehouse.command(`ALTER TABLE ${table} ATTACH PARTITION ALL FROM kept_${table}`);
  }
};

beforeAll(async () => {
  pipeline = await openPipeline(readConfig({ LOG_LEVEL: 'silent', GRAPEVINE_BATCH_RECORDS: '500' }), data, '*');
  await pipeline.start();
  const lines = [...w1Events(4_000, 7)].map((record) => record.line);
  await feed(lines.slice(0, 3_000));
  await feed([...w1Reference(7)].map((record) => JSON.stringify(record))); // after the events: their rows are cancelled and written anew
  await feed(lines.slice(3_000));
  await feed(
    ['ann', 'bob', 'eve'].map((name, i) =>
      JSON.stringify({
        event_id: `linked-${i}`,
        type: 'click',
        occurred_at: Date.UTC(2026, 5, 1),
        brand_id: 'b00',
        identifiers: ['email', 'loyalty_id'].map((kind) => ({ kind, value: `${name}-${kind}@example.com` })),
      }),
    ),
  );
  for (const table of tables) {
    await pipeline.warehouse.command(`OPTIMIZE TABLE ${table} FINAL`); // no merge of its own between a look and the next
    await pipeline.warehouse.command(`CREATE TABLE kept_${table} AS ${table}`);
    await pipeline.warehouse.command(`ALTER TABLE kept_${table} ATTACH PARTITION ALL FROM ${table}`);
  }
}, 240_000);
afterAll(async () => {
  if (!closed) await pipeline?.close();
  home.remove();
});

/** What is done to a row, and the place that must be named: check → text in its place. */
interface Tampering {
  name: string;
  /** Values of the row (all as text) that the place speaks of. */
  row: string;
  tamper(row: Record<string, string>): Promise<void>;
  named(row: Record<string, string>): Record<string, string>;
}

const at = (row: Record<string, string>): string =>
  `source_topic = '${row.source_topic}' AND source_partition = ${row.source_partition} AND source_offset = ${row.source_offset}`;
const position =
  'source_topic, toString(source_partition) AS source_partition, toString(source_offset) AS source_offset';
const offset = (row: Record<string, string>): string =>
  `${row.source_topic}/${row.source_partition} offset ${row.source_offset}`;
const event = (row: Record<string, string>): string => `event_id = '${row.event_id}' AND brand_id = '${row.brand_id}'`;
const first = 'ORDER BY cityHash64(batch, row_hash) LIMIT 1';
const pick = {
  standing: `SELECT brand_id, event_id, type, ${position} FROM events WHERE sign = 1 AND event_id NOT IN (SELECT event_id FROM events WHERE sign = -1) ${first}`,
  revised: `SELECT brand_id, event_id, toString(revision) AS revision, ${position} FROM events WHERE sign = -1 ${first}`,
  posting: `SELECT brand_id, redemption_id, model, touch_event_id, toString(row_hash) AS row_hash FROM attribution_ledger WHERE kind = 'posting' AND model = 'linear' ${first}`,
  marker: `SELECT batch FROM attribution_ledger WHERE kind = 'marker' ${first}`,
};
const posting = (row: Record<string, string>): string => `row_hash = ${row.row_hash}`;
const redemption = (row: Record<string, string>): string => `brand ${row.brand_id}, redemption ${row.redemption_id}`;

const tamperings: Tampering[] = [
  {
    name: 'an event is deleted',
    row: pick.standing,
    tamper: (row) => remove('events', event(row)),
    named: (row) => ({ completeness: offset(row) }),
  },
  {
    name: 'an event is doubled',
    row: pick.standing,
    tamper: (row) => double('events', event(row)),
    named: (row) => ({ completeness: offset(row), nothing_twice: `event ${row.event_id}` }),
  },
  {
    name: 'an event is altered',
    row: pick.standing,
    tamper: (row) => alter('events', `text = 'said by another'`, event(row)),
    named: (row) => ({ unaltered: `event ${row.event_id}` }),
  },
  {
    name: 'a number that was NULL is set to 0',
    row: `SELECT brand_id, event_id FROM events WHERE amount_e4 IS NULL AND sign = 1 ${first}`,
    tamper: (row) => alter('events', 'amount_e4 = 0', event(row)),
    named: (row) => ({ unaltered: `event ${row.event_id}` }),
  },
  {
    name: 'the stored hash of an event is altered',
    row: pick.standing,
    tamper: (row) => alter('events', 'row_hash = row_hash + 1', event(row)),
    named: (row) => ({ unaltered: `event ${row.event_id}` }),
  },
  {
    name: 'the row that takes a revision back is deleted',
    row: pick.revised,
    tamper: (row) => remove('events', `${event(row)} AND sign = -1 AND revision = ${row.revision}`),
    named: (row) => ({ nothing_twice: `event ${row.event_id}`, completeness: offset(row) }),
  },
  {
    name: 'the row that takes a revision back is doubled',
    row: pick.revised,
    tamper: (row) => double('events', `${event(row)} AND sign = -1 AND revision = ${row.revision}`),
    named: (row) => ({ nothing_twice: `event ${row.event_id}` }),
  },
  {
    name: 'an older revision of an event is deleted',
    row: pick.revised,
    tamper: (row) => remove('events', `${event(row)} AND sign = 1 AND revision = ${row.revision}`),
    named: (row) => ({ nothing_twice: `event ${row.event_id}`, completeness: offset(row) }),
  },
  {
    name: 'the newest revision of an event is deleted',
    row: pick.revised,
    tamper: (row) => remove('events', `${event(row)} AND sign = 1 AND revision > ${row.revision}`),
    named: (row) => ({ nothing_twice: `event ${row.event_id}`, completeness: offset(row) }),
  },
  ...(
    [
      ['rejected_events', `sealed = ''`],
      ['duplicates', `code = 'conflicting_duplicate'`],
      ['reference_records', `body = '{}'`],
    ] as const
  ).flatMap(([table, set]): Tampering[] => {
    const row = `SELECT ${position} FROM ${table} WHERE NOT (${set}) ${first}`;
    return [
      {
        name: `a row of ${table} is deleted`,
        row,
        tamper: (row) => remove(table, at(row)),
        named: (row) => ({ completeness: offset(row) }),
      },
      {
        name: `a row of ${table} is doubled`,
        row,
        tamper: (row) => double(table, at(row)),
        named: (row) => ({ completeness: offset(row) }),
      },
      {
        name: `a row of ${table} is altered`,
        row,
        tamper: (row) => alter(table, set, at(row)),
        named: (row) => ({ unaltered: offset(row) }),
      },
    ];
  }),
  {
    name: 'a posting is deleted',
    row: pick.posting,
    tamper: (row) => remove('attribution_ledger', posting(row)),
    named: (row) => ({ conservation: `${redemption(row)}, model linear`, recomputed: redemption(row) }),
  },
  {
    name: 'a posting is doubled',
    row: pick.posting,
    tamper: (row) => double('attribution_ledger', posting(row)),
    named: (row) => ({
      nothing_twice: redemption(row),
      conservation: `${redemption(row)}, model linear`,
      recomputed: redemption(row),
    }),
  },
  {
    name: 'a posting is altered in what no sum shows',
    row: pick.posting,
    tamper: (row) => alter('attribution_ledger', `reason = 'erasure'`, posting(row)),
    named: (row) => ({ unaltered: redemption(row) }),
  },
  {
    name: 'money is moved to another influencer',
    row: pick.posting,
    tamper: (row) => alter('attribution_ledger', `influencer_id = 'crony'`, posting(row)),
    named: (row) => ({ unaltered: redemption(row), recomputed: redemption(row) }),
  },
  {
    name: 'all postings of a redemption under a model are deleted',
    row: pick.posting,
    tamper: (row) => remove('attribution_ledger', `redemption_id = '${row.redemption_id}' AND model = 'linear'`),
    named: (row) => ({ conservation: `${redemption(row)}, model linear`, recomputed: redemption(row) }),
  },
  {
    name: 'all postings of a redemption are deleted',
    row: pick.posting,
    tamper: (row) => remove('attribution_ledger', `redemption_id = '${row.redemption_id}'`),
    named: (row) => ({ recomputed: redemption(row) }),
  },
  {
    name: 'the marker of a batch is deleted',
    row: pick.marker,
    tamper: (row) => remove('attribution_ledger', `kind = 'marker' AND batch = '${row.batch}'`),
    named: (row) => ({ settled_batches: row.batch!.split('/').slice(0, 3).join('/') }),
  },
  {
    name: 'the marker of a batch is doubled',
    row: pick.marker,
    tamper: (row) => double('attribution_ledger', `kind = 'marker' AND batch = '${row.batch}'`),
    named: (row) => ({ nothing_twice: row.batch! }),
  },
  {
    name: 'a link is doubled',
    row: `SELECT brand_id, event_id, toString(row_hash) AS row_hash FROM identity_links WHERE sign = 1 ${first}`,
    tamper: (row) => double('identity_links', posting(row)),
    named: (row) => ({ nothing_twice: `event ${row.event_id}` }),
  },
  {
    name: 'a link is altered',
    row: `SELECT brand_id, event_id, toString(row_hash) AS row_hash FROM identity_links WHERE sign = 1 ${first}`,
    tamper: (row) => alter('identity_links', `right_kind = 'email_of_another'`, posting(row)),
    named: (row) => ({ unaltered: `event ${row.event_id}` }),
  },
];

describe('verify', () => {
  afterEach(restore, 60_000);

  it('finds nothing wrong with what the pipeline made: duplicates, refusals, revisions and late reference data', async () => {
    const report = await look();
    expect(report.findings).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.checks.map((c) => c.check)).toEqual(checks.map((c) => c.name));
    for (const { check, looked_at, pending } of report.checks) {
      expect(looked_at, check).toBeGreaterThan(0);
      expect(pending, check).toBe(0);
    }
    const there = await one<Record<string, number>>(
      `SELECT toInt32((SELECT count() FROM duplicates)) AS duplicates, toInt32((SELECT count() FROM rejected_events)) AS rejected,
         toInt32((SELECT countIf(sign < 0) FROM events)) AS revised`,
    );
    for (const n of Object.values(there)) expect(n).toBeGreaterThan(5);
  });

  it.each(tamperings)('names the place when $name', async ({ row: sql, tamper, named }) => {
    const row = await one<Record<string, string>>(sql);
    await tamper(row);
    const { ok, findings } = await look();
    expect(ok).toBe(false);
    for (const [check, place] of Object.entries(named(row))) {
      const own = findings.filter((finding) => finding.check === check);
      expect(own.map((finding) => finding.place).join('\n'), check).toContain(place);
      expect(own.length, `${check} names this place only`).toBeLessThan(8);
    }
  });

  it('names the redemption whose sale the views tell otherwise than the ledger, though credits computed again are the same', async () => {
    const row = await one<{ brand_id: string; redemption_id: string; e4: number }>(
      `SELECT brand_id, redemption_id, toInt32(amount * 10000) AS e4 FROM redemption_sales WHERE status = 'redeemed' AND is_valid AND amount > 0
       ORDER BY cityHash64(redemption_id) LIMIT 1`,
    );
    const { statement } = await one<{ statement: string }>(
      `SELECT create_table_query AS statement FROM system.tables WHERE database = currentDatabase() AND name = 'redemption_sales'`,
    );
    const told = statement.replace('CREATE VIEW', 'CREATE OR REPLACE VIEW');
    const amount = 'amount_e4 - back_e4';
    expect(told.split(amount)).toHaveLength(2);
    try {
      await pipeline.warehouse.command(
        told.replace(amount, `(amount_e4 - back_e4 + toInt64(redemption_id = '${row.redemption_id}'))`),
      );
      const { ok, findings } = await look();
      expect(ok).toBe(false);
      expect(findings).toMatchObject([
        {
          check: 'sales',
          place: `brand ${row.brand_id}, redemption ${row.redemption_id}`,
          expected: `credit 1000000 ppm, amount ${row.e4 + 1} e4, as redemptions_current shows`,
          found: `credit 1000000 ppm, amount ${row.e4} e4 in the ledger`,
        },
      ]);
    } finally {
      await pipeline.warehouse.command(told);
    }
  });

  it('names the part whose aggregate was deleted', async () => {
    await pipeline.warehouse.command('ALTER TABLE events CLEAR PROJECTION quarter_hour SETTINGS mutations_sync = 2');
    const { findings } = await look();
    expect(findings.map((f) => [f.check, f.expected])).toEqual([['aggregates', 'projection quarter_hour']]);
  });

  it('says pending, not lost, of an aggregate that a migration has asked for and the engine is still making', async () => {
    const { warehouse } = pipeline;
    const aggregates = async () => (await look()).checks.find((c) => c.check === 'aggregates');
    await warehouse.command('ALTER TABLE events CLEAR PROJECTION quarter_hour SETTINGS mutations_sync = 2');
    await warehouse.command('SYSTEM STOP MERGES events');
    try {
      await warehouse.command('ALTER TABLE events MATERIALIZE PROJECTION quarter_hour SETTINGS mutations_sync = 0');
      expect(await aggregates()).toMatchObject({ differences: 0, pending: 1 });
    } finally {
      await warehouse.command('SYSTEM START MERGES events');
    }
    await vi.waitFor(async () => expect(await aggregates()).toMatchObject({ differences: 0, pending: 0 }), 20_000);
  });

  it.each(['events', 'attribution_ledger'])(
    'names brand and day when an aggregate of %s was exchanged',
    async (table) => {
      const { warehouse } = pipeline;
      const cut = table === 'events' ? `type = 'click'` : `model = 'linear'`;
      await warehouse.command(`TRUNCATE TABLE ${table}`);
      for (const where of [cut, `NOT (${cut})`])
        await warehouse.command(
          `INSERT INTO ${table} SETTINGS insert_deduplicate = 0, async_insert = 0 SELECT * FROM kept_${table} WHERE ${where}`,
        );
      const paths = await warehouse.query<{ path: string }>(
        `SELECT path FROM system.parts WHERE database = currentDatabase() AND table = '${table}' AND active`,
      );
      const [first, second] = paths.map(({ path }) => join(path, 'quarter_hour.proj'));
      await warehouse.command(`DETACH TABLE ${table}`);
      expect(existsSync(first!) && existsSync(second!)).toBe(true);
      renameSync(first!, `${first}.kept`);
      renameSync(second!, first!);
      renameSync(`${first}.kept`, second!);
      await warehouse.command(`ATTACH TABLE ${table}`);
      const { findings } = await look();
      const own = findings.filter((f) => f.check === 'aggregates');
      expect(own.length).toBeGreaterThan(1);
      for (const { place } of own)
        expect(place).toMatch(new RegExp(`^${table}\\.quarter_hour: brand \\w*, day \\d{4}-`));
    },
  );

  it('says pending, not lost, while records are in flight', async () => {
    const { log, topics } = pipeline;
    const behind = { ...log, id: log.id };
    const held = Object.assign(Object.create(log), behind, {
      committed: async (group: string, topic: string) =>
        (await log.committed(group, topic)).map((c) => (topic === topics.enriched ? { ...c, offset: 0 } : c)),
      bounds: async (topic: string) =>
        (await log.bounds(topic)).map((b) => (topic === topics.enriched ? { ...b, start: 0 } : b)),
      read: log.read.bind(log),
    });
    const row = await one<Record<string, string>>(pick.standing);
    await remove('events', event(row));
    const report = await verify(
      { ...pipeline.verifiable, log: held, warehouse: readingApart(pipeline.warehouse, null), wait_ms: 0 },
      { redemptions: 'all', number: 0, round: null },
    );
    expect(report.checks.find((c) => c.check === 'completeness')).toMatchObject({ differences: 0, pending: 1 });
  });

  it('covers every column with the stored hash, so that none can be altered unseen', async () => {
    const columns = await pipeline.warehouse.query<{ table: string; name: string; kind: string; expression: string }>(
      `SELECT table, name, default_kind AS kind, default_expression AS expression FROM system.columns
       WHERE database = currentDatabase() AND table IN (${tables.map((t) => `'${t}'`).join(', ')})`,
    );
    for (const table of tables) {
      const own = columns.filter((c) => c.table === table && c.kind !== 'MATERIALIZED');
      const inside = /tuple\((.*)\)\)$/
        .exec(own.find((c) => c.name === 'row_hash')!.expression)![1]!
        .replaceAll('`', '')
        .split(', ');
      expect(inside.sort(), table).toEqual(
        own
          .map((c) => c.name)
          .filter((name) => name !== 'row_hash')
          .sort(),
      );
    }
  });
});

describe('the loop', () => {
  afterEach(restore, 60_000);

  it('comes by every row in rounds that each look at little: what was deleted or altered long ago is found', async () => {
    const warehouse = readingApart(pipeline.warehouse, 1);
    const roundsUntil = async (done: (report: VerifyReport) => boolean): Promise<VerifyReport> => {
      const round = newRound(500);
      for (let number = 0; number < 100; number++) {
        const report = await verify(
          { ...pipeline.verifiable, warehouse, wait_ms: 0 },
          { redemptions: 20, number, round },
        );
        if (done(report)) return report;
      }
      throw new Error('a hundred rounds found nothing');
    };
    let positions = 0;
    const clean = await roundsUntil((report) => {
      positions += report.checks[0]!.looked_at;
      return !report.ok || positions > 40_000;
    });
    expect(clean.findings).toEqual([]);
    for (const [sql, tamper, check] of [
      [pick.standing, (row) => remove('events', event(row)), 'completeness'],
      [pick.revised, (row) => remove('events', `${event(row)} AND sign = -1`), 'nothing_twice'],
      [pick.posting, (row) => remove('attribution_ledger', posting(row)), 'conservation'],
    ] as [string, Tampering['tamper'], string][]) {
      await tamper(await one<Record<string, string>>(sql));
      await roundsUntil(({ findings }) => findings.some((finding) => finding.check === check));
      await restore();
    }
  }, 120_000);

  it('finds a difference, keeps the alarm until it is mended, and then says clean again', async () => {
    const { telemetry, verifiable } = pipeline;
    const differences = () =>
      telemetry
        .read()
        .filter((s) => s.metric === 'verify_differences')
        .map((s) => s.value)
        .reduce((a, b) => a + b, 0);
    const loop = startVerifying({ ...verifiable, wait_ms: 0 }, { every_ms: 1, telemetry, now: () => Date.now() });
    const until = async (done: () => boolean): Promise<void> => {
      while (!done()) await new Promise((resume) => setImmediate(resume));
    };
    try {
      await until(() => loop.last()?.ok === true);
      expect(loop.alarms()).toEqual([]);
      const row = await one<Record<string, string>>(pick.standing);
      await alter('events', `url = 'elsewhere'`, event(row));
      await until(() => loop.last()?.ok === false);
      const found = loop.last();
      await until(() => loop.last() !== found);
      expect(loop.alarms().join('\n')).toContain(`event ${row.event_id}`);
      expect(differences()).toBe(1);
      await restore();
      await until(() => loop.last()?.ok === true);
      expect(differences()).toBe(0);
    } finally {
      await loop.stop();
    }
  });
});

describe('the command', () => {
  it('verifies a directory nobody runs on, and one that a running start holds', async () => {
    await pipeline.close();
    closed = true;
    const rest = await cli(['verify', '--all', '--data', data]);
    expect(rest).toMatchObject({ code: 0, stderr: '' });
    expect(rest.stdout).toMatch(/completeness +22,563 +positions +0 .*\n(.*\n)+no differences/);
    const child = startCli(['start', '--data', data, '--port', '0'], { env: { GRAPEVINE_VERIFY_S: '1' } });
    try {
      let said = '';
      await new Promise<void>((ready, fail) => {
        child.stdout!.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes('Ctrl-C stops')) ready();
        });
        child.on('close', () => fail(new Error(said)));
      });
      const { url: health } = JSON.parse(readFileSync(join(data, 'log', 'running.json'), 'utf8')) as { url: string };
      expect(await (await fetch(`${health}/healthz`)).text()).toBe('ok\n');
      expect((await fetch(`${health}/verify`)).status, 'only as a POST of ours').toBe(404);
      const clean = await cli(['verify', '--json', '--data', data]);
      expect(clean.code).toBe(0);
      expect(JSON.parse(clean.stdout)).toMatchObject({ ok: true, findings: [] });
      const url = /ClickHouse over HTTP at (\S+);/.exec(said)![1]!;
      const sql = async (text: string) => (await fetch(url, { method: 'POST', body: text })).text();
      const event_id = (await sql(`SELECT event_id FROM events WHERE type = 'click' LIMIT 1 FORMAT TSV`)).trim();
      await sql(`ALTER TABLE events UPDATE post_id = 'x' WHERE event_id = '${event_id}' SETTINGS mutations_sync = 2`);
      const wrong = await cli(['verify', '--data', data]);
      expect(wrong.code).toBe(1);
      expect(wrong.stdout).toContain(`event ${event_id}`);
    } finally {
      child.kill('SIGTERM');
      await new Promise((ended) => child.on('close', ended));
    }
  }, 120_000);
});

describe.skipIf(inject('kafka') === '')('verify on Kafka', () => {
  const address = inject('kafka');
  const prefix = `verify-${randomUUID().slice(0, 8)}.`;
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const started = async (args: string[], ready: RegExp, env: Record<string, string>): Promise<string> => {
    const child = startCli(args, { env });
    children.push(child);
    let said = '';
    return new Promise((found, fail) => {
      const read = (chunk: Buffer): void => {
        said += chunk.toString();
        const match = ready.exec(said);
        if (match) found(match[1]!);
      };
      child.stdout!.on('data', read);
      child.stderr!.on('data', read);
      child.on('close', () => fail(new Error(said)));
    });
  };

  it('takes markers and aborted records of transactions for holes, names what is gone, and raises the alarm of the attribution service', async () => {
    const env: Record<string, string> = {
      KAFKA_BROKERS: address,
      GRAPEVINE_TOPIC_PREFIX: prefix,
      GRAPEVINE_PII_KEY: '7'.repeat(64),
      GRAPEVINE_VERIFY_S: '1',
      LOG_LEVEL: 'info',
    };
    const url = await started(
      ['warehouse', '--data', join(home.path, 'engine'), '--port', '0'],
      /ClickHouse over HTTP at (http:\S+)/,
      {},
    );
    env.CLICKHOUSE_URL = url;
    expect((await cli(['topics', '--create'], { env })).code).toBe(0);
    const producer = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).producer({
      transactionalId: prefix,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const sent = [...w1Events(600, 3)].map((record) => ({ value: record.line, partition: 0 }));
    for (let i = 0; i < sent.length; i += 100) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: `${prefix}collected`, messages: sent.slice(i, i + 100) });
      if (i === 200) await transaction.abort();
      else await transaction.commit();
    }
    await producer.disconnect();
    let port = '';
    for (const name of ['ingest', 'enrichment', 'attribution'])
      port = await started(['service', name], /health and metrics on port (\d+)/, env);
    const sql = async (text: string) =>
      (await (await fetch(`${url}/?database=grapevine`, { method: 'POST', body: text })).text()).trim();
    const until = async (done: () => Promise<boolean>): Promise<void> => {
      while (!(await done())) await new Promise((resume) => setTimeout(resume, 100));
    };
    await until(async () => (await sql('SELECT count() FROM receipts')) === '500');
    const clean = await cli(['verify', '--json', '--all'], { env });
    const report = JSON.parse(clean.stdout) as VerifyReport;
    expect(report.findings).toEqual([]);
    expect(clean.code).toBe(0);
    expect(report.checks[0]!.looked_at, 'markers and aborted records were looked at too').toBeGreaterThan(600);
    expect(await sql('SELECT sum(end_offset - first_offset) > 100 FROM source_gaps'), 'and written down').toBe('1');
    const [event_id, offset] = (
      await sql(`SELECT event_id, source_offset FROM events WHERE type = 'like' LIMIT 1 FORMAT TSV`)
    ).split('\t');
    await sql(`ALTER TABLE events DELETE WHERE event_id = '${event_id}' SETTINGS mutations_sync = 2`);
    const wrong = await cli(['verify'], { env });
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain(
      `completeness: ${prefix}collected/0 offset ${offset}: expected one outcome; found none; the log holds a record`,
    );
    const asked = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    await until(async () => (await asked('/healthz')).includes(`offset ${offset}`));
    expect(await asked('/metrics')).toMatch(/grapevine_verify_differences\{check="completeness"\} 1\n/);
  }, 120_000);
});
