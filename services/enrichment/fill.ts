/** Fields that the sender left open, filled from reference data: noted in `filled`, so that they can be left open again. */
import type { EnrichedEvent } from '../../schemas/generated/enriched_event.ts';
import type { Flag } from './flags.ts';

export const fillable = ['campaign_id', 'influencer_id', 'post_id', 'product_id', 'retailer_id'] as const;
export type Fillable = (typeof fillable)[number];

/** What the sender said stands; only what is null is filled. */
export function fill(event: EnrichedEvent, found: Partial<Record<Fillable, string | undefined>>): EnrichedEvent {
  const names = fillable.filter((name) => event[name] === null && found[name] !== undefined);
  if (names.length === 0) return event;
  const values = Object.fromEntries(names.map((name) => [name, found[name]]));
  return { ...event, ...values, filled: [...event.filled, ...names] };
}

export const flagged = (event: EnrichedEvent, flag: Flag): EnrichedEvent => ({
  ...event,
  flags: [...event.flags, flag],
});
