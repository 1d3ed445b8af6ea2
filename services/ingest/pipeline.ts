/** collected → accepted or reference: is it one of ours, is it whole, may it come from here, and who must never be readable again. */
import { pipeline } from '../platform/pipeline.ts';
import type { IngestLookups, SourceRecord } from './records.ts';
import { checkTenant } from './steps/check-tenant.ts';
import { decodeValue } from './steps/decode-value.ts';
import { parseRecord } from './steps/parse-record.ts';
import { pseudonymise } from './steps/pseudonymise.ts';

export const ingest = pipeline<SourceRecord, IngestLookups>('ingest')
  .step(decodeValue)
  .step(checkTenant)
  .step(parseRecord)
  .step(pseudonymise);
