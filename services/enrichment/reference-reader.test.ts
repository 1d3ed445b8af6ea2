/** Reading reference data while it is written: nobody is told that it was read who asked after the end was looked up. */
import { expect, it } from 'vitest';
import { referenceRecord } from '../../schemas/codec.ts';
import { referenceFrom } from '../../test/support/events.ts';
import type { EventLog, LogRecord } from '../platform/event-log/port.ts';
import { referenceIndex } from './lookups.ts';
import { referenceReader } from './main.ts';

it('who asks while it is read hears of what was written before the question, in one further read for all', async () => {
  const kept: LogRecord[] = [];
  const write = (region: string): void => {
    const value = referenceRecord.encode(referenceFrom({ kind: 'store', id: region, region }));
    kept.push({ topic: 'reference', partition: 0, offset: kept.length, timestamp: 0, key: region, value });
  };
  let reads = 0;
  let letGo = (): void => undefined;
  const held = new Promise<void>((resume) => {
    letGo = resume;
  });
  const log = {
    bounds: async () => [{ partition: 0, start: 0, end: kept.length }],
    read: async (_: string, __: number, from: number) => {
      if (reads++ === 0) await held;
      return kept.slice(from);
    },
  } as unknown as EventLog;
  write('first');
  const known = referenceIndex();
  const reader = referenceReader(log, 'reference', known);
  const first = reader.catchUp();
  await new Promise((resume) => setImmediate(resume)); // its end is known now
  write('second');
  const [second, third] = [reader.catchUp(), reader.catchUp()];
  letGo();
  await first;
  await Promise.all([second, third]);
  expect(known.version).toBe(1);
  expect(reads).toBeLessThanOrEqual(2);
});
