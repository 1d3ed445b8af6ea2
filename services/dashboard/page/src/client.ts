import { signal } from '@preact/signals';

/** What the API says when it cannot answer (RFC 9457), or what we say when it does not answer at all. */
export interface Problem {
  title: string;
  detail: string;
  status: number;
  /** Nothing is wrong: the answer is there when asked again after so long. */
  retry_after_s?: number;
}
export interface Answer {
  /** Absent when nothing changed. */
  text?: string;
  etag: string;
  /** The moment it speaks for, where the API says it. */
  as_of: Date | undefined;
  /** A newer answer is being computed, and there in about so long. */
  newer_in_ms?: number;
}

const stored = 'grapevine.key';
const key = sessionStorage.getItem(stored) ?? '';
/** The API asked for a key, or refused the one given. */
export const keyNeeded = signal<'no' | 'missing' | 'refused'>('no');

/** The page is loaded anew, for nothing that one key read may be seen with another. */
export function signIn(text: string): void {
  sessionStorage.setItem(stored, text.trim());
  location.reload();
}
export function signOut(): void {
  sessionStorage.removeItem(stored);
  location.reload();
}
export const signedIn = (): boolean => key !== '';

export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

const isTimeout = ({ reason }: AbortSignal): boolean =>
  reason instanceof DOMException && reason.name === 'TimeoutError';

/** `text`: null where nothing changed. */
async function ask(
  path: string,
  etag: string,
  signal?: AbortSignal,
): Promise<{ response: Response; text: string | null }> {
  const headers = new Headers({ 'cache-control': 'max-stale' }); // of any age, with its time, until the newer one is there
  if (key) headers.set('authorization', `Bearer ${key}`);
  if (etag) headers.set('if-none-match', etag);
  try {
    const response = await fetch(new URL(`api/v1/${path}`, document.baseURI), {
      headers,
      cache: 'no-store',
      ...(signal && { signal }),
    });
    return { response, text: response.status === 304 ? null : await response.text() };
  } catch (error) {
    if (signal?.aborted && !isTimeout(signal)) throw error;
    throw new Refused({
      status: 0,
      title: 'Grapevine does not answer',
      detail: 'Is it still running? Start it again with `npm start`; this page tries again by itself.',
    });
  }
}

/** Ask once; no text when nothing changed since `etag`. Throws Refused. */
export async function read(path: string, etag = '', signal?: AbortSignal): Promise<Answer> {
  const { response, text } = await ask(path, etag, signal);
  const newer = Number(response.headers.get('x-newer-in'));
  const as_of = response.headers.get('x-as-of');
  const said = {
    etag: response.headers.get('etag') ?? '',
    as_of: as_of === null ? undefined : new Date(as_of),
    ...(newer > 0 && { newer_in_ms: newer }),
  };
  if (text === null) return said;
  if (response.ok) return { ...said, text };
  if (response.status === 401) keyNeeded.value = signedIn() ? 'refused' : 'missing';
  throw new Refused(problemOf(response.status, text));
}

function problemOf(status: number, text: string): Problem {
  const fallback = {
    status,
    title: `The answer was ${status}`,
    detail: 'Try again; if it stays, look at the log of Grapevine.',
  };
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== 'object' || said === null) return fallback;
    const title = 'title' in said && typeof said.title === 'string' ? said.title : fallback.title;
    const detail = 'detail' in said && typeof said.detail === 'string' ? said.detail : fallback.detail;
    const later = 'retry_after_s' in said && typeof said.retry_after_s === 'number' ? said.retry_after_s : undefined;
    return { status, title, detail, ...(later !== undefined && { retry_after_s: later }) };
  } catch {
    return fallback;
  }
}
