/** Components of the graph of identity links, as the warehouse has it: all that is connected, whether it holds or not. */
import type { Warehouse } from '../platform/warehouse/port.ts';
import { page_keys, pairs } from './pairs.ts';
import { type Component, type Link, type Persons, personsOf } from './persons.ts';
import { withoutVoided } from './voided-codes.ts';

/** A component with more identifiers than this joins nobody: a public device, a test account, an address everyone types. */
export const most_connected = 1_000;
/** How far connectivity is followed when looking for what a change may touch. */
export const most_followed = 5_000;

export interface Components {
  /** The component of an identifier; null when nothing links it. */
  of(brand_id: string, identifier: string): (Component & { identifiers: string[] }) | null;
  /** The same, resolved into persons; null when nothing links it. */
  personsOf(brand_id: string, identifier: string): Persons | null;
}

interface LinkRow extends Omit<Link, 'first_at' | 'event_id'> {
  brand_id: string;
  first: [first_at: number, event_id: string];
}

interface Group {
  brand_id: string;
  identifiers: string[];
  links: Link[];
  persons?: Persons;
}

/** Follows links from these identifiers until nothing new is found, or a component has more than `most` identifiers. */
export async function loadComponents(
  warehouse: Warehouse,
  identifiers: Iterable<readonly [brand_id: string, identifier: string]>,
  most = most_connected,
): Promise<Components> {
  const groups = new Map<string, Group>();
  const known = new Set<string>();
  const asked = new Set<string>();
  for (let edge = pairs(identifiers); edge.length > 0; ) {
    for (const [brand_id, identifier] of edge) asked.add(`${brand_id}/${identifier}`);
    const found: [string, string][] = [];
    for (const { brand_id, first, ...link } of await linksOf(warehouse, edge)) {
      const group = joined(groups, brand_id, link);
      const name = `${brand_id}/${[link.left, link.right].sort().join(' ')}`;
      if (!known.has(name)) group.links.push({ ...link, first_at: first[0], event_id: first[1] });
      known.add(name);
      found.push([brand_id, link.right]);
    }
    const isNext = ([brand_id, identifier]: [string, string]): boolean => {
      const key = `${brand_id}/${identifier}`;
      return !asked.has(key) && groups.get(key)!.identifiers.length <= most;
    };
    edge = pairs(found.filter(isNext));
  }
  const apart = groups.size === 0 ? new Map<string, [string, string][]>() : await separationsOf(warehouse, groups);
  const of = (brand_id: string, identifier: string) => {
    const group = groups.get(`${brand_id}/${identifier}`);
    if (!group) return null;
    const { identifiers, links } = group;
    const own = new Set(identifiers);
    const separations = (apart.get(brand_id) ?? []).filter(([a, b]) => own.has(a) && own.has(b));
    return { identifiers, links, separations, frozen: identifiers.length > most_connected };
  };
  return {
    of,
    personsOf(brand_id, identifier) {
      const group = groups.get(`${brand_id}/${identifier}`);
      if (!group) return null;
      group.persons ??= personsOf(of(brand_id, identifier)!);
      return group.persons;
    },
  };
}

/** The group both ends of a link are in from now on. */
function joined(groups: Map<string, Group>, brand_id: string, { left, right }: { left: string; right: string }): Group {
  const groupOf = (identifier: string): Group => {
    const key = `${brand_id}/${identifier}`;
    const found = groups.get(key);
    if (found) return found;
    const group = { brand_id, identifiers: [identifier], links: [] };
    groups.set(key, group);
    return group;
  };
  const [a, b] = [groupOf(left), groupOf(right)];
  if (a === b) return a;
  const [large, small] = a.identifiers.length >= b.identifiers.length ? [a, b] : [b, a];
  for (const identifier of small.identifiers) {
    large.identifiers.push(identifier);
    groups.set(`${brand_id}/${identifier}`, large);
  }
  for (const link of small.links) large.links.push(link);
  return large;
}

/** Standing links of these identifiers, each pair with the first event that says so. Every link is stored from both its ends. */
async function linksOf(warehouse: Warehouse, identifiers: [string, string][]): Promise<LinkRow[]> {
  const rows: LinkRow[] = [];
  for (let from = 0; from < identifiers.length; from += page_keys)
    rows.push(
      ...(await warehouse.query<LinkRow>(
        `SELECT brand_id, left, left_kind, right, right_kind, min((at, event_id)) AS first
         FROM
         (
             SELECT brand_id, left, left_kind, right, right_kind, toUnixTimestamp64Milli(occurred_at) AS at, event_id
             FROM identity_links
             WHERE (brand_id, left) IN {keys:Array(Tuple(String, String))}
             GROUP BY brand_id, left, left_kind, right, right_kind, at, event_id
             HAVING sum(sign) > 0
         )
         GROUP BY brand_id, left, left_kind, right, right_kind, if('coupon_code' IN (left_kind, right_kind), event_id, '')`,
        { keys: identifiers.slice(from, from + page_keys) },
      )),
    );
  return firstOfEach(await withoutVoided(warehouse, rows));
}

/** Each pair with the first event that says so. A pair with a code was read with every event, for any of them may be of a voided redemption. */
function firstOfEach(rows: LinkRow[]): LinkRow[] {
  const out = new Map<string, LinkRow>();
  for (const row of rows) {
    const key = `${row.brand_id}/${row.left} ${row.right}`;
    const other = out.get(key);
    const [at, event_id] = row.first;
    if (!other || at < other.first[0] || (at === other.first[0] && event_id < other.first[1])) out.set(key, row);
  }
  return [...out.values()];
}

/** What a separation record says, as ingest wrote it. */
export interface SeparationBody {
  identifiers: { kind: string; pseudonym: string }[];
  withdrawn?: boolean;
}

async function separationsOf(
  warehouse: Warehouse,
  groups: ReadonlyMap<string, Group>,
): Promise<Map<string, [string, string][]>> {
  const brands = [...new Set([...groups.values()].map((group) => group.brand_id))];
  const rows = await warehouse.query<{ brand_id: string; newest: string }>(
    `SELECT brand_id, argMax(body, version) AS newest FROM reference_records
     WHERE kind = 'separation' AND brand_id IN {brands:Array(String)} GROUP BY brand_id, id`,
    { brands },
  );
  const out = new Map<string, [string, string][]>();
  for (const { brand_id, newest } of rows) {
    const { identifiers, withdrawn } = JSON.parse(newest) as SeparationBody;
    const [a, b] = identifiers;
    if (withdrawn || !a || !b || a.pseudonym === b.pseudonym) continue;
    const list = out.get(brand_id) ?? [];
    list.push([a.pseudonym, b.pseudonym]);
    out.set(brand_id, list);
  }
  return out;
}
