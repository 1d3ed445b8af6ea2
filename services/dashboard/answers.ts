/**
 * Answers, kept for a while. The same question asked at the same time is computed once. An answer that is young for what it cost is given
 * again. An older one is computed anew: who asks waits for that where it takes a moment, and else gets the old one at once, with the time it
 * speaks for. What is too dear for one who waits is computed behind, one question after the other: who asks first is told so and asks again.
 * So a page on a large warehouse answers in milliseconds and says as of when, and on a small one it is half a second behind at most.
 */
export interface Answer {
  text: string;
  /** When it was computed, epoch ms. */
  as_of: number;
}

/** `quick`: somebody waits for it. `behind`: nobody does; it may take more time and memory, and nothing else dear runs beside it. */
export type Lane = 'quick' | 'behind';
export type Compute = (lane: Lane) => Promise<string>;

/** There is no answer yet: it is computed behind, and there when asked again. */
export class ComputedBehind extends Error {
  override name = 'ComputedBehind';
}

/** As much is being computed as may be, and there is no answer to give. */
export class TooMuch extends Error {
  override name = 'TooMuch';
}

interface Kept extends Answer {
  took_ms: number;
  /** What it took this time or the time before, whichever is less: a machine that is busy for a moment makes no answer dear. */
  cost_ms: number;
  bytes: number;
}

interface Waiting {
  compute: Compute;
  cost_ms: number;
  since: number;
  /** When somebody last asked. */
  asked_at: number;
}

/** Where an answer came from: computed for this question, by another one under way, kept and young, kept and old, or not there yet. */
export type How = 'computed' | 'shared' | 'kept' | 'old' | 'behind';

export interface AnswersOptions {
  now(): number;
  most_bytes: number;
  /** Questions computed at once: beyond that, more would only wait for each other. */
  most_running: number;
  /** Whether a question failed only because it took too much for one who waits. */
  tooDear(error: unknown): boolean;
  /** Hears of every answer given. */
  onAnswer?(how: How): void;
  /** By the clock of the machine, if absent. */
  wait?(ms: number): Promise<void>;
}

/** An answer is young for half a second and ten times what it cost; less than in proportion where it cost less than three seconds. */
const young_ms = 500;
const times_cost = 10;
const dear_ms = 3_000;
const oldest_young_ms = 300_000;
/** An answer that took no longer is waited for, so long at most. */
const patience_ms = 190;
/** Beyond this an answer is not given any more, only waited for: nobody looked for so long. */
const stale_ms = 600_000;
/** Questions that wait to be computed behind, and for how long after somebody asked last. */
const most_behind = 64;
const abandoned_ms = 120_000;
/** So many questions are remembered for having been stopped. */
const most_too_dear = 1_000;
/** What a question is taken to cost that was stopped for taking too much. */
const unknown_cost_ms = 20_000;
/** For so long a question that failed behind is not computed again: who asks hears why. */
const failed_ms = 60_000;

export class Answers {
  readonly #options: AnswersOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<Answer>>();
  /** Questions to be computed behind, the one under way among them. */
  readonly #behind = new Map<string, Waiting>();
  #busy_behind = false;
  /** Questions that were stopped for taking too much: nobody is let wait for them again. */
  readonly #too_dear = new Set<string>();
  readonly #failed = new Map<string, { error: unknown; at: number }>();
  #bytes = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Questions being computed now. */
  get running(): number {
    return this.#running.size;
  }

  get #full(): boolean {
    return this.#running.size >= this.#options.most_running;
  }

  /** Throws ComputedBehind where the answer is not there yet, TooMuch, and what `compute` throws. */
  async of(question: string, compute: Compute): Promise<Answer> {
    const { now, onAnswer } = this.#options;
    const kept = this.#kept.get(question);
    const age = kept ? now() - kept.as_of : 0;
    if (!kept || (age > stale_ms + times_cost * kept.cost_ms && !this.#behind.has(question)))
      return this.#first(question, compute);
    this.#touch(question, kept);
    if (age < Math.min(oldest_young_ms, young_ms + times_cost * kept.cost_ms * Math.min(1, kept.cost_ms / dear_ms))) {
      onAnswer?.('kept');
      return kept;
    }
    const answer = await this.#fresh(question, compute, kept.cost_ms);
    onAnswer?.(answer ? 'computed' : 'old');
    return answer ?? kept;
  }

  /** Nothing is kept that may be given: who asks waits, unless that takes too much. */
  async #first(question: string, compute: Compute): Promise<Answer> {
    const { now, onAnswer, tooDear } = this.#options;
    const failed = this.#failed.get(question);
    if (failed && now() - failed.at < failed_ms) throw failed.error;
    try {
      if (!this.#too_dear.has(question) && !this.#behind.has(question)) {
        const how = this.#running.has(question) ? 'shared' : 'computed';
        if (how === 'computed' && this.#full) throw new TooMuch();
        const answer = await this.#compute(question, () => compute('quick'));
        onAnswer?.(how);
        return answer;
      }
    } catch (error) {
      if (!tooDear(error)) throw error;
      this.#too_dear.add(question);
      for (const oldest of this.#too_dear) if (this.#too_dear.size > most_too_dear) this.#too_dear.delete(oldest);
    }
    this.#computeBehind(question, compute);
    onAnswer?.('behind');
    throw new ComputedBehind();
  }

  /** The answer of now, if it is there in a moment. One that fails is not the fault of who got the old one: the next one hears of it. */
  async #fresh(question: string, compute: Compute, cost_ms: number): Promise<Answer | null> {
    if (cost_ms > dear_ms) {
      this.#computeBehind(question, compute, cost_ms);
      return null;
    }
    if (this.#full && !this.#running.has(question)) return null;
    const computed = this.#compute(question, () => compute('quick')).catch(() => null);
    if (cost_ms > patience_ms) return null;
    const wait = this.#options.wait ?? ((ms) => new Promise((resume) => setTimeout(resume, ms).unref()));
    return Promise.race([computed, wait(patience_ms).then(() => null)]);
  }

  #computeBehind(question: string, compute: Compute, cost_ms = unknown_cost_ms): void {
    const now = this.#options.now();
    const waiting = this.#behind.get(question);
    if (waiting) waiting.asked_at = now;
    else if (this.#behind.size < most_behind)
      this.#behind.set(question, { compute, cost_ms, since: now, asked_at: now });
    if (!this.#busy_behind) void this.#workBehind();
  }

  /** One after the other. */
  async #workBehind(): Promise<void> {
    const { now } = this.#options;
    this.#busy_behind = true;
    for (let next = this.#nextBehind(); next !== null; next = this.#nextBehind()) {
      const [question, { compute }] = next;
      this.#failed.delete(question);
      try {
        await this.#compute(question, () => compute('behind'));
        if ((this.#kept.get(question)?.took_ms ?? Number.POSITIVE_INFINITY) <= dear_ms) this.#too_dear.delete(question); // the machine was short then
      } catch (error) {
        for (const [other, { at }] of this.#failed) if (now() - at > failed_ms) this.#failed.delete(other);
        this.#failed.set(question, { error, at: now() });
      }
      this.#behind.delete(question);
    }
    this.#busy_behind = false;
  }

  /** The one that has waited longest for what it costs; those that nobody asks for any more are left. */
  #nextBehind(): [string, Waiting] | null {
    const now = this.#options.now();
    for (const [question, { asked_at }] of this.#behind)
      if (now - asked_at > abandoned_ms) this.#behind.delete(question);
    const due = ({ since, cost_ms }: Waiting): number => (now - since) / cost_ms;
    return [...this.#behind].reduce<[string, Waiting] | null>(
      (best, one) => (best && due(best[1]) >= due(one[1]) ? best : one),
      null,
    );
  }

  #compute(question: string, compute: () => Promise<string>): Promise<Answer> {
    const running = this.#running.get(question);
    if (running) return running;
    const as_of = this.#options.now();
    const promise = compute()
      .then(
        (text) => {
          const took_ms = this.#options.now() - as_of;
          const cost_ms = Math.min(took_ms, this.#kept.get(question)?.took_ms ?? took_ms);
          const answer = { text, as_of, took_ms, cost_ms, bytes: Buffer.byteLength(text) + question.length };
          this.#keep(question, answer);
          return answer;
        },
        (error: unknown) => {
          this.#drop(question);
          throw error;
        },
      )
      .finally(() => this.#running.delete(question));
    this.#running.set(question, promise);
    return promise;
  }

  #touch(question: string, kept: Kept): void {
    this.#kept.delete(question);
    this.#kept.set(question, kept);
  }

  #keep(question: string, answer: Kept): void {
    this.#drop(question);
    if (answer.bytes > this.#options.most_bytes) return; // alone too large: it would only push out the others
    this.#kept.set(question, answer);
    this.#bytes += answer.bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#options.most_bytes) break;
      this.#drop(oldest);
    }
  }

  #drop(question: string): void {
    this.#bytes -= this.#kept.get(question)?.bytes ?? 0;
    this.#kept.delete(question);
  }
}
