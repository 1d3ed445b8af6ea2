/** User and password at the broker: the right ones work, wrong ones are said plainly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Broker, freePort, missingForBroker, startBroker } from '../../infra/kafka/run-broker.ts';
import { openKafkaLog } from '../../services/platform/event-log/kafka.ts';

/** Needs a broker of its own settings, so one on Java. */
const possible = inject('kafka') !== '' && missingForBroker() === null;

describe.skipIf(!possible)('a broker with passwords', () => {
  const directory = mkdtempSync(join(tmpdir(), 'grapevine-sasl-'));
  let broker: Broker;
  let address: string;

  beforeAll(async () => {
    const [port, secured, controller] = [await freePort(), await freePort(), await freePort()];
    address = `127.0.0.1:${secured}`;
    broker = await startBroker(directory, {
      port,
      properties: [
        `listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${secured},CONTROLLER://127.0.0.1:${controller}`,
        `advertised.listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://${address}`,
        `controller.quorum.bootstrap.servers=127.0.0.1:${controller}`,
        'sasl.enabled.mechanisms=PLAIN',
        'listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_gwen="vine";',
      ],
    });
  }, 120_000);
  afterAll(async () => {
    await broker?.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  const connect = (password: string) =>
    openKafkaLog({
      brokers: [address],
      client_id: 'sasl',
      group_prefix: '',
      ssl: false,
      sasl: { mechanism: 'plain', username: 'gwen', password },
      compression: 'none',
      logger: pino({ level: 'silent' }),
    });

  test('lets the right user in', async () => {
    const log = await connect('vine');
    await log.createTopics([{ name: 't', partitions: 1, retention_ms: null, compacted: false, transient: false }]);
    await log.produce([{ topic: 't', key: 'k', value: Buffer.from('hello') }]);
    expect((await log.bounds('t'))[0]).toMatchObject({ start: 0, end: 1 });
    await log.close();
  });

  test('keeps the wrong one out, and says so without the password', async () => {
    const refused = await connect('grape-juice').catch((error: unknown) => error as Error);
    expect(String(refused)).toMatch(
      /no Kafka at .* for user gwen: .*Check KAFKA_BROKERS, the network, and user and password/i,
    );
    expect(String(refused)).not.toContain('grape-juice');
  });
});
