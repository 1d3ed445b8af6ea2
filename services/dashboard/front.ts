/** Which requests are for the page and its API, where ClickHouse's HTTP interface shares the port. */
import type { IncomingMessage } from 'node:http';

/** Names under which this machine reaches itself. */
export const own_hosts = ['127.0.0.1', 'localhost', '[::1]'] as const;

/** Paths below /api and files of the page; `/` when a browser asks for a document and not for a query. */
export function asksForPage({
  method,
  url = '/',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
  const { pathname, searchParams } = new URL(url, 'http://local');
  if (/^\/api(\/|$)/.test(pathname)) return true;
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (pathname === '/') return !searchParams.has('query') && /text\/html/.test(headers.accept ?? '');
  return (
    pathname !== '/ping' &&
    pathname !== '/replicas_status' &&
    /^\/(assets\/|[\w.-]+\.(svg|ico|png|webmanifest|txt|js|css)$)/.test(pathname)
  );
}
