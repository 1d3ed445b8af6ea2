import { expect, it } from 'vitest';
import { driftOf } from './topics.ts';

const topic = { name: 'collected', partitions: 4, retention_ms: 7 * 86_400_000, compacted: false, transient: false };

it('a topic is as it should be, or it is said what is otherwise and what to do', () => {
  const said = (found: object) => driftOf([topic], [{ ...topic, ...found }]).get('collected');
  expect(said({})).toBe('as it should be');
  expect(said({ stamped_by: 'sender' })).toContain('set it to LogAppendTime');
  expect(said({ partitions: 8 })).toMatch(/^as it should be; 8 partitions instead of 4/);
  expect(said({ partitions: 8, stamped_by: 'sender' })).toMatch(/^message.timestamp.type.*; 8 partitions instead of 4/);
  expect(said({ retention_ms: 86_400_000 })).toContain('kept 1 days instead of 7 days');
  expect(said({ compacted: true })).toContain('set it to delete');
  expect(driftOf([topic], []).get('collected')).toContain('grapevine topics --create');
});
