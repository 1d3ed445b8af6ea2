/** Counts and log lines of a service. Metrics are named in `metrics`, the register that the docs are tested against. */
import type { Logger } from 'pino';
import type { LogRecord } from './event-log/port.ts';

export const metrics = {
  records: { unit: 'records', help: 'Records read, by service.' },
  batches: { unit: 'batches', help: 'Batches committed, by service.' },
  batch_ms: { unit: 'ms', help: 'Time from first read to commit, summed, by service.' },
  retries: { unit: 'attempts', help: 'Batches tried again after an outage, by service.' },
  outcomes: { unit: 'records', help: 'Records by service, brand, outcome and code.' },
  settlements: { unit: 'redemptions', help: 'Redemptions settled, by whether anything was posted.' },
  busy_us: { unit: 'µs', help: 'Time in our own synchronous code, by service and phase.' },
} as const;

export type MetricName = keyof typeof metrics;
export type Labels = Record<string, string>;

export interface Telemetry {
  count(metric: MetricName, labels: Labels, by: number): void;
  batch(service: string, records: LogRecord[], took_ms: number): void;
  /** Runs synchronous work and adds its time to `busy_us`. */
  busy<T>(service: string, phase: string, work: () => T): T;
  warn(message: string): void;
  info(message: string): void;
  /** Everything counted so far. */
  read(): { metric: MetricName; labels: Labels; value: number }[];
}

export function telemetryTo(logger: Logger): Telemetry {
  const values = new Map<string, { metric: MetricName; labels: Labels; value: number }>();
  const count: Telemetry['count'] = (metric, labels, by) => {
    const key = `${metric}${JSON.stringify(labels)}`;
    const cell = values.get(key);
    if (cell) cell.value += by;
    else values.set(key, { metric, labels, value: by });
  };
  return {
    count,
    batch(service, records, took_ms) {
      count('records', { service }, records.length);
      count('batches', { service }, 1);
      count('batch_ms', { service }, took_ms);
      const [first] = records;
      const last = records.at(-1);
      if (first && last)
        logger.debug(
          {
            service,
            topic: first.topic,
            partition: first.partition,
            first: first.offset,
            end: last.offset + 1,
            took_ms,
          },
          'batch committed',
        );
    },
    busy(service, phase, work) {
      const from = process.hrtime.bigint();
      try {
        return work();
      } finally {
        count('busy_us', { service, phase }, Number(process.hrtime.bigint() - from) / 1_000);
      }
    },
    warn: (message) => logger.warn(message),
    info: (message) => logger.info(message),
    read: () => [...values.values()],
  };
}
