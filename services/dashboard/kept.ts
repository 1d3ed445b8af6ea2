/** Answers in memory, up to so many bytes: what was asked for last is dropped last. Those that took a while go to the shelf, and come back from it. */
export interface Answer {
  text: string;
  /** When it was computed, epoch ms. */
  as_of: number;
  /** A newer one is being computed, and there in about so many ms. */
  newer_in_ms?: number;
}

export interface Computed extends Answer {
  took_ms: number;
  /** What it took this time or the time before, whichever is less: a machine that is busy for a moment makes no answer dear. */
  cost_ms: number;
}

export interface Kept extends Computed {
  /** What computing it took this time, however few threads it had. */
  last_ms: number;
  bytes: number;
  /** It came from the shelf. */
  recalled: boolean;
  /** When a newer one was last looked for there. */
  looked_at: number;
}

/** Where answers outlast the process, for all its copies. */
export interface Shelf {
  /** The newest answer; null where there is none, or none can be read in a moment. */
  find(question: string): Promise<Computed | null>;
  /** Never fails: what it cannot keep is lost. */
  put(answers: readonly (readonly [question: string, answer: Computed])[]): Promise<void>;
}

export interface DatedShelf extends Shelf {
  /** When the newest answer was computed; null where there is none. Rejects when that cannot be read. */
  asOf(question: string): Promise<number | null>;
}

/** What took less is computed again sooner than it is worth keeping. */
const worth_ms = 50;
/** A larger answer is not put on the shelf. */
const most_shelved_bytes = 4 << 20;
const most_failed = 1_000;

const sizeOf = (question: string, text: string): number => Buffer.byteLength(text) + question.length;
const isWorthShelving = (question: string, { cost_ms, text }: Computed): boolean =>
  cost_ms > worth_ms && sizeOf(question, text) <= most_shelved_bytes;

export class KeptAnswers {
  readonly #most_bytes: number;
  readonly #now: () => number;
  readonly #shelf: Shelf | undefined;
  readonly #kept = new Map<string, Kept>();
  /** Questions with an answer that the shelf does not have. */
  readonly #unshelved = new Set<string>();
  /** When questions failed: what the shelf has of them from before is not given any more. */
  readonly #failed = new Map<string, number>();
  readonly #finding = new Map<string, Promise<Computed | null>>();
  #shelving: Promise<void> = Promise.resolve();
  #bytes = 0;

  constructor(most_bytes: number, now: () => number, shelf?: Shelf) {
    this.#most_bytes = most_bytes;
    this.#now = now;
    this.#shelf = shelf;
  }

  get(question: string): Kept | undefined {
    return this.#kept.get(question);
  }

  has(question: string): boolean {
    return this.#kept.has(question);
  }

  /** `recalled`: it was made from one that came from the shelf. */
  keep(question: string, answer: Computed, recalled = false): Kept {
    return this.#put(question, answer, recalled);
  }

  /** The same, and it goes to the shelf if it took a while. */
  keepForLong(question: string, answer: Computed & Pick<Kept, 'last_ms'>): Kept {
    const kept = this.#put(question, answer, false);
    if (isWorthShelving(question, kept)) this.#unshelved.add(question);
    return kept;
  }

  /** It goes to the shelf if it took a while, and is not kept here. */
  async shelveOnly(question: string, answer: Computed): Promise<void> {
    this.#failed.delete(question);
    if (isWorthShelving(question, answer)) await this.#shelf?.put([[question, answer]]);
  }

  /** It was given. */
  touch(question: string, kept: Kept): void {
    this.#kept.delete(question);
    this.#kept.set(question, kept);
  }

  drop(question: string): void {
    this.#bytes -= this.#kept.get(question)?.bytes ?? 0;
    this.#kept.delete(question);
    this.#unshelved.delete(question);
  }

  /** It could not be computed anew: it is given to nobody, so that the next one who asks hears why. */
  fail(question: string): void {
    this.drop(question);
    this.#failed.delete(question);
    this.#failed.set(question, this.#now());
    for (const oldest of this.#failed.keys()) if (this.#failed.size > most_failed) this.#failed.delete(oldest);
  }

  /** From the shelf, if that has a newer one than is kept here. */
  async recall(question: string): Promise<void> {
    if (!this.#shelf) return;
    const finding = this.#finding.get(question) ?? this.#shelf.find(question);
    this.#finding.set(question, finding);
    const found = await finding.finally(() => this.#finding.delete(question));
    const here = this.#kept.get(question);
    if (here) here.looked_at = this.#now();
    if (!found || found.as_of <= (this.#failed.get(question) ?? Number.NEGATIVE_INFINITY)) return;
    if (found.as_of > this.#now()) return; // another machine's clock is ahead
    if (found.as_of > (here?.as_of ?? Number.NEGATIVE_INFINITY)) this.#put(question, found, true);
  }

  /** What is new goes to the shelf, when what went before is there. */
  shelve(): Promise<void> {
    this.#shelving = this.#shelving.then(() => this.#shelveNew());
    return this.#shelving;
  }

  async #shelveNew(): Promise<void> {
    const answers = [...this.#unshelved].flatMap((question) => {
      const kept = this.#kept.get(question);
      return kept ? [[question, kept] as const] : [];
    });
    this.#unshelved.clear();
    if (answers.length > 0) await this.#shelf?.put(answers);
  }

  #put(
    question: string,
    { text, as_of, took_ms, cost_ms, last_ms = took_ms }: Computed & Partial<Pick<Kept, 'last_ms'>>,
    recalled: boolean,
  ): Kept {
    this.drop(question);
    this.#failed.delete(question);
    const bytes = sizeOf(question, text);
    const looked_at = recalled ? this.#now() : 0;
    const kept = { text, as_of, took_ms, cost_ms, last_ms, bytes, recalled, looked_at };
    if (bytes > this.#most_bytes) return kept; // alone too large: it would only push out the others
    this.#kept.set(question, kept);
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most_bytes) break;
      this.drop(oldest);
    }
    return kept;
  }
}
