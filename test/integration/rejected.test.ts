/** What was refused can be read, mended and sent again, and counts once. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { migrate } from '../../infra/migrate.ts';
import { type OpenedRefusal, rememberReplayed, unsentOf } from '../../services/cli/refusals.ts';
import { openWarehouse } from '../../services/platform/warehouse/client.ts';
import { cli, cliJson, rows, scratch } from '../support/cli.ts';

const home = scratch();
afterAll(() => home.remove());
const at = (name: string) => join(home.path, name);

interface Refused {
  place: string;
  brand_id: string;
  event_id: string;
  faults: { code: string; path: string; detail: string }[];
  replayed_at: string | null;
}

const redeemed = (event_id: string, more: object) => ({
  event_id,
  type: 'coupon_redemption',
  occurred_at: '2026-10-05T09:00:00Z',
  brand_id: 'acme',
  consumer_id: 'mia',
  redemption_id: `till-${event_id}`,
  coupon_code: 'ANA10',
  amount: '10.00',
  currency: 'USD',
  ...more,
});
const listed = (data: string, ...more: string[]) => cliJson<Refused[]>(['rejected', 'list', '--data', data, ...more]);
const replayed = async (data: string, ...more: string[]) => {
  const done = await cli(['rejected', 'replay', '--data', data, ...more]);
  expect(done, done.stderr).toMatchObject({ code: 0 });
  return done.stdout;
};
async function run(data: string, lines: (string | Buffer)[], ...more: string[]) {
  const file = at('sent.ndjson');
  writeFileSync(file, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])));
  return cliJson<{ stored: number; rejected: number; duplicate: number; reference: number }>([
    'run',
    file,
    '--data',
    data,
    ...more,
  ]);
}

describe('rejected', () => {
  const data = at('mended');
  const wrong = JSON.stringify(redeemed('r-1', { currency: 'EURO', email: 'mia@example.org', note: '👩‍👧 שלום' }));
  const rubbish = Buffer.from([0x7b, 0xff, 0x1b, 0x5b, 0x32, 0x4a]);

  it('list shows what was refused and why, the newest first', async () => {
    const { stored, rejected } = await run(data, [JSON.stringify(redeemed('r-0', {})), wrong, rubbish]);
    expect({ stored, rejected }).toEqual({ stored: 1, rejected: 2 });
    const all = await listed(data);
    expect(all.map(({ place, event_id, faults }) => [place, event_id, faults[0]?.code])).toEqual([
      ['engagement.collected/0/2', '', 'not_utf8'],
      ['engagement.collected/0/1', 'r-1', 'bad_currency'],
    ]);
    expect((await listed(data, '--code', 'bad_currency')).map(({ event_id }) => event_id)).toEqual(['r-1']);
    expect(await listed(data, '--brand', 'nobody')).toEqual([]);
    const told = await cli(['rejected', 'list', '--data', data, '--limit', '1']);
    expect(told.stdout).toContain('engagement.collected/0/2');
    expect(told.stdout).toContain('1 of 2: --limit, --brand, --code');
    expect(told.stdout).not.toContain('r-1');
  });

  it('show tells the faults beside the bytes as they were sent', async () => {
    const { stdout } = await cli(['rejected', 'show', 'engagement.collected/0/1', '--data', data]);
    expect(stdout).toContain('refused by ingest, step');
    expect(stdout).toContain('  bad_currency currency: ');
    expect(stdout.trimEnd().endsWith(wrong)).toBe(true);
  });

  it('show keeps bytes that would command the terminal to itself, but --raw writes them', async () => {
    const place = 'engagement.collected/0/2';
    const told = await cli(['rejected', 'show', place, '--data', data]);
    expect(told.stdout).toContain('6 bytes that are no text');
    expect(told.stdout).not.toContain('\u001b');
    const raw = await cli(['rejected', 'show', place, '--data', data, '--raw']);
    expect(raw.stdout).toContain('\u001b[2J');
  });

  it('what was mended goes in as if it had never been wrong', async () => {
    const raw = await cli(['rejected', 'show', '--code', 'bad_currency', '--data', data, '--raw']);
    expect(raw.stdout).toBe(`${wrong}\n`);
    expect(await run(data, [raw.stdout.replace('EURO', 'EUR').trim()])).toMatchObject({ stored: 1, rejected: 0 });
    expect(await rows(data, 'SELECT redemption_id, currency FROM redemptions_current ORDER BY ALL')).toEqual([
      { redemption_id: 'till-r-0', currency: 'USD' },
      { redemption_id: 'till-r-1', currency: 'EUR' },
    ]);
  });

  it('bytes that are sent again unchanged are refused again, once: only --again sends them once more', async () => {
    expect(await replayed(data, '--code', 'bad_currency')).toBe('1 sent again\nrefused again: bad_currency 1\n');
    expect((await listed(data)).map(({ replayed_at }) => replayed_at !== null)).toEqual([false, false, true]);
    expect(await replayed(data, '--code', 'bad_currency')).toContain('0 sent again; 2 left: the same bytes');
    expect(await replayed(data, '--code', 'bad_currency', '--again')).toContain('1 sent again; 1 left: the same bytes');
    expect(await replayed(data), 'rubbish is no event').toContain('0 sent again; 3 left: the same bytes');
    expect(await listed(data)).toHaveLength(4);
    expect((await cli(['verify', '--all', '--data', data])).code).toBe(0);
  });
});

describe('replay', () => {
  it('stores what was refused for a reason that is gone, and counts it once; a foreign brand is no such reason unless it is named', async () => {
    const data = at('allowed');
    const lines = Array.from({ length: 250 }, (_, n) => JSON.stringify(redeemed(`r-${n}`, {})));
    expect(await run(data, lines, '--brand', 'others')).toMatchObject({ stored: 0, rejected: 250 });
    const allowed = ['--code', 'tenant_not_allowed'];
    expect(await replayed(data)).toBe(
      '0 sent again; 250 left, to be named by their places: no events in JSON, or of brands that may not speak there (--code tenant_not_allowed)\n',
    );
    expect(await replayed(data, ...allowed)).toBe('250 sent again\nnone of them was refused again\n');
    expect(await replayed(data, ...allowed)).toContain('0 sent again; 250 left: the same bytes');
    expect(await replayed(data, ...allowed, '--again')).toBe('250 sent again\nnone of them was refused again\n');
    expect(
      await rows(data, 'SELECT outcome, toInt32(count()) AS n FROM receipts GROUP BY outcome ORDER BY outcome'),
    ).toEqual([
      { outcome: 'duplicate', n: 250 },
      { outcome: 'rejected', n: 250 },
      { outcome: 'stored', n: 250 },
    ]);
    expect(
      await rows(data, `SELECT toFloat64(sum(credit)) AS credit FROM attribution_credits WHERE model = 'linear'`),
    ).toEqual([{ credit: 250 }]);
    expect((await cli(['verify', '--all', '--data', data])).code).toBe(0);
  });

  it('leaves reference records, of which the last one stands, unless their places are named', async () => {
    const data = at('reference');
    const named = (id: string, name: string) => JSON.stringify({ kind: 'product', brand_id: 'acme', id, name });
    await run(data, [named('p', 'old'), named('q', 'only')], '--brand', 'others');
    await run(data, [named('p', 'new')]);
    expect(await replayed(data, '--code', 'tenant_not_allowed')).toContain('0 sent again; 2 left, to be named');
    expect(await replayed(data, 'engagement.collected/0/1')).toContain('1 sent again');
    expect(await rows(data, `SELECT id, name FROM reference_current WHERE kind = 'product' ORDER BY id`)).toEqual([
      { id: 'p', name: 'new' },
      { id: 'q', name: 'only' },
    ]);
  });

  it('of the same reference record refused again and again the last one stands', async () => {
    const data = at('in-order');
    const named = (name: string) => JSON.stringify({ kind: 'product', brand_id: 'acme', id: 'p', name });
    await run(data, [named('old'), named('new'), named('old')], '--brand', 'others');
    const places = [0, 1, 2].map((offset) => `engagement.collected/0/${offset}`);
    expect(await replayed(data, ...places)).toContain('2 sent again; 1 left');
    expect(await rows(data, `SELECT name FROM reference_current WHERE kind = 'product'`)).toEqual([{ name: 'old' }]);
  });

  it('says which of the named places hold nothing, after the others were shown and sent', async () => {
    const data = at('absent');
    await run(data, [JSON.stringify(redeemed('r-1', { currency: 'EURO' }))]);
    const [there, ...absent] = [0, 7, 8].map((offset) => `engagement.collected/0/${offset}`);
    for (const [args, out] of [
      [['show', '--raw'], '"r-1"'],
      [['replay'], '1 sent again'],
    ] as const) {
      const done = await cli(['rejected', args[0], there!, ...absent, ...args.slice(1), '--data', data]);
      expect([done.code, done.stdout]).toEqual([2, expect.stringContaining(out)]);
      expect(done.stderr).toContain(`${absent[0]} and 1 more named places hold nothing of that kind that was refused`);
    }
    const one = await cli(['rejected', 'show', there!, absent[1]!, '--data', data]);
    expect([one.code, one.stderr]).toEqual([2, expect.stringContaining(`${absent[1]} holds nothing of that kind`)]);
  });

  it('shows nothing that would command the terminal, and reads records larger than a page', async () => {
    const data = at('large');
    const large = Array.from({ length: 12 }, (_, n) => JSON.stringify({ note: `${n}${'x'.repeat(3 << 20)}` }));
    await run(data, [JSON.stringify(redeemed('x\u009b31m\u202e', { currency: 'EURO' })), ...large]);
    for (const args of [['list'], ['show', 'engagement.collected/0/0']]) {
      const { stdout } = await cli(['rejected', ...args, '--data', data]);
      expect(stdout).toContain('x?31m?');
    }
    const told = (await cli(['rejected', 'list', '--code', 'bad_currency', '--json', '--data', data])).stdout;
    expect(told).toContain('x\\u009b31m\\u202e');
    expect(JSON.parse(told)).toMatchObject([{ event_id: 'x\u009b31m\u202e' }]);
    const place = large.map((_, n) => `engagement.collected/0/${n + 1}`);
    const { stdout } = await cli(['rejected', 'show', ...place, '--raw', '--data', data]);
    expect(stdout.trimEnd().split('\n')).toEqual(large);
  });

  it('sends what opens and says what does not: records that were sealed with another key, or that nobody would read', async () => {
    const data = at('two-keys');
    const wrong = (n: number) => JSON.stringify(redeemed(`r-${n}`, { currency: 'EURO' }));
    await run(data, [wrong(0)]);
    const key = readFileSync(join(data, 'pii.key'), 'utf8');
    const other = { GRAPEVINE_PII_KEY: 'b'.repeat(64) };
    writeFileSync(at('sent.ndjson'), `${wrong(1)}\n`);
    expect((await cli(['run', at('sent.ndjson'), '--data', data], { env: other })).code).toBe(0);
    await run(data, [wrong(2)]);
    const replay = await cli(['rejected', 'replay', '--data', data]);
    expect(replay.stdout).toBe('2 sent again\nrefused again: bad_currency 2\n');
    expect([replay.code, replay.stderr]).toEqual([2, expect.stringMatching(/1 left, .*0\/1: .* do not open/)]);
    const with_other = await cli(['rejected', 'replay', 'engagement.collected/0/1', '--data', data], { env: other });
    expect(with_other.stdout).toContain('1 sent again');
    const done = await cli(['rejected', 'replay', '--data', data]);
    expect([done.code, done.stdout], 'the other one was sent with its key').toEqual([
      2,
      '0 sent again; 5 left: the same bytes were sent already (--again sends them once more)\n',
    ]);
    const show = await cli(['rejected', 'show', '--code', 'bad_currency', '--data', data]);
    expect(show.stdout.match(/"event_id":"r-\d"/g)).toEqual([0, 2, 0, 2].map((n) => `"event_id":"r-${n}"`));
    expect([show.code, show.stderr]).toEqual([2, expect.stringMatching(/2 left, the first at .*0\/1: .* do not open/)]);
    expect(key).toBe(readFileSync(join(data, 'pii.key'), 'utf8'));
  });

  it('tells in JSON what it found, did and left', async () => {
    const data = at('told-in-json');
    const lines = [redeemed('r-1', { currency: 'EURO' }), redeemed('r-2', {})].map((one) => JSON.stringify(one));
    await run(data, [...lines, Buffer.from([0xff, 0x00])], '--brand', 'others');
    const shown = (await cli(['rejected', 'show', '--json', '--code', 'tenant_not_allowed', '--data', data])).stdout;
    expect(
      shown
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).text),
    ).toEqual(lines);
    const rubbish = await cli(['rejected', 'show', '--json', '--code', 'not_utf8', '--data', data]);
    expect(JSON.parse(rubbish.stdout)).toMatchObject({ place: 'engagement.collected/0/2', base64: '/wA=' });
    expect(await cliJson(['rejected', 'replay', '--json', '--data', data])).toEqual({
      sent: 0,
      same: 0,
      left: 3,
      unread: { n: 0, first: null },
      closed: { n: 0, first: null },
      refused_again: null,
    });
    expect(await cliJson(['rejected', 'replay', '--json', '--code', 'tenant_not_allowed', '--data', data])).toEqual({
      sent: 2,
      same: 0,
      left: 0,
      unread: { n: 0, first: null },
      closed: { n: 0, first: null },
      refused_again: { bad_currency: 1 },
    });
    const some = await cli(['rejected', 'list', '--json', '--limit', '1', '--data', data]);
    expect(JSON.parse(some.stdout)).toHaveLength(1);
    expect(some.stderr).toContain('1 of 4');
  });

  it('the same bytes in another topic were not sent there: another brand may speak there', async () => {
    const warehouse = await openWarehouse({ directory: join(at('topics'), 'warehouse'), database: 'grapevine' });
    try {
      await migrate(warehouse, 'grapevine');
      const refusal = (source_topic: string, source_offset: number) =>
        ({
          source_topic,
          source_partition: 0,
          source_offset,
          bytes_hash: 'same',
          place: `${source_topic}/0/${source_offset}`,
        }) as OpenedRefusal;
      const [there, here, twin] = [refusal('of-beta', 1), refusal('of-acme', 1), refusal('of-acme', 2)];
      await rememberReplayed(warehouse, [there], 1_000);
      expect(await unsentOf(warehouse, [there, here, twin], 0)).toEqual([twin]);
      expect(await unsentOf(warehouse, [there, here], 2_000)).toEqual([there, here]);
      await rememberReplayed(warehouse, [twin], 3_000);
      expect(await unsentOf(warehouse, [there, here, twin], 0)).toEqual([]);
    } finally {
      await warehouse.close();
    }
  });

  it('takes an event behind a byte order mark for one, as ingest does', async () => {
    const data = at('marked');
    await run(data, [`\ufeff${JSON.stringify(redeemed('r-1', { currency: 'EURO' }))}`]);
    expect(await replayed(data)).toBe('1 sent again\nrefused again: bad_currency 1\n');
  });

  it('says what is missing: the key, a reader, a directory, a place', async () => {
    const data = at('lost');
    await run(data, [JSON.stringify(redeemed('r-1', { currency: 'EURO' }))]);
    const other = { GRAPEVINE_PII_KEY: 'a'.repeat(64) };
    for (const [args, env, said] of [
      [['show', '--code', 'bad_currency', '--data', data], other, 'GRAPEVINE_PII_KEY'],
      [['replay', '--data', data], other, 'GRAPEVINE_PII_KEY'],
      [['replay', 'engagement.collected/0/x', '--data', data], {}, 'expected TOPIC/PARTITION/OFFSET'],
      [['show', '--data', data], {}, '--brand or --code'],
      [['show', '--brand', 'nobody', '--data', data], {}, 'nothing of that kind was refused'],
      [['replay', '--brand', 'nobody', '--data', data], {}, 'nothing of that kind was refused'],
      [['list', '--data', at('misspelt')], {}, 'there is no warehouse'],
      [['replay', '--data', at('misspelt')], {}, 'there is no warehouse'],
      [['show', '--brand', 'acme', '--data', at('misspelt')], {}, 'there is no warehouse'],
    ] as const) {
      const done = await cli(['rejected', ...args], { env });
      expect([args, done.code, done.stderr]).toEqual([args, 2, expect.stringContaining(said)]);
    }
    expect(existsSync(at('misspelt'))).toBe(false);
    expect(await listed(data)).toMatchObject([{ replayed_at: null }]);
    rmSync(join(data, 'pii.key'));
    const done = await cli(['rejected', 'show', '--code', 'bad_currency', '--data', data]);
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining('pii.key')]);
    expect(existsSync(join(data, 'pii.key'))).toBe(false);
    writeFileSync(join(data, 'pii.key'), 'no key');
    const damaged = await cli(['rejected', 'show', '--code', 'bad_currency', '--data', data]);
    expect([damaged.code, damaged.stderr]).toEqual([2, expect.stringMatching(/pii\.key: .*64 hex/)]);
  });
});
