import { fault } from '../../../schemas/faults-of.ts';
import { kept, type Outcome, rejected } from '../../platform/outcome.ts';
import type { IngestLookups } from '../records.ts';
import type { DecodedRecord } from './decode-value.ts';

/**
 * May this source speak for this brand? A record without a readable brand goes on: parsing names all that is wrong with it.
 * in       DecodedRecord
 * adds     nothing
 * refuses  tenant_not_allowed
 */
export function checkTenant(record: DecodedRecord, { sources }: IngestLookups): Outcome<DecodedRecord> {
  const { brand_id } = record.json;
  const allowed = sources.get(record.source.topic)?.brand_ids ?? [];
  if (typeof brand_id !== 'string' || brand_id === '' || allowed === '*' || allowed.includes(brand_id))
    return kept(record);
  return rejected([fault('tenant_not_allowed', 'brand_id', brand_id, 'a brand that may send here')]);
}
