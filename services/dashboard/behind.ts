/**
 * What nobody waits for, computed behind: one question after the other (or so many at once), the one first that has waited longest for what it costs,
 * but those who have no answer yet before those who see an old one. What nobody asks for any more is left.
 */
interface Waiting {
  under_way: boolean;
  work(): Promise<unknown>;
  /** What it took the last time; null when somebody has no answer yet. */
  cost_ms: number | null;
  since: number;
  /** When somebody last asked; null when nobody did. */
  asked_at: number | null;
  /** Where it is computed for nobody: how it is computed for who has asked meanwhile, if that fails. */
  otherwise?: () => Promise<unknown>;
}

/** Questions that wait, and for how long after somebody asked last. */
const most_waiting = 64;
const abandoned_ms = 120_000;
/** For so long a question that failed is not computed again: who asks hears why. One with too much of an answer will have as much in a while. */
const failed_ms = 60_000;
const away_ms = 1_000;
const too_large_ms = 3_600_000;

/** It was computed behind and may not be kept: nobody would ever get it. */
export class TooLarge extends Error {
  override name = 'TooLarge';
}

interface BehindOptions {
  now(): number;
  /** Whether a question failed only because it took too much. */
  tooDear(error: unknown): boolean;
  /** Whether the warehouse did not answer: that is soon tried again. */
  isAway(error: unknown): boolean;
}

export class Behind {
  readonly #now: () => number;
  readonly #tooDear: (error: unknown) => boolean;
  readonly #isAway: (error: unknown) => boolean;
  readonly #at_once: number;
  /** Those under way among them. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #failed = new Map<string, { error: unknown; until: number }>();
  #working = 0;
  #stopped = false;

  constructor({ now, tooDear, isAway }: BehindOptions, at_once = 1) {
    this.#now = now;
    this.#tooDear = tooDear;
    this.#isAway = isAway;
    this.#at_once = at_once;
  }

  /** Somebody has asked for it. */
  has(question: string): boolean {
    const waiting = this.#waiting.get(question);
    return waiting !== undefined && waiting.asked_at !== null;
  }

  /** Somebody waits for an answer and has none. */
  get isLacking(): boolean {
    return [...this.#waiting.values()].some(({ cost_ms }) => cost_ms === null);
  }

  /** Why it failed a moment ago; null when it did not. */
  failure(question: string): { error: unknown } | null {
    const failed = this.#failed.get(question);
    return failed && this.#now() < failed.until ? failed : null;
  }

  /** Begun at once, if nothing waits, beside whatever somebody asks for meanwhile. False when it was not. */
  beginForNobody(question: string, work: () => Promise<unknown>): boolean {
    if (this.#stopped || this.#waiting.size > 0) return false;
    const waiting = { work, cost_ms: 0, since: this.#now(), asked_at: null, under_way: true };
    this.#waiting.set(question, waiting);
    void this.#carryOut(question, waiting);
    return true;
  }

  add(question: string, work: () => Promise<unknown>, cost_ms: number | null): void {
    if (this.#stopped) return;
    const now = this.#now();
    const waiting = this.#waiting.get(question);
    if (waiting) {
      if (waiting.asked_at === null) waiting.otherwise = work;
      waiting.asked_at = now;
      if (cost_ms === null) waiting.cost_ms = null;
    } else if (this.#waiting.size < most_waiting)
      this.#waiting.set(question, { work, cost_ms, since: now, asked_at: now, under_way: false });
    if (this.#working < this.#at_once) void this.#workThrough();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  async #workThrough(): Promise<void> {
    this.#working++;
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const [question, waiting] = next;
      waiting.under_way = true;
      await this.#carryOut(question, waiting);
    }
    this.#working--;
  }

  async #carryOut(question: string, waiting: Waiting): Promise<void> {
    this.#failed.delete(question);
    try {
      await waiting.work();
      this.#waiting.delete(question);
    } catch (error) {
      this.#waiting.delete(question);
      if (waiting.otherwise && this.#tooDear(error))
        this.#computeOtherwise(question, waiting); // who asks may take more
      else if (waiting.asked_at !== null || error instanceof TooLarge) this.#remember(question, error);
    }
  }

  #computeOtherwise(question: string, { otherwise: work, cost_ms, since, asked_at }: Waiting): void {
    if (!work || this.#stopped) return;
    this.#waiting.set(question, { work, cost_ms, since, asked_at, under_way: false });
    if (this.#working < this.#at_once) void this.#workThrough();
  }

  #remember(question: string, error: unknown): void {
    const now = this.#now();
    const for_ms = error instanceof TooLarge ? too_large_ms : this.#isAway(error) ? away_ms : failed_ms;
    for (const [other, { until }] of this.#failed) if (now > until) this.#failed.delete(other);
    this.#failed.set(question, { error, until: now + for_ms });
  }

  #next(): [string, Waiting] | null {
    const now = this.#now();
    let best: [string, Waiting] | null = null;
    for (const one of this.#waiting) {
      const [question, waiting] = one;
      if (waiting.under_way) continue;
      if (now - (waiting.asked_at ?? now) > abandoned_ms) this.#waiting.delete(question);
      else if (!best || isDueBefore(waiting, best[1], now)) best = one;
    }
    return best;
  }
}

function isDueBefore(one: Waiting, other: Waiting, now: number): boolean {
  if ((one.cost_ms === null) !== (other.cost_ms === null)) return one.cost_ms === null;
  return (now - one.since) / (one.cost_ms ?? 1) > (now - other.since) / (other.cost_ms ?? 1);
}
