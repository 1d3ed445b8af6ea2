import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Link, limits, most_identifiers, type Persons, personsOf, reachOf, strengths } from './persons.ts';

const link = (left: string, right: string, first_at = 0, event_id = `${left} ${right}`): Link => {
  const kindOf = (identifier: string): string => strengths.find((kind) => identifier.startsWith(kind)) ?? 'email';
  return { left, left_kind: kindOf(left), right, right_kind: kindOf(right), first_at, event_id };
};
const resolved = (links: Link[], separations: [string, string][] = []): Persons =>
  personsOf({ links, separations, frozen: false });
/** Persons as sorted lists of their identifiers with since when. */
const shape = (persons: Persons): string[] =>
  persons.persons
    .map(
      (p) => `${p.person_id}: ${p.members.map((m) => `${m.identifier}${m.from_at > 0 ? `@${m.from_at}` : ''}`).sort()}`,
    )
    .sort();
const together = (persons: Persons, a: string, b: string): boolean =>
  persons.of(a, 0)!.person_id === persons.of(b, 0)!.person_id;

const identifiers = fc.constantFrom(
  ...['consumer_id', 'loyalty_id', 'email', 'handle', 'device_id'].flatMap((kind) =>
    [1, 2, 3, 4].map((n) => `${kind}:${n}`),
  ),
);
const anyLinks = fc
  .array(fc.tuple(identifiers, identifiers, fc.integer({ min: 1, max: 9 })), { maxLength: 25 })
  .map((list) => {
    const once = new Map<string, Link>();
    for (const [a, b, at] of list)
      if (a !== b) once.set([a, b].sort().join(' '), link([a, b].sort()[0]!, [a, b].sort()[1]!, at));
    return [...once.values()];
  });
const anyPairs = fc.array(fc.tuple(identifiers, identifiers), { maxLength: 3 });

describe('persons', () => {
  it('are the same whatever the order in which the links came, and from whichever end they are told', () => {
    fc.assert(
      fc.property(
        anyLinks.chain((links) =>
          fc.tuple(fc.constant(links), fc.shuffledSubarray(links, { minLength: links.length })),
        ),
        anyPairs,
        ([links, shuffled], apart) => {
          const turned = shuffled.map(({ left, left_kind, right, right_kind, ...rest }) => ({
            left: right,
            left_kind: right_kind,
            right: left,
            right_kind: left_kind,
            ...rest,
          }));
          expect(shape(resolved(turned, apart))).toEqual(shape(resolved(links, apart)));
        },
      ),
    );
  });

  it('keep every limit, stay below the most identifiers, and never join what is separated', () => {
    fc.assert(
      fc.property(anyLinks, anyPairs, (links, apart) => {
        for (const { members } of resolved(links, apart).persons) {
          const ids = new Set(members.map((m) => m.identifier));
          expect(ids.size).toBeLessThanOrEqual(most_identifiers);
          for (const [kind, most] of Object.entries(limits))
            expect([...ids].filter((id) => id.startsWith(`${kind}:`)).length).toBeLessThanOrEqual(most);
          for (const [a, b] of apart) if (a !== b) expect(ids.has(a) && ids.has(b)).toBe(false);
        }
      }),
    );
  });

  it('come back exactly as they were when a link is made and taken back: nothing is remembered', () => {
    fc.assert(
      fc.property(anyLinks, identifiers, identifiers, (links, a, b) => {
        const without = links.filter((l) => !(l.left === a && l.right === b) && !(l.left === b && l.right === a));
        const before = shape(resolved(without));
        resolved([...without, link(a, b, 5)]);
        expect(shape(resolved(without))).toEqual(before);
      }),
    );
  });

  it('own each identifier once at any time', () => {
    fc.assert(
      fc.property(anyLinks, fc.integer({ min: 0, max: 10 }), (links, at) => {
        const { persons } = resolved(links);
        const held = persons.flatMap((p) => p.members.filter((m) => m.from_at <= at && at < m.until_at));
        expect(new Set(held.map((m) => m.identifier)).size).toBe(held.length);
        expect(new Set(persons.map((p) => p.person_id)).size).toBe(persons.length);
      }),
    );
  });

  it('are named by their smallest identifier', () => {
    expect(resolved([link('email:b', 'consumer_id:c')]).of('email:b', 0)!.person_id).toBe('consumer_id:c');
  });

  it('demote the e-mail of a second customer, who is a new person (the published example: abc123, abc456, jane@)', () => {
    const persons = resolved([
      link('consumer_id:abc123', 'email:jane', 1),
      link('consumer_id:abc456', 'email:jane', 2),
    ]);
    expect(shape(persons)).toEqual([
      'consumer_id:abc123: consumer_id:abc123,email:jane',
      'consumer_id:abc456: consumer_id:abc456',
    ]);
    expect(persons.refused.map(({ why }) => why)).toEqual(['limit']);
  });

  it('join by the stronger kind before the weaker one, whichever was first', () => {
    const persons = resolved([
      link('consumer_id:a', 'device_id:d', 1),
      link('consumer_id:b', 'loyalty_id:l', 3),
      link('device_id:d', 'loyalty_id:l', 2),
    ]);
    expect(together(persons, 'loyalty_id:l', 'consumer_id:b')).toBe(true);
    expect(together(persons, 'device_id:d', 'consumer_id:a')).toBe(true);
    expect(together(persons, 'device_id:d', 'loyalty_id:l')).toBe(false);
  });

  it('pass a handle on from the time it is seen with somebody else, and what is seen with it later goes there too', () => {
    const persons = resolved([
      link('consumer_id:ann', 'handle:sun', 10),
      link('consumer_id:bob', 'handle:sun', 20),
      link('email:bob', 'handle:sun', 30),
    ]);
    expect(persons.of('handle:sun', 9)!.person_id).toBe('consumer_id:ann');
    expect(persons.of('handle:sun', 19)!.person_id).toBe('consumer_id:ann');
    expect(persons.of('handle:sun', 20)!.person_id).toBe('consumer_id:bob');
    expect(together(persons, 'email:bob', 'consumer_id:bob')).toBe(true);
  });

  it('of a frozen component are single identifiers', () => {
    const frozen = personsOf({ links: [link('email:a', 'email:b')], separations: [], frozen: true });
    expect(frozen.of('email:a', 0)).toBeNull();
    expect(frozen.refused.map(({ why }) => why)).toEqual(['frozen']);
  });
});

describe('the way from one identifier to another', () => {
  it('counts links and names the weakest kind of key on it', () => {
    const persons = resolved([
      link('consumer_id:c', 'email:e'),
      link('device_id:d', 'email:e'),
      link('consumer_id:c', 'loyalty_id:l'),
    ]);
    const reach = reachOf(persons.of('consumer_id:c', 0)!, ['consumer_id:c'], 0);
    expect(reach.map((r) => `${r.identifier} ${r.hops} ${r.matched_by}`).sort()).toEqual([
      'consumer_id:c 0 consumer_id',
      'device_id:d 2 device_id',
      'email:e 1 email',
      'loyalty_id:l 1 loyalty_id',
    ]);
  });

  it('begins at every identifier the redemption itself names', () => {
    const persons = resolved([link('consumer_id:c', 'email:e'), link('device_id:d', 'email:e')]);
    const reach = reachOf(persons.of('consumer_id:c', 0)!, ['consumer_id:c', 'email:e'], 0);
    expect(reach.find((r) => r.identifier === 'device_id:d')).toMatchObject({ hops: 1, matched_by: 'device_id' });
  });
});
