/** `grapevine rejected list|show|replay`: what was refused and why, its bytes as they were sent, and sending them again when the reason is gone. */
import { isUtf8 } from 'node:buffer';
import { Command } from 'commander';
import { readConfig } from '../platform/config.ts';
import { existingKeys } from './open.ts';
import { mustExist, openExisting } from './open-warehouse.ts';
import { countOf } from './options.ts';
import { print, table, UsageError } from './output.ts';
import {
  absentOf,
  closedOf,
  count,
  newestRefusals,
  noneYet,
  nothing_refused,
  type OpenedRefusal,
  openedRefusals,
  type Refusal,
  type Wanted,
} from './refusals.ts';
import { replay } from './replay.ts';
import { configFor } from './running.ts';
import { withWarehouse } from './with-warehouse.ts';

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
        .option('--json', 'print JSON, a line for each: its bytes as `text`, or as `base64` where they are none')
        .action((places, options) => show(wantedOf(places, options), options)),
    )
    .addCommand(
      wanting(
        'replay',
        'Send the bytes to their source again, once the reason is gone. Left out unless their places are named: what is no event in JSON (of reference records the last one stands), and what was refused for its brand (or --code tenant_not_allowed). The same bytes are sent once. An event that is stored under its id by now counts as a duplicate.',
      )
        .option('--again', 'also bytes that were sent again before')
        .option('--json', 'print counts as JSON, and of what could not be sent the first place')
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

const list = (wanted: Wanted, { data, limit, json }: RejectedOptions): Promise<void> =>
  withWarehouse(openExisting, data, async (warehouse) => {
    const { all, newest } = await newestRefusals(warehouse, wanted, limit);
    const some = `${newest.length} of ${all.toLocaleString('en-US')}: --limit, --brand, --code`;
    if (json) {
      print(JSON.stringify(newest).replace(commanding, escaped));
      if (newest.length < all) console.error(some);
      return;
    }
    if (all === 0) return print('nothing of that kind was refused');
    print(
      table(
        ['place', 'refused', 'brand', 'type', 'event', 'why', 'sent again'],
        newest.map((r) =>
          [r.place, r.source_at, r.brand_id, r.type, r.event_id, why(r), r.replayed_at ?? ''].map(printable),
        ),
      ),
    );
    if (newest.length < all) print(some);
  });

const why = ({ faults: [first, ...more] }: Refusal): string =>
  `${first?.code ?? ''}${first?.path ? ` ${first.path}` : ''}${more.length > 0 ? ` and ${more.length} more` : ''}`;

async function show(wanted: Wanted, { data, raw, json }: RejectedOptions): Promise<void> {
  if (wanted.places.length === 0 && !wanted.brand && !wanted.code)
    throw new UsageError('name a place (`grapevine rejected list` shows them), --brand or --code');
  const config = readConfig(process.env);
  mustExist(configFor(config, data), data);
  const keys = existingKeys(config, data);
  await withWarehouse(openExisting, data, async (warehouse) => {
    let shown = 0;
    const not_opened = noneYet();
    const absent = new Set(wanted.places);
    for await (const { opened, closed } of openedRefusals(warehouse, wanted, keys)) {
      for (const refusal of opened) {
        if (raw) await written(rawOf(refusal.bytes));
        else print(json ? inJson(refusal) : `${shown > 0 ? '\n' : ''}${told(refusal)}`);
        shown++;
      }
      for (const { place } of closed) count(not_opened, place);
      for (const { place } of [...opened, ...closed]) absent.delete(place);
    }
    if (shown + not_opened.n === 0) throw new UsageError(nothing_refused);
    const left = [closedOf(not_opened), absentOf(absent)].filter((said) => said !== null);
    if (left.length > 0) throw new UsageError(left.join('\n'));
  });
}

/** One line. */
function inJson({ bytes, bytes_hash: _, ...refusal }: OpenedRefusal): string {
  const content = isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') };
  return JSON.stringify({ ...refusal, ...content }).replace(commanding, escaped);
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
