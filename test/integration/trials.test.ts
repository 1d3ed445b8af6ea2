/** What a redemption is: a trial, by any identifier of the person; and why touches that were there earned nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cli, rows, scratch } from '../support/cli.ts';

const home = scratch();
const data = join(home.path, 'data');
let summary = '';
const loyalty = (value: string) => ({ kind: 'loyalty_id', value });
const email = (value: string) => ({ kind: 'email', value });
const at = (day: number) => `2026-10-${String(day).padStart(2, '0')}T12:00:00Z`;
const redeemed = (id: string, day: number, coupon_code: string, ...identifiers: object[]) => ({
  event_id: id,
  type: 'coupon_redemption',
  occurred_at: at(day),
  coupon_code,
  campaign_id: 'c',
  identifiers,
  amount: '5.00',
  currency: 'USD',
});
const like = (id: string, ...identifiers: object[]) => ({
  event_id: id,
  type: 'like',
  occurred_at: at(1),
  influencer_id: 'ana',
  campaign_id: 'c',
  identifiers,
});
const records = [
  { kind: 'influencer', id: 'fay', relationship: 'friend', identifiers: [loyalty('FAY-CARD')] },
  { kind: 'influencer', id: 'ana', relationship: 'friend' },
  { kind: 'coupon', id: 'k1', code: 'FAY', use: 'shared', influencer_id: 'fay' },
  { kind: 'coupon', id: 'k2', code: 'GIFT', use: 'shared', issued_to: [email('mia@example.com')] },
  { kind: 'coupon', id: 'k3', code: 'ALL', use: 'shared' },
  { kind: 'distribution', id: 'd1', campaign_id: 'c', at: at(1), identifiers: [email('jane@example.com')] },
  like('jane-joins', loyalty('JANE'), email('jane@example.com')),
  like('fay-joins', loyalty('FAY-CARD'), { kind: 'device_id', value: 'fay-phone' }),
  like('mia-joins', loyalty('MIA'), email('mia@example.com')),
  redeemed('handed', 3, 'ALL', loyalty('JANE')),
  redeemed('own code', 3, 'FAY', { kind: 'device_id', value: 'fay-phone' }),
  redeemed('issued', 3, 'GIFT', loyalty('MIA')),
  redeemed('a stranger', 3, 'FAY', loyalty('OLI')),
  redeemed('nobody', 3, 'FAY'),
  { ...like('a bot?', loyalty('BOB')), type: 'click' },
  redeemed('by a bot?', 3, 'ALL', loyalty('BOB')),
];

beforeAll(async () => {
  const file = join(home.path, 'all.ndjson');
  writeFileSync(file, records.map((record) => JSON.stringify({ brand_id: 'acme', ...record })).join('\n'));
  const done = await cli(['run', file, '--data', data]);
  expect(done.code).toBe(0);
  summary = done.stdout;
}, 120_000);
afterAll(() => home.remove());

it('a person who was handed a sample, or owns the code, tries it by whichever identifier she redeems', async () => {
  const found = await rows<{ redemption_id: string; is_trial: number }>(
    data,
    'SELECT redemption_id, toUInt8(is_trial) AS is_trial FROM redemptions_current ORDER BY redemption_id',
  );
  expect(Object.fromEntries(found.map((row) => [row.redemption_id, row.is_trial]))).toEqual({
    'a stranger': 0,
    'by a bot?': 0,
    handed: 1,
    issued: 1,
    nobody: 0,
    'own code': 1,
  });
});

it('touches that were quarantined are named in the journey they do not count in, and by the run that stored them', async () => {
  const told = await cli(['journey', '--redemption', 'by a bot?', '--data', data]);
  expect(told.stdout).toContain('No touch of theirs that counts lies in the look-back.');
  expect(told.stdout).toContain(
    '1 earlier touch of theirs is quarantined and earns nothing: events_current.invalid_reasons',
  );
  expect((await cli(['journey', '--redemption', 'a stranger', '--data', data])).stdout).not.toContain('quarantined');
  expect(summary).toContain('1 of the stored are quarantined');
});
