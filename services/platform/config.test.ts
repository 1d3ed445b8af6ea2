import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig, settings } from './config.ts';

function faultsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('readConfig', () => {
  test('needs nothing: every setting has a default or may be absent', () => {
    expect(readConfig({})).toMatchObject({
      KAFKA_BROKERS: undefined,
      CLICKHOUSE_URL: undefined,
      CLICKHOUSE_DATABASE: 'grapevine',
      GRAPEVINE_TOPIC_PREFIX: 'engagement.',
      GRAPEVINE_PII_KEY: undefined,
      LOG_LEVEL: 'warn',
    });
  });

  test('takes an empty value for an absent one, and ignores what is not ours', () => {
    const empty = Object.fromEntries(Object.keys(settings).map((name) => [name, '']));
    expect(readConfig({ ...empty, PATH: '/bin', HOME: undefined })).toEqual(readConfig({}));
  });

  test('reads numbers, sources and addresses', () => {
    const config = readConfig({
      KAFKA_BROKERS: 'a:9092,b:9092',
      CLICKHOUSE_URL: 'https://warehouse.example:8443',
      GRAPEVINE_BATCH_RECORDS: '500',
      GRAPEVINE_PII_KEY: 'Ab'.repeat(32),
      GRAPEVINE_SOURCES: '[{"topic":"a","brands":["acme"]},{"topic":"b","brands":"*"}]',
    });
    expect(config).toMatchObject({
      KAFKA_BROKERS: 'a:9092,b:9092',
      CLICKHOUSE_URL: 'https://warehouse.example:8443',
      GRAPEVINE_BATCH_RECORDS: 500,
      GRAPEVINE_PII_KEY: 'Ab'.repeat(32),
      GRAPEVINE_SOURCES: [
        { topic: 'a', brands: ['acme'] },
        { topic: 'b', brands: '*' },
      ],
    });
  });

  test.each<[string, string]>([
    ['CLICKHOUSE_URL', 'warehouse:8123'],
    ['CLICKHOUSE_URL', 'ftp://warehouse'],
    ['CLICKHOUSE_DATABASE', 'two words'],
    ['GRAPEVINE_TOPIC_PREFIX', 'a/b'],
    ['GRAPEVINE_PII_KEY', 'abc'],
    ['GRAPEVINE_SOURCES', 'engagement.collected'],
    ['GRAPEVINE_SOURCES', '[{"topic":"a"}]'],
    ['GRAPEVINE_BATCH_RECORDS', '0'],
    ['GRAPEVINE_BATCH_RECORDS', '1.5'],
    ['GRAPEVINE_BATCH_RECORDS', 'many'],
    ['GRAPEVINE_FILL_MS', '-1'],
    ['GRAPEVINE_INTENT_AGE_MS', '10'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses %s = %s and says what it is for', (name, value) => {
    const said = faultsOf({ [name]: value });
    expect(said).toContain(`1 fault(s):\n  ${name}: `);
    expect(said).toContain(settings[name as keyof typeof settings].meaning);
  });

  test('lists every fault at once, a misspelt setting among them', () => {
    const said = faultsOf({ LOG_LEVEL: 'loud', GRAPEVINE_FILL_MS: 'x', GRAPEVINE_FIL_MS: '5' });
    expect(said).toMatch(/3 fault\(s\)/);
    for (const name of ['LOG_LEVEL: ', 'GRAPEVINE_FILL_MS: ', 'GRAPEVINE_FIL_MS: not a setting'])
      expect(said).toContain(`\n  ${name}`);
  });

  test.each(['broker', 'broker:', ':9092', 'a:9092,b', 'PLAINTEXT://a:9092', 'a:9092;b:9092', 'a:99999'])(
    'refuses %s for brokers before anybody is asked',
    (value) => {
      expect(faultsOf({ KAFKA_BROKERS: value })).toContain(
        'KAFKA_BROKERS: expected host:port, several separated by commas',
      );
    },
  );

  test('says which of the sources is wrong, and what is expected there', () => {
    const said = faultsOf({
      GRAPEVINE_SOURCES: '[{"topic":"a","brands":["x"]},{"topic":"b","brands":"x","format":"xml"}]',
    });
    expect(said).toContain('[1].brands: expected "*" or a list of brand ids');
    expect(said).toContain('[1].format: expected json or avro');
  });

  test.each([
    ['no source at all', '[]', 'expected at least one source'],
    ['a topic twice', '[{"topic":"a","brands":["x"]},{"topic":"a","brands":"*"}]', 'expected each topic once'],
    [
      'a topic that ingest itself writes',
      '[{"topic":"p.rejected","brands":"*"}]',
      'GRAPEVINE_SOURCES: p.rejected is written by Grapevine itself; expected a topic that others write',
    ],
  ])('refuses %s as sources', (_, value, expected) =>
    expect(faultsOf({ GRAPEVINE_SOURCES: value, GRAPEVINE_TOPIC_PREFIX: 'p.' })).toContain(expected),
  );

  test('takes collected for a source like any other', () =>
    expect(
      readConfig({ GRAPEVINE_SOURCES: '[{"topic":"p.collected","brands":"*"}]', GRAPEVINE_TOPIC_PREFIX: 'p.' }),
    ).toMatchObject({ GRAPEVINE_SOURCES: [{ topic: 'p.collected' }] }));

  test('shows the value of a fault, but never that of a secret', () => {
    expect(faultsOf({ LOG_LEVEL: 'loud' })).toContain('found "loud"');
    const secret = 'deadbeef'.repeat(3);
    const said = faultsOf({ GRAPEVINE_PII_KEY: secret });
    expect(said).toContain('found 24 characters');
    expect(said).not.toContain('deadbeef');
  });
});
