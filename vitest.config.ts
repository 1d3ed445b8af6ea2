import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const page = 'test/browser/**/*.test.ts';

/** A file that takes minutes and comes last leaves a core idle for as long: those come first, the others by their size as vitest has it. */
const takes_minutes =
  /test\/(faults|simulation)\/faults|test\/integration\/(simulation|w1|corrections|services|verify)/;
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const long = (file: TestSpecification) => takes_minutes.test(file.moduleId);
    return [...sorted.filter(long), ...sorted.filter((file) => !long(file))];
  }
}

// As bin/grapevine.cjs has it: statements of the embedded engine hold a thread each.
process.env.UV_THREADPOOL_SIZE ??= '14';

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'pipeline',
          include: ['services/**/*.test.ts', 'schemas/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, page],
          globalSetup: ['test/support/kafka-setup.ts'],
          maxWorkers: 2, // much of a run is processes that start, and a broker that answers: one file at a time leaves a core idle
          sequence: { groupOrder: 0 },
        },
      },
      // A page that shows what arrives within seconds is tried with nothing beside it.
      { extends: true, test: { name: 'page', include: [page], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
