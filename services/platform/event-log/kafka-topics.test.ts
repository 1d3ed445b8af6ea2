import type { Admin } from 'kafkajs';
import { expect, test } from 'vitest';
import { createMissing } from './kafka-topics.ts';

const wanted = { name: 't', partitions: 4, retention_ms: null, compacted: false, transient: false };
const admin = (made: boolean) =>
  ({
    listTopics: async () => [],
    createTopics: async () => made,
    fetchTopicOffsets: async () => [],
  }) as unknown as Admin;

test('a topic that another process made in the same moment, with another number of partitions, is refused', async () => {
  await expect(createMissing(admin(false), [wanted], async () => 8)).rejects.toThrow(/t has 8 partitions, asked for 4/);
  expect(await createMissing(admin(false), [wanted], async () => 4)).toEqual([wanted]);
});

test('a topic that was made is as it was asked for', async () => {
  const notAsked = async () => Promise.reject(new Error('not known to this broker yet'));
  expect(await createMissing(admin(true), [wanted], notAsked)).toEqual([wanted]);
});
