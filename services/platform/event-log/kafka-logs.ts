/**
 * kafkajs logs as pino lines, at levels that mean what they say: what it retries by itself is no error. One line is more than a line:
 * before kafkajs resets an offset that is out of range (silently, and over a committed intent), it logs so; the wire throws there.
 */
import { type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from 'pino';
import { OffsetOutOfRange } from './port.ts';

export interface OutOfRangeWire {
  /** Called with group, topic and partition whose offset the broker no longer has. */
  tripped: Set<(group: string, topic: string, partition: number, error: OffsetOutOfRange) => void>;
}

/** Retried by kafkajs itself, and normal while a group forms or a broker restarts. */
const passing =
  /rebalanc|coordinator|not aware of this member|Restarting the consumer|Connection (error|timeout)|leader|metadata|re-joining|closed connection|does not host this topic-partition|Response .* error/i;

/** What tells that a broker is away; said once, and again where it still is after so long. */
const away = /Connection (error|timeout)/i;
const away_again_ms = 60_000;

export function kafkaLogs(
  logger: Logger,
  now: () => number = performance.now.bind(performance),
): { creator: () => (entry: LogEntry) => void; wire: OutOfRangeWire } {
  const wire: OutOfRangeWire = { tripped: new Set() };
  let last_away = Number.NEGATIVE_INFINITY;
  const isNews = (said: string): boolean => {
    if (!away.test(said) || now() - last_away < away_again_ms) return false;
    last_away = now();
    return true;
  };
  const write = ({ level, namespace, log }: LogEntry): void => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = log;
    if (level === logLevel.ERROR && message.startsWith('Offset out of range, resetting')) {
      const { groupId, topic, partition } = rest as unknown as { groupId: string; topic: string; partition: number };
      const error = new OffsetOutOfRange(
        `${topic}/${partition}: the committed offset is no longer in the topic: records were removed before they were read, or the topic was made anew`,
      );
      for (const trip of wire.tripped) trip(groupId, topic, partition, error);
      throw error; // before kafkajs commits its reset
    }
    const line = { namespace, ...rest };
    const said = `${message} ${String(rest.error ?? '')}`;
    if (level === logLevel.ERROR && !passing.test(said)) logger.error(line, message);
    else if (level === logLevel.ERROR) isNews(said) ? logger.warn(line, message) : logger.info(line, message);
    else if (level === logLevel.WARN) logger.info(line, message);
    else logger.debug(line, message);
  };
  return { creator: () => write, wire };
}
