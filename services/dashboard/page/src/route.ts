import { computed, signal } from '@preact/signals';

/** Where the page stands: `#/influencers/ana-1?brand=moonspoon&period=28d`. Everything that can be shared is in the address. */
export interface Route {
  page: string;
  id: string;
  query: URLSearchParams;
}

function read(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page = '', ...rest] = path.split('/');
  return { page: page || 'overview', id: decoded(rest.join('/')), query: new URLSearchParams(query) };
}
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const at = signal(location.hash);
addEventListener('hashchange', () => {
  at.value = location.hash;
});

export const route = computed(() => read(at.value));
export const place = computed(() => `${route.value.page}/${route.value.id}`);

/** Address of a page; brand and period travel along. */
export function href(page: string, id = ''): string {
  const query = route.value.query.toString();
  const path = page === 'overview' ? '' : id ? `${page}/${encodeURIComponent(id)}` : page;
  return `#/${path}${query ? `?${query}` : ''}`;
}

export function go(page: string, id = ''): void {
  location.hash = href(page, id);
}

/** Change part of the query; `undefined` removes. */
export function choose(changes: Record<string, string | undefined>): void {
  const { page, id, query } = route.value;
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) value === undefined ? next.delete(name) : next.set(name, value);
  const path = page === 'overview' ? '' : id ? `${page}/${encodeURIComponent(id)}` : page;
  location.hash = `#/${path}${next.size ? `?${next}` : ''}`;
}
