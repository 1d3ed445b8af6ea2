import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { keyNeeded, type Problem, Refused, read } from './client.ts';

/** A question that is asked again and again while somebody looks at its answer. */
export interface Live<Body> {
  path: string;
  /** Replaced only when the rows differ, so that what did not change is not drawn again. */
  body: Signal<Body | undefined>;
  problem: Signal<Problem | undefined>;
  /** The moment the answer speaks for, when that is a while ago: on a large warehouse answers are computed now and then. */
  old: Signal<Date | undefined>;
}
const a_while_ms = 15_000;
interface Watched extends Live<unknown> {
  watchers: number;
  etag: string;
  content: string;
  every_ms: number;
  /** When to ask sooner, because what was given is about to be replaced. */
  newer_in_ms: number | undefined;
  failures: number;
  asking: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const quick_ms = 1_000;
const slowest_ms = 30_000;
/** Nothing takes so long: the network has lost it. */
const longest_ms = 60_000;
/** Nothing at all was answered for so long. */
const outage_ms = 5_000;
let answered_at = 0;
const all = new Map<string, Watched>();
/** The moment the newest of all numbers speaks for. */
export const asOf = signal<Date | undefined>(undefined);
export const trouble = signal<Problem | undefined>(undefined);

/** An answer without the moment it speaks for. */
function contentOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return JSON.stringify(body);
  const { as_of: _, ...rest } = body as Record<string, unknown>;
  return JSON.stringify(rest);
}

async function ask(live: Watched): Promise<void> {
  try {
    const answer = await read(live.path, live.etag, AbortSignal.timeout(longest_ms));
    live.failures = 0;
    live.problem.value = undefined;
    const there_again = trouble.value?.status === 0 && Date.now() - answered_at > outage_ms;
    answered_at = Date.now();
    trouble.value = undefined;
    if (answer.as_of) speaksFor(live, answer.as_of);
    if (there_again) askAgain(); // the others wait for up to half a minute
    live.newer_in_ms = answer.newer_in_ms;
    if (answer.text !== undefined) take(live, answer.text, answer.etag);
  } catch (error) {
    const problem =
      error instanceof Refused ? error.problem : { status: 0, title: 'Unreadable answer', detail: String(error) };
    live.problem.value = problem;
    live.newer_in_ms = undefined;
    live.failures += 1;
    if (problem.retry_after_s === undefined && (problem.status === 0 || problem.status >= 500)) trouble.value = problem;
  }
}

function speaksFor(live: Watched, as_of: Date): void {
  if (live.path.startsWith('views/') && (!asOf.value || as_of > asOf.value)) asOf.value = as_of;
  const isOld = Date.now() - as_of.getTime() > a_while_ms;
  if (live.old.value?.getTime() !== (isOld ? as_of.getTime() : undefined)) live.old.value = isOld ? as_of : undefined;
}

function take(live: Watched, text: string, etag: string): void {
  const body: unknown = JSON.parse(text);
  const content = contentOf(body);
  live.etag = etag;
  if (content === live.content) return;
  live.content = content;
  live.body.value = body;
}

/** One question after the other, never two at once for the same address; slower after failures, not at all while hidden. */
async function tick(live: Watched): Promise<void> {
  if (live.watchers === 0 || live.asking) return;
  live.asking = true;
  if (document.visibilityState === 'visible' && keyNeeded.value === 'no') await ask(live);
  live.asking = false;
  if (live.watchers === 0) return;
  clearTimeout(live.timer);
  const pause_ms =
    (live.problem.value?.retry_after_s ?? 0) * 1_000 ||
    Math.min(live.newer_in_ms ?? live.every_ms, live.every_ms) * 2 ** live.failures;
  live.timer = setTimeout(() => tick(live), Math.min(pause_ms, slowest_ms));
}

export function askAgain(): void {
  for (const live of all.values()) {
    live.failures = 0;
    if (live.watchers > 0) void tick(live);
  }
}
addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') askAgain();
});

const kept = 60;
function watchedOf(path: string, every_ms: number): Watched {
  const known = all.get(path);
  if (known) return known;
  if (all.size >= kept) for (const [old, live] of all) if (live.watchers === 0) all.delete(old);
  const body = signal<unknown>(undefined);
  const problem = signal<Problem | undefined>(undefined);
  const live: Watched = {
    path,
    body,
    problem,
    old: signal<Date | undefined>(undefined),
    watchers: 0,
    etag: '',
    content: '',
    every_ms,
    newer_in_ms: undefined,
    failures: 0,
    asking: false,
    timer: undefined,
  };
  all.set(path, live);
  return live;
}

/** Watch an address of the API while the component is on the page. What was seen before is shown at once. */
export function useLive<Body>(path: string, every_ms = quick_ms): Live<Body> {
  const live = useMemo(() => watchedOf(path, every_ms), [path]);
  useEffect(() => {
    live.watchers += 1;
    if (live.watchers === 1) void tick(live);
    return () => {
      live.watchers -= 1;
      if (live.watchers === 0) clearTimeout(live.timer);
    };
  }, [live]);
  return live as Live<Body>;
}
