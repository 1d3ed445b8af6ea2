/**
 * Answers, kept for a while. The same question asked at the same time is computed once. An answer that is young for what it cost is given
 * again. An older one is computed anew: who asks waits for that where it takes a moment, and else gets the old one at once, with the time it
 * speaks for. What is too dear for one who waits is computed behind, one question after the other: who asks first is told so and asks again.
 * Of a question that is part of a larger one and dear, the larger one is computed, once, and this part and every other taken from it.
 * So a page on a large warehouse answers in milliseconds and says as of when, and on a small one it is half a second behind at most.
 */
import { Behind, TooLarge } from './behind.ts';
import { type Kept, KeptAnswers, type Shelf } from './kept.ts';

/**
 * `quick`: somebody waits for it. `behind`: nobody does; it may take more time and memory, and nothing else dear runs beside it. `idle`: nobody has
 * asked for it; it may take its time, and keeps nobody up.
 */
export type Lane = 'quick' | 'behind' | 'idle';
/** `sparing`: there is an older answer, so it may take its time and leave room for those who wait. */
export type Compute = (lane: Lane, sparing?: boolean) => Promise<string>;

/** Makes a question one whose answer is in that to a larger one, which costs no more than itself. */
export interface Part {
  whole: string;
  compute: Compute;
  /** From the answer to the whole. */
  take(whole: string): Promise<string>;
}

/** There is no answer yet: it is computed behind, and there when asked again. */
export class ComputedBehind extends Error {
  override name = 'ComputedBehind';
}

/** As much is being computed as may be, and there is no answer to give. */
export class TooMuch extends Error {
  override name = 'TooMuch';
}

/** Where an answer came from: computed for this question, by another one under way, kept and young, kept and old, or not there yet; or before anybody asked. */
export type How = 'computed' | 'shared' | 'kept' | 'old' | 'behind' | 'prepared';

export interface AnswersOptions {
  now(): number;
  most_bytes: number;
  /** Questions computed at once: beyond that, more would only wait for each other. */
  most_running: number;
  /** Answers renewed at once for those who got the old one; one, if absent. */
  most_renewing?: number;
  /** Whether a question failed only because it took too much for one who waits. */
  tooDear(error: unknown): boolean;
  /** Whether the warehouse did not answer: no question's fault. */
  isAway(error: unknown): boolean;
  /** Whether somebody stopped it, who does not want it begun again at once; never, if absent. */
  wasStopped?(error: unknown): boolean;
  /** Hears of every answer given. */
  onAnswer?(how: How): void;
  /** Where answers are kept for the next start; nowhere, if absent. */
  shelf?: Shelf;
  /** By the clock of the machine, if absent. */
  wait?(ms: number): Promise<void>;
}

/** `from`: the answer that it is only taken from. `first`: who asks waits, and one that takes too much is computed behind. `sparing`: with few threads. */
interface Computing {
  from?: Kept;
  first?: boolean;
  sparing?: boolean;
}

/** An answer is young for half a second and ten times what it cost; less than in proportion where it cost less than three seconds. */
const young_ms = 500;
const times_cost = 10;
const dear_ms = 3_000;
const oldest_young_ms = 300_000;
/** So much longer while somebody waits who has none. */
const times_rare = 10;
/** An answer that took no longer is waited for, so long at most. */
const patience_ms = 170;
/** Beyond this (and ten times what it cost) an answer is not given to who has not said how old it may be: nobody looked for so long. */
const stale_ms = 600_000;
/** The same of one that was computed before this start and is soon there anew. */
const stale_recalled_ms = 10_000;
/** The same while a newer one is being computed behind. */
const stale_behind_ms = 3_600_000;
/** An answer that is older may be on the shelf in a newer form: another copy computed it, or it was prepared. So often that is looked for. */
const look_again_ms = 3_600_000;
const look_every_ms = 60_000;
/** So many questions are remembered for having been stopped. */
const most_too_dear = 1_000;

const withFewThreads = (question: string): string => `with few threads ${question}`;

const youth = ({ cost_ms }: Kept): number =>
  Math.min(oldest_young_ms, young_ms + times_cost * cost_ms * Math.min(1, cost_ms / dear_ms));

export class Answers {
  readonly #options: AnswersOptions;
  readonly #kept: KeptAnswers;
  /** By question; one that is renewed with few threads apart, for nobody who waits is to wait for that. */
  readonly #running = new Map<string, Promise<Kept>>();
  readonly #behind: Behind;
  /** What is renewed for those who got the old answer and is soon there: few at a time, for more would keep those up who wait. */
  readonly #renewing: Behind;
  /** Questions that were stopped for taking too much: nobody is let wait for them again. */
  readonly #too_dear = new Set<string>();

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#kept = new KeptAnswers(options.most_bytes, options.now, options.shelf);
    const { now, isAway, tooDear, wasStopped } = options;
    const comesBack = (error: unknown): boolean => isAway(error) && !wasStopped?.(error);
    this.#behind = new Behind({ now, tooDear, isAway: comesBack });
    this.#renewing = new Behind({ now, tooDear, isAway: comesBack }, options.most_renewing);
  }

  /** Questions being computed now. */
  get running(): number {
    return this.#running.size;
  }

  get #full(): boolean {
    return this.#running.size >= this.#options.most_running;
  }

  /**
   * `oldest_ms`: how much longer than it is young an answer may be given while a newer one is computed, where who asks has said so. Throws
   * ComputedBehind where the answer is not there yet, TooMuch, and what `compute` throws.
   */
  async of(question: string, compute: Compute, part?: Part, oldest_ms?: number): Promise<Kept> {
    const { now, onAnswer } = this.#options;
    const here = this.#usable(question, oldest_ms, part);
    const kept = this.#isToBeLookedFor(here) ? await this.#recalled(question, oldest_ms, part) : here;
    if (kept && now() - kept.as_of < this.#youth(kept)) {
      onAnswer?.('kept');
      return kept;
    }
    if (part && (!kept || kept.cost_ms > dear_ms)) {
      const here = this.#usable(part.whole, oldest_ms);
      const whole = this.#isToBeLookedFor(here) ? await this.#recalled(part.whole, oldest_ms) : here;
      if (whole) return this.#taken(question, part, oldest_ms);
    }
    if (!kept) return this.#first(question, compute, part);
    const answer = await this.#fresh(question, compute, kept.cost_ms, part);
    onAnswer?.(answer ? 'computed' : 'old');
    if (answer) return answer;
    const is_renewed =
      this.#running.has(question) || this.#running.has(withFewThreads(question)) || this.#renewing.has(question);
    return is_renewed ? { ...kept, newer_in_ms: Math.max(kept.cost_ms, kept.last_ms, patience_ms) } : kept;
  }

  /**
   * Computes it with one thread and puts it on the shelf: into memory only when somebody who could not wait for it has asked meanwhile, for it would push out what
   * people look at. What it took, ms; 0 when something else waits, or it failed a while ago.
   */
  prepare(question: string, compute: Compute): Promise<number> {
    const { now, onAnswer } = this.#options;
    if (this.#behind.failure(question)) return Promise.resolve(0);
    return new Promise((done) => {
      const work = async (): Promise<void> => {
        const as_of = now();
        let took_ms = 0;
        try {
          const text = await compute('idle').finally(() => {
            took_ms = now() - as_of;
          });
          const answer = { text, as_of, took_ms, cost_ms: took_ms };
          const before = this.#kept.get(question);
          if (before && before.as_of > as_of) return;
          if (this.#behind.has(question)) this.#kept.keepForLong(question, { ...answer, last_ms: took_ms });
          else await this.#kept.shelveOnly(question, answer);
          onAnswer?.('prepared');
        } finally {
          done(took_ms);
        }
      };
      if (!this.#behind.beginForNobody(question, work)) done(0);
    });
  }

  /** What is new goes to the shelf. */
  shelve(): Promise<void> {
    return this.#kept.shelve();
  }

  /** Nothing more is computed that nobody waits for. */
  stop(): void {
    this.#behind.stop();
    this.#renewing.stop();
  }

  /** What is kept and may be given, if only while it is computed anew. */
  #usable(question: string, oldest_ms?: number, part?: Part): Kept | null {
    const kept = this.#kept.get(question);
    if (!kept) return null;
    const age = this.#options.now() - kept.as_of;
    if (age > (oldest_ms === undefined ? this.#oldest(kept, this.#isBehind(question, part)) : youth(kept) + oldest_ms))
      return null;
    this.#kept.touch(question, kept);
    return kept;
  }

  /** How old it may be where who asks has not said. */
  #oldest({ recalled, cost_ms }: Kept, is_behind: boolean): number {
    const stale = recalled && cost_ms <= dear_ms ? stale_recalled_ms : stale_ms;
    return (is_behind ? Math.max(stale, stale_behind_ms) : stale) + times_cost * cost_ms;
  }

  /** The shelf may have one, or a newer one. */
  #isToBeLookedFor(here: Kept | null): boolean {
    if (!this.#options.shelf) return false;
    const now = this.#options.now();
    return !here || (now - here.as_of >= look_again_ms && now - here.looked_at >= look_every_ms);
  }

  /** The same from the shelf. */
  async #recalled(question: string, oldest_ms?: number, part?: Part): Promise<Kept | null> {
    await this.#kept.recall(question);
    return this.#usable(question, oldest_ms, part);
  }

  /** While somebody has no answer at all, others are renewed less often. */
  #youth(kept: Kept): number {
    const rare = kept.cost_ms > patience_ms && this.#behind.isLacking;
    return rare ? Math.min(oldest_young_ms, times_rare * youth(kept)) : youth(kept);
  }

  #isBehind(question: string, part?: Part): boolean {
    return this.#behind.has(question) || (part !== undefined && this.#behind.has(part.whole));
  }

  /** Taken from the whole: as old as that, and as dear. */
  async #taken(question: string, { whole, compute, take }: Part, oldest_ms?: number): Promise<Kept> {
    const from = await this.of(whole, compute, undefined, oldest_ms);
    const said = (kept: Kept): Kept => (from.newer_in_ms ? { ...kept, newer_in_ms: from.newer_in_ms } : kept);
    const kept = this.#kept.get(question);
    if (kept && kept.as_of >= from.as_of) return said(kept); // it may have been computed by itself since
    if (from.took_ms <= dear_ms) this.#too_dear.delete(question);
    if (this.#full && !this.#running.has(question)) {
      if (kept) return said(kept);
      throw new TooMuch();
    }
    return said(await this.#compute(question, () => take(from.text), { from }));
  }

  /** Nothing is kept that may be given: who asks waits, unless that takes too much. */
  async #first(question: string, compute: Compute, part?: Part): Promise<Kept> {
    const { onAnswer, tooDear } = this.#options;
    const failed = this.#behind.failure(question);
    if (failed) throw failed.error;
    try {
      if (!this.#too_dear.has(question) && !this.#isBehind(question, part)) {
        const how = this.#running.has(question) ? 'shared' : 'computed';
        if (how === 'computed' && this.#full) throw new TooMuch();
        const answer = await this.#compute(question, () => compute('quick'), { first: true });
        onAnswer?.(how);
        return answer;
      }
    } catch (error) {
      if (!tooDear(error)) throw error;
      this.#too_dear.add(question);
      for (const oldest of this.#too_dear) if (this.#too_dear.size > most_too_dear) this.#too_dear.delete(oldest);
    }
    this.#computeBehind(question, compute, null, part);
    onAnswer?.('behind');
    throw new ComputedBehind();
  }

  /** The answer of now, if it is there in a moment. One that fails is not the fault of who got the old one: the next one hears of it. */
  async #fresh(question: string, compute: Compute, cost_ms: number, part?: Part): Promise<Kept | null> {
    if (cost_ms > dear_ms) {
      if (!this.#running.has(question)) this.#computeBehind(question, compute, cost_ms, part);
      return null;
    }
    if (this.#full && !this.#running.has(question)) return null;
    if (cost_ms > patience_ms) {
      const work = async (): Promise<void> => {
        if (!this.#isYoung(question)) await this.#compute(question, () => compute('quick', true), { sparing: true });
      };
      this.#renewing.add(question, work, cost_ms);
      return null;
    }
    const computed = this.#compute(question, () => compute('quick')).catch(() => null);
    const wait = this.#options.wait ?? ((ms) => new Promise((resume) => setTimeout(resume, ms).unref()));
    return Promise.race([computed, wait(patience_ms).then(() => null)]);
  }

  /** The whole, if the question is part of one that has not just failed. `cost_ms`: of the answer that who asks has; null = none. */
  #computeBehind(question: string, compute: Compute, cost_ms: number | null, part?: Part): void {
    if (part && !this.#behind.failure(part.whole)) return this.#computeBehind(part.whole, part.compute, cost_ms);
    const work = async (): Promise<void> => {
      if (this.#isYoung(question)) return;
      const sparing = this.#kept.has(question);
      const { took_ms } = await this.#compute(question, () => compute('behind', sparing), { sparing });
      if (!this.#kept.has(question)) throw new TooLarge();
      if (took_ms <= dear_ms) this.#too_dear.delete(question); // the machine was short then
    };
    this.#behind.add(question, work, cost_ms);
  }

  /** Somebody had it computed since it was to be computed behind. */
  #isYoung(question: string): boolean {
    const kept = this.#kept.get(question);
    return kept !== undefined && this.#options.now() - kept.as_of < youth(kept);
  }

  #compute(question: string, compute: () => Promise<string>, how: Computing = {}): Promise<Kept> {
    const { isAway, now, tooDear } = this.#options;
    const name = how.sparing ? withFewThreads(question) : question;
    const running = this.#running.get(name);
    if (running) return running;
    const began = now();
    const promise = compute()
      .then(
        (text) => this.#keep(question, text, began, how),
        (error: unknown) => {
          if (!isAway(error) && !(how.first && tooDear(error))) this.#kept.fail(question);
          throw error;
        },
      )
      .finally(() => this.#running.delete(name));
    this.#running.set(name, promise);
    return promise;
  }

  #keep(question: string, text: string, began: number, { from, sparing }: Computing): Kept {
    const before = this.#kept.get(question);
    if (before && before.as_of > (from?.as_of ?? began)) return before;
    if (from) {
      const { as_of, took_ms, cost_ms, recalled } = from;
      return this.#kept.keep(question, { text, as_of, took_ms, cost_ms }, recalled);
    }
    const last_ms = this.#options.now() - began;
    // What it took with few threads says nothing of what it takes who waits.
    const took_ms = sparing && before ? Math.min(last_ms, before.took_ms) : last_ms;
    const cost_ms = Math.min(took_ms, (sparing ? before?.cost_ms : before?.took_ms) ?? took_ms);
    return this.#kept.keepForLong(question, { text, as_of: began, took_ms, cost_ms, last_ms });
  }
}
