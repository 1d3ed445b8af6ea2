/** The `persons` table: who an identifier belongs to, as what the links say now less what the table says. */
import type { Warehouse } from '../../platform/warehouse/port.ts';
import type { Components } from '../components.ts';
import { pairs } from '../pairs.ts';

export const person_columns = ['brand_id', 'identifier', 'person_id', 'from_at', 'sign', 'batch'] as const;

export interface Membership {
  brand_id: string;
  identifier: string;
  person_id: string;
  /** Epoch ms; 0 = always. */
  from_at: number;
}

type Asked = readonly (readonly [brand_id: string, identifier: string])[];

/** Everyone connected with these identifiers, themselves included. */
const everyone = (asked: Asked, components: Components): [string, string][] =>
  pairs(
    asked.flatMap(([brand_id, identifier]) =>
      (components.of(brand_id, identifier)?.identifiers ?? [identifier]).map((id) => [brand_id, id] as const),
    ),
  );

/** What the table says of everyone connected with these identifiers. */
export async function loadMemberships(
  warehouse: Warehouse,
  asked: Asked,
  components: Components,
): Promise<Membership[]> {
  return warehouse.query<Membership>(
    `SELECT brand_id, identifier, person_id, toUnixTimestamp64Milli(from_at) AS from_at FROM persons_current
     WHERE (brand_id, identifier) IN {keys:Array(Tuple(String, String))}`,
    { keys: everyone(asked, components) },
  );
}

/** Rows that lead from what the table says to what the links say, and a marker row. */
export function membershipRows(
  asked: Asked,
  components: Components,
  stored: readonly Membership[],
  batch: string,
): unknown[][] {
  const name = (m: Membership): string => JSON.stringify([m.brand_id, m.identifier, m.person_id, m.from_at]);
  const now = new Map(shouldBe(asked, components).map((m) => [name(m), m]));
  const before = new Map(stored.map((m) => [name(m), m]));
  const row = (m: Membership, sign: number): unknown[] => [
    m.brand_id,
    m.identifier,
    m.person_id,
    m.from_at,
    sign,
    batch,
  ];
  return [
    ...[...before].filter(([key]) => !now.has(key)).map(([, membership]) => row(membership, -1)),
    ...[...now].filter(([key]) => !before.has(key)).map(([, membership]) => row(membership, 1)),
    ['', '', '', 0, 0, batch],
  ];
}

/** Identifiers that share their person with another one. */
function shouldBe(asked: Asked, components: Components): Membership[] {
  const done = new Set<unknown>();
  const out: Membership[] = [];
  for (const [brand_id, identifier] of asked) {
    const persons = components.personsOf(brand_id, identifier);
    if (!persons || done.has(persons)) continue;
    done.add(persons);
    for (const { person_id, members } of persons.persons)
      for (const { identifier: member, from_at } of members)
        if (members.length > 1 || from_at > 0)
          out.push({ brand_id, identifier: member, person_id, from_at: Math.max(0, from_at) });
  }
  return out;
}
