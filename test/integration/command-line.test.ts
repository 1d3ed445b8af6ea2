/** The command line as a user meets it. */

import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { w1Events } from '../../bench/w1.ts';
import { begins_at } from '../../services/cli/simulate.ts';
import { simulate } from '../../services/simulator/simulate.ts';
import { cli, cliJson, rows, scratch, startCli } from '../support/cli.ts';

const home = scratch();
const at = (name: string) => join(home.path, name);
const sample = resolve(import.meta.dirname, '../../services/cli/sample');
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => home.remove());

/** Starts a command and waits until it has said something. */
async function startUntil(
  args: string[],
  said: RegExp,
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; match: RegExpExecArray; said(): string }> {
  const child = startCli(args, { env });
  started.push(child);
  let text = '';
  const match = await new Promise<RegExpExecArray>((found, fail) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const hit = said.exec(text);
      if (hit) found(hit);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.on('close', (code) => fail(new Error(`ended with ${code} before it said ${said}: ${text}`)));
  });
  return { child, match, said: () => text };
}

const ended = (child: ChildProcess) => new Promise<number | null>((done) => child.on('close', done));

describe('usage', () => {
  it.each([
    'run',
    'start',
    'service',
    'simulate',
    'query',
    'explain',
    'rejected',
    'migrate',
    'warehouse',
    'topics',
    'config',
    'schemas',
  ])('%s --help shows an example', async (command) => {
    const done = await cli([command, '--help']);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/Example:\n {2}.*grapevine/);
  });
  it.each([
    [['run']],
    [['walk']],
    [['constructor']],
    [['query', '']],
    [['run', 'x.csv']],
    [['run', 'x', '--preset', 'retail']],
    [['schemas', 'Nothing']],
    [['start', '--port', 'x']],
    [['keys', 'create']],
    [['identity', 'consumer_id:u', '--brand', 'aa', '--unlink', 'consumer_id:u']],
    [['keys', 'revoke']],
    [['keys', 'list', '--bogus']],
    [['run', home.path]],
  ])('ends with 2 and says what to do on bad usage: %j', async (args) => {
    const done = await cli([...args, ...(args[0] === 'run' ? ['--data', at('usage')] : [])]);
    expect(done.code).toBe(2);
    expect(done.stderr.length).toBeGreaterThan(20);
  });
  it('lists all faults of the configuration at once, without secrets', async () => {
    const env = { CLICKHOUSE_URL: 'nowhere', GRAPEVINE_PII_KEY: 'hush-hush', LOG_LEVEL: 'loud', GRAPEVINE_TYPO: '1' };
    const done = await cli(['config'], { env });
    expect(done.code).toBe(2);
    for (const name of Object.keys(env)) expect(done.stderr).toContain(name);
    expect(done.stderr).not.toContain('hush-hush');
  });
  it.each([
    ['query', 'SELECT 1'],
    ['journey', '--redemption', 'R'],
    ['identity', 'show', '--brand', 'acme'],
    ['settle', '--brand', 'acme'],
  ])('%s %s does not make a data directory that was misspelt', async (...args) => {
    const done = await cli([...args, '--data', at('misspelt')]);
    expect(done.code).toBe(2);
    expect(existsSync(at('misspelt'))).toBe(false);
  });
  it('says whose the port is not', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    for (const command of ['start', 'warehouse']) {
      const done = await cli([command, '--port', String(port), '--data', at('taken')]);
      expect(done.code).toBe(2);
      expect(done.stderr).toContain(`port ${port} of 127.0.0.1 is taken: name another with --port`);
    }
    other.close();
  });
  it('says which file is missing', async () => {
    const done = await cli(['run', at('nothing.ndjson'), '--data', at('missing')]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('nothing.ndjson');
  });
});

describe('run', () => {
  it('says how many duplicates tell something else than what was sent first under their event id', async () => {
    const like = (platform: string) => ({
      type: 'like',
      brand_id: 'b',
      event_id: 'e',
      occurred_at: '2026-10-01T00:00:00Z',
      consumer_id: 'mia',
      platform,
    });
    const records = [like('tiktok'), like('tiktok'), like('youtube')];
    const file = at('conflicting.ndjson');
    writeFileSync(file, records.map((record) => JSON.stringify(record)).join('\n'));
    const { stdout } = await cli(['run', file, '--data', at('conflicting')]);
    expect(stdout).toContain('1 of the duplicates say something else than what was sent first under their event_id');
    const again = await cliJson<{ duplicate: number; conflicting: number }>([
      'run',
      file,
      '--data',
      at('conflicting'),
      '--json',
    ]);
    expect(again).toMatchObject({ duplicate: 3, conflicting: 1 });
  });
  const events = join(sample, 'events.ndjson');
  const reference = ['--reference', join(sample, 'reference.yaml')];
  interface Summary {
    stored: number;
    rejected: number;
    first_rejected: Record<string, string>;
  }
  const sample_stored = 14;

  it('reads events from standard input', async () => {
    const args = ['run', '-', ...reference, '--data', at('piped')];
    expect(await cliJson<Summary>(args, { input: readFileSync(events) })).toMatchObject({ stored: sample_stored });
  });
  it('never takes for rows what stands on standard input without being asked for', async () => {
    const data = at('beside');
    const args = ['run', events, ...reference, '--data', data];
    // A row of any table whose columns may be left out: the engine would have taken it, or failed at the next.
    const input = `${JSON.stringify(['moonspoon'])}\nrubbish\n`;
    expect(await cliJson<Summary>(args, { input })).toMatchObject({ stored: sample_stored });
    expect(await rows(data, 'SELECT count() AS n FROM events_current')).toEqual([{ n: sample_stored }]);
  });
  it.each(['config.xml', 'clickhouse-local.xml', 'home/.clickhouse-local/config.xml'])(
    'keeps its tables where it was told to, whatever %s says',
    async (name) => {
      const cwd = at(`strange-${name.replaceAll('/', '-')}`);
      const other = join(cwd, 'elsewhere');
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), `<clickhouse><path>${other}</path></clickhouse>`);
      const args = ['run', events, ...reference, '--data', join(cwd, 'data')];
      const summary = await cliJson<Summary>(args, { cwd, env: { HOME: join(cwd, 'home') } });
      expect(summary).toMatchObject({ stored: sample_stored });
      expect(existsSync(other)).toBe(false);
      expect(existsSync(join(cwd, 'data', 'warehouse', 'store'))).toBe(true);
    },
  );
  it('breaks a tie as the views do, whatever the ids are made of', async () => {
    const common = { brand_id: 'aa', consumer_id: 'p', campaign_id: 'c' };
    const like = { ...common, type: 'like', occurred_at: '2026-06-01T12:00:00Z' };
    const sale = {
      ...common,
      type: 'coupon_redemption',
      occurred_at: '2026-06-02T00:00:00Z',
      redemption_id: 'two',
      coupon_code: 'X',
      currency: 'USD',
    };
    const records = [
      { ...like, event_id: 'touch-😀', influencer_id: 'second' },
      { ...like, event_id: 'touch-～', influencer_id: 'first' },
      { ...sale, event_id: 'sale-～', amount: '1' },
      { ...sale, event_id: 'sale-😀', amount: '2' },
    ];
    writeFileSync(at('ties.ndjson'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const data = at('ties');
    await cliJson(['run', at('ties.ndjson'), '--data', data]);
    expect(await rows(data, 'SELECT toFloat64(amount) AS amount, path FROM journeys')).toEqual([
      { amount: 1, path: ['first', 'second'] },
    ]);
    const earned = `SELECT model, influencer_id, toFloat64(attributed_amount) AS amount FROM attribution_credits
      WHERE model IN ('first_touch', 'last_touch') ORDER BY model`;
    expect(await rows(data, earned)).toEqual([
      { model: 'first_touch', influencer_id: 'first', amount: 1 },
      { model: 'last_touch', influencer_id: 'second', amount: 1 },
    ]);
  });
  it('stops at Ctrl-C while it waits for more on standard input', async () => {
    const data = at('waits');
    const child = startCli(['run', '-', ...reference, '--data', data]);
    started.push(child);
    child.stdin!.write(readFileSync(events));
    const collected = join(data, 'log/segments/00000001.engagement.collected.0.segment');
    await vi.waitFor(() => expect(statSync(collected).size).toBeGreaterThan(0), { timeout: 60_000 });
    child.kill('SIGINT');
    expect(await ended(child)).toBe(1);
  });
  it('reads files that are packed, and says which is not whole', async () => {
    const packed = gzipSync(readFileSync(events));
    writeFileSync(at('events.ndjson.gz'), packed);
    writeFileSync(at('reference.yaml.gz'), gzipSync(readFileSync(join(sample, 'reference.yaml'))));
    const args = ['run', at('events.ndjson.gz'), '--reference', at('reference.yaml.gz'), '--data', at('packed')];
    expect(await cliJson<Summary>(args)).toMatchObject({ stored: sample_stored });
    writeFileSync(at('short.ndjson.gz'), packed.subarray(0, packed.length / 2));
    const done = await cli(['run', at('short.ndjson.gz'), '--data', at('packed')]);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/short\.ndjson\.gz is no whole gzip file/);
    writeFileSync(at('short.yaml.gz'), packed.subarray(0, packed.length / 2));
    const reference_done = await cli(['run', at('short.yaml.gz'), '--data', at('packed')]);
    expect(reference_done.code).toBe(2);
    expect(reference_done.stderr).toMatch(/short\.yaml\.gz is no whole gzip file/);
  });
  it('shows what the first record of each code was refused for', async () => {
    writeFileSync(at('array.ndjson'), `[${readFileSync(events, 'utf8').split('\n', 1)[0]},\n{}]\n{}\n`);
    const done = await cli(['run', at('array.ndjson'), '--data', at('array')]);
    expect(done.stdout).toMatch(/not_json +2 {2}the whole record: found \d+ bytes, expected a whole JSON object/);
  });
});

describe('query', () => {
  it('takes a format from the statement, from --format or from --json', async () => {
    const data = ['--data', at('formats')];
    expect((await cli(['migrate', ...data])).code).toBe(0);
    expect((await cli(['query', 'SELECT 1 AS one FORMAT JSONEachRow', ...data])).stdout).toBe('{"one":1}\n');
    expect((await cli(['query', 'SELECT 1 AS one', '--format', 'CSVWithNames', ...data])).stdout).toBe('"one"\n1\n');
    expect(JSON.parse((await cli(['query', 'SELECT 1 AS one', '--json', ...data])).stdout)).toMatchObject({
      data: [{ one: 1 }],
    });
    const wrong = await cli(['query', 'SELECT * FROM nowhere', ...data]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/ClickHouse 60/);
  });

  it('is not upset when who reads its answer has seen enough', async () => {
    const child = startCli(['query', 'SELECT number FROM numbers(3000000)', '--data', at('formats')]);
    started.push(child);
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stdout!.once('data', () => child.stdout!.destroy());
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
    expect(said).toBe('');
  });
});

describe('warehouse', () => {
  it('answers to no page of another site, under whatever name that reaches it', async () => {
    const { match } = await startUntil(
      ['warehouse', '--port', '0', '--data', at('strangers')],
      /http:\/\/[\d.]+:(\d+)/,
    );
    const asked = (headers: Record<string, string>) =>
      new Promise<number | undefined>((done, fail) => {
        const options = { host: '127.0.0.1', port: Number(match[1]), method: 'POST', headers };
        request(options, (answer) => done(answer.resume().statusCode))
          .on('error', fail)
          .end('SELECT 1');
      });
    expect(await asked({})).toBe(200);
    expect(await asked({ host: 'localhost:1' })).toBe(200);
    expect(await asked({ host: 'evil.example' })).toBe(403);
    expect(await asked({ origin: 'http://evil.example' })).toBe(403);
  });
});

describe('sources of one’s own', () => {
  const sources = { GRAPEVINE_SOURCES: JSON.stringify([{ topic: 'shop', brands: ['moonspoon'] }]) };
  it('are made on the embedded log, where what run sends is read besides', async () => {
    const args = ['run', join(sample, 'events.ndjson'), '--data', at('shop'), '--json'];
    const done = await cli(args, { env: sources });
    expect(done.code, done.stderr).toBe(0);
    const { received, stored, difference } = JSON.parse(done.stdout) as Record<string, number>;
    expect({ received, difference }).toEqual({
      received: readFileSync(join(sample, 'events.ndjson'), 'utf8').trim().split('\n').length,
      difference: 0,
    });
    expect(stored).toBeGreaterThan(0);
    const verified = await cli(['verify', '--all', '--json', '--data', at('shop')], { env: sources });
    expect(verified.code, verified.stderr + verified.stdout).toBe(0);
    const checks = JSON.parse(verified.stdout) as { checks: { check: string; looked_at: number }[] };
    expect(checks.checks.find(({ check }) => check === 'completeness')!.looked_at).toBeGreaterThanOrEqual(received!);
  });

  it('on Kafka keep run from sending where nobody reads', async () => {
    const env = { ...sources, KAFKA_BROKERS: '127.0.0.1:1' };
    const done = await cli(['run', join(sample, 'events.ndjson'), '--data', at('nobody reads')], { env });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('engagement.collected, which GRAPEVINE_SOURCES does not name');
  });
});

describe('migrate', () => {
  it('makes the database on a server that has none of this name; other commands say so and make nothing', async () => {
    const { match } = await startUntil(['warehouse', '--port', '0', '--data', at('server')], /http:\/\/[\d.]+:\d+/);
    const named = (name: string) => ({ env: { CLICKHOUSE_URL: match[0], CLICKHOUSE_DATABASE: name } });
    const lost = await cli(['query', 'SELECT 1 AS one'], named('fresh'));
    expect(lost.code).toBe(1);
    expect(lost.stderr).toMatch(
      /Database fresh does not exist\.\s+`grapevine migrate` makes it; CLICKHOUSE_DATABASE names it/,
    );
    const made = await cli(['migrate', '--json'], named('fresh'));
    expect(made.code, made.stderr).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ present: [] });
    expect(JSON.parse((await cli(['migrate', '--json'], named('fresh'))).stdout)).toMatchObject({ applied: [] });
    const { release } = JSON.parse(made.stdout) as { release: number };
    expect(release).toBeGreaterThan(8);
    expect((await cli(['migrate'], named('fresh'))).stdout).toMatch(new RegExp(`^release ${release}: 0 applied`));
    const counted = await cli(['query', 'SELECT count() AS n FROM events_current', '--format', 'TSV'], named('fresh'));
    expect(counted.stdout.trim()).toBe('0');
    const names = await cli(['query', 'SHOW DATABASES', '--format', 'TSV'], named('default'));
    expect(names.stdout).not.toContain('misspelt');
    expect((await cli(['query', 'SELECT 1'], named('misspelt'))).code).toBe(1);
    expect((await cli(['query', 'SHOW DATABASES', '--format', 'TSV'], named('default'))).stdout).toBe(names.stdout);
  });
});

describe('explain', () => {
  const explain = (input: string) =>
    cli(['explain', '-', '--reference', join(sample, 'reference.yaml'), '--data', at('none')], { input });
  it('tells the story of a good event', async () => {
    const done = await explain(readFileSync(join(sample, 'events.ndjson'), 'utf8').split('\n')[3]!);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(
      /resolveCoupon +campaign_id is launch \(the sender left it open\)[\s\S]*owner_relationship is friend[\s\S]*redemption s-04 is settled/,
    );
  });
  it('tells who refused a bad one and why, every fault', async () => {
    const done = await explain(
      '{"event_id":"e9","type":"coupon_redemption","occurred_at":"2026-02-30","brand_id":"moonspoon","amount":"1,99"}',
    );
    expect(done.code).toBe(1);
    expect(done.stdout).toMatch(
      /parseRecord +rejected\n +bad_date at occurred_at[\s\S]*bad_amount at amount[\s\S]*missing_field at coupon_code[\s\S]*amount_without_currency at currency[\s\S]*It is refused/,
    );
  });
  it('tells what is not known yet about a half-known one', async () => {
    const done = await explain(
      '{"event_id":"e10","type":"coupon_redemption","occurred_at":"2026-10-30T10:00:00Z","brand_id":"moonspoon","coupon_code":"who","consumer_id":"mia"}',
    );
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/resolveCoupon +unknown_code: no coupon record has this code/);
  });
});

describe('start', () => {
  const address = /ClickHouse over HTTP at (http:\S+?);/;
  const args = ['start', '--sample', '--people', '300', '--port', '0', '--data', at('start')];

  it('streams the campaign, survives kill -9 in the middle, goes on where it was, tells the story, answers over HTTP and to other commands, and stops on Ctrl-C', async () => {
    const killed = await startUntil([...args, '--speed', '12'], /day 1\d of the campaign/);
    killed.child.kill('SIGKILL');
    await ended(killed.child);

    const { child, match, said } = await startUntil([...args, '--speed', '0'], address);
    expect(said()).toMatch(
      /Who moved more sales, a blogger or a friend\?[\s\S]*coupon_owner +friend[\s\S]*what really happened\?[\s\S]*friend +\d+[\s\S]*The journey of redemption r\d+/,
    );
    const { truth } = simulate({ seed: 1, people: 300, scenario: 'friends', begins_at });
    const counts = 'SELECT toInt32(count()) AS n FROM events_current';
    expect(await rows(at('start'), counts)).toEqual([{ n: truth.sent.stored }]);
    const answer = await fetch(
      `${match[1]}/?query=${encodeURIComponent('SELECT sum(missing) + sum(repeated), countIf(rejected > 0) > 0 FROM pipeline_completeness')}`,
    );
    expect((await answer.text()).trim()).toBe('0\t1');
    const other = await cli(['run', join(sample, 'events.ndjson'), '--data', at('start')]);
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/in use by process \d+/);
    expect((await cli(['start', '--reset', '--data', at('start')])).stderr).toMatch(/in use by a running process/);
    child.kill('SIGINT');
    expect(await ended(child)).toBe(0);

    const again = await startUntil([...args, '--speed', '0'], address);
    expect(await rows(at('start'), counts)).toEqual([{ n: truth.sent.stored }]);
    again.child.kill('SIGTERM');
    expect(await ended(again.child)).toBe(0);
    const other_seed = await cli([...args, '--seed', '2', '--speed', '0']);
    expect(other_seed.stderr).toMatch(/holds the sample with seed 1.*--reset to start over/);
  }, 120_000);

  it('starts over with --reset', async () => {
    const { child } = await startUntil([...args, '--speed', '0', '--seed', '2', '--reset'], address);
    const { truth } = simulate({ seed: 2, people: 300, scenario: 'friends', begins_at });
    expect(await rows(at('start'), 'SELECT toInt32(count()) AS n FROM events_current')).toEqual([
      { n: truth.sent.stored },
    ]);
    child.kill('SIGINT');
    expect(await ended(child)).toBe(0);
  }, 60_000);
});

describe('a run that is killed', () => {
  it('loses nothing and stores nothing twice: the next run goes on where it was', async () => {
    const sent = [...w1Events(6_000, 3)];
    writeFileSync(at('events.ndjson'), `${sent.map((record) => record.line).join('\n')}\n`);
    const args = ['run', at('events.ndjson'), '--data', at('killed')];
    const env = { GRAPEVINE_BATCH_RECORDS: '500', LOG_LEVEL: 'debug' };
    for (const delayed of ['grapevine-ingest', 'grapevine-recorder', 'grapevine-settler']) {
      const { child } = await startUntil(
        args,
        new RegExp(`committed[^\\n]*${delayed}|${delayed}[^\\n]*committed`),
        env,
      );
      child.kill('SIGKILL');
      await ended(child);
    }
    const last = await cliJson<{ difference: number }>(args, { env });
    expect(last.difference).toBe(0);
    const [found] = await rows<Record<string, number>>(
      at('killed'),
      `SELECT toInt32(uniqExact(brand_id, event_id)) AS events, toInt32(count()) AS n,
         (SELECT toInt32(sum(missing) + sum(repeated)) FROM pipeline_completeness) AS unaccounted,
         (SELECT toInt32(countIf(credit != 1)) FROM (SELECT sum(credit) AS credit FROM attribution_credits GROUP BY redemption_id, model)) AS unbalanced
       FROM events_current`,
    );
    const valid = sent.filter((record) => record.kind === 'valid').length;
    expect(found).toEqual({ events: valid, n: valid, unaccounted: 0, unbalanced: 0 });
  }, 120_000);
});

describe('rubbish', () => {
  it('a source with nothing but rejects keeps flowing, and what comes after goes through', async () => {
    const good =
      '{"event_id":"ok","type":"like","occurred_at":"2026-10-01T00:00:00Z","brand_id":"b","consumer_id":"u"}';
    writeFileSync(
      at('rubbish.ndjson'),
      `${Array.from({ length: 3_000 }, (_, i) => `{"event_id":"${i}","brand_id":"b"}`).join('\n')}\n${good}\n`,
    );
    const summary = await cliJson<Record<string, unknown>>([
      'run',
      at('rubbish.ndjson'),
      '--brand',
      'b',
      '--data',
      at('rubbish'),
    ]);
    expect(summary).toMatchObject({ received: 3_001, stored: 1, rejected: 3_000, difference: 0 });
    expect(
      await rows(
        at('rubbish'),
        'SELECT brand_id, outcome, code, toInt32(count()) AS n FROM receipts GROUP BY ALL ORDER BY n',
      ),
    ).toEqual([
      { brand_id: 'b', outcome: 'stored', code: '', n: 1 },
      { brand_id: 'b', outcome: 'rejected', code: 'missing_field', n: 3_000 },
    ]);
  });
});

describe('a service whose Kafka is not there', () => {
  it('ends at once when asked to stop: there is nothing to finish', async () => {
    const env = { KAFKA_BROKERS: '127.0.0.1:1', GRAPEVINE_PII_KEY: '0'.repeat(64), LOG_LEVEL: 'debug' };
    const child = startCli(['service', 'ingest'], { env });
    const ended = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
    await new Promise((tried) => child.stderr!.once('data', tried));
    child.kill('SIGTERM');
    expect(await ended, 'and not with the failure to connect, half a minute later').toEqual({ code: 0, signal: null });
  });
});
