import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['services/**/*.test.ts', 'schemas/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/support/kafka-setup.ts'],
    pool: 'forks',
    maxWorkers: 2, // half of a gate's time is processes that start, and a broker that answers: one file at a time leaves a core idle
  },
});
