import type { CollectedEvent } from '../../../schemas/event.ts';
import type { AcceptedEvent, Identifier } from '../../../schemas/generated/accepted_event.ts';
import type { CollectedReference } from '../../../schemas/reference.ts';
import type { RawIdentifier } from '../../../schemas/values/identifier.ts';
import { fingerprint, type Keys } from '../../platform/keys.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';
import type { Ingested, IngestLookups, SourceRecord } from '../pipeline.ts';
import { maskAddress, maskProperties, maskText } from './mask.ts';
import { networkOf } from './network-of.ts';
import type { ParsedRecord } from './parse-record.ts';

/**
 * Replace what identifies a person by its pseudonym; from here on nobody can read it.
 * in       ParsedRecord
 * adds     pseudonyms, network (and drops ip), content_hash, source position; e-mails, phones and mentions in texts are masked
 * refuses  nothing
 */
export function pseudonymise(record: ParsedRecord, { keys }: IngestLookups): Outcome<Ingested> {
  if ('event' in record) return kept({ kind: 'event', event: acceptedEvent(record.event, record.source, keys) });
  const { reference, source } = record;
  const { kind, brand_id, id, name, valid_from, valid_to } = reference;
  const body = JSON.stringify(pseudonymousBody(reference, keys));
  return kept({
    kind: 'reference',
    reference: { ...positionOf(source), kind, brand_id, id, name, valid_from, valid_to, body },
  });
}

const positionOf = (source: SourceRecord) => ({
  source_topic: source.topic,
  source_partition: source.partition,
  source_offset: source.offset,
  source_at: source.timestamp,
});

function acceptedEvent(event: CollectedEvent, source: SourceRecord, keys: Keys): AcceptedEvent {
  const { identifiers, ip, url, referrer, text, properties, ...rest } = event;
  const network = ip === null ? null : networkOf(ip);
  const content = {
    ...rest,
    identifiers: pseudonyms(identifiers, event.brand_id, keys),
    url: url === null ? null : maskAddress(url),
    referrer: referrer === null ? null : maskAddress(referrer),
    text: text === null ? null : maskText(text),
    network: network === null ? null : keys.pseudonym(event.brand_id, 'network', '', network),
    properties: maskProperties(properties),
  };
  return { ...positionOf(source), ...content, content_hash: fingerprint(JSON.stringify(content)), needed_version: -1 };
}

const pseudonyms = (identifiers: RawIdentifier[], brand_id: string, keys: Keys): Identifier[] =>
  identifiers.map(({ kind, platform, value }) => ({
    kind,
    platform,
    pseudonym: keys.pseudonym(brand_id, kind, platform, value),
  }));

interface RawHandle {
  platform: string;
  handle: string;
  valid_from?: number;
  valid_to?: number;
}

/** Identifiers and handles as pseudonyms, other texts masked; the shape stays. */
function pseudonymousBody({ brand_id, body }: CollectedReference, keys: Keys): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(body)) {
    if (field === 'identifiers' || field === 'issued_to')
      out[field] = pseudonyms(value as RawIdentifier[], brand_id, keys);
    else if (field === 'handles')
      out[field] = (value as RawHandle[]).map(({ handle, ...scope }) => ({
        ...scope,
        pseudonym: keys.pseudonym(brand_id, 'handle', scope.platform, handle.trim().replace(/^@+/, '').toLowerCase()),
      }));
    else out[field] = typeof value === 'string' ? maskAddress(value) : value;
  }
  return out;
}
