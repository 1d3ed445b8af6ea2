import { expect, it } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { day_ms, enrichedEvent, keptOf, knowing, noon } from '../../../test/support/events.ts';
import { resolveHashtags } from './resolve-hashtags.ts';

const campaign = (id: string, hashtag: string, more: object = {}) => ({
  kind: 'campaign',
  id,
  hashtags: [hashtag],
  starts_at: noon,
  ends_at: noon + day_ms,
  ...more,
});
const found = (partial: Partial<EnrichedEvent>, ...records: object[]) =>
  keptOf(resolveHashtags(enrichedEvent({ hashtags: ['moonspoon'], ...partial }), knowing(...records)));

it('finds the one running campaign, however it wrote its hashtag', () =>
  expect(found({}, campaign('launch', '#MoonSpoon'), campaign('other', 'else'))).toMatchObject({
    campaign_id: 'launch',
    filled: ['campaign_id'],
    flags: [],
  }));

it('takes a campaign from its start until it has ended', () => {
  const at = (occurred_at: number) => found({ occurred_at }, campaign('launch', 'moonspoon')).campaign_id;
  expect([noon - 1, noon, noon + day_ms - 1, noon + day_ms].map(at)).toEqual([null, 'launch', 'launch', null]);
});

it('takes a campaign without dates at any time', () =>
  expect(found({ occurred_at: 1 }, { kind: 'campaign', id: 'ever', hashtags: ['moonspoon'] }).campaign_id).toBe(
    'ever',
  ));

it('leaves the campaign open, and flags it, when several run', () => {
  const both = [campaign('launch', 'moonspoon'), campaign('contest', 'win')];
  expect(found({ hashtags: ['moonspoon', 'win'] }, ...both)).toMatchObject({
    campaign_id: null,
    filled: [],
    flags: ['ambiguous_hashtag'],
  });
});

it('counts a campaign with two of the hashtags once', () => {
  const one = campaign('launch', 'moonspoon', { hashtags: ['moonspoon', 'win'] });
  expect(found({ hashtags: ['moonspoon', 'win'] }, one)).toMatchObject({ campaign_id: 'launch', flags: [] });
});

it('forgets a hashtag from the day its campaign drops it', () => {
  const records = [campaign('launch', 'moonspoon'), campaign('launch', 'spoon', { valid_from: noon + 1 })];
  expect(found({}, ...records).campaign_id).toBe('launch');
  expect(found({ occurred_at: noon + 1 }, ...records).campaign_id).toBeNull();
});

it('leaves what the sender said, unknown hashtags and events without any', () => {
  const known = campaign('launch', 'moonspoon');
  expect(found({ campaign_id: 'summer' }, known)).toMatchObject({ campaign_id: 'summer', filled: [] });
  expect(found({ hashtags: ['lunch'] }, known)).toEqual(enrichedEvent({ hashtags: ['lunch'] }));
  expect(found({ hashtags: [] }, known)).toEqual(enrichedEvent());
});
