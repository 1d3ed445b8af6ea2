import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';

const rules: [signal: string, words: RegExp][] = [
  [
    'intent',
    /\b(where|how) (can|do|could) (i|we|you) (buy|get|find|order)|\b(i|we) (need|want|must have|have to (get|try)|will (buy|try|get))\b|\bgonna (buy|get|try)\b|\btake my money\b/i,
  ],
  ['question', /\?|^(where|how|what|when|which|who|is|are|does|do|can|has)\b/i],
  [
    'complaint',
    /\b(not (good|great|nice|worth|happy)|bad|terrible|awful|disgusting|disappoint\w*|waste|refund|broken|scam|worst|gross|overpriced)\b/i,
  ],
  [
    'praise',
    /\b(love|loved|great|amazing|delicious|best|awesome|obsessed|perfect|yum\w*|good|nice|fantastic|favou?rite)\b|❤|😍|🔥/i,
  ],
];

/**
 * A weak signal from an English comment: intent, question, complaint or praise, the first that fits. Sarcasm fools it; it never moves money.
 * in       EnrichedEvent of a comment with text
 * adds     comment_signal
 * refuses  nothing
 */
export function readComment(event: EnrichedEvent): Outcome<EnrichedEvent> {
  if (event.type !== 'comment' || event.text === null) return kept(event);
  const { text } = event;
  if (event.language !== null && !/^en(?![a-z])/i.test(event.language)) return kept(event);
  const comment_signal = rules.find(([, words]) => words.test(text))?.[0] ?? null;
  return kept(comment_signal === null ? event : { ...event, comment_signal });
}
