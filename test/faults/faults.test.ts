/** A bounded slice of `npm run test:faults:kafka`: one minute of everything that can happen, and not one difference. */
import { expect, inject, it } from 'vitest';
import { missingForBroker } from '../../infra/kafka/run-broker.ts';
import { faultRun } from './main.ts';

/** It stops, kills and hides a broker of its own, so one on Java. */
const possible = inject('kafka') !== '' && missingForBroker() === null;

it.skipIf(!possible)(
  'a minute of faults on a real Kafka leaves what an undisturbed run leaves',
  async () => {
    const told: string[] = [];
    const report = await faultRun(7, 1, (line) => told.push(line));
    expect(report.differences, told.join('\n')).toEqual([]);
    expect(Object.keys(report.faults).length).toBeGreaterThan(2);
    expect(report.rows.credits).toBeGreaterThan(500);
  },
  900_000,
);
