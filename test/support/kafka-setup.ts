/**
 * One real broker for all test files: the one of KAFKA_BROKERS, else one in Docker, else one on Java. Without any of them the Kafka tests
 * are skipped and said so; with CI=true that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { missingForBroker, startBroker } from '../../infra/kafka/run-broker.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port of a broker; '' when there is none. */
    kafka: string;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const named = process.env.KAFKA_BROKERS;
  if (named) {
    project.provide('kafka', named);
    return;
  }
  if (spawnSync('docker', ['info']).status === 0) return inDocker(project);
  const missing = missingForBroker();
  if (missing) {
    if (process.env.CI === 'true') throw new Error(`CI needs a Kafka broker: set KAFKA_BROKERS, or install ${missing}`);
    console.warn(`Kafka tests are skipped: no KAFKA_BROKERS, no Docker, and to run one here ${missing} is needed`);
    project.provide('kafka', '');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'grapevine-broker-'));
  const broker = await startBroker(directory);
  console.log(`Kafka for the tests: ${broker.address} (on Java)`);
  project.provide('kafka', broker.address);
  return async () => {
    await broker.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
}

async function inDocker(project: TestProject): Promise<() => Promise<void>> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const port = 19_092 + Math.floor(Math.random() * 1_000);
  const container = await new GenericContainer('apache/kafka:4.1.0')
    .withExposedPorts({ container: 9_092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  project.provide('kafka', `127.0.0.1:${port}`);
  console.log(`Kafka for the tests: 127.0.0.1:${port} (in Docker)`);
  return async () => void (await container.stop());
}
