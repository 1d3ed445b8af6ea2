/**
 * Answers, kept for a while. The same question asked at the same time is computed once. An answer that is young for what it cost is given again;
 * an older one is given at once, with the time it speaks for, while it is computed anew. So a page on a large warehouse answers in
 * milliseconds and says as of when, and on a small one it is never more than a second behind.
 */
export interface Answer {
  text: string;
  /** When it was computed, epoch ms. */
  as_of: number;
}

interface Kept extends Answer {
  cost_ms: number;
}

const young_ms = 1_000;
const times_cost = 10;
const oldest_young_ms = 300_000;
/** Beyond this an answer is not given any more, only waited for: nobody looked for so long. */
const stale_ms = 600_000;

export class Answers {
  readonly #now: () => number;
  readonly #most_bytes: number;
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<Answer>>();
  #bytes = 0;

  constructor(now: () => number, most_bytes: number) {
    this.#now = now;
    this.#most_bytes = most_bytes;
  }

  async of(question: string, compute: () => Promise<string>): Promise<Answer> {
    const kept = this.#kept.get(question);
    if (!kept) return this.#compute(question, compute);
    const age = this.#now() - kept.as_of;
    if (age > stale_ms + times_cost * kept.cost_ms) return this.#compute(question, compute);
    this.#touch(question, kept);
    const fresh_ms = Math.min(oldest_young_ms, Math.max(young_ms, times_cost * kept.cost_ms));
    if (age >= fresh_ms) void this.#compute(question, compute).catch(() => undefined); // the next one to ask hears of it
    return kept;
  }

  #compute(question: string, compute: () => Promise<string>): Promise<Answer> {
    const running = this.#running.get(question);
    if (running) return running;
    const as_of = this.#now();
    const promise = compute()
      .then(
        (text) => {
          const answer = { text, as_of, cost_ms: this.#now() - as_of };
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
    this.#kept.set(question, answer);
    this.#bytes += answer.text.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most_bytes) break;
      this.#drop(oldest);
    }
  }

  #drop(question: string): void {
    this.#bytes -= this.#kept.get(question)?.text.length ?? 0;
    this.#kept.delete(question);
  }
}
