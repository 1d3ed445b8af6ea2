/** `grapevine rejected list|show|replay`: what was refused and why, its bytes as they were sent, and sending them again when the reason is gone. */
import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { migrate } from '../../infra/migrate.ts';
import { topicNames } from '../../schemas/topics.ts';
import { type Config, readConfig } from '../platform/config.ts';
import type { OutgoingRecord } from '../platform/event-log/port.ts';
import { type Keys, openKeys } from '../platform/keys.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { masterKey, sourcesWithFed } from './open.ts';
import { mustExist, openExisting } from './open-warehouse.ts';
import { countOf } from './options.ts';
import { print, table, UsageError } from './output.ts';
import {
  newestRefusals,
  type OpenedRefusal,
  openedRefusals,
  type Refusal,
  rememberReplayed,
  unsentOf,
  type Wanted,
} from './refusals.ts';
import { configFor } from './running.ts';
import { type SendingParts, sendRecords } from './send.ts';

interface RejectedOptions {
  brand: string;
  code: string;
  data: string;
  limit: number;
  raw?: boolean;
  again?: boolean;
  json?: boolean;
}

const examples = `
Example:
  grapevine rejected list --code bad_currency
  grapevine rejected show engagement.collected/0/17
  grapevine rejected show --code bad_currency --raw > refused.ndjson
  sed 's/"EURO"/"EUR"/' refused.ndjson | grapevine run -
  grapevine rejected replay --code date_in_future`;

export const rejectedCommand = (): Command =>
  new Command('rejected')
    .description('What was refused and why; its bytes as they were sent; sending them again.')
    .addCommand(
      wanting('list', 'List refused records, the newest first.')
        .option('--limit <n>', 'at most so many', countOf, 20)
        .option('--json', 'print every fault, as JSON')
        .action((places, options) => list(wantedOf(places, options), options)),
    )
    .addCommand(
      wanting('show', 'Show refused records with their bytes as they were sent, which may hold personal data.')
        .option('--raw', 'nothing but the bytes, each text on a line of its own: to mend and send them')
        .action((places, options) => show(wantedOf(places, options), options)),
    )
    .addCommand(
      wanting(
        'replay',
        'Send the bytes to their source again, once the reason is gone. Left out unless their places are named: what is no event in JSON (of reference records the last one stands), and what was refused for its brand (or --code tenant_not_allowed). The same bytes are sent once. An event that is stored under its id by now counts as a duplicate.',
      )
        .option('--again', 'also bytes that were sent again before')
        .action((places, options) => replay(wantedOf(places, options), options)),
    )
    .addHelpText('after', examples);

const wanting = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('[place...]', 'TOPIC/PARTITION/OFFSET of records, as `list` shows them')
    .option('--brand <id>', 'only records of this brand', '')
    .option('--code <code>', 'only records refused for this', '')
    .option('--data <dir>', 'data directory', './grapevine-data')
    .addHelpText('after', examples);

function wantedOf(places: string[], { brand, code }: RejectedOptions): Wanted {
  for (const place of places)
    if (!/^[^/]+\/\d+\/\d+$/.test(place))
      throw new UsageError(`${place}: expected TOPIC/PARTITION/OFFSET, as \`grapevine rejected list\` shows it`);
  return { places, brand, code };
}

async function withExisting<T>(data: string, work: (warehouse: Warehouse) => Promise<T>): Promise<T> {
  const config = configFor(readConfig(process.env), data);
  const warehouse = await openExisting(config, data);
  try {
    await migrate(warehouse, config.CLICKHOUSE_DATABASE);
    return await work(warehouse);
  } finally {
    await warehouse.close();
  }
}

const list = (wanted: Wanted, { data, limit, json }: RejectedOptions): Promise<void> =>
  withExisting(data, async (warehouse) => {
    const { all, newest } = await newestRefusals(warehouse, wanted, limit);
    if (json) return print(JSON.stringify(newest).replace(commanding, escaped));
    if (all === 0) return print('nothing of that kind was refused');
    print(
      table(
        ['place', 'refused', 'brand', 'type', 'event', 'why', 'sent again'],
        newest.map((r) =>
          [r.place, r.source_at, r.brand_id, r.type, r.event_id, why(r), r.replayed_at ?? ''].map(printable),
        ),
      ),
    );
    if (newest.length < all) print(`${newest.length} of ${all.toLocaleString('en-US')}: --limit, --brand, --code`);
  });

const nothing = 'nothing of that kind was refused: see `grapevine rejected list`';

const why = ({ faults: [first, ...more] }: Refusal): string =>
  `${first?.code ?? ''}${first?.path ? ` ${first.path}` : ''}${more.length > 0 ? ` and ${more.length} more` : ''}`;

async function show(wanted: Wanted, { data, raw }: RejectedOptions): Promise<void> {
  if (wanted.places.length === 0 && !wanted.brand && !wanted.code)
    throw new UsageError('name a place (`grapevine rejected list` shows them), --brand or --code');
  const keys = keysOf(readConfig(process.env), data);
  await withExisting(data, async (warehouse) => {
    let shown = 0;
    for await (const page of openedRefusals(warehouse, wanted, keys))
      for (const refusal of page) {
        if (raw) await written(rawOf(refusal.bytes));
        else print(`${shown > 0 ? '\n' : ''}${told(refusal)}`);
        shown++;
      }
    if (shown === 0) throw new UsageError(nothing);
  });
}

/** Bytes of refused records open with the key that ingest has: of a directory that which lies in it. One that is not there is not made. */
function keysOf(config: Config, data: string): Keys {
  const file = join(data, 'pii.key');
  if (!config.GRAPEVINE_PII_KEY && !existsSync(file))
    throw new UsageError(
      `GRAPEVINE_PII_KEY: not set, and there is no ${file}: the bytes open only with the key that ingest has`,
    );
  return openKeys(masterKey(config, data));
}

/** In JSON a line may end only where a space may stand. What is no text stays as it is. */
const rawOf = (bytes: Buffer): Buffer =>
  isUtf8(bytes)
    ? Buffer.from(`${bytes.toString().replace(/[\r\n]+/g, ' ')}\n`)
    : Buffer.concat([bytes, Buffer.from('\n')]);

const written = (bytes: Buffer): Promise<void> =>
  new Promise((done, fail) => process.stdout.write(bytes, (error) => (error ? fail(error) : done())));

function told(refusal: OpenedRefusal): string {
  const { place, source_at, brand_id, type, event_id, service, step, faults, replayed_at, bytes } = refusal;
  const who = [brand_id && `brand ${brand_id}`, type, event_id].filter(Boolean).join(', ') || 'of nobody knows whom';
  return [
    printable(`${place}  ${source_at}  ${who}`),
    `refused by ${service}, step ${step}${replayed_at ? `; sent again at ${replayed_at}` : ''}`,
    ...faults.map(({ code, path, detail }) => printable(`  ${code}${path && ` ${path}`}: ${detail}`)),
    isText(bytes) ? bytes.toString() : `${bytes.length} bytes that are no text: --raw writes them as they are`,
  ].join('\n');
}

/** What commands a terminal, or turns the order of its letters. */
const commanding = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Text that may be shown on a terminal, with its tabs and ends of lines. */
const isText = (bytes: Buffer): boolean =>
  isUtf8(bytes) &&
  bytes
    .toString()
    .replace(/\r\n|\n|\t/g, '')
    .search(commanding) < 0;

const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What somebody sent, as one word for a terminal. */
const printable = (text: string): string => text.replace(commanding, '?');

async function replay(wanted: Wanted, { data, again = false }: RejectedOptions): Promise<void> {
  const config = readConfig(process.env);
  mustExist(configFor(config, data), data);
  const keys = keysOf(config, data);
  const began = Date.now();
  const done = { found: 0, sent: 0, same: 0, left: 0 };
  const read = new Set(sourcesWithFed(config, topicNames(config.GRAPEVINE_TOPIC_PREFIX), '*').keys());
  async function* records({ warehouse: open }: SendingParts): AsyncGenerator<OutgoingRecord[]> {
    const warehouse = await open();
    await migrate(warehouse, config.CLICKHOUSE_DATABASE);
    for await (const page of openedRefusals(warehouse, wanted, keys)) {
      const due = page.filter((refusal) => isMeant(refusal, wanted));
      const unsent = await unsentOf(warehouse, due, again ? began : 0);
      yield unsent.map((refusal) => recordOf(refusal, read));
      await rememberReplayed(warehouse, unsent, began);
      done.found += page.length;
      done.sent += unsent.length;
      done.same += due.length - unsent.length;
      done.left += page.length - due.length;
    }
  }
  await sendRecords(config, data, records);
  if (done.found === 0) throw new UsageError(nothing);
  print(toldOf(done, again));
  if (!config.KAFKA_BROKERS && done.sent > 0) await tellRefusedAgain(data, began);
}

/**
 * What is sent without being named: events in JSON, of brands that may speak there. Of reference records the last one stands, so that an old
 * one sent again might undo a newer; and that nobody is listed for a directory must not let a forged brand in.
 */
function isMeant({ place, bytes, faults }: OpenedRefusal, { places, code }: Wanted): boolean {
  if (places.includes(place)) return true;
  return isEvent(bytes) && (code === foreign || faults.every((fault) => fault.code !== foreign));
}

const foreign = 'tenant_not_allowed';

function isEvent(bytes: Buffer): boolean {
  try {
    const { type } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    return typeof type === 'string' && type !== '';
  } catch {
    return false;
  }
}

function recordOf(refusal: OpenedRefusal, read: ReadonlySet<string>): OutgoingRecord {
  const { source_topic, place, event_id, bytes } = refusal;
  if (!read.has(source_topic))
    throw new UsageError(
      `${place}: nobody would read it, ${source_topic} is no source (GRAPEVINE_SOURCES); \`grapevine rejected show --raw\` writes the bytes`,
    );
  // Records of one id stay in order: of a reference record the last one stands.
  return { topic: source_topic, key: event_id || place, value: bytes };
}

function toldOf({ sent, same, left }: { sent: number; same: number; left: number }, again: boolean): string {
  const n = (count: number): string => count.toLocaleString('en-US');
  return [
    `${n(sent)} sent again`,
    same > 0 && `${n(same)} left: the same bytes were sent already${again ? '' : ' (--again sends them once more)'}`,
    left > 0 &&
      `${n(left)} left, to be named by their places: no events in JSON, or of brands that may not speak there (--code ${foreign})`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** On the embedded log everything is worked through by now, and nobody else has sent anything. */
const tellRefusedAgain = (data: string, since: number): Promise<void> =>
  withExisting(data, async (warehouse) => {
    const codes = await warehouse.query<{ code: string; n: number }>(
      `SELECT fault_codes[1] AS code, count() AS n FROM rejected_events
       WHERE source_at >= fromUnixTimestamp64Milli({since:Int64}) GROUP BY code ORDER BY n DESC, code`,
      { since },
    );
    print(
      codes.length === 0
        ? 'none of them was refused again'
        : `refused again: ${codes.map(({ code, n }) => `${code} ${n.toLocaleString('en-US')}`).join(', ')}`,
    );
  });
