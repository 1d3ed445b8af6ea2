import { describe, expect, it } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { day_ms, enrichedEvent, enrichedRedemption, keptOf, knowing, noon } from '../../../test/support/events.ts';
import { setWindows } from './set-windows.ts';

const set = (partial: Partial<EnrichedEvent>, ...records: object[]) =>
  keptOf(setWindows(enrichedRedemption({ campaign_id: 'launch', ...partial }), knowing(...records)));
/** Days for click, comment, share, like. */
const days = (event: EnrichedEvent) =>
  [event.click_window_ms, event.comment_window_ms, event.share_window_ms, event.like_window_ms].map(
    (ms) => ms / day_ms,
  );
const brand = (lookback: object) => ({ kind: 'brand', id: 'acme', lookback });
const campaign = (more: object) => ({ kind: 'campaign', id: 'launch', ...more });

describe('look-backs', () => {
  it('are 30, 7, 7 and 1 days where nobody says otherwise', () => {
    expect(days(set({}))).toEqual([30, 7, 7, 1]);
    expect(days(set({}, campaign({}), { kind: 'brand', id: 'acme' }))).toEqual([30, 7, 7, 1]);
  });

  it('come from the campaign, else the brand, else the default, each type on its own', () => {
    const records = [brand({ click: '20d', like: '2d' }), campaign({ lookback: { click: '10d', comment: '36h' } })];
    expect(days(set({}, ...records))).toEqual([10, 1.5, 7, 2]);
    expect(days(set({ campaign_id: null }, ...records))).toEqual([20, 7, 7, 2]);
    expect(days(set({ campaign_id: 'other' }, ...records))).toEqual([20, 7, 7, 2]);
    expect(days(set({ brand_id: 'other' }, ...records))).toEqual([30, 7, 7, 1]);
  });

  it.each(['click', 'comment', 'share', 'like'])('can be set for a %s alone, also to nothing', (type) => {
    const order = ['click', 'comment', 'share', 'like'];
    const expected = [30, 7, 7, 1].map((length, i) => (order[i] === type ? 0 : length));
    expect(days(set({}, brand({ [type]: '3d' }), campaign({ lookback: { [type]: '0d' } })))).toEqual(expected);
  });

  it('are those of the time of the redemption', () => {
    const records = [brand({ like: '2d' }), { ...brand({ like: '3d' }), valid_from: noon }];
    expect(days(set({ occurred_at: noon - 1 }, ...records))[3]).toBe(2);
    expect(days(set({}, ...records))[3]).toBe(3);
  });
});

it('takes any touch of the brand unless the campaign keeps to its own', () => {
  expect(set({}, campaign({})).campaign_scope).toBe('brand');
  expect(set({}, campaign({ scope: 'campaign' })).campaign_scope).toBe('campaign');
  expect(set({ campaign_id: null }, campaign({ scope: 'campaign' })).campaign_scope).toBe('brand');
});

it('flags a redemption before the start or from the end of its campaign on', () => {
  const dated = campaign({ starts_at: noon, ends_at: noon + day_ms, lookback: { like: '2d' } });
  const flagsAt = (occurred_at: number, record: object) => set({ occurred_at }, record).flags;
  for (const at of [noon - 1, noon + day_ms]) expect(flagsAt(at, dated)).toEqual(['outside_campaign']);
  for (const at of [noon, noon + day_ms - 1]) expect(flagsAt(at, dated)).toEqual([]);
  expect(flagsAt(1, campaign({}))).toEqual([]);
  expect(set({ occurred_at: noon - 1 }, dated).like_window_ms).toBe(2 * day_ms);
});

it('leaves touches as they are', () => {
  const event = enrichedEvent({ campaign_id: 'launch' });
  expect(keptOf(setWindows(event, knowing(campaign({ scope: 'campaign' }))))).toBe(event);
});
