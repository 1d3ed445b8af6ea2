/**
 * What a page opens with, computed before anybody asks: over many events the first answers take minutes. One after the other with one
 * thread, begun only while nothing else is computed and the pipeline keeps up; onto the shelf, not into memory, where they would push out what
 * people look at. Who asks gets them with the time they speak for, and newer ones soon.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Compute } from './answers.ts';
import type { View } from './catalogue.ts';
import type { DatedShelf } from './kept.ts';
import { brandQuestions } from './page-questions.ts';
import { questionOf } from './question.ts';
import type { Read } from './reader.ts';
import { namedOf, whole_views } from './whole.ts';

export interface PreparerParts {
  read: Read;
  shelf: Pick<DatedShelf, 'asOf'>;
  catalogue: ReadonlyMap<string, View>;
  /** Tables of rows of brands. */
  tables: readonly string[];
  brands(): Promise<readonly string[]>;
  /** Nobody waits for anything. */
  isIdle(): Promise<boolean>;
  now(): number;
  /** Computes it and keeps it for who asks. What it took, ms. Never fails. */
  prepare(question: string, compute: Compute): Promise<number>;
  /** By the clock of the machine, if absent. Rejects when the signal comes. */
  wait?(ms: number, signal: AbortSignal): Promise<unknown>;
}

/** An answer is prepared again when it is older. */
const young_ms = 3_600_000;
/** The pause after a round that was dear is so many times as long: preparing takes a twentieth of the time of each copy at most. */
const times_work = 20;
const look_every_ms = 1_000;

export class Preparer {
  readonly #parts: PreparerParts;
  readonly #stopping = new AbortController();

  constructor(parts: PreparerParts) {
    this.#parts = parts;
  }

  /** Round after round until stopped, with `rest_ms` between two of them, or more. */
  async run(rest_ms: number): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const work_ms = await this.round().catch(() => 0); // the warehouse is away: the next round finds it again
      await this.#pause(Math.max(rest_ms, times_work * work_ms));
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Everything that is due, once. How long that was computed, ms. */
  async round(): Promise<number> {
    let work_ms = 0;
    for (const brand of await this.#parts.brands())
      for (const [question, compute] of this.#questionsOf(brand)) {
        if (await this.#isDue(question)) work_ms += await this.#prepare(question, compute);
        if (this.#stopping.signal.aborted) return work_ms;
      }
    return work_ms;
  }

  /** By the names that the read API keeps them under. */
  #questionsOf(brand: string): Map<string, Compute> {
    const { catalogue, read, tables } = this.#parts;
    const asked = [...brandQuestions(encodeURIComponent(brand)), ...[...whole_views].map((view) => `views/${view}`)];
    return new Map(
      asked.flatMap((address) => {
        const { pathname, searchParams } = new URL(address, 'http://localhost');
        const view = catalogue.get(pathname.replace('/views/', ''));
        if (!view) return [];
        const { brand_id: _, ...parameters } = Object.fromEntries(searchParams);
        const of_brand = view.columns.some(({ name }) => name === 'brand_id') ? brand : null;
        const question = questionOf(view, parameters, of_brand, '', tables);
        const { name, compute, part } = namedOf(read, view, question, of_brand);
        return [part ? ([part.whole, part.compute] as const) : ([name, compute] as const)];
      }),
    );
  }

  /** Not while it cannot be known. */
  async #isDue(question: string): Promise<boolean> {
    const { shelf, now } = this.#parts;
    return shelf.asOf(question).then(
      (as_of) => as_of === null || now() - as_of >= young_ms,
      () => false,
    );
  }

  /** How long it took, ms. */
  async #prepare(question: string, compute: Compute): Promise<number> {
    const { isIdle, prepare } = this.#parts;
    while (!(await isIdle().catch(() => false))) {
      await this.#pause(look_every_ms);
      if (this.#stopping.signal.aborted) return 0;
    }
    return prepare(question, compute);
  }

  async #pause(ms: number): Promise<void> {
    const waiting = this.#parts.wait ?? ((for_ms, signal) => wait(for_ms, undefined, { signal, ref: false }));
    await waiting(ms, this.#stopping.signal).catch(() => undefined);
  }
}
