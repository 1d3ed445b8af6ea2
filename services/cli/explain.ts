/** `grapevine explain FILE|-`: for one event, what each step added, or who refused it and why. Writes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Command } from 'commander';
import type { AcceptedEvent } from '../../schemas/generated/accepted_event.ts';
import type { EnrichedEvent } from '../../schemas/generated/enriched_event.ts';
import { topicNames } from '../../schemas/topics.ts';
import { type Flag, flags } from '../enrichment/flags.ts';
import { type ReferenceIndex, referenceIndex } from '../enrichment/lookups.ts';
import { enrichment } from '../enrichment/pipeline.ts';
import { ingest } from '../ingest/pipeline.ts';
import type { IngestLookups } from '../ingest/records.ts';
import { type Config, readConfig } from '../platform/config.ts';
import { openKeys } from '../platform/keys.ts';
import type { Trace } from '../platform/pipeline.ts';
import { standardInput } from '../platform/standard-input.ts';
import { recordsOf } from './feed.ts';
import { masterKey } from './open.ts';
import { openWarehouseOf } from './open-warehouse.ts';
import { several } from './options.ts';
import { print, UsageError } from './output.ts';
import { configFor } from './running.ts';

interface ExplainOptions {
  data: string;
  reference: string[];
  json?: boolean;
}

export const explainCommand = (): Command =>
  new Command('explain')
    .description('Tell the story of one event: what each step added, or who refused it and why. Writes nothing.')
    .argument('<file>', 'a file with one event (or - for standard input); of several lines the first is explained')
    .option('--reference <file>', 'reference records to know besides those in the data directory', several, [])
    .option('--data <dir>', 'data directory whose reference data is used, when it exists', './grapevine-data')
    .option('--json', 'print every step as JSON')
    .addHelpText('after', `\nExample:\n  head -1 events.ndjson | grapevine explain -`)
    .action(explain);

/** One step of the story. */
export interface Chapter {
  service: string;
  step: string;
  outcome: 'kept' | 'dropped' | 'rejected';
  /** Field → new value, for what the step changed. */
  changed: Record<string, unknown>;
  faults: { code: string; path: string; detail: string }[];
}

async function explain(file: string, options: ExplainOptions): Promise<void> {
  const config = configFor(readConfig(process.env), options.data);
  const value = file === '-' ? await buffer(standardInput()) : readFileSync(file);
  const [line] = value.toString('latin1').split(/\r?\n/, 1);
  const bytes = Buffer.from(
    line?.trim().startsWith('{') && value.indexOf(10) >= 0 && isWhole(line) ? line : value.toString('latin1').trim(),
    'latin1',
  );
  if (bytes.length === 0) throw new UsageError(`${file} is empty: expected one event as JSON`);
  const topic = topicNames(config.GRAPEVINE_TOPIC_PREFIX).collected;
  const keys = openKeys(
    existsSync(options.data) || config.GRAPEVINE_PII_KEY ? masterKey(config, options.data) : Buffer.alloc(32),
  );
  const lookups: IngestLookups = { keys, sources: new Map([[topic, { brand_ids: '*' }]]) };
  const known = await knownReference(config, options, lookups, topic);
  const chapters = storyOf(bytes, topic, lookups, known);
  print(options.json ? JSON.stringify(chapters, null, 2) : told(chapters));
  if (chapters.some((c) => c.outcome === 'rejected')) process.exitCode = 1;
}

const isWhole = (line: string): boolean => {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
};

/** Runs both pure pipelines over the bytes and says what each step did. */
export function storyOf(bytes: Buffer, topic: string, lookups: IngestLookups, known: ReferenceIndex): Chapter[] {
  const record = { topic, partition: 0, offset: 0, timestamp: Date.now(), value: bytes };
  const chapters = ingest
    .trace(record, lookups)
    .map((trace, i, all) => chapter('ingest', trace, i > 0 ? all[i - 1]! : null));
  const verdict = ingest.decide(record, lookups);
  if (verdict.kind !== 'kept' || verdict.value.kind !== 'event') return chapters;
  const accepted: AcceptedEvent = verdict.value.event;
  const traces = enrichment.trace(accepted, known);
  let before: Record<string, unknown> = { ...accepted };
  for (const trace of traces) {
    const after: Record<string, unknown> =
      trace.outcome.kind === 'kept'
        ? structuredClone(trace.outcome.value as EnrichedEvent & Record<string, unknown>)
        : {};
    chapters.push({
      service: 'enrichment',
      step: trace.step,
      outcome: trace.outcome.kind,
      changed: difference(before, after),
      faults: [],
    });
    before = after;
  }
  return chapters;
}

function chapter(service: string, trace: Trace, previous: Trace | null): Chapter {
  const value = (t: Trace | null): Record<string, unknown> =>
    t?.outcome.kind === 'kept' && typeof t.outcome.value === 'object' ? { ...(t.outcome.value as object) } : {};
  return {
    service,
    step: trace.step,
    outcome: trace.outcome.kind,
    changed: difference(value(previous), value(trace)),
    faults: trace.outcome.kind === 'rejected' ? trace.outcome.faults : [],
  };
}

function difference(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(after)) {
    if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    if (JSON.stringify(before[field]) !== JSON.stringify(value)) changed[field] = value;
  }
  return changed;
}

const minutes = (ms: unknown): string => {
  const days = Number(ms) / 86_400_000;
  return Number.isInteger(days) ? `${days} d` : `${Number(ms) / 60_000} min`;
};
const at = (ms: unknown): string => new Date(Number(ms)).toISOString();

/** What a step did, in words; steps without an entry list the fields they changed. */
const words: Record<string, (changed: Record<string, unknown>) => string[]> = {
  decodeValue: () => ['one JSON object, not too large, not too deep'],
  checkTenant: () => ['this source may speak for the brand'],
  parseRecord: ({ event, reference }) => {
    const record = (event ?? reference) as Record<string, unknown>;
    return event
      ? [`a ${record.type} of ${at(record.occurred_at)}, nothing wrong with its fields`]
      : [`a ${record.kind} record called ${record.id}, nothing wrong with its fields`];
  },
  pseudonymise: ({ event }) => {
    const { identifiers = [], network } = (event ?? {}) as {
      identifiers?: { kind: string; pseudonym: string }[];
      network?: string | null;
    };
    const who = identifiers.map(({ kind, pseudonym }) => `${kind} is ${pseudonym.slice(0, 12)}… from here on`);
    return [
      ...(who.length > 0 ? who : ['nobody is named']),
      ...(network ? ['the IP address became a network pseudonym and is dropped'] : []),
    ];
  },
  stampRevision: ({ reference_version }) =>
    reference_version === undefined
      ? ['no reference data is known']
      : [`decided under reference version ${reference_version}`],
};
const unspoken = new Set(['filled', 'influencer_identifiers', 'owner_identifiers', 'issued_to']);

function told(chapters: Chapter[]): string {
  const lines: string[] = [];
  for (const [i, { service, step, outcome, changed, faults }] of chapters.entries()) {
    if (service !== chapters[i - 1]?.service) lines.push(service);
    const said =
      outcome === 'kept' ? (words[step]?.(changed) ?? fieldsSaid(changed)) : [outcome, ...faults.map(faultSaid)];
    lines.push(`  ${step.padEnd(16)}${said.length > 0 ? said.join(`\n${' '.repeat(18)}`) : '–'}`);
  }
  return [...lines, '', ending(chapters)].join('\n');
}

function fieldsSaid(changed: Record<string, unknown>): string[] {
  const filled = new Set((changed.filled as string[] | undefined) ?? []);
  return Object.entries(changed)
    .filter(([field]) => !unspoken.has(field))
    .flatMap(([field, value]) => {
      if (field === 'flags') return (value as string[]).map((flag) => `${flag}: ${flags[flag as Flag] ?? ''}`);
      if (field.endsWith('_window_ms')) return [`looks back ${minutes(value)} for a ${field.slice(0, -10)}`];
      return [`${field} is ${short(value)}${filled.has(field) ? ' (the sender left it open)' : ''}`];
    });
}

const faultSaid = ({ code, path, detail }: Chapter['faults'][number]): string =>
  `${code} at ${path === '' ? 'the whole record' : path}: ${detail}`;

/** What becomes of it. */
function ending(chapters: Chapter[]): string {
  const last = chapters.at(-1);
  if (last?.outcome !== 'kept') return 'It is refused: its bytes are kept, sealed, and the next record goes on.';
  const event = chapters.find((c) => c.step === 'pseudonymise')?.changed.event as Record<string, unknown> | undefined;
  if (!event) return 'It is stored as reference data.';
  const next =
    event.type === 'coupon_redemption'
      ? `redemption ${event.redemption_id} is settled`
      : 'every redemption it may precede is settled again';
  return `It is stored (or counted as a duplicate, if ${event.event_id} was sent before), and ${next}.`;
}

const short = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
};

/** Reference data of the data directory (when there is a warehouse) and of the files named. */
async function knownReference(
  config: Config,
  options: ExplainOptions,
  lookups: IngestLookups,
  topic: string,
): Promise<ReferenceIndex> {
  const known = referenceIndex();
  if (config.CLICKHOUSE_URL || existsSync(join(options.data, 'warehouse'))) {
    const warehouse = await openWarehouseOf(config, options.data);
    try {
      const rows = await warehouse.query<StoredReference>(
        `SELECT kind, brand_id, id, name, toUnixTimestamp64Milli(valid_from) AS valid_from, toUnixTimestamp64Milli(valid_to) AS valid_to, body, version
         FROM reference_records ORDER BY version`,
      );
      for (const row of rows)
        known.apply(
          { ...row, source_topic: topic, source_partition: 0, source_offset: row.version, source_at: 0 },
          row.version,
        );
    } finally {
      await warehouse.close();
    }
  }
  let version = known.version;
  for await (const value of recordsOf(options.reference, null)) {
    const verdict = ingest.decide({ topic, partition: 0, offset: 0, timestamp: Date.now(), value }, lookups);
    if (verdict.kind === 'rejected')
      throw new UsageError(
        `a reference record is refused: ${verdict.faults[0]?.code} at ${verdict.faults[0]?.path}: ${verdict.faults[0]?.detail}`,
      );
    if (verdict.kind === 'kept' && verdict.value.kind === 'reference') {
      version += 1;
      known.apply({ ...verdict.value.reference, source_offset: version }, version);
    }
  }
  return known;
}

interface StoredReference {
  kind: string;
  brand_id: string;
  id: string;
  name: string | null;
  valid_from: number | null;
  valid_to: number | null;
  body: string;
  version: number;
}
