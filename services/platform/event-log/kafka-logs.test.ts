/** What of kafkajs's own log reaches the operator, and at which level. */
import { type LogEntry, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { kafkaLogs } from './kafka-logs.ts';

function heard() {
  const lines: { level: number; msg: string }[] = [];
  let now = 0;
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { creator, wire } = kafkaLogs(logger, () => now);
  const say = (message: string, more: object = {}): void =>
    creator()({
      level: logLevel.ERROR,
      namespace: 'Connection',
      label: 'ERROR',
      log: { timestamp: '', logger: 'kafkajs', message, ...more },
    } as LogEntry);
  const pass = (ms: number): void => {
    now += ms;
  };
  return { lines, wire, say, pass };
}

test('a broker that is away is a warning, once a minute for as long as it lasts, and no error', () => {
  const { lines, say, pass } = heard();
  const away = () => say('Connection error: connect ECONNREFUSED 127.0.0.1:9092', { broker: '127.0.0.1:9092' });
  for (let second = 0; second < 90; second++) {
    away();
    pass(1_000);
  }
  expect(lines.filter(({ level }) => level > 30).map(({ level }) => level)).toEqual([40, 40]);
  expect(lines).toHaveLength(90);
  expect(lines[0]).toMatchObject({ level: 40, broker: '127.0.0.1:9092' });
});

test('what passes by itself is no warning, what does not is an error', () => {
  const { lines, say } = heard();
  say('The group is rebalancing, re-joining');
  say('something else broke');
  expect(lines.map(({ level }) => level)).toEqual([30, 50]);
});

test('an offset out of range stops the member of that group, and no other', () => {
  const { wire, say } = heard();
  const tripped: unknown[] = [];
  wire.tripped.add((group, topic, partition) => void tripped.push([group, topic, partition]));
  expect(() =>
    say('Offset out of range, resetting to default offset', { groupId: 'g', topic: 't', partition: 2 }),
  ).toThrow(/t\/2: the committed offset is no longer in the topic/);
  expect(tripped).toEqual([['g', 't', 2]]);
});
