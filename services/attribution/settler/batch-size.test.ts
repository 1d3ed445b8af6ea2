import { expect, test } from 'vitest';
import { batchSize } from './batch-size.ts';

test('a batch of the settler takes fewer requests as they post more rows each, never fewer than 50, and more again afterwards', () => {
  const size = batchSize(1_000);
  expect(size.requests).toBe(1_000);
  size.posted(1_000, 7_000);
  expect(size.requests).toBe(1_000);
  size.posted(1_000, 80_000);
  expect(size.requests).toBe(100);
  size.posted(100, 100_000);
  expect(size.requests).toBe(50);
  size.posted(50, 0);
  expect(size.requests).toBe(1_000);
  size.posted(0, 0);
  expect(size.requests).toBe(1_000);
});

test('a configuration of small batches stays small', () => {
  const size = batchSize(5);
  size.posted(5, 1_000_000);
  expect(size.requests).toBe(5);
});
