/** A slice of `npm run test:faults` and `npm run test:mutations`: the same seeds every time. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstToNotice, switchedOff } from './mutate.ts';
import { mutations } from './mutations.ts';
import { caseOf, judge, openTables } from './seed.ts';

const patience_ms = 600_000;

describe('whatever is killed, stalled, delayed, repeated or torn apart, the tables end as if nothing had happened', () => {
  let tables: Awaited<ReturnType<typeof openTables>>;
  beforeAll(async () => {
    tables = await openTables();
  });
  afterAll(() => tables.close());

  test('in fifteen seeded runs', { timeout: patience_ms }, async () => {
    for (let seed = 1; seed <= 15; seed++) {
      const { wrong } = await judge(caseOf(seed), tables.warehouse);
      expect(wrong, `npm run test:faults -- --seed ${seed}`).toEqual([]);
    }
  });

  test('and the same seed tells the same story', { timeout: patience_ms }, async () => {
    const [first, second] = [await judge(caseOf(7), tables.warehouse), await judge(caseOf(7), tables.warehouse)];
    expect(first.run.faults).toBeGreaterThan(0);
    expect(second.run.story).toEqual(first.run.story);
  });
});

describe('a mechanism', () => {
  test.each(mutations)('can be switched off in the sources: $mechanism', (mutation) => {
    expect(switchedOff(mutation).length).toBeGreaterThan(0);
  });

  const noticed_soon = mutations.filter(({ mechanism }) => /^(own attempt|read-back|event-id key)/.test(mechanism));
  test.each(noticed_soon)(
    'is missed once it is switched off: $mechanism',
    { timeout: patience_ms },
    async (mutation) => {
      expect(await firstToNotice(mutation, mutation.seed, 10)).not.toBeNull();
    },
  );
});
