import { type CollectedEvent, parseEvent } from '../../../schemas/event.ts';
import { type CollectedReference, parseReference } from '../../../schemas/reference.ts';
import { kept, type Outcome, rejected } from '../../platform/outcome.ts';
import type { SourceRecord } from '../records.ts';
import type { DecodedRecord } from './decode-value.ts';

export type ParsedRecord =
  | { source: SourceRecord; event: CollectedEvent }
  | { source: SourceRecord; reference: CollectedReference };

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

/**
 * Read the fields as the contract says: `type` makes an event, `kind` a reference record.
 * in       DecodedRecord
 * adds     event or reference, normalised
 * refuses  every fault of the record at once, with the codes of schemas/reject-codes.ts
 */
export function parseRecord({ source, json }: DecodedRecord): Outcome<ParsedRecord> {
  if (!isAbsent(json.kind) && isAbsent(json.type)) {
    const { reference, faults } = parseReference(json);
    return faults ? rejected(faults) : kept({ source, reference });
  }
  const { event, faults } = parseEvent(json, source.timestamp);
  return faults ? rejected(faults) : kept({ source, event });
}
