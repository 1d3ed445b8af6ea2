/** Who may ask the read API what, how often, and what they are told when it cannot answer. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKey, listKeys, revokeKey } from '../../services/dashboard/access.ts';
import { bounds } from '../../services/dashboard/question.ts';
import type { DashboardParts } from '../../services/dashboard/server.ts';
import { WarehouseError } from '../../services/platform/warehouse/port.ts';
import { type DashboardWorld, openDashboardWorld } from '../support/dashboard.ts';

let world: DashboardWorld;
beforeAll(async () => {
  world = await openDashboardWorld();
}, 180_000);
afterAll(() => world?.close());
const get = (...asked: Parameters<DashboardWorld['get']>) => world.get(...asked);
/** The warehouse, where questions are answered by `ask` and nothing is kept for the next start. */
const askedBy = (ask: (sql: string, format: string) => Promise<string>): DashboardParts['warehouse'] => ({
  query: world.warehouse.query.bind(world.warehouse),
  ask: async (sql, format) => (sql.includes('FROM kept_answers') ? '' : ask(sql, format)),
  insert: async () => undefined,
});

describe('what is asked wrongly gets a clear answer', () => {
  it.each([
    ['views/nothing?brand_id=acme', 404, undefined],
    ['views/api_keys?brand_id=acme', 404, undefined],
    ['views/events_current?colour=red', 400, 'colour'],
    ['views/events_current?type.like=x', 400, 'type.like'],
    ['views/events_current?type.eq.eq=x', 400, 'type.eq.eq'],
    ['views/events_current?__proto__=x', 400, '__proto__'],
    ['views/events_current?type.constructor=x', 400, 'type.constructor'],
    ['views/events_current?occurred_at.gte=soon', 400, 'occurred_at.gte'],
    ['views/events_current?occurred_at.gte=2026-02-30T00:00:00Z', 400, 'occurred_at.gte'],
    ['views/events_current?count=many', 400, 'count'],
    ['views/events_current?count=1.5', 400, 'count'],
    ['views/events_current?amount=1e9', 400, 'amount'],
    ['views/events_current?is_valid=maybe', 400, 'is_valid'],
    ['views/rejected_events?fault_codes=x', 400, 'fault_codes'],
    ['views/campaign_daily?day=2026-13-45', 400, 'day'],
    ['views/campaign_daily?day=2026-02-30', 400, 'day'],
    ['views/events_current?columns=event_id,sealed', 400, 'columns'],
    ['views/rejected_events?columns=sealed', 400, 'columns'],
    ['views/rejected_events?sealed.gte=A', 400, 'sealed.gte'],
    ['views/rejected_events?order=sealed', 400, 'order'],
    ['views/events_current?order=-nothing', 400, 'order'],
    ['views/events_current?limit=10001', 400, 'limit'],
    ['views/events_current?offset=-1', 400, 'offset'],
    ['views/events_current?format=xml', 400, 'format'],
    ['views/events_current?tz=Mars/Base', 400, 'tz'],
    ['views/events_current?tz=%2B02:00', 400, 'tz'],
    ['views/events_current?type=a&type=b', 400, 'type'],
    ['journeys/unknown?colour=red', 400, 'colour'],
    ['journeys/unknown', 404, undefined],
    ['nowhere', 404, undefined],
  ])('%s → %d', async (path, status, field) => {
    const { body, headers, status: found } = await get(path, 'acme');
    expect(found).toBe(status);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({ type: 'about:blank', status, ...(field ? { field } : {}) });
    expect(body.detail.length).toBeGreaterThan(10);
    if (field) expect(body.expected.length).toBeGreaterThan(4);
  });

  it('a page of no rows is the last one', async () => {
    const { body, headers } = await get('views/events_current?limit=0', 'acme');
    expect(body).toMatchObject({ rows: [], next_offset: null });
    expect(headers['x-next-offset']).toBeUndefined();
  });

  it('long values are repeated shortened, long addresses refused', async () => {
    const { body } = await get(`views/events_current?count=${'9'.repeat(5_000)}`, 'acme');
    expect(body.detail.length).toBeLessThan(200);
    expect((await get(`journeys/${'x'.repeat(2_000)}`, 'acme')).status).toBe(404);
  });

  it('an id that several brands use asks which is meant', async () => {
    expect((await get('journeys/R')).body).toMatchObject({
      status: 400,
      field: 'brand_id',
      expected: 'one of acme, moon',
    });
    expect((await get('journeys/R?brand_id=moon')).body.redemption.brand_id).toBe('moon');
  });

  it.each([
    "' OR 1=1 --",
    "\\' OR 1=1 --",
    '{x:String}',
    '\\{x:String}',
    "x'); DROP TABLE events; --",
    '%27%20OR%201',
    '\u0000',
    '`',
    "\\\\'",
    "' FORMAT Null",
  ])('a value is only a value: %j', async (value) => {
    const text = encodeURIComponent(value);
    for (const filter of [`event_id=${text}`, `event_id.in=${text}`, `event_id.in=a,${text},b`])
      expect([(await get(`views/events_current?${filter}`, 'acme')).body.rows]).toEqual([[]]);
    expect((await get(`journeys/${text}`, 'acme')).status).toBe(404);
    expect((await get(`views/events_current?brand_id=${text}`)).body.rows).toEqual([]);
    expect((await get(`views/events_current?tz=${text}`, 'acme')).status).toBe(400);
  });

  it('a name is only a name', async () => {
    for (const name of ['brand_id FROM events --', '1); --', '*', 'sleep(3)', 'event_id`', "'x'", 'grapevine.events'])
      for (const parameter of ['columns', 'order']) {
        const { status } = await get(`views/events_current?${parameter}=${encodeURIComponent(name)}`, 'acme');
        expect(status).toBe(400);
      }
    expect((await get(`views/${encodeURIComponent('events; DROP TABLE events')}`, 'acme')).status).toBe(404);
  });
});

describe('keys', () => {
  const ask = (headers: Record<string, string>) => world.keyed.inject({ url: '/api/v1/views', headers });

  it('are needed, known, and end when they are revoked', async () => {
    expect((await ask({})).statusCode).toBe(401);
    for (const authorization of ['Bearer gv_short', `Bearer gv_${'A'.repeat(43)}`, 'Basic x', world.key.acme])
      expect((await ask({ authorization })).statusCode).toBe(401);
    expect((await get('views', 'gone')).status).toBe(200);
    const gone = (await listKeys(world.warehouse)).find((one) => one.name === 'gone')!;
    expect(await revokeKey(world.warehouse, gone.key_id, 2_000)).toBe(true);
    expect(await revokeKey(world.warehouse, gone.key_id, 3_000)).toBe(true);
    expect(await revokeKey(world.warehouse, 'nobody', 2_000)).toBe(false);
    world.pass(10_000);
    expect((await get('views', 'gone')).status).toBe(401);
    expect((await get('views', 'acme')).status).toBe(200);
    expect((await listKeys(world.warehouse)).map((one) => [one.name, one.revoked]).sort()).toEqual([
      ['acme', false],
      ['all', false],
      ['gone', true],
      ['moon', false],
    ]);
  });

  it('are kept only as hashes', async () => {
    const stored = await world.warehouse.ask('SELECT * FROM api_keys', 'JSONEachRow');
    for (const text of Object.values(world.key)) {
      expect(text).toMatch(/^gv_[\w-]{43}$/);
      expect(stored).not.toContain(text.slice(3));
    }
  });

  it('open the journeys, brands and freshness of their brand only', async () => {
    const own = await get('journeys/R', 'acme');
    expect(own.body).toMatchObject({ redemption: { brand_id: 'acme', redemption_id: 'R' } });
    expect(own.body.in_words.join()).toContain('gives');
    expect(own.body.postings.map((one: { reason: string }) => one.reason)).toContain('late_touch');
    const times = own.body.touches.map((touch: { touched_at: string }) => touch.touched_at);
    expect(times).toEqual([...times].sort());
    expect(times.length).toBeGreaterThan(1);
    for (const model of ['linear', 'first_touch', 'last_touch']) {
      const credits = own.body.touches.map((touch: { credits: Record<string, number> }) => touch.credits[model] ?? 0);
      expect(credits.reduce((sum: number, credit: number) => sum + credit, 0)).toBeCloseTo(1, 5);
    }
    const ledger = await world.warehouse.query<{ model: string; credit: number }>(own.body.ledger_sql);
    expect(ledger.length).toBe(own.body.postings.length);
    for (const model of new Set(ledger.map((row) => row.model)))
      expect(ledger.reduce((sum, row) => sum + (row.model === model ? row.credit : 0), 0)).toBeCloseTo(1, 6);
    expect((await get('journeys/R?brand_id=moon', 'acme')).status).toBe(403);
    expect((await get('brands', 'acme')).body).toEqual({
      brands: [{ brand_id: 'acme', name: 'The acme', currency: 'USD', time_zone: 'America/Los_Angeles' }],
    });
    expect((await get('brands', 'all')).body.brands).toHaveLength(2);
    for (const path of ['journeys/R', 'brands', 'health']) expect((await get(path, 'acme')).text).not.toContain('moon');
    expect((await get('health', 'acme')).body).toMatchObject({ ok: true, lag: null, warnings: [] });
    const { sql, credits } = own.body;
    expect((await world.warehouse.ask(sql, 'JSONEachRow')).trim().split('\n')).toHaveLength(credits.length);
  });

  it('open nothing but their own, whatever the brand is called', async () => {
    const { key } = await createKey(world.warehouse, '{x:String}', 'odd', 1_000);
    world.pass(10_000);
    const ask = (path: string) =>
      world.keyed.inject({ url: `/api/v1/${path}`, headers: { authorization: `Bearer ${key}` } });
    expect((await ask('brands')).json()).toEqual({ brands: [] });
    expect((await ask('health')).json()).toMatchObject({ ok: true, last_event_at: null });
    expect((await ask('journeys/R')).statusCode).toBe(404);
    expect(
      await revokeKey(
        world.warehouse,
        (await listKeys(world.warehouse)).find((one) => one.name === 'odd')!.key_id,
        2_000,
      ),
    ).toBe(true);
  });

  it('guard the API and not the page, whose probes answer', async () => {
    expect((await world.keyed.inject({ url: '/' })).statusCode).toBe(200);
    for (const url of ['/healthz', '/readyz']) expect((await world.keyed.inject({ url })).body).toBe('ok\n');
    const { body } = await world.keyed.inject({ url: '/metrics' });
    expect(body).toMatch(/grapevine_api_requests_total\{route="\/api\/v1\/views",status="401"\} [1-9]/);
    expect(body).toMatch(/grapevine_api_ms_count [1-9]/);
    expect(body).toMatch(/grapevine_api_answers_total\{how="computed"\} [1-9]/);
  });

  it('none is good while they cannot be read', async () => {
    const { keyedAccess } = await import('../../services/dashboard/access.ts');
    let asked = 0;
    const query = async (): Promise<never> => {
      asked++;
      throw new WarehouseError('gone', null, null, true);
    };
    const app = await world.another({ hosts: null, access: keyedAccess({ query }, () => 5) });
    const headers = { authorization: `Bearer ${world.key.acme}` };
    for (let i = 0; i < 3; i++) expect((await app.inject({ url: '/api/v1/views', headers })).statusCode).toBe(503);
    expect(asked).toBe(1);
    await app.close();
  });
});

it('an answer that did not change is not sent again, in JSON and CSV, also by way of a proxy', async () => {
  for (const path of [
    'views/redemptions_current?brand_id=acme',
    'views/redemptions_current?brand_id=acme&format=csv',
    'brands',
    'views',
    'health',
    'openapi.json',
    'journeys/R?brand_id=acme',
  ]) {
    const first = await get(path);
    expect(first.status).toBe(200);
    const tag = String(first.headers.etag);
    for (const known of [tag, `W/${tag}`, `"x", W/${tag}`, '*']) {
      const again = await get(path, undefined, { 'if-none-match': known });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    expect((await get(path, undefined, { 'if-none-match': '"x"' })).status).toBe(200);
  }
  const two = await Promise.all(['', '&limit=0'].map((more) => get(`views/redemptions_current?brand_id=acme${more}`)));
  expect(two[0]!.headers.etag).not.toBe(two[1]!.headers.etag);
});

describe('what protects the machine it runs on', () => {
  it('a page of somebody else cannot reach it, under another name or its own', async () => {
    const status = async (headers: Record<string, string>) =>
      (await world.open.inject({ url: '/api/v1/views', headers })).statusCode;
    for (const host of ['evil.example', 'evil.example:8787', 'localhost.evil.example', '127.0.0.1.evil.example:1'])
      expect(await status({ host })).toBe(403);
    expect(await status({ host: 'localhost:1', origin: 'http://evil.example' })).toBe(403);
    expect(await status({ host: 'localhost:1', origin: 'null' })).toBe(403);
    expect(await status({ host: 'localhost:1', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(
      403,
    );
    for (const host of ['localhost:8787', 'LOCALHOST', '127.0.0.1:1', '[::1]:1'])
      expect(await status({ host })).toBe(200);
    expect(await status({ host: 'localhost:1', origin: 'http://localhost:1', 'sec-fetch-site': 'same-origin' })).toBe(
      200,
    );
  });

  it('says to browsers what they may do with it', async () => {
    const headers = { host: 'localhost:1' };
    const page = (await world.open.inject({ url: '/', headers })).headers;
    expect(page).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, no-cache',
    });
    expect(page['content-security-policy']).toContain("default-src 'self'");
    expect(page['access-control-allow-origin']).toBeUndefined();
    const asset = (await world.open.inject({ url: '/assets/main-abc.js', headers })).headers;
    expect(asset['cache-control']).toContain('immutable');
    const docs = await world.open.inject({ url: '/api/docs/', headers });
    expect(docs.statusCode).toBe(200);
    expect(docs.body).not.toMatch(/(src|href)="https?:/);
  });

  it('says how the page is made when it is not there', async () => {
    const app = await world.another({ page: '/nowhere' });
    expect((await app.inject({ url: '/', headers: { host: 'localhost' } })).body).toContain('npm run build:page');
    await app.close();
  });
});

describe('limits', () => {
  it('many questions of one reader are slowed down, with what to do', async () => {
    const app = await world.another({ most_requests: 3 });
    const statuses: number[] = [];
    const ask = () => app.inject({ url: '/api/v1/views', headers: { host: 'localhost' } });
    for (let i = 0; i < 5; i++) statuses.push((await ask()).statusCode);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await ask()).json()).toMatchObject({ title: 'Too many requests', status: 429 });
    await app.close();
  });

  it('a question that takes too long is stopped by the engine', async () => {
    const slow = world.warehouse.ask(
      `SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number)) ${bounds.quick.replace('max_execution_time = 20', 'max_execution_time = 1')}`,
      'JSONEachRow',
    );
    await expect(slow).rejects.toMatchObject({ code: 159 });
    const greedy = world.warehouse.ask(
      `SELECT groupArray(number) FROM numbers(1000000000) ${bounds.quick.replace('max_memory_usage = 4000000000', 'max_memory_usage = 40000000')}`,
      'JSONEachRow',
    );
    await expect(greedy).rejects.toMatchObject({ code: 241 });
  });

  it.each([
    [210, 503, /try again/],
    [47, 500, /log of Grapevine/],
  ])('the engine says %d, the API %d and what to do', async (code, status, detail) => {
    const ask = async (): Promise<never> => {
      throw new WarehouseError("ClickHouse says no about 'secret'", code, null, code === 210);
    };
    const app = await world.another({ warehouse: askedBy(ask) });
    const answer = await app.inject({ url: '/api/v1/brands', headers: { host: 'localhost' } });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().detail).toMatch(detail);
    expect(answer.body).not.toContain('secret');
    await app.close();
  });

  it.each([
    [159, /longer than 600 s: ask for fewer days/],
    [241, /memory: ask for fewer days/],
  ])(
    'stopped at the bounds (%d), a question is computed behind within larger ones, and fails for good there',
    async (code, detail) => {
      const asked: string[] = [];
      const ask = async (sql: string): Promise<never> => {
        asked.push(/max_execution_time = \d+, max_memory_usage = \d+/.exec(sql)![0]);
        throw new WarehouseError("ClickHouse says no about 'secret'", code, null, false);
      };
      const app = await world.another({ warehouse: askedBy(ask) });
      const get = () => app.inject({ url: '/api/v1/brands', headers: { host: 'localhost' } });
      const first = await get();
      expect(first.statusCode).toBe(503);
      expect(first.headers['retry-after']).toBe('10');
      expect(first.json()).toMatchObject({ title: 'Being computed', retry_after_s: 10 });
      expect(first.json().detail).toMatch(/more than 20 s or 4 GB/);
      await vi.waitFor(async () => expect((await get()).json().detail).toMatch(detail));
      expect(asked).toEqual([
        'max_execution_time = 20, max_memory_usage = 4000000000',
        'max_execution_time = 600, max_memory_usage = 12000000000',
      ]);
      expect((await get()).body).not.toContain('secret');
      await app.close();
    },
  );

  it('a view that is too dear for one who waits is there after a while, rows and all', async () => {
    const asked: string[] = [];
    const ask = async (sql: string, format: string): Promise<string> => {
      asked.push(sql);
      if (sql.includes('max_execution_time = 20')) throw new WarehouseError('stopped', 159, null, false);
      return world.warehouse.ask(sql, format);
    };
    const app = await world.another({ warehouse: askedBy(ask) });
    const url = '/api/v1/views/influencer_daily?brand_id=acme&order=influencer_id';
    const get = () => app.inject({ url, headers: { host: 'localhost' } });
    expect((await get()).json()).toMatchObject({ status: 503, title: 'Being computed' });
    const answer = await vi.waitFor(async () => {
      const found = await get();
      expect(found.statusCode).toBe(200);
      return found.json();
    });
    const plain = (await world.open.inject({ url, headers: { host: 'localhost' } })).json();
    expect(answer.rows.length).toBeGreaterThan(0);
    expect(answer.rows).toEqual(plain.rows);
    expect(answer.sql).toBe(plain.sql);
    expect(asked).toHaveLength(2);
    await app.close();
  });

  it('of a view of whole lives what is too dear is computed once, for every question to it', async () => {
    const asked: string[] = [];
    const ask = async (sql: string, format: string): Promise<string> => {
      const source = /FROM (\w+)/.exec(sql)![1]!;
      const lane = sql.includes('max_execution_time = 20') ? 'quick' : 'behind';
      asked.push(`${source} ${lane}`);
      if (source !== 'format' && lane === 'quick') throw new WarehouseError('stopped', 159, null, false);
      return world.warehouse.ask(sql, format);
    };
    const at = Date.now(); // nothing grows old meanwhile
    const app = await world.another({ warehouse: askedBy(ask), now: () => at });
    const headers = { host: 'localhost' };
    const get = async (url: string) => (await app.inject({ url, headers })).json();
    const one = '/api/v1/views/campaign_performance?brand_id=acme&order=campaign_id';
    expect(await get(one)).toMatchObject({ status: 503, title: 'Being computed' });
    const first = await vi.waitFor(
      async () => {
        const found = await get(one);
        expect(found.rows?.length).toBeGreaterThan(0);
        return found;
      },
      { timeout: 30_000 },
    );
    const campaign = first.rows[0].campaign_id;
    for (const url of [
      one,
      `${one}&campaign_id=${campaign}&columns=name,sales_net,currency`,
      `${one}&limit=1&offset=1`,
    ]) {
      const [taken, plain] = [await get(url), (await world.open.inject({ url, headers })).json()];
      expect(taken.rows).toEqual(plain.rows);
      expect(taken.sql).toBe(plain.sql);
      expect(taken.as_of).toBe(first.as_of);
    }
    expect(asked).toEqual([
      'campaign_performance quick',
      'campaign_performance behind',
      ...Array(3).fill('format quick'),
    ]);
    expect((await get('/api/v1/views/campaign_performance?brand_id=moon&order=campaign_id')).title).toBe(
      'Being computed',
    );
    await app.close();
  });

  it.each(['%E0', 'views/%', 'journeys/%C0%AF'])(
    'an address that is no text is a problem like others: %s',
    async (path) => {
      const answer = await get(path, 'acme');
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ type: 'about:blank', status: 400, title: 'Bad request' });
    },
  );

  it('bodies are not taken', async () => {
    const payload = { x: 'x'.repeat(5_000) };
    const headers = { host: 'localhost' };
    const answer = await world.open.inject({ method: 'POST', url: '/api/v1/brands', payload, headers });
    expect([404, 413]).toContain(answer.statusCode);
  });
});
