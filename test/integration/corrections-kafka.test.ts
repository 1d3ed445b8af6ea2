/**
 * A thousand corrections into a running pipeline on a real Kafka, with two attribution workers: late touches, voids, returns, people who
 * turn out to be one, or two again, and reference data that changes. After each hundred the ledger must be what an independent SQL
 * computation makes of the events as they stand, and the table of persons what all links together say.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { internalTopics, topicNames } from '../../schemas/topics.ts';
import { type Link, personsOf } from '../../services/attribution/persons.ts';
import { openKafkaLog } from '../../services/platform/event-log/kafka.ts';
import type { EventLog } from '../../services/platform/event-log/port.ts';
import { totalLag } from '../../services/platform/lag.ts';
import { type Random, randomFrom } from '../../services/simulator/random.ts';
import { cli, rows, scratch, startCli } from '../support/cli.ts';

const address = inject('kafka');
const home = scratch();
const data = join(home.path, 'engine');
const prefix = `corrections-${randomUUID().slice(0, 8)}.`;
const topics = topicNames(prefix);
const groups: Record<string, string[]> = {
  'grapevine-ingest': [topics.collected],
  'grapevine-enrichment': [topics.accepted],
  'grapevine-recorder': [topics.enriched, topics.rejected, topics.reference],
  'grapevine-settler': [topics.settlements],
};
const independent = readFileSync(new URL('independent-corrections.sql', import.meta.url), 'utf8');

type Body = Record<string, unknown>;
const brand_id = 'moonspoon';
const influencers = ['fay', 'bea', 'zed', 'kim'];
const last = Date.UTC(2026, 9, 30);
const hour_ms = 3_600_000;
const user_agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';

/** Everybody has a card, a mail address and a device; who they belong to is what the links say. */
const identifier = (random: Random): Body => {
  const kind = random.pick(['loyalty_id', 'email', 'device_id']);
  const n = random.below(40);
  return { kind, value: kind === 'email' ? `p${n}@example.org` : `${kind}-${n}` };
};

class World {
  readonly #random = randomFrom(20_261_123);
  #made = 0;
  readonly #redeemed: string[] = [];
  readonly #separations: Body[] = [];

  event(type: string, rest: Body, identifiers: Body[] = [identifier(this.#random)]): Body {
    const occurred_at = last - this.#random.below(30 * 24) * hour_ms;
    return { brand_id, event_id: `e${this.#made++}`, type, occurred_at, identifiers, ...rest };
  }

  touch(): Body {
    const influencer_id = this.#random.pick(influencers);
    const type = this.#random.pick(['click', 'click', 'comment', 'share', 'like']);
    if (type === 'click' && this.#random.chance(0.5))
      return this.event('click', { link_code: `l-${influencer_id}`, user_agent });
    return this.event(type, {
      influencer_id,
      ...(type === 'click' ? { user_agent } : {}),
      ...(type === 'comment' ? { text: 'nice' } : {}),
    });
  }

  sale(): Body {
    const coupon_code = this.#random.pick([...influencers, 'none']).toUpperCase();
    const sale = this.event('coupon_redemption', {
      coupon_code,
      amount: `${1 + this.#random.below(90)}.${this.#random.below(99)}`,
      currency: 'USD',
    });
    this.#redeemed.push(String(sale.event_id));
    return sale;
  }

  reference(): Body[] {
    return influencers.flatMap((id) => [
      {
        kind: 'influencer',
        brand_id,
        id,
        relationship: this.#random.pick(['friend', 'blogger']),
        followers: this.#random.below(90_000),
      },
      { kind: 'coupon', brand_id, id: `k-${id}`, code: id.toUpperCase(), influencer_id: id, campaign_id: 'launch' },
      { kind: 'link', brand_id, id: `l-${id}`, influencer_id: id, campaign_id: 'launch' },
    ]);
  }

  correction(): Body {
    const about = { redemption_id: this.#random.pick(this.#redeemed) };
    const kind = this.#random.below(9);
    if (kind <= 2) return this.touch();
    if (kind === 3) return this.sale();
    if (kind === 4)
      return this.event(
        'coupon_redemption',
        { ...about, status: 'returned', amount: this.#random.below(20), currency: 'USD' },
        [],
      );
    if (kind === 5)
      return this.#random.chance(0.3)
        ? this.event('coupon_redemption', { ...about, status: 'voided' }, [])
        : this.event('like', { influencer_id: 'kim' }, [identifier(this.#random), identifier(this.#random)]);
    if (kind === 6)
      return this.event('like', { influencer_id: 'fay' }, [identifier(this.#random), identifier(this.#random)]);
    if (kind === 7) return this.#separation();
    return this.#random.pick(this.#changes());
  }

  #separation(): Body {
    if (this.#separations.length > 0 && this.#random.chance(0.4))
      return { ...this.#random.pick(this.#separations), withdrawn: this.#random.chance(0.7) };
    const made = {
      kind: 'separation',
      brand_id,
      id: `s${this.#separations.length}`,
      identifiers: [identifier(this.#random), identifier(this.#random)],
    };
    this.#separations.push(made);
    return made;
  }

  #changes(): Body[] {
    const id = this.#random.pick(influencers);
    const other = this.#random.pick(influencers);
    return [
      {
        kind: 'coupon',
        brand_id,
        id: `k-${id}`,
        code: id.toUpperCase(),
        influencer_id: other,
        campaign_id: 'launch',
        use: this.#random.pick(['shared', 'unique']),
      },
      {
        kind: 'link',
        brand_id,
        id: `l-${id}`,
        influencer_id: other,
        campaign_id: this.#random.pick(['launch', 'spring']),
      },
      {
        kind: 'campaign',
        brand_id,
        id: 'launch',
        scope: this.#random.pick(['brand', 'campaign']),
        lookback: { click: `${1 + this.#random.below(40)}d`, like: '5d' },
      },
      {
        kind: 'brand',
        brand_id,
        id: brand_id,
        currency: 'USD',
        lookback: { comment: `${1 + this.#random.below(20)}d` },
      },
    ];
  }
}

describe.skipIf(address === '')('a thousand corrections on Kafka, with two attribution workers', () => {
  const env: Record<string, string> = {
    KAFKA_BROKERS: address,
    GRAPEVINE_TOPIC_PREFIX: prefix,
    GRAPEVINE_PII_KEY: '7'.repeat(64),
    GRAPEVINE_BATCH_RECORDS: '50',
    LOG_LEVEL: 'fatal',
  };
  const children: ChildProcess[] = [];
  let log: EventLog;
  let said = '';

  async function started(args: string[], ready: RegExp, but: Record<string, string>): Promise<RegExpExecArray> {
    const child = startCli(args, { env: but });
    children.push(child);
    let text = '';
    return new Promise((found, fail) => {
      const read = (chunk: Buffer): void => {
        text += chunk.toString();
        said += chunk.toString();
        const hit = ready.exec(text);
        if (hit) found(hit);
      };
      child.stdout!.on('data', read);
      child.stderr!.on('data', read);
      child.on('close', (code) => fail(new Error(`${args.join(' ')} ended with ${code}: ${text}`)));
    });
  }
  const send = (records: Body[]): Promise<void> =>
    log.produce(
      records.map((record) => ({
        topic: topics.collected,
        key: `${record.kind ?? ''}${record.id ?? record.event_id}`,
        value: Buffer.from(JSON.stringify(record)),
      })),
    );
  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      quiet = (await totalLag(log, groups)) === 0 ? quiet + 1 : 0;
      // Asking without a pause would keep the broker and the services from the work that is waited for.
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }

  beforeAll(async () => {
    const engine = await started(
      ['warehouse', '--data', data, '--port', '0'],
      /ClickHouse over HTTP at (http:\S+)/,
      {},
    );
    const own = { ...env, CLICKHOUSE_URL: engine[1]! };
    expect((await cli(['topics', '--create'], { env })).code).toBe(0);
    expect((await cli(['migrate'], { env: own })).code).toBe(0);
    log = await openKafkaLog({
      brokers: [address],
      client_id: 'corrections',
      group_prefix: prefix,
      ssl: false,
      sasl: null,
      compression: 'none',
      packed: internalTopics(topics),
      logger: pino({ level: 'silent' }),
    });
    const ready = { ...own, LOG_LEVEL: 'info' };
    await Promise.all(
      ['ingest', 'enrichment', 'attribution', 'attribution'].map((name) =>
        started(['service', name], /health and metrics on port/, ready),
      ),
    );
  }, 120_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await log?.close();
    home.remove();
  });

  it('leave, after each hundred, a ledger that an independent computation from scratch agrees with', async () => {
    const world = new World();
    await send([
      ...world.reference(),
      ...Array.from({ length: 150 }, () => world.touch()),
      ...Array.from({ length: 60 }, () => world.sale()),
    ]);
    await settled();
    expect(await rows(data, independent), 'before the first correction').toEqual([]);
    for (let hundred = 1; hundred <= 10; hundred++) {
      await send(Array.from({ length: 100 }, () => world.correction()));
      await settled();
      expect(await rows(data, independent), `after ${hundred}00 corrections: ${said.slice(-500)}`).toEqual([]);
      expect(await personsInTable(), `persons after ${hundred}00 corrections`).toEqual(await personsFromLinks());
    }
    const reasons = await rows<{ reason: string }>(
      data,
      "SELECT DISTINCT reason FROM attribution_ledger WHERE kind = 'posting' ORDER BY reason",
    );
    expect(reasons.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['first', 'identity', 'late_touch', 'reference', 'return', 'void']),
    );
    const [stood] = await rows<{ n: number }>(
      data,
      'SELECT toInt32(count()) AS n FROM attribution_credits WHERE hops > 0',
    );
    expect(stood!.n).toBeGreaterThan(50);
  }, 900_000);

  const personsInTable = async (): Promise<string[]> =>
    (
      await rows<{ identifier: string; person_id: string }>(
        data,
        'SELECT identifier, person_id FROM persons_current ORDER BY identifier',
      )
    ).map(({ identifier: id, person_id }) => `${id} ${person_id}`);

  /** All links at once but those with a code that a voided redemption gave, and the separations as they stand. */
  async function personsFromLinks(): Promise<string[]> {
    const found = await rows<Omit<Link, 'first_at' | 'event_id'> & { first: [number, string] }>(
      data,
      `SELECT left, any(left_kind) AS left_kind, right, any(right_kind) AS right_kind, min((at, id)) AS first
       FROM (SELECT left, left_kind, right, right_kind, toInt64(toUnixTimestamp64Milli(occurred_at)) AS at, event_id AS id
             FROM identity_links
             WHERE NOT ('coupon_code' IN (left_kind, right_kind) AND event_id IN (
               SELECT event_id FROM events WHERE redemption_id IN (SELECT redemption_id FROM events WHERE status = 'voided')))
             GROUP BY ALL HAVING sum(sign) > 0)
       WHERE left < right GROUP BY left, right`,
    );
    const links = found.map(({ first, ...link }) => ({ ...link, first_at: Number(first[0]), event_id: first[1] }));
    const said_apart = await rows<{ body: string }>(
      data,
      "SELECT argMax(body, version) AS body FROM reference_records WHERE kind = 'separation' GROUP BY id",
    );
    const separations = said_apart
      .map(({ body }) => JSON.parse(body) as { identifiers: { pseudonym: string }[]; withdrawn?: boolean })
      .filter(({ withdrawn }) => !withdrawn)
      .map(({ identifiers }) => identifiers.map(({ pseudonym }) => pseudonym) as [string, string])
      .filter(([a, b]) => a !== b);
    return personsOf({ links, separations, frozen: false })
      .persons.filter(({ members }) => members.length > 1)
      .flatMap(({ person_id, members }) => members.map((member) => `${member.identifier} ${person_id}`))
      .sort();
  }
});
