import { expect, test } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { decideRecording, revises, type Seen } from './decide.ts';

const position = { source_topic: 'collected', source_partition: 0, source_offset: 7 };
const event = (reference_version: number, source_offset = 7): EnrichedEvent =>
  ({
    brand_id: 'acme',
    event_id: 'e1',
    content_hash: 'same',
    ...position,
    source_offset,
    reference_version,
  }) as EnrichedEvent;
const seen: Seen = { ...position, revision: 5, content_hash: 'same', row: null };
const nothing = { events: [], duplicates: [], links: [], changed: [] };
const decided = (one: EnrichedEvent) => decideRecording([one], new Map([['acme/e1', seen]]), 'batch');

test('an echo that was decided under older reference data, or the same, does nothing', () => {
  expect(decided(event(4))).toEqual(nothing);
  expect(decided(event(5))).toEqual(nothing);
});

test('an echo that was decided under newer reference data revises what is stored, which must be loaded for it', () => {
  expect(revises(event(6), seen)).toBe(true);
  expect(() => decided(event(6))).toThrow('the stored row of acme/e1 was not loaded');
});

test('the same event id from another source position is a duplicate, whatever it was decided under', () => {
  const { events, duplicates } = decided(event(6, 8));
  expect(events).toEqual([]);
  expect(duplicates).toHaveLength(1);
});
