import { expect, it } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { enrichedEvent, keptOf } from '../../../test/support/events.ts';
import { readComment } from './read-comment.ts';

const signal = (text: string | null, partial: Partial<EnrichedEvent> = {}) =>
  keptOf(readComment(enrichedEvent({ type: 'comment', text, ...partial }))).comment_signal;

it.each([
  ['intent', 'where can I buy it?'],
  ['intent', 'How do we get one'],
  ['intent', 'omg take my money'],
  ['intent', 'I need this'],
  ['question', 'Is it dairy-free'],
  ['question', 'and the price?'],
  ['complaint', 'Not good'],
  ['complaint', 'A waste, so disappointing'],
  ['praise', 'Love it!'],
  ['praise', '😍😍'],
  ['praise', 'my favourite dessert'],
])('hears %s in "%s"', (expected, text) => expect(signal(text)).toBe(expected));

it('takes the first that fits: intent, question, complaint, praise', () => {
  expect(signal('Love it, where can I get it?')).toBe('intent');
  expect(signal('Love it! Vegan?')).toBe('question');
  expect(signal('great box, terrible taste')).toBe('complaint');
});

it('hears nothing in small talk, and no words inside others', () => {
  for (const text of ['@[mention]', 'Tuesday', 'glovebox of goods', 'grossly badminton'])
    expect(signal(text)).toBeNull();
});

it('reads English only, and what does not say its language', () => {
  for (const language of ['en', 'en-GB', 'EN', null]) expect(signal('Love it', { language })).toBe('praise');
  for (const language of ['de', 'fr-CA', 'enm']) expect(signal('Love it', { language })).toBeNull();
});

it('reads comments only, and changes nothing else', () => {
  expect(signal('Love it', { type: 'share' })).toBeNull();
  expect(signal(null)).toBeNull();
  const event = enrichedEvent({ type: 'comment', text: 'Love it' });
  expect(keptOf(readComment(event))).toEqual({ ...event, comment_signal: 'praise' });
});
