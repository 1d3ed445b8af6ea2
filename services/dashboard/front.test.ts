import { describe, expect, it } from 'vitest';
import { asksForPage, own_hosts, strangeIn } from './front.ts';

describe('on one port with ClickHouse, each request finds its own', () => {
  const to = (method: string, url: string, accept = '*/*') => asksForPage({ method, url, headers: { accept } });
  const page = ['/api', '/api/v1/views', '/api/docs/', '/assets/x.js', '/favicon.svg', '/grape.svg', '/index.html.js'];
  it.each(page)('GET %s is for the page', (url) => expect(to('GET', url)).toBe(true));
  it('a browser that opens the address is, and one that asks a query is not', () => {
    expect(to('GET', '/', 'text/html,*/*')).toBe(true);
    expect(to('GET', '/?theme=dark', 'text/html')).toBe(true);
    expect(to('GET', '/?query=SELECT+1', 'text/html')).toBe(false);
    expect(to('GET', '/?database=x&query=SELECT+1', 'text/html')).toBe(false);
  });
  const engine = [
    ['POST', '/'],
    ['POST', '/assets/x.js'],
    ['GET', '/'],
    ['GET', '/ping'],
    ['GET', '/replicas_status'],
    ['GET', '/apiary'],
    ['GET', '/?query=SELECT+1'],
    ['GET', 'http://127.0.0.1:1/ping'],
  ] as const;
  it.each(engine)('%s %s is for the engine', (method, url) => expect(to(method, url)).toBe(false));
  it.each(['//', '//evil:x', '', '?', '/%', '/%zz?query', '*', 'http://', '/\\'])(
    'any text may come as an address: %j',
    (url) => expect(to('GET', url)).toBe(false),
  );
});

describe('strangers', () => {
  const strange = (headers: Record<string, string>) => strangeIn({ headers }, own_hosts) !== null;
  it.each([
    {},
    { host: '' },
    { host: 'evil.example' },
    { host: '127.0.0.1.evil.example' },
    { host: 'localhost:1', origin: 'http://evil.example:1' },
    { host: 'localhost:1', origin: 'null' },
    { host: 'localhost:1', origin: 'http://localhost.evil.example' },
    { host: 'localhost:1', origin: 'chrome-extension://localhost' },
    { host: 'localhost:1', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  ] as Record<string, string>[])('%j is one', (headers) => expect(strange(headers)).toBe(true));
  it.each([
    { host: 'localhost' },
    { host: '127.0.0.1:8787' },
    { host: '[::1]:8787' },
    { host: 'LocalHost:1' },
    { host: 'localhost:1', origin: 'http://localhost:1', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
    { host: 'localhost:1', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, // somebody followed a link
  ] as Record<string, string>[])('%j is none', (headers) => expect(strange(headers)).toBe(false));
});
