import { expect, it } from 'vitest';
import { enrichedEvent as codec } from '../../../schemas/codec.ts';
import { type AcceptedEvent, AcceptedEventSchema } from '../../../schemas/generated/accepted_event.ts';
import { EnrichedEventSchema } from '../../../schemas/generated/enriched_event.ts';
import { acceptedFrom, keptOf, knowing } from '../../../test/support/events.ts';
import { stampRevision } from './stamp-revision.ts';

const names = (schema: { fields: readonly { name: string }[] }) => schema.fields.map((field) => field.name);

const redeemed = acceptedFrom({
  type: 'coupon_redemption',
  coupon_code: 'x',
  amount: '5.49',
  currency: 'usd',
  discount: 1,
  quantity: 2,
});
/** With nothing left open: an absent text is the name of its field. */
const accepted = Object.fromEntries(
  Object.entries(redeemed).map(([name, value]) => [name, value ?? name]),
) as unknown as AcceptedEvent;

it('names the reference version the event is decided under', () => {
  const index = knowing({ kind: 'retailer', id: 'r1' }, { kind: 'retailer', id: 'r2' });
  expect(keptOf(stampRevision(accepted, index)).reference_version).toBe(1);
  expect(keptOf(stampRevision(accepted, knowing())).reference_version).toBe(-1);
});

it('carries every accepted field but the version that was asked for', () => {
  const { needed_version, ...carried } = accepted;
  expect(keptOf(stampRevision(accepted, knowing()))).toMatchObject(carried);
  expect(Object.keys(accepted).sort()).toEqual(names(AcceptedEventSchema).sort());
});

it('makes a whole enriched record: valid, nothing found, nothing filled', () => {
  const event = keptOf(stampRevision(accepted, knowing()));
  expect(Object.keys(event)).toEqual(names(EnrichedEventSchema));
  expect({ ...codec.decode(codec.encode(event)) }).toEqual(event);
  expect(event).toMatchObject({ is_valid: true, invalid_reasons: [], flags: [], filled: [], coupon_id: null });
});
