/** A broker that asks who we are and hides what is said: TLS, PLAIN and SCRAM against real listeners; what is wrong is said plainly. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Broker, freePort, missingForBroker, startBroker } from '../../infra/kafka/run-broker.ts';
import { type KafkaLogOptions, openKafkaLog } from '../../services/platform/event-log/kafka.ts';
import { cli } from '../support/cli.ts';

/** Needs a broker of its own settings, so one on Java. */
const possible = inject('kafka') !== '' && missingForBroker() === null;
const password = 'vine';

describe.skipIf(!possible)('a broker with passwords and certificates', () => {
  const directory = mkdtempSync(join(tmpdir(), 'grapevine-security-'));
  const at = (name: string): string => join(directory, name);
  let broker: Broker;
  let plain: string;
  let secured: string;

  beforeAll(async () => {
    keytool(
      '-genkeypair',
      '-alias',
      'broker',
      '-keyalg',
      'RSA',
      '-dname',
      'CN=localhost',
      '-ext',
      'SAN=ip:127.0.0.1',
      '-validity',
      '2',
    );
    keytool('-exportcert', '-rfc', '-alias', 'broker', '-file', at('ca.pem'));
    const [port, open, tls, controller] = [await freePort(), await freePort(), await freePort(), await freePort()];
    plain = `127.0.0.1:${open}`;
    secured = `127.0.0.1:${tls}`;
    const scram = 'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;';
    const users = `sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_gwen="${password}";`;
    broker = await startBroker(directory, {
      port,
      format: ['256', '512'].flatMap((n) => ['--add-scram', `SCRAM-SHA-${n}=[name=gwen,password=${password}]`]),
      properties: [
        `listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://${plain},SASL_SSL://${secured},CONTROLLER://127.0.0.1:${controller}`,
        `advertised.listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://${plain},SASL_SSL://${secured}`,
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
        `controller.quorum.bootstrap.servers=127.0.0.1:${controller}`,
        'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        `ssl.keystore.location=${at('broker.p12')}`,
        'ssl.keystore.type=PKCS12',
        'ssl.keystore.password=change-it',
        ...['sasl_plaintext', 'sasl_ssl'].flatMap((listener) => [
          `listener.name.${listener}.plain.${users}`,
          `listener.name.${listener}.scram-sha-256.${scram}`,
          `listener.name.${listener}.scram-sha-512.${scram}`,
        ]),
      ],
    });
  }, 120_000);
  afterAll(async () => {
    await broker?.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  function keytool(...args: string[]): void {
    const own = ['-keystore', at('broker.p12'), '-storetype', 'PKCS12', '-storepass', 'change-it'];
    const done = spawnSync('keytool', [...args, ...own], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`keytool: ${done.stdout}${done.stderr}`);
  }
  const trusted = (): { ca: string } => ({ ca: readFileSync(at('ca.pem'), 'utf8') });
  const connect = (but: Partial<KafkaLogOptions>, mechanism = 'plain', word = password) =>
    openKafkaLog({
      brokers: [secured],
      client_id: 'security',
      group_prefix: '',
      ssl: false,
      sasl: { mechanism, username: 'gwen', password: word } as KafkaLogOptions['sasl'],
      compression: 'none',
      packed: new Set(),
      logger: pino({ level: 'silent' }),
      ...but,
    });
  const refusal = async (...how: Parameters<typeof connect>): Promise<string> =>
    String(await connect(...how).catch((error: unknown) => error as Error));

  test.each([
    ['plain', 'without TLS'],
    ['scram-sha-256', 'without TLS'],
    ['scram-sha-512', 'without TLS'],
    ['plain', 'over TLS'],
    ['scram-sha-256', 'over TLS'],
    ['scram-sha-512', 'over TLS'],
  ])(
    'lets the right user in by %s %s, to write and to read',
    async (mechanism, how) => {
      const log = await connect(how === 'over TLS' ? { ssl: trusted() } : { brokers: [plain] }, mechanism);
      const topic = `${mechanism}-${how === 'over TLS'}`;
      await log.createTopics([{ name: topic, partitions: 1, retention_ms: null, compacted: false, transient: false }]);
      await log.produce([{ topic, key: 'k', value: Buffer.from('hello') }]);
      expect((await log.read(topic, 0, 0, 10)).map(({ value }) => value.toString())).toEqual(['hello']);
      await log.close();
    },
    30_000,
  );

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    'keeps the wrong password out by %s, and says so without it',
    async (mechanism) => {
      const said = await refusal({ brokers: [plain] }, mechanism, 'grape-juice');
      expect(said).toMatch(/no Kafka at .* for user gwen: .*Check KAFKA_BROKERS, the network, and user and password/i);
      expect(said).not.toContain('grape-juice');
    },
    30_000,
  );

  test('does not talk to a broker whose certificate nobody vouches for, and says which setting names the authority', async () => {
    expect(await refusal({ ssl: true })).toMatch(/no Kafka at .*certificate.*KAFKA_SSL_CA/is);
  }, 30_000);

  test('says that a listener may expect TLS when plain text gets no answer', async () => {
    expect(await refusal({})).toMatch(/no Kafka at .*if the listener expects TLS, set KAFKA_SSL=true/is);
  }, 60_000);

  test('says that a listener does not speak TLS', async () => {
    expect(await refusal({ brokers: [plain], ssl: trusted() })).toMatch(/no Kafka at .*does not speak TLS/is);
  }, 60_000);

  test('is reached by the command line through the settings alone', async () => {
    const env = {
      KAFKA_BROKERS: secured,
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA: at('ca.pem'),
      KAFKA_SASL: 'scram-sha-512',
      KAFKA_USERNAME: 'gwen',
      KAFKA_PASSWORD: password,
    };
    expect((await cli(['topics', '--create'], { env })).code).toBe(0);
    const lost = await cli(['topics'], { env: { ...env, KAFKA_SSL_CA: at('nothing.pem') } });
    expect([lost.code, lost.stderr]).toEqual([2, expect.stringContaining('KAFKA_SSL_CA: there is no file')]);
  }, 60_000);
});
