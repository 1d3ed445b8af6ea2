/** What a service counts and logs. Metrics are named in `metrics`, the register that the docs are tested against. */
import type { Logger } from 'pino';
import type { LogRecord } from './event-log/port.ts';

export const metrics = {
  records: { kind: 'counter', unit: 'records', help: 'Records read, by service.' },
  batches: { kind: 'counter', unit: 'batches', help: 'Batches committed, by service.' },
  batch_ms: { kind: 'counter', unit: 'ms', help: 'Time from first read to commit, summed, by service.' },
  retries: { kind: 'counter', unit: 'attempts', help: 'Batches tried again after an outage, by service.' },
  outcomes: { kind: 'counter', unit: 'records', help: 'Records by service, brand, outcome and reject code.' },
  settlements: { kind: 'counter', unit: 'redemptions', help: 'Redemptions settled.' },
  postings: { kind: 'counter', unit: 'rows', help: 'Rows posted to the ledger, by reason.' },
  busy_us: { kind: 'counter', unit: 'µs', help: 'Time in our own synchronous code, by service and phase.' },
  freshness_ms: {
    kind: 'histogram',
    unit: 'ms',
    help: 'From the broker time of the source record to its row in the warehouse.',
  },
  lag: {
    kind: 'gauge',
    unit: 'records',
    help: 'Records of a partition that the service has not committed past; on Kafka messages, of which those of accepted, enriched and settlements carry many records.',
  },
  pauses: {
    kind: 'counter',
    unit: 'pauses',
    help: 'Back-pressure: how often a partition of a topic was paused because its handler is behind (Kafka; the embedded log reads nothing ahead).',
  },
  paused: { kind: 'gauge', unit: '0 or 1', help: 'Back-pressure: 1 while a partition is paused.' },
  buffered_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    help: 'Back-pressure: what of a partition is read ahead of its handler, at most about 20 MiB.',
  },
  progress_age_s: { kind: 'gauge', unit: 's', help: 'Since the service last committed a batch.' },
  source_age_s: { kind: 'gauge', unit: 's', help: 'Since the last record of a topic was read.' },
  held: {
    kind: 'gauge',
    unit: '0 or 1',
    help: '1 while this copy holds the partition.',
  },
  stalled: {
    kind: 'gauge',
    unit: '0 or 1',
    help: '1 when a partition this copy holds has lag and nothing of it was committed for five minutes (/healthz names it), or when it holds none and none moves: alarm.',
  },
  disk_free_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    help: 'Free space of the disks of the warehouse, by disk: alarm below 5 GB.',
  },
  verify_differences: {
    kind: 'gauge',
    unit: 'differences',
    help: 'What the last round of verify found wrong, by check: alarm above 0.',
  },
  verify_pending: {
    kind: 'gauge',
    unit: 'places',
    help: 'What the last round of verify could not judge yet, because records were in flight or an aggregate was being made, by check.',
  },
  verify_clean_age_s: {
    kind: 'gauge',
    unit: 's',
    help: 'Since verify last finished a round without a difference (or since the start): alarm above ten rounds.',
  },
  api_requests: { kind: 'counter', unit: 'requests', help: 'Requests to the read API, by route and status.' },
  api_ms: { kind: 'histogram', unit: 'ms', help: 'From a request to the read API to its answer.' },
  api_answers: {
    kind: 'counter',
    unit: 'answers',
    help: 'Answers of the read API, by how: computed, shared with another request, kept and young, old (given while it is computed anew), or behind (not there yet: it takes more than one waits for); prepared: computed before anybody asked.',
  },
  verify_seconds: { kind: 'gauge', unit: 's', help: 'Time the last round of verify took.' },
} as const;

export type MetricName = keyof typeof metrics;
export type Labels = Record<string, string>;

/** Upper bounds of the histogram's buckets, ms. */
export const buckets_ms = [50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 600_000, 3_600_000] as const;

export interface Sample {
  metric: MetricName;
  labels: Labels;
  value: number;
}

export interface Telemetry {
  /** Adds to a counter, or to a gauge. */
  count(metric: MetricName, labels: Labels, by: number): void;
  /** Sets a gauge. */
  set(metric: MetricName, labels: Labels, value: number): void;
  /** Adds a value to a histogram. */
  observe(metric: MetricName, labels: Labels, value: number): void;
  /** Rows are in the warehouse now: how long after the broker time of each source record. */
  freshness(source_times: number[]): void;
  batch(service: string, records: LogRecord[], took_ms: number): void;
  /** Runs synchronous work and adds its time to `busy_us`. */
  busy<T>(service: string, phase: string, work: () => T): T;
  warn(message: string): void;
  info(message: string): void;
  /** Everything counted so far; a histogram as counters with a label `le` (cumulative), `+Inf` being the count, and one labelled `sum`. */
  read(): Sample[];
}

export function telemetryTo(logger: Logger, now: () => number = Date.now): Telemetry {
  const values = new Map<string, Sample>();
  const histograms = new Map<string, Sample[]>();
  const cell = (metric: MetricName, labels: Labels): Sample => {
    const key = `${metric}${JSON.stringify(labels)}`;
    const found = values.get(key);
    if (found) return found;
    const made = { metric, labels, value: 0 };
    values.set(key, made);
    return made;
  };
  const count: Telemetry['count'] = (metric, labels, by) => {
    cell(metric, labels).value += by;
  };
  const set: Telemetry['set'] = (metric, labels, value) => {
    cell(metric, labels).value = value;
  };
  return {
    count,
    set,
    observe(metric, labels, value) {
      const key = `${metric}${JSON.stringify(labels)}`;
      const cells =
        histograms.get(key) ?? [...buckets_ms.map(String), '+Inf', 'sum'].map((le) => cell(metric, { ...labels, le }));
      histograms.set(key, cells);
      for (const [i, bound] of buckets_ms.entries()) if (value <= bound) cells[i]!.value++;
      cells.at(-2)!.value++;
      cells.at(-1)!.value += value;
    },
    freshness(source_times) {
      const at = now();
      for (const time of source_times) this.observe('freshness_ms', {}, at - time);
    },
    batch(service, records, took_ms) {
      count('records', { service }, records.length);
      count('batches', { service }, 1);
      count('batch_ms', { service }, took_ms);
      const [first] = records;
      const last = records.at(-1);
      if (!first || !last) return;
      noteProgress(set, service, first.topic, now());
      const { topic, partition, offset } = first;
      logger.debug({ service, topic, partition, first: offset, end: last.offset + 1, took_ms }, 'batch committed');
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

/** Kept as the moment, in s; `operations.ts` shows the age. */
function noteProgress(set: Telemetry['set'], service: string, topic: string, at: number): void {
  set('progress_age_s', { service }, at / 1_000);
  set('source_age_s', { service, topic }, at / 1_000);
}
