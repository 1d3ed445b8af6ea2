/** `grapevine rejected replay`: the bytes of refused records are sent to their source again, once the reason is gone. */
import { migrate } from '../../infra/migrate.ts';
import { type Config, readConfig } from '../platform/config.ts';
import type { OutgoingRecord } from '../platform/event-log/port.ts';
import type { Keys } from '../platform/keys.ts';
import { existingKeys, sourcesWithFed } from './open.ts';
import { mustExist, openExisting } from './open-warehouse.ts';
import { print, UsageError } from './output.ts';
import {
  absentOf,
  closedOf,
  count,
  leftOf,
  noneYet,
  nothing_refused,
  type OpenedRefusal,
  openedRefusals,
  rememberReplayed,
  type Some,
  unsentOf,
  type Wanted,
} from './refusals.ts';
import { configFor } from './running.ts';
import { type SendingParts, sendRecords } from './send.ts';
import { withWarehouse } from './with-warehouse.ts';

export interface ReplayOptions {
  data: string;
  again?: boolean;
  json?: boolean;
}

/** What became of those that were found. */
interface Replayed {
  sent: number;
  /** Left, for the same bytes were sent already. */
  same: number;
  /** Left, until they are named. */
  left: number;
  /** Left, for nobody would read them. */
  unread: Some;
  /** Left, for they do not open. */
  closed: Some;
}

/** Sends what can be sent and says so; throws UsageError when nothing was found, and at the end where something could not be sent. */
export async function replay(wanted: Wanted, options: ReplayOptions): Promise<void> {
  const config = readConfig(process.env);
  mustExist(configFor(config, options.data), options.data);
  const keys = existingKeys(config, options.data);
  const began = Date.now();
  const done: Replayed = { sent: 0, same: 0, left: 0, unread: noneYet(), closed: noneYet() };
  const since = options.again ? began : 0;
  const absent = new Set(wanted.places);
  try {
    await sendRecords(config, options.data, (parts) =>
      recordsOf(parts, { wanted, config, keys, began, since, absent }, done),
    );
  } catch (error) {
    if (done.sent > 0) print(options.json ? inJson(done, null) : toldOf(done, wanted, options)); // they will not be sent twice
    throw error;
  }
  if (foundOf(done) === 0) throw new UsageError(nothing_refused);
  // On the embedded log everything is worked through by now, and nobody else has sent anything.
  const refused_again = !config.KAFKA_BROKERS && done.sent > 0 ? await refusedSince(began, options.data) : null;
  print(options.json ? inJson(done, refused_again) : toldOf(done, wanted, options));
  if (!options.json && refused_again) print(refusedAgain(refused_again));
  const left = [unreadOf(done.unread), closedOf(done.closed), absentOf(absent)].filter((said) => said !== null);
  if (left.length > 0) throw new UsageError(left.join('\n'));
}

interface Replay {
  wanted: Wanted;
  config: Config;
  keys: Keys;
  /** When this replay began, and since when the same bytes must not have been sent, epoch ms. */
  began: number;
  since: number;
  /** Named places of which nothing was found yet. */
  absent: Set<string>;
}

async function* recordsOf(
  { warehouse: open, topics }: SendingParts,
  { wanted, config, keys, began, since, absent }: Replay,
  done: Replayed,
): AsyncGenerator<OutgoingRecord[]> {
  const warehouse = await open();
  await migrate(warehouse, config.CLICKHOUSE_DATABASE);
  const sources = sourcesWithFed(config, topics, '*');
  for await (const { opened, closed } of openedRefusals(warehouse, wanted, keys)) {
    for (const { place } of [...opened, ...closed]) absent.delete(place);
    const meant = opened.filter((refusal) => isMeant(refusal, wanted));
    const read = meant.filter(({ source_topic }) => sources.has(source_topic));
    const unsent = await unsentOf(warehouse, read, since);
    yield unsent.map(recordOf);
    await rememberReplayed(warehouse, unsent, began);
    done.sent += unsent.length;
    done.same += read.length - unsent.length;
    done.left += opened.length - meant.length;
    for (const refusal of meant) if (!sources.has(refusal.source_topic)) count(done.unread, refusal.place);
    for (const { place, replayed_at } of closed) {
      if (replayed_at !== null && since === 0) done.same++;
      else count(done.closed, place);
    }
  }
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
    const { type } = JSON.parse(bytes.toString().replace(/^\ufeff/, '')) as Record<string, unknown>;
    return typeof type === 'string' && type !== '';
  } catch {
    return false;
  }
}

/** Records of one id stay in order: of a reference record the last one stands. */
const recordOf = ({ source_topic, place, event_id, bytes }: OpenedRefusal): OutgoingRecord => ({
  topic: source_topic,
  key: event_id || place,
  value: bytes,
});

const n = (count: number): string => count.toLocaleString('en-US');
const foundOf = ({ sent, same, left, unread, closed }: Replayed): number => sent + same + left + unread.n + closed.n;

const inJson = (done: Replayed, refused_again: Record<string, number> | null): string =>
  JSON.stringify({ ...done, refused_again });

function toldOf({ sent, same, left }: Replayed, { code }: Wanted, { again }: ReplayOptions): string {
  const reasons = code === foreign ? '' : `, or of brands that may not speak there (--code ${foreign})`;
  return [
    `${n(sent)} sent again`,
    same > 0 && `${n(same)} left: the same bytes were sent already${again ? '' : ' (--again sends them once more)'}`,
    left > 0 && `${n(left)} left, to be named by their places: no events in JSON${reasons}`,
  ]
    .filter(Boolean)
    .join('; ');
}

function unreadOf(unread: Some): string | null {
  if (unread.n === 0) return null;
  const topic = unread.first!.replace(/\/\d+\/\d+$/, '');
  return `${leftOf(unread)}: nobody would read it, ${topic} is no source (GRAPEVINE_SOURCES); \`grapevine rejected show --raw\` writes the bytes`;
}

/** How many were refused since then, by the first code of each. */
const refusedSince = (since: number, data: string): Promise<Record<string, number>> =>
  withWarehouse(openExisting, data, async (warehouse) => {
    const codes = await warehouse.query<{ code: string; n: number }>(
      `SELECT fault_codes[1] AS code, count() AS n FROM rejected_events
       WHERE source_at >= fromUnixTimestamp64Milli({since:Int64}) GROUP BY code ORDER BY n DESC, code`,
      { since },
    );
    return Object.fromEntries(codes.map(({ code, n }) => [code, n]));
  });

function refusedAgain(codes: Record<string, number>): string {
  const all = Object.entries(codes);
  if (all.length === 0) return 'none of them was refused again';
  return `refused again: ${all.map(([code, count]) => `${code} ${n(count)}`).join(', ')}`;
}
