import { configDefaults, defineConfig } from 'vitest/config';

const page = 'test/browser/**/*.test.ts';

export default defineConfig({
  test: {
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
