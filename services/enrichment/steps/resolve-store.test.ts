import { expect, it } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { enrichedEvent, enrichedRedemption, keptOf, knowing, noon } from '../../../test/support/events.ts';
import { resolveStore } from './resolve-store.ts';

const store = { kind: 'store', id: 's1', retailer_id: 'natural-foods', region: 'CA' };
const found = (partial: Partial<EnrichedEvent>, ...records: object[]) =>
  keptOf(resolveStore(enrichedRedemption({ store_id: 's1', ...partial }), knowing(...records)));

it('fills the retailer and names the region of a redemption', () =>
  expect(found({}, store)).toMatchObject({ retailer_id: 'natural-foods', region: 'CA', filled: ['retailer_id'] }));

it('leaves the retailer that the sender named', () =>
  expect(found({ retailer_id: 'till' }, store)).toMatchObject({ retailer_id: 'till', region: 'CA', filled: [] }));

it('takes the store as of the time of the redemption', () => {
  const moved = { ...store, region: 'OR', valid_from: noon };
  expect(found({ occurred_at: noon - 1 }, store, moved).region).toBe('CA');
  expect(found({}, store, moved).region).toBe('OR');
});

it('leaves the region of a touch to its influencer', () =>
  expect(found({ type: 'click' }, store)).toMatchObject({ retailer_id: 'natural-foods', region: null }));

it('leaves an event without store, or with one that nobody knows, as it is', () => {
  expect(found({ store_id: 's2' }, store)).toEqual(enrichedRedemption({ store_id: 's2' }));
  expect(keptOf(resolveStore(enrichedEvent(), knowing(store)))).toEqual(enrichedEvent());
});
