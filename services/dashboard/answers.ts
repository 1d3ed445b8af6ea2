/**
 * Answers, kept for a while. The same question asked at the same time is computed once. An answer that is young for what it cost is given
 * again. An older one is computed anew: who asks waits for that where it takes a moment, and else gets the old one at once, with the time it
 * speaks for. So a page on a large warehouse answers in milliseconds and says as of when, and on a small one it is half a second behind at most.
 */
export interface Answer {
  text: string;
  /** When it was computed, epoch ms. */
  as_of: number;
}

interface Kept extends Answer {
  took_ms: number;
  /** What it took this time or the time before, whichever is less: a machine that is busy for a moment makes no answer dear. */
  cost_ms: number;
  bytes: number;
}

/** Where an answer came from: computed for this question, by another one under way, kept and young, or kept and old. */
export type How = 'computed' | 'shared' | 'kept' | 'old';

export interface AnswersOptions {
  now(): number;
  most_bytes: number;
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
const patience_ms = 250;
/** Beyond this an answer is not given any more, only waited for: nobody looked for so long. */
const stale_ms = 600_000;

export class Answers {
  readonly #options: AnswersOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<Answer>>();
  #bytes = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Questions being computed now. */
  get running(): number {
    return this.#running.size;
  }

  async of(question: string, compute: () => Promise<string>): Promise<Answer> {
    const { now, onAnswer } = this.#options;
    const kept = this.#kept.get(question);
    const age = kept ? now() - kept.as_of : 0;
    if (!kept || age > stale_ms + times_cost * kept.cost_ms) {
      onAnswer?.(this.#running.has(question) ? 'shared' : 'computed');
      return this.#compute(question, compute);
    }
    this.#touch(question, kept);
    if (age < Math.min(oldest_young_ms, young_ms + times_cost * kept.cost_ms * Math.min(1, kept.cost_ms / dear_ms))) {
      onAnswer?.('kept');
      return kept;
    }
    const answer = await this.#fresh(question, compute, kept.cost_ms);
    onAnswer?.(answer ? 'computed' : 'old');
    return answer ?? kept;
  }

  /** The answer of now, if it is there in a moment. One that fails is not the fault of who got the old one: the next one hears of it. */
  async #fresh(question: string, compute: () => Promise<string>, cost_ms: number): Promise<Answer | null> {
    const computed = this.#compute(question, compute).catch(() => null);
    if (cost_ms > patience_ms) return null;
    const wait = this.#options.wait ?? ((ms) => new Promise((resume) => setTimeout(resume, ms).unref()));
    return Promise.race([computed, wait(patience_ms).then(() => null)]);
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
