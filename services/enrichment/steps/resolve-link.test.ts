import { expect, it } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { enrichedEvent, keptOf, knowing, noon } from '../../../test/support/events.ts';
import { resolveLink } from './resolve-link.ts';

const link = {
  kind: 'link',
  id: 'm1',
  influencer_id: 'ana',
  campaign_id: 'launch',
  post_id: 'p1',
  product_id: 'dessert',
};
const found = (partial: Partial<EnrichedEvent>, ...records: object[]) =>
  keptOf(resolveLink(enrichedEvent({ link_code: 'm1', ...partial }), knowing(...records)));

it('fills what the sender left open, and says so', () => {
  expect(found({}, link)).toMatchObject({
    influencer_id: 'ana',
    campaign_id: 'launch',
    post_id: 'p1',
    product_id: 'dessert',
    filled: ['campaign_id', 'influencer_id', 'post_id', 'product_id'],
    flags: [],
  });
});

it('leaves what the sender said', () => {
  expect(found({ campaign_id: 'summer' }, link)).toMatchObject({
    campaign_id: 'summer',
    influencer_id: 'ana',
    filled: ['influencer_id', 'post_id', 'product_id'],
  });
});

it('fills only what the link knows', () => {
  const { campaign_id, post_id, filled } = found({}, { kind: 'link', id: 'm1', post_id: 'p1' });
  expect({ campaign_id, post_id, filled }).toEqual({ campaign_id: null, post_id: 'p1', filled: ['post_id'] });
});

it('takes the link as of the time of the event', () => {
  const records = [link, { ...link, influencer_id: 'bob', valid_from: noon }];
  expect(found({ occurred_at: noon - 1 }, ...records).influencer_id).toBe('ana');
  expect(found({}, ...records).influencer_id).toBe('bob');
});

it.each([
  ['nobody knows', { link_code: 'm2' }],
  ['ended before', { occurred_at: noon }],
  ['is of another brand', { brand_id: 'other' }],
])('flags a link that %s', (_, partial) => {
  const event = found(partial, { ...link, valid_to: noon });
  expect(event).toMatchObject({ influencer_id: null, filled: [], flags: ['unknown_link'] });
});

it('leaves an event without link as it is', () => {
  const event = enrichedEvent();
  expect(keptOf(resolveLink(event, knowing(link)))).toBe(event);
});
