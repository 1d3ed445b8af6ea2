/**
 * What an operator's tools ask a service: /healthz (alive and moving), /readyz (log and warehouse answer), /metrics (Prometheus text).
 * A partition is dead when it has lag and nothing of it was committed for a while, whatever its process says.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventLog } from './event-log/port.ts';
import { lagOf, type PartitionLag } from './lag.ts';
import type { Service } from './run-service.ts';
import { placeOf, standstill_after_s, watchStandstill } from './standstill.ts';
import { type Labels, type MetricName, metrics, type Sample, type Telemetry } from './telemetry.ts';
import type { Warehouse } from './warehouse/port.ts';

export interface Watched {
  log: EventLog;
  warehouse: Warehouse | null;
  services: readonly Service[];
  telemetry: Telemetry;
  /** Why the process is about to end, or null. */
  failure(): string | null;
  now(): number;
  /** What verify says, where it runs. */
  verify?: {
    /** One line a difference; shown by /healthz, whose status they leave alone: a restart would mend nothing. */
    alarms(): string[];
    /** Verifies now and answers with the report, for POST /verify. */
    ask(all: boolean): Promise<object>;
  };
}

export interface OperationsServer {
  port: number;
  close(): Promise<void>;
}

export async function serveOperations(watched: Watched, port: number, host: string): Promise<OperationsServer> {
  const known = knownOf(watched);
  const server = createServer((request, response) => {
    const say = (status: number, text: string): void =>
      void response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    const [path = '', search] = (request.url ?? '').split(/\?(.*)/s);
    const answer = async (): Promise<void> => {
      if (path === '/metrics') return say(200, prometheusText(await collect(watched, known)));
      if (path === '/verify' && watched.verify && isOurs(request)) {
        const all = new URLSearchParams(search).get('all') === 'true';
        return say(200, JSON.stringify(await watched.verify.ask(all)));
      }
      if (path !== '/healthz' && path !== '/readyz') return say(404, 'there is /healthz, /readyz and /metrics\n');
      const reasons = path === '/healthz' ? await unhealthy(watched, known) : await unready(watched);
      const alarms = path === '/healthz' ? (watched.verify?.alarms() ?? []).map((alarm) => `verify: ${alarm}`) : [];
      say(
        reasons.length === 0 ? 200 : 503,
        `${[...(reasons.length === 0 ? ['ok'] : reasons), ...alarms].join('\n')}\n`,
      );
    };
    answer().catch((error: unknown) => say(503, `${error instanceof Error ? error.message : error}\n`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Not a form of some web page: those cannot send this content type without asking first. */
const isOurs = (request: IncomingMessage): boolean =>
  request.method === 'POST' && request.headers['content-type'] === 'application/json';

/** Who asks a probe waits no longer for the log or the warehouse. */
const patience_ms = 2_000;
const silence = Symbol('no answer in time');
const inTime = <T>(answer: Promise<T>): Promise<T | typeof silence> =>
  Promise.race([answer, wait(patience_ms, silence, { ref: false })]);

async function unready({ log, warehouse, services, failure }: Watched): Promise<string[]> {
  const topics = new Set(services.flatMap((service) => service.topics));
  const asked: [silent: string, answer: Promise<unknown>][] = [
    ...[...topics].map((topic): [string, Promise<unknown>] => [
      `the log does not say in time what is in ${topic}`,
      log.bounds(topic),
    ]),
    ...(warehouse
      ? [['the warehouse does not answer in time', warehouse.query('SELECT 1 AS one')] as [string, Promise<unknown>]]
      : []),
  ];
  const reasons = asked.map(async ([silent, answer]) => {
    try {
      return (await inTime(answer)) === silence ? silent : null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  });
  return [failure(), ...(await Promise.all(reasons))].filter((reason) => reason !== null);
}

async function unhealthy(watched: Watched, known: Known): Promise<string[]> {
  const failure = watched.failure();
  if (failure) return [failure];
  const standing = standingStill(watched, known, await lagsOf(known));
  return watched.services.flatMap(({ name }, i) =>
    standing[i]!.length === 0
      ? []
      : [`${name} has lag and has committed nothing of ${standing[i]!.join(', ')} for ${standstill_after_s} s`],
  );
}

/** What others know, as they said it last; `now` when they have just said it. */
type Newest<T> = () => Promise<{ said: T | null; now: boolean }>;
interface Known {
  /** In the order of the services. */
  lags: readonly Newest<PartitionLag[]>[];
  standstills: readonly ReturnType<typeof watchStandstill>[];
  disks: Newest<{ name: string; free: number }[]>;
}

/** Never asks twice at once: a question that hangs would be one more with every scrape. */
function newest<T>(ask: () => Promise<T>): Newest<T> {
  let said: T | null = null;
  let asking: Promise<boolean> | null = null;
  return async () => {
    asking ??= ask()
      .then((answer) => {
        said = answer;
        return true;
      })
      .catch(() => false) // /readyz says why
      .finally(() => {
        asking = null;
      });
    return { now: (await inTime(asking)) === true, said };
  };
}

const knownOf = ({ log, warehouse, services }: Watched): Known => ({
  lags: services.map((service) => newest(() => lagOf(log, service))),
  standstills: services.map(watchStandstill),
  disks: newest(
    async () =>
      (await warehouse?.query<{ name: string; free: number }>(
        'SELECT name, toFloat64(free_space) AS free FROM system.disks',
      )) ?? [],
  ),
});

const lagsOf = ({ lags }: Known) => Promise.all(lags.map((ask) => ask()));

/** Of each service the partitions that do not move. A log that fell silent took no lag away. */
function standingStill(
  { services, telemetry, now }: Watched,
  { standstills }: Known,
  lags: readonly { said: PartitionLag[] | null }[],
): string[][] {
  const holding = telemetry.read().filter(({ metric, value }) => metric === 'held' && value > 0);
  return services.map(({ name }, i) => {
    const held = holding.filter(({ labels }) => labels.service === name).map(({ labels }) => placeOf(labels));
    return standstills[i]!(lags[i]!.said ?? [], new Set(held), now() / 1_000);
  });
}

/** Everything counted, and what can only be known by asking, as far as there is an answer: lag, ages, disks. */
async function collect(watched: Watched, known: Known): Promise<Sample[]> {
  const { services, telemetry, now } = watched;
  const now_s = now() / 1_000;
  const counted = telemetry.read();
  const ages = new Set<MetricName>(['progress_age_s', 'source_age_s', 'verify_clean_age_s']);
  const samples = counted.map((sample) =>
    ages.has(sample.metric) ? { ...sample, value: Math.round(now_s - sample.value) } : sample,
  );
  const [disks, lags] = await Promise.all([known.disks(), lagsOf(known)]);
  const standing = standingStill(watched, known, lags);
  for (const [i, service] of services.entries()) {
    const { said, now: heard } = lags[i]!;
    if (heard)
      for (const { topic, partition, lag } of said ?? [])
        samples.push({
          metric: 'lag',
          labels: { service: service.name, topic, partition: String(partition) },
          value: lag,
        });
    samples.push({ metric: 'stalled', labels: { service: service.name }, value: standing[i]!.length > 0 ? 1 : 0 });
  }
  if (disks.now)
    for (const { name, free } of disks.said ?? [])
      samples.push({ metric: 'disk_free_bytes', labels: { disk: name }, value: free });
  return samples;
}

/** Prometheus' text format, version 0.0.4. */
export function prometheusText(samples: readonly Sample[]): string {
  const lines: string[] = [];
  for (const [metric, { kind, help, unit }] of Object.entries(metrics)) {
    const own = samples.filter((sample) => sample.metric === metric);
    if (own.length === 0) continue;
    const name = `grapevine_${metric}${kind === 'counter' ? '_total' : ''}`;
    lines.push(`# HELP ${name} ${help} (${unit})`, `# TYPE ${name} ${kind}`);
    for (const { labels, value } of own) {
      const { le, ...rest } = labels;
      if (kind !== 'histogram') lines.push(`${name}${labelText(labels)} ${value}`);
      else if (le === 'sum') lines.push(`${name}_sum${labelText(rest)} ${value}`);
      else lines.push(`${name}_bucket${labelText(labels)} ${value}`);
      if (le === '+Inf') lines.push(`${name}_count${labelText(rest)} ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const labelText = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};
