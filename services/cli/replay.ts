/** `grapevine rejected replay`: the bytes of refused records are sent to their source again, once the reason is gone. */
import { migrate } from '../../infra/migrate.ts';
import { topicNames } from '../../schemas/topics.ts';
import { readConfig } from '../platform/config.ts';
import type { OutgoingRecord } from '../platform/event-log/port.ts';
import { existingKeys, sourcesWithFed } from './open.ts';
import { mustExist, openExisting } from './open-warehouse.ts';
import { print, UsageError } from './output.ts';
import {
  nothing_refused,
  type OpenedRefusal,
  openedRefusals,
  rememberReplayed,
  unsentOf,
  type Wanted,
} from './refusals.ts';
import { configFor } from './running.ts';
import { type SendingParts, sendRecords } from './send.ts';
import { withWarehouse } from './with-warehouse.ts';

export async function replay(
  wanted: Wanted,
  { data, again = false }: { data: string; again?: boolean },
): Promise<void> {
  const config = readConfig(process.env);
  mustExist(configFor(config, data), data);
  const keys = existingKeys(config, data);
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
  if (done.found === 0) throw new UsageError(nothing_refused);
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
  withWarehouse(openExisting, data, async (warehouse) => {
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
