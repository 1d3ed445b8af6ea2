/**
 * One run: copies of every service over a log in memory and the real warehouse, and a scheduler that lets exactly one call of a port through at a
 * time. Between two of its decisions no code of a service runs, so a seed decides the whole run, although engine and services are the real ones.
 */
import { pino } from 'pino';
import { topics as topicMap, topicNames } from '../../schemas/topics.ts';
import { recorder } from '../../services/attribution/recorder/recorder.ts';
import { settler } from '../../services/attribution/settler/settler.ts';
import { enrichmentService } from '../../services/enrichment/main.ts';
import { ingestService } from '../../services/ingest/main.ts';
import type { EventLog, LogRecord } from '../../services/platform/event-log/port.ts';
import { RangeChanged } from '../../services/platform/intent.ts';
import { openKeys } from '../../services/platform/keys.ts';
import { runService, type Service } from '../../services/platform/run-service.ts';
import { telemetryTo } from '../../services/platform/telemetry.ts';
import type { Warehouse } from '../../services/platform/warehouse/port.ts';
import { type Random, randomFrom } from '../../services/simulator/random.ts';
import { disturbed, type InsertCall, Tokens } from './disturbed-warehouse.ts';
import { type Call, type Connection, type Gate, MemoryLog } from './memory-log.ts';
import { type Sent, source_partitions } from './workload.ts';

export const fault_kinds = [
  'crash',
  'error',
  'stall',
  'half',
  'lost',
  'lost-again',
  'rebalance',
  'window',
  'tamper',
  'doze',
  'late',
] as const;
export type FaultKind = (typeof fault_kinds)[number];

export interface Plan {
  /** Decides the order of everything and the faults. */
  schedule: number;
  faults: readonly FaultKind[];
  /** Most faults. */
  budget: number;
  /** Copies of every service. */
  copies: number;
  /** false: one fetch brings all there is, and everything is sent before anybody reads. */
  small: boolean;
}

export interface Run {
  /** drained: nothing is left to do; refused: a service found an announced range changed and stopped; stopped: services stop by themselves; stuck: none of it. */
  end: 'drained' | 'refused' | 'stopped' | 'stuck';
  /** A service stopped by itself, though nothing forced it. */
  stopped: string[];
  /** An announced range was changed, so that somebody must refuse it. */
  tampered: boolean;
  steps: number;
  faults: number;
  /** How many of each kind. */
  kinds: ReadonlyMap<FaultKind, number>;
  story: string[];
  log: EventLog;
}

interface Worker {
  name: string;
  make(log: EventLog, warehouse: Warehouse): Service;
  /** Counts the processes that ran under this name. */
  life: number;
  state: 'dead' | 'running' | 'stalled' | 'unaware';
  connection: Connection | null;
  /** It knows that it has lost everything it held. */
  told: boolean;
  /** Until then it is let through only now and then. */
  dozes_until: number;
  weight: number;
}

interface Parked {
  worker: Worker;
  /** null: a request in flight whose sender has died. */
  life: number | null;
  call: Call;
  /** The connection broke while it waited: it fails without effect. */
  cut: boolean;
  /** Its sender has died, and it arrives when hardly anything else is left to do. */
  late: boolean;
  effect(): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A failure we caused. */
class Injected extends Error {
  readonly retriable = true;
}

export const names = topicNames('');
const intent_age_ms = 100_000;
const most_steps = 20_000;
/** A service that stops by itself and stops again when it is started has to be looked at. */
const most_stops = 3;
const keys = openKeys(Buffer.alloc(32, 7));
const telemetry = telemetryTo(pino({ level: 'silent' }));

export async function simulate(sent: readonly Sent[], warehouse: Warehouse, plan: Plan): Promise<Run> {
  const world = new World(sent, warehouse, plan);
  return world.run();
}

class World {
  readonly #sent: Sent[];
  readonly #warehouse: Warehouse;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #log: MemoryLog;
  readonly #tokens = new Tokens();
  readonly #workers: Worker[];
  #parked: Parked[] = [];
  #clock = 0;
  #left: number;
  readonly #kinds = new Map<FaultKind, number>();
  #tampered = false;
  #refused = false;
  #jumped = false;
  readonly #stopped: string[] = [];
  readonly #story: string[] = [];

  constructor(sent: readonly Sent[], warehouse: Warehouse, plan: Plan) {
    this.#sent = [...sent];
    this.#warehouse = warehouse;
    this.#plan = plan;
    this.#random = randomFrom(plan.schedule);
    this.#left = plan.budget;
    this.#log = new MemoryLog({ id: `sim-${plan.schedule}`, now: () => Date.UTC(2026, 11, 2) + this.#clock });
    this.#workers = this.#makeWorkers();
  }

  #makeWorkers(): Worker[] {
    const batch_records = this.#plan.small ? 1 + this.#random.below(5) : 5_000;
    const fill_ms = 0;
    const sources = new Map([[names.collected, { brand_ids: '*' as const }]]);
    const base = { telemetry, topics: names, batch_records };
    const makes: Record<string, Worker['make']> = {
      ingest: (log) => ingestService({ ...base, log, registry: null, lookups: { keys, sources } }),
      enrichment: (log) => enrichmentService({ ...base, log }),
      recorder: (log, warehouse) => recorder({ ...base, log, warehouse, fill_ms }),
      settler: (log, warehouse) => settler({ ...base, log, warehouse, fill_ms }),
    };
    const workers: Worker[] = [];
    for (let copy = 1; copy <= this.#plan.copies; copy++)
      for (const [name, make] of Object.entries(makes))
        workers.push({
          name: `${name}-${copy}`,
          make,
          life: 0,
          state: 'dead',
          connection: null,
          told: false,
          dozes_until: 0,
          weight: this.#plan.small ? this.#random.pick([1, 1, 1, 0.2, 0.05]) : 1,
        });
    return workers;
  }

  #say(who: string, what: string): void {
    this.#story.push(`${who}: ${what}`);
  }

  async run(): Promise<Run> {
    const partitions: Record<string, number> = {
      collected: source_partitions,
      accepted: 2,
      enriched: 3,
      settlements: 2,
      rejected: 1,
      reference: 1,
    };
    await this.#log.createTopics(
      topicMap.map(({ name }) => ({
        name: names[name],
        partitions: partitions[name]!,
        retention_ms: null,
        compacted: false,
        transient: false,
      })),
    );
    if (!this.#plan.small) this.#feed(this.#sent.length);
    for (const worker of this.#workers) this.#start(worker);
    await settled();
    let steps = 0;
    for (; steps < most_steps && !this.#refused && this.#stopped.length < most_stops; steps++) {
      const next = this.#choose();
      if (!next) break;
      await next();
      await settled();
    }
    const end = this.#refused
      ? 'refused'
      : this.#stopped.length >= most_stops
        ? 'stopped'
        : steps < most_steps && (await this.#drained())
          ? 'drained'
          : 'stuck';
    this.#parked = [];
    return {
      end,
      stopped: this.#stopped,
      tampered: this.#tampered,
      steps,
      faults: this.#plan.budget - this.#left,
      kinds: this.#kinds,
      story: this.#story,
      log: this.#log,
    };
  }

  /** Everything that could happen now, by weight; null when nothing is left to do. */
  #choose(): (() => void | Promise<void>) | null {
    const options: { weight: number; act: () => void | Promise<void> }[] = [];
    const add = (weight: number, act: () => void | Promise<void>): void => void options.push({ weight, act });
    const contested = contestedParts(this.#parked);
    const meets = ({ call }: Parked): boolean => contested.has((call as InsertCall).part);
    for (const parked of this.#parked) {
      if (parked.life !== null && parked.worker.state === 'stalled') continue;
      if (parked.call.ready && !parked.call.ready()) continue;
      const late = parked.late ? 1e-4 : meets(parked) ? 3 : 0.1;
      const own = this.#clock < parked.worker.dozes_until ? 0.005 : parked.worker.weight;
      add(parked.life === null ? late : own, () => this.#release(parked));
    }
    if (this.#sent.length > 0) add(1, () => this.#feed(1 + this.#random.below(6)));
    for (const worker of this.#workers) {
      const sleeps = this.#parked.some((parked) => parked.worker === worker && meets(parked)) ? 3 : 0.02;
      if (worker.state === 'dead') add(0.2, () => this.#start(worker));
      else if (worker.state === 'stalled') add(sleeps, () => this.#wake(worker));
      else if (worker.state === 'unaware') add(0.05, () => this.#rejoin(worker));
    }
    let at = this.#random.next() * options.reduce((sum, { weight }) => sum + weight, 0);
    for (const { weight, act } of options) {
      at -= weight;
      if (at < 0) return act;
    }
    return options.at(-1)?.act ?? null;
  }

  #feed(count: number): void {
    for (const { partition, timestamp, value, text } of this.#sent.splice(0, count)) {
      const offset = this.#log.partition(names.collected, partition).length;
      this.#log.append([{ topic: names.collected, key: String(offset), value, partition }], timestamp);
      this.#say(
        'brand',
        `sends collected/${partition}/${offset} of ${new Date(timestamp).toISOString().slice(0, 10)}: ${text}`,
      );
    }
  }

  // ---- processes

  #start(worker: Worker): void {
    const life = ++worker.life;
    worker.state = 'running';
    worker.told = false;
    if (life > 1) this.#say(worker.name, 'is started again');
    const gate = this.#gateOf(worker, life);
    worker.connection = this.#log.connect(gate, () =>
      this.#plan.small ? 1 + this.#random.below(6) : Number.POSITIVE_INFINITY,
    );
    const { log } = worker.connection;
    const warehouse = disturbed(this.#warehouse, gate, this.#tokens, () => this.#random.chance(0.5));
    const wait = (_: number, signal: AbortSignal): Promise<void> =>
      gate({ verb: 'wait', text: 'before the next attempt' }, () => {
        if (signal.aborted) throw Object.assign(new Error('stopped'), { name: 'AbortError' });
      });
    runService(worker.make(log, warehouse), { log, telemetry, intent_age_ms, now: () => this.#clock, wait })
      .then((consumer) => consumer.done)
      .catch((error) => worker.life === life && this.#died(worker, error));
  }

  /** The process ended by an error of its own. */
  #died(worker: Worker, error: unknown): void {
    const chain = causes(error);
    const said = chain.map(({ message }) => message).join(' < ');
    this.#say(worker.name, `STOPS: ${said}`);
    // Replaying what others have long revised, it finds their rows and takes them for a fault: an alarm, but nothing was written.
    const mistaken = worker.state === 'unaware' && /rows of batch .* that it should not/.test(said);
    if (this.#tampered && chain.some((cause) => cause instanceof RangeChanged)) this.#refused = true;
    else if (
      !chain.some((cause) => cause instanceof Injected) &&
      !(this.#jumped && /older than/.test(said)) &&
      !mistaken
    )
      this.#stopped.push(`${worker.name} stopped by itself: ${said}`);
    this.#bury(worker, false);
  }

  /** Nothing of it runs any more; what it had sent may still arrive. */
  #bury(worker: Worker, inFlight: boolean): void {
    worker.state = 'dead';
    worker.life++;
    worker.connection?.expel();
    for (const parked of this.#parked.filter((one) => one.worker === worker && one.life !== null)) {
      if (inFlight && ['insert', 'produce', 'commit'].includes(parked.call.verb) && this.#random.chance(0.4)) {
        parked.life = null;
        this.#say(worker.name, `… but in flight is: ${parked.call.verb} ${parked.call.text}`);
      } else this.#parked.splice(this.#parked.indexOf(parked), 1);
    }
  }

  #crash(worker: Worker): void {
    const held = worker.connection?.held() ?? [];
    this.#say(worker.name, 'IS KILLED');
    this.#bury(worker, true);
    if (this.#plan.faults.includes('tamper') && !this.#tampered) this.#tamper(held);
  }

  #stall(worker: Worker): void {
    this.#say(worker.name, 'STALLS past its session: others own its partitions');
    worker.state = 'stalled';
    worker.connection?.expel();
  }

  #wake(worker: Worker): void {
    this.#say(worker.name, 'wakes up and goes on');
    worker.state = 'unaware';
    worker.told = this.#random.chance(0.3);
    if (worker.told) worker.connection?.tell();
  }

  #rejoin(worker: Worker): void {
    this.#say(worker.name, 'learns what it lost, and joins again');
    worker.state = 'running';
    worker.told = false;
    worker.connection?.rejoin();
  }

  // ---- calls

  #gateOf(worker: Worker, life: number): Gate {
    return (call, effect) =>
      new Promise((resolve, reject) => {
        if (worker.life !== life) return; // a dead process hears nothing
        if (worker.told && (call.verb === 'produce' || (call.verb === 'insert' && !(call as InsertCall).begun)))
          this.#stopped.push(
            `${worker.name} was told that its partitions are lost, and goes on to ${call.verb} ${call.text}`,
          );
        const parked = {
          worker,
          life,
          call,
          cut: false,
          late: false,
          effect: async () => effect(),
          resolve,
          reject,
        } as Parked;
        this.#parked.push(parked);
      });
  }

  async #release(parked: Parked): Promise<void> {
    this.#parked.splice(this.#parked.indexOf(parked), 1);
    this.#clock += 5;
    const { worker, call } = parked;
    const what = `${call.verb} ${call.text}`;
    if (parked.cut) {
      this.#say(worker.name, `${what}: CONNECTION BROKEN`);
      return parked.reject(new Injected('the connection broke'));
    }
    const fault = parked.life === null ? null : this.#fault(parked);
    if (fault === 'crash before') return this.#crashAt(parked, what);
    if (fault === 'error before') {
      this.#say(worker.name, `${what}: FAILS before it takes effect`);
      return parked.reject(new Injected('failed before it took effect'));
    }
    if (fault === 'stall') {
      this.#parked.push(parked);
      this.#say(worker.name, `… in ${what}`);
      return this.#stall(worker);
    }
    if (fault === 'doze') {
      this.#say(worker.name, `dozes off before ${what}`);
      this.#parked.push(parked);
      worker.dozes_until = this.#clock + 2_000;
      return;
    }
    if (fault === 'late') {
      this.#parked.push({ ...parked, life: null, late: true });
      this.#say(worker.name, `… in flight for long is: ${what}`);
      return this.#crash(worker);
    }
    if (fault === 'lost') {
      this.#say(worker.name, `${what}: TOKEN RECORDED, ROWS LOST`);
      (call as InsertCall).lose();
      if (this.#random.chance(0.5)) return this.#crash(worker);
      return parked.reject(new Injected('failed'));
    }
    if (fault === 'half') {
      call.half?.();
      this.#say(worker.name, `${what}: THE FIRST HALF takes effect`);
      if (this.#random.chance(0.5)) return this.#crash(worker);
      return parked.reject(new Injected('failed half way'));
    }
    let value: unknown;
    try {
      value = await parked.effect();
    } catch (error) {
      this.#say(worker.name, `${what}: ${error instanceof Error ? error.message : String(error)}`);
      return parked.life === null ? undefined : parked.reject(error);
    }
    this.#say(worker.name, `${parked.life === null ? 'ARRIVES LATE: ' : ''}${what}${found(value)}`);
    if (parked.life === null) return;
    if (fault === 'crash after') return this.#crash(worker);
    if (fault === 'error after') {
      this.#say(worker.name, '… THE ACKNOWLEDGEMENT IS LOST');
      return parked.reject(new Injected('acknowledgement lost'));
    }
    if (this.#plan.small && this.#random.chance(0.05))
      this.#parked.push({
        ...parked,
        call: { verb: 'wait', text: `for the acknowledgement of its ${call.verb}` },
        effect: async () => value,
      });
    else parked.resolve(value);
  }

  #crashAt(parked: Parked, what: string): void {
    this.#parked.push(parked);
    this.#say(parked.worker.name, `… in ${what}`);
    this.#crash(parked.worker);
  }

  /** What happens to this call, if anything. */
  #fault({
    worker,
    call,
  }: Parked):
    | 'crash before'
    | 'crash after'
    | 'error before'
    | 'error after'
    | 'stall'
    | 'lost'
    | 'half'
    | 'doze'
    | 'late'
    | null {
    if (this.#left <= 0) return null;
    const writing = call.verb === 'insert' || call.verb === 'produce' || call.verb === 'commit';
    if (!this.#random.chance(writing ? 0.1 : 0.02)) return null;
    const kind = this.#random.pick(this.#plan.faults.filter((one) => one !== 'tamper' && one !== 'lost-again'));
    const losable = call.verb === 'insert' && (this.#plan.faults.includes('lost-again') || !(call as InsertCall).again);
    if (kind === 'lost' && !losable) return null;
    if (kind === 'half' && !call.half && !(call as InsertCall).begun) return null;
    if (kind === 'late' && call.verb !== 'produce') return null;
    if (kind === 'stall' && worker.state !== 'running') return null;
    if (kind === undefined) return null;
    this.#left--;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (kind === 'crash') return this.#random.chance(0.5) ? 'crash before' : 'crash after';
    if (kind === 'error') return this.#random.chance(0.5) ? 'error before' : 'error after';
    if (kind === 'half' && !call.half) return this.#random.chance(0.5) ? 'crash before' : 'error before';
    if (kind === 'stall' || kind === 'lost' || kind === 'half' || kind === 'doze' || kind === 'late') return kind;
    if (kind === 'rebalance') {
      this.#say(worker.name, 'LOSES its partitions, and joins again');
      worker.state = 'running'; // what it had lost before, it knows now, too
      worker.told = false;
      worker.connection?.rejoin();
    }
    if (kind === 'window') this.#endWindow();
    return null;
  }

  /** Long enough has passed for the tables to forget every token. What was being sent meanwhile has lost its connection. */
  #endWindow(): void {
    this.#say('time', 'PASSES until the deduplication windows have ended');
    this.#clock += 3 * intent_age_ms;
    this.#jumped = true;
    this.#tokens.endWindow();
    for (const parked of this.#parked) if (parked.call.verb === 'insert') parked.cut = true;
  }

  /** A worker died with a range announced: a record of it reads otherwise from now on. */
  #tamper(held: readonly string[]): void {
    for (const name of held) {
      const { offset, metadata } = this.#log.committedAt(name);
      if (metadata === '') continue;
      const [, topic = '', partition = ''] = name.split('/');
      const { first, end } = JSON.parse(metadata) as { first: number; end: number };
      const kept = this.#log.partition(topic, Number(partition));
      const other = kept.find(({ value }) => kept.slice(first, end).every((own) => !own.value.equals(value)));
      if (!other || !kept[first] || offset === null) continue;
      kept[first] = { ...kept[first], value: other.value };
      this.#tampered = true;
      this.#say('somebody', `PUTS ANOTHER RECORD at ${topic}/${partition}/${first}, in an announced range`);
      return;
    }
  }

  async #drained(): Promise<boolean> {
    for (const { make } of this.#workers.slice(0, 4)) {
      const service = make(this.#log, this.#warehouse);
      for (const topic of service.topics) {
        const ends = await this.#log.bounds(topic);
        for (const { partition, offset } of await this.#log.committed(service.name, topic))
          if ((offset ?? 0) !== ends[partition]!.end) {
            this.#say('end', `${service.name} is at ${topic}/${partition}/${offset} of ${ends[partition]!.end}`);
            return false;
          }
      }
    }
    return true;
  }
}

/** Parts of tables that two workers are about to write under one token: the moments worth looking at. */
function contestedParts(parked: readonly Parked[]): Set<string | undefined> {
  const writers = new Map<string, Set<Worker | null>>();
  for (const { call, worker, life } of parked) {
    if (call.verb !== 'insert') continue;
    const { part } = call as InsertCall;
    writers.set(part, (writers.get(part) ?? new Set()).add(life === null ? null : worker));
  }
  return new Set([...writers].filter(([, who]) => who.size > 1).map(([part]) => part));
}

/** Until no code of a service can go on: nothing of it waits but for calls of ports. */
const settled = (): Promise<void> => new Promise((resume) => setImmediate(resume));

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error; at = at.cause) chain.push(at);
  return chain;
}

function found(value: unknown): string {
  if (!Array.isArray(value)) return '';
  const [first] = value as unknown[];
  const offsets =
    first && typeof first === 'object' && 'offset' in first
      ? ` ${(value as LogRecord[]).map(({ offset }) => offset).join(' ')}`
      : '';
  return ` → ${value.length}${offsets}`;
}
