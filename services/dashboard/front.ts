/** Which requests are for the page and its API, where ClickHouse's HTTP interface shares the port; and which are from strangers. */
import type { IncomingMessage } from 'node:http';

type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** Names under which this machine reaches itself. */
export const own_hosts = ['127.0.0.1', 'localhost', '[::1]'] as const;

const nameIn = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

/**
 * Why a request comes from a page of somebody else, or null. Such a page may reach a server of this machine under a name of its own that
 * leads here (DNS rebinding), or send it a form: neither may read or write.
 */
export function strangeIn({ headers }: Pick<Asked, 'headers'>, hosts: readonly string[]): string | null {
  if (!hosts.includes(nameIn(headers.host ?? ''))) return `it answers to ${hosts.join(', ')} only`;
  const { origin } = headers;
  if (origin !== undefined && !hosts.includes(nameIn(origin.replace(/^https?:\/\//, ''))))
    return 'it answers to no page of another site';
  const fetched = headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate';
  return fetched ? 'it answers to no page of another site' : null;
}

/** Paths below /api and files of the page; `/` when a browser asks for a document and not for a query. Any text may come as an address. */
export function asksForPage({ method, url = '/', headers }: Asked): boolean {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  if (/^\/api(\/|$)/.test(path)) return true;
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (path === '/') return !new URLSearchParams(query).has('query') && /text\/html/.test(headers.accept ?? '');
  return /^\/(assets\/|[\w.-]+\.(svg|ico|png|webmanifest|txt|js|css)$)/.test(path);
}
