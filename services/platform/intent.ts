/**
 * An intent says, before anything is written, how far this batch goes, so that whoever comes after a crash replays exactly
 * the same range. It travels as the metadata of an unchanged committed offset (DESIGN: at most 4,096 bytes).
 */
import { createHash } from 'node:crypto';
import type { LogRecord } from './event-log/port.ts';

export interface Intent {
  /** Id of the log the range belongs to. */
  log: string;
  /** First offset of the range (gaps may lie between it and the committed offset). */
  first: number;
  /** One after the last offset. */
  end: number;
  /** Number of records. */
  count: number;
  /** Checksum over offsets, keys and values, 32 hex characters. */
  checksum: string;
}

/** The range announced by an intent no longer reads the same: the log was cut or made anew. Someone must look. */
export class RangeChanged extends Error {
  override name = 'RangeChanged';
}

export function intentOf(log: string, records: LogRecord[]): Intent {
  const first = records[0];
  const last = records.at(-1);
  if (!first || !last) throw new Error('an intent needs at least one record');
  const hash = createHash('sha256');
  for (const record of records) {
    hash.update(`${record.offset} ${record.value.length} ${record.key ?? ''}\n`);
    hash.update(record.value);
  }
  return {
    log,
    first: first.offset,
    end: last.offset + 1,
    count: records.length,
    checksum: hash.digest('hex').slice(0, 32),
  };
}

export const intentText = (intent: Intent): string => JSON.stringify({ intent: 1, ...intent });

/** The intent in committed metadata, or null when there is none. */
export function parseIntent(metadata: string): Intent | null {
  if (metadata === '') return null;
  let read: unknown;
  try {
    read = JSON.parse(metadata);
  } catch {
    throw new RangeChanged(`the committed metadata is not an intent of ours: ${metadata.slice(0, 80)}`);
  }
  const { log, first, end, count, checksum } = (read ?? {}) as Record<string, unknown>;
  if (typeof log !== 'string' || typeof checksum !== 'string')
    throw new RangeChanged('the committed intent is not readable');
  if (typeof first !== 'number' || typeof end !== 'number' || typeof count !== 'number')
    throw new RangeChanged('the committed intent has no range');
  return { log, first, end, count, checksum };
}

/** Throws RangeChanged unless the records are the ones the intent spoke of. */
export function checkRange(intent: Intent, log: string, records: LogRecord[]): void {
  if (intent.log !== log) throw new RangeChanged(`the intent speaks of log ${intent.log}, this is ${log}`);
  const now = records.length > 0 ? intentOf(log, records) : null;
  if (!now || now.first !== intent.first || now.end !== intent.end || now.count !== intent.count)
    throw new RangeChanged(
      `announced ${intent.count} records [${intent.first}, ${intent.end}), found ${now ? `${now.count} records [${now.first}, ${now.end})` : 'none'}`,
    );
  if (now.checksum !== intent.checksum)
    throw new RangeChanged(`records [${intent.first}, ${intent.end}) have other content than announced`);
}
