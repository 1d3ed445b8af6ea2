/** Every golden story at once through the whole pipeline on the real engine: all brands side by side, events backwards and twice. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stories, told } from '../golden/stories.ts';
import { cliJson, rows, scratch } from '../support/cli.ts';

const home = scratch();
const all = stories();
const write = (name: string, records: object[]): string => {
  const file = join(home.path, name);
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return file;
};
const data = join(home.path, 'data');
const run = (file: string) => cliJson<{ difference: number; rejected: number }>(['run', file, '--data', data]);

interface CreditRow {
  brand_id: string;
  redemption_id: string;
  model: string;
  influencer_id: string;
  touch_event_id: string;
  touched_at: number;
  credit_ppm: number;
  amount_e4: number;
}
let credits: CreditRow[];

beforeAll(async () => {
  const events = all.flatMap((story) => story.events).reverse();
  const files = [
    write(
      'reference.ndjson',
      all.flatMap((story) => story.reference),
    ),
    write('events.ndjson', [...events, ...events]),
    ...[0, 1].map((turn) =>
      write(
        `later-${turn}.ndjson`,
        all.flatMap((story) => story.later.slice(turn, turn + 1)),
      ),
    ),
  ];
  for (const file of files) expect(await run(file)).toMatchObject({ difference: 0, rejected: 0 });
  credits = await rows<CreditRow>(
    data,
    `SELECT brand_id, redemption_id, model, influencer_id, touch_event_id, toInt64(toUnixTimestamp64Milli(touched_at)) AS touched_at,
       toInt32(round(toFloat64(credit) * 1e6)) AS credit_ppm, toInt64(round(toFloat64(attributed_amount) * 1e4)) AS amount_e4
     FROM attribution_credits`,
  );
}, 120_000);
afterAll(() => home.remove());

describe.each(all)('$name', ({ brand_id, credits: expected }) => {
  it('ends in ClickHouse as it is told', () => {
    const own = credits.filter((credit) => credit.brand_id === brand_id);
    for (const [redemption, models] of Object.entries(expected))
      for (const [model, lines] of Object.entries(models))
        expect(told(own, redemption, model), `${redemption}, ${model}`).toEqual(lines);
  });
});

describe('what a person is', () => {
  it('is the same in events, in redemptions and in the credits of a redemption that was joined with its touch', async () => {
    const [joined] = await rows<{ n: number; same: number }>(
      data,
      `SELECT toInt32(count()) AS n, toInt32(countIf(e.person_id = r.person_id)) AS same
       FROM attribution_credits AS c
       INNER JOIN redemptions_current AS r USING (brand_id, redemption_id)
       INNER JOIN events_current AS e ON e.brand_id = c.brand_id AND e.event_id = c.touch_event_id
       WHERE c.hops > 0 AND c.touch_type != 'coupon'`,
    );
    expect(joined!.n).toBeGreaterThan(10);
    expect(joined!.same).toBe(joined!.n);
  });
  it('is two again for analysts when the redemption that joined them by a unique code is voided', async () => {
    const { brand_id } = all.find((story) => story.name.startsWith('a void that names only the redemption'))!;
    const people = await rows<{ event_id: string; person_id: string }>(
      data,
      `SELECT event_id, person_id FROM events_current WHERE brand_id = '${brand_id}' AND event_id IN ('c1', 'R2') ORDER BY event_id`,
    );
    expect(people.map(({ event_id }) => event_id)).toEqual(['R2', 'c1']);
    expect(people[0]!.person_id).not.toBe(people[1]!.person_id);
  });
});
