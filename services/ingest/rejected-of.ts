/** A refused record with all that is needed to repair and resend it: its faults, where it came from, its bytes sealed. */
import type { Fault } from '../../schemas/fault.ts';
import type { RejectedRecord } from '../../schemas/generated/rejected_record.ts';
import type { IngestLookups, SourceRecord } from './records.ts';
import { max_bytes } from './steps/decode-value.ts';
import { maskText } from './steps/mask.ts';

const most_faults = 50;

export function rejectedOf(
  source: SourceRecord,
  faults: Fault[],
  step: string,
  { keys, sources }: IngestLookups,
): RejectedRecord {
  const json = readable(source.value);
  const brand_id = brandOf(json, sources.get(source.topic)?.brand_ids ?? []);
  return {
    source_topic: source.topic,
    source_partition: source.partition,
    source_offset: source.offset,
    source_at: source.timestamp,
    brand_id,
    event_id: word(json.event_id ?? json.id, 128),
    type: word(json.type ?? json.kind, 64),
    service: 'ingest',
    step,
    faults: faults.slice(0, most_faults).map(({ code, path, detail }) => ({ code, path: word(path, 256), detail })),
    sealed: keys.seal(brand_id, source.value),
  };
}

/**
 * The brand whose refused record this is: the one it names, if it may speak here; else the only one that may.
 * '' otherwise: nobody can fill another brand's queue.
 */
function brandOf(json: Record<string, unknown>, allowed: '*' | readonly string[]): string {
  const named = word(json.brand_id, 128);
  if (named !== '' && (allowed === '*' || allowed.includes(named))) return named;
  return allowed !== '*' && allowed.length === 1 ? (allowed[0] ?? '') : '';
}

/** A short text without control characters, half pairs, addresses and numbers of people; '' for anything else. */
function word(value: unknown, max: number): string {
  if (typeof value !== 'string' || value.length > max) return '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return maskText(value.replace(/[\u0000-\u001f\u007f]|\p{Surrogate}/gu, '?').replace(/\S*@\S*/g, '…'));
}

/** The record as JSON when it is; cut short, the fields its text begins with. */
function readable(bytes: Buffer): Record<string, unknown> {
  if (bytes.length > max_bytes) return {};
  const text = bytes.toString('utf8');
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
  } catch {
    const named = [...text.matchAll(/"(event_id|type|kind|id|brand_id)"\s*:\s*"([^"\\]{1,128})"/g)];
    return Object.fromEntries(named.reverse().map(([, field, value]) => [field ?? '', value]));
  }
}
