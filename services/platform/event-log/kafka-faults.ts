/** What kafkajs throws, and what it means: whether it passes, and waiting until it has. */
import { setTimeout as wait } from 'node:timers/promises';

/** What went wrong at first, which kafkajs wraps when it gives up: the broker's name for it ('' = not said by the broker), and whether it passes. */
export function firstCause(error: unknown): { type: string; passes: boolean } {
  const { type, name, retriable, cause } = (error ?? {}) as Record<string, unknown>;
  return cause
    ? firstCause(cause)
    : { type: String(type ?? ''), passes: retriable === true || passing.has(String(name)) };
}
/** kafkajs takes these for permanent: a question cut off in flight, and many questions behind one that stalls. */
const passing = new Set(['KafkaJSGroupCoordinatorNotFound', 'KafkaJSLockTimeout']);
/** Between a crash and its event kafkajs has no group: what is asked of it then belongs to a claim that is about to be lost. */
export const crashed = (error: unknown): boolean => error instanceof Error && /was not initialized/.test(error.message);
/** Between two questions to a broker that is away, ms. */
export const pause_ms = 250;

/** Asks again until the broker is back; null when the answer is not wanted any more. */
export async function persistently<T>(ask: () => Promise<T>, wanted: () => boolean): Promise<T | null> {
  while (wanted()) {
    try {
      const answer = await ask();
      return wanted() ? answer : null;
    } catch (error) {
      if (!firstCause(error).passes) throw error;
      await wait(pause_ms);
    }
  }
  return null;
}

/** So long a topic may be missing from the broker's list before it counts as deleted: a broker that has just started may not know all yet. */
const deleted_ms = 10_000;

/** Which of the topics are deleted; waits until that is sure, or all are there. */
export async function deletedOf(
  topics: readonly string[],
  listTopics: () => Promise<string[]>,
  wanted: () => boolean,
): Promise<string[]> {
  for (const since = performance.now(); ; await wait(pause_ms)) {
    const there = await persistently(listTopics, wanted);
    const missing = there === null ? [] : topics.filter((topic) => !there.includes(topic));
    if (missing.length === 0 || performance.now() - since > deleted_ms) return missing;
  }
}
