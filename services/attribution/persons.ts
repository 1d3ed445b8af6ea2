/**
 * Persons: which identifiers belong to one human. Which links hold is a function of the set of links, never of the order in which they
 * arrived: strongest kinds first, then the earlier (occurred_at, event_id). A link that would break a limit or a separation does not hold
 * (the weaker end is demoted, DOMAIN 3); a handle then passes to its new person from that time on. Pure.
 */
import { identifier_kinds } from '../../schemas/values/identifier.ts';

/** Two identifiers that appeared together; the first event that says so. */
export interface Link {
  left: string;
  left_kind: string;
  right: string;
  right_kind: string;
  /** When that event happened, epoch ms. */
  first_at: number;
  event_id: string;
}

/** Everything connected by links, whether they hold or not. */
export interface Component {
  links: Link[];
  /** Pairs that somebody said are not one person. */
  separations: [string, string][];
  /** Too large to be one person's: nobody is joined on the strength of it. */
  frozen: boolean;
}

/** An identifier as part of a person, for the time in which it is. */
export interface Member {
  identifier: string;
  kind: string;
  /** Epoch ms, inclusive; -Infinity unless a handle came from another person. */
  from_at: number;
  /** Epoch ms, exclusive; Infinity unless a handle went to another person. */
  until_at: number;
}

export interface Person {
  /** The smallest identifier. */
  person_id: string;
  members: Member[];
  /** Links that hold, as pairs of indices into `members`. */
  joints: [number, number][];
}

export interface Persons {
  persons: Person[];
  /** Links that do not hold, and why. */
  refused: { link: Link; why: 'limit' | 'size' | 'separated' | 'frozen' }[];
  /** The person an identifier is joined into at a time; null when it stands alone. */
  of(identifier: string, at: number): Person | null;
}

/** Kinds strong to weak, the unique coupon code among them. */
export const strengths: readonly string[] = [
  ...identifier_kinds.slice(0, 2),
  'coupon_code',
  ...identifier_kinds.slice(2),
];
const rank = new Map(strengths.map((kind, i) => [kind, i]));
export const rankOf = (kind: string): number => rank.get(kind) ?? strengths.length;

/** Most identifiers of a kind that one person has. */
export const limits: Readonly<Record<string, number>> = {
  consumer_id: 1,
  loyalty_id: 5,
  coupon_code: 20,
  email: 5,
  phone: 5,
  platform_id: 10,
  handle: 10,
  click_id: 20,
  device_id: 10,
};
/** Most identifiers of all kinds. */
export const most_identifiers = 50;

export const alone = (identifier: string, kind: string): Person => ({
  person_id: identifier,
  members: [{ identifier, kind, from_at: Number.NEGATIVE_INFINITY, until_at: Number.POSITIVE_INFINITY }],
  joints: [],
});

export function personsOf({ links, separations, frozen }: Component): Persons {
  if (frozen) return { persons: [], refused: links.map((link) => ({ link, why: 'frozen' })), of: () => null };
  const sorted = [...links].sort(byStrength);
  const splits = new Map<string, number[]>();
  for (;;) {
    const joined = join(sorted, separations, splits);
    const handover = firstHandover(joined);
    if (!handover) return personsFrom(joined);
    splits.set(
      handover.handle,
      [...(splits.get(handover.handle) ?? []), handover.at].sort((a, b) => a - b),
    );
  }
}

function byStrength(a: Link, b: Link): number {
  const key = (link: Link): [number, number] => {
    const [left, right] = [rankOf(link.left_kind), rankOf(link.right_kind)];
    return left < right ? [left, right] : [right, left];
  };
  const [x, y] = [key(a), key(b)];
  return (
    x[0] - y[0] ||
    x[1] - y[1] ||
    a.first_at - b.first_at ||
    compare(a.event_id, b.event_id) ||
    compare(ends(a), ends(b))
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const ends = ({ left, right }: Link): string => (left < right ? `${left} ${right}` : `${right} ${left}`);

interface Joined {
  nodes: Member[];
  /** Root of each node. */
  root(node: number): number;
  held: { link: Link; nodes: [number, number] }[];
  refused: { link: Link; nodes: [number, number]; why: 'limit' | 'size' | 'separated' }[];
}

/** Kruskal's way: strongest link first, each joins two groups unless a limit or a separation forbids it. */
function join(sorted: Link[], separations: [string, string][], splits: ReadonlyMap<string, number[]>): Joined {
  const nodes: Member[] = [];
  const parents: number[] = [];
  const groups: number[][] = [];
  const known = new Map<string, number>();
  const nodeOf = (identifier: string, kind: string, at: number): number => {
    const times = splits.get(identifier) ?? [];
    const period = times.filter((time) => time <= at).length;
    const name = `${period} ${identifier}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const from_at = period === 0 ? Number.NEGATIVE_INFINITY : times[period - 1]!;
    const node = nodes.push({ identifier, kind, from_at, until_at: times[period] ?? Number.POSITIVE_INFINITY }) - 1;
    known.set(name, node);
    parents.push(node);
    groups.push([node]);
    return node;
  };
  const root = (node: number): number => {
    let at = node;
    while (parents[at] !== at) at = parents[at]!;
    return at;
  };
  const out: Joined = { nodes, root, held: [], refused: [] };
  for (const link of sorted) {
    const ends: [number, number] = [
      nodeOf(link.left, link.left_kind, link.first_at),
      nodeOf(link.right, link.right_kind, link.first_at),
    ];
    const [a, b] = [root(ends[0]), root(ends[1])];
    const why =
      a === b
        ? null
        : forbids(
            [...groups[a]!, ...groups[b]!].map((node) => nodes[node]!),
            separations,
          );
    if (why) {
      out.refused.push({ link, nodes: ends, why });
      continue;
    }
    out.held.push({ link, nodes: ends });
    if (a === b) continue;
    const [large, small] = groups[a]!.length >= groups[b]!.length ? [a, b] : [b, a];
    parents[small] = large;
    groups[large]!.push(...groups[small]!);
    groups[small] = [];
  }
  return out;
}

function forbids(members: Member[], separations: [string, string][]): 'limit' | 'size' | 'separated' | null {
  const identifiers = new Set(members.map((member) => member.identifier));
  if (separations.some(([a, b]) => identifiers.has(a) && identifiers.has(b))) return 'separated';
  const counts = new Map<string, Set<string>>();
  for (const { kind, identifier } of members) counts.set(kind, (counts.get(kind) ?? new Set()).add(identifier));
  for (const [kind, ids] of counts) if (ids.size > (limits[kind] ?? 10)) return 'limit';
  return identifiers.size > most_identifiers ? 'size' : null;
}

/** A handle that has a person and is then seen with another one who cannot be the same: from that time on it is the other's. */
function firstHandover({ nodes, held, refused }: Joined): { handle: string; at: number } | null {
  let first: { handle: string; at: number } | null = null;
  for (const { link, nodes: ends, why } of refused)
    for (const end of ends) {
      const { identifier, kind, from_at } = nodes[end]!;
      if (why !== 'limit' || kind !== 'handle' || link.first_at <= from_at) continue;
      const had = held.some((h) => h.nodes.includes(end) && h.link.first_at < link.first_at);
      if (!had) continue;
      if (!first || link.first_at < first.at || (link.first_at === first.at && identifier < first.handle))
        first = { handle: identifier, at: link.first_at };
    }
  return first;
}

function personsFrom({ nodes, root, held, refused }: Joined): Persons {
  const byRoot = new Map<number, number[]>();
  for (const node of nodes.keys()) {
    const group = byRoot.get(root(node));
    if (group) group.push(node);
    else byRoot.set(root(node), [node]);
  }
  const persons: Person[] = [];
  const personAt = new Map<string, { member: Member; person: Person }[]>();
  for (const group of byRoot.values()) {
    const index = new Map(group.map((node, i) => [node, i]));
    const members = group.map((node) => nodes[node]!);
    const joints = held
      .filter(({ nodes: [a] }) => index.has(a))
      .map(({ nodes: [a, b] }): [number, number] => [index.get(a)!, index.get(b)!]);
    const person = { person_id: nameOf(members), members, joints };
    persons.push(person);
    for (const member of members) {
      const periods = personAt.get(member.identifier) ?? [];
      periods.push({ member, person });
      personAt.set(member.identifier, periods);
    }
  }
  return {
    persons,
    refused: refused.map(({ link, why }) => ({ link, why })),
    of: (identifier, at) =>
      personAt.get(identifier)?.find(({ member }) => member.from_at <= at && at < member.until_at)?.person ?? null,
  };
}

/** A handle that came from someone else names that one, not us, unless we have nothing else. */
function nameOf(members: Member[]): string {
  const own = members.filter((member) => member.from_at === Number.NEGATIVE_INFINITY).map((m) => m.identifier);
  const names = own.length > 0 ? own : members.map((m) => `${m.identifier}@${m.from_at}`);
  return names.sort(compare)[0]!;
}

/** How a touch by an identifier reaches someone known by `starts`: over how many links, and the weakest kind of key on the way. */
export interface Reach extends Member {
  hops: number;
  matched_by: string;
}

/** Every member of a person as reached from the identifiers of an event at its time: fewest links first, then the stronger way. */
export function reachOf(person: Person, starts: readonly string[], at: number): Reach[] {
  const reached = new Map<number, Reach>();
  const known = new Set(starts);
  let edge: number[] = [];
  for (const [i, member] of person.members.entries())
    if (known.has(member.identifier) && member.from_at <= at && at < member.until_at) {
      reached.set(i, { ...member, hops: 0, matched_by: member.kind });
      edge.push(i);
    }
  for (let hops = 1; edge.length > 0; hops++) {
    const next = new Map<number, Reach>();
    for (const [a, b] of person.joints)
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const way = edge.includes(from) ? reached.get(from) : undefined;
        if (!way || reached.has(to)) continue;
        const member = person.members[to]!;
        const matched_by = rankOf(way.matched_by) > rankOf(member.kind) ? way.matched_by : member.kind;
        const other = next.get(to);
        if (!other || rankOf(matched_by) < rankOf(other.matched_by)) next.set(to, { ...member, hops, matched_by });
      }
    for (const [node, reach] of next) reached.set(node, reach);
    edge = [...next.keys()];
  }
  return [...reached.values()];
}
