/** What we ask of a schema registry, asked of a real one: Apicurio, which speaks the Confluent REST API and gives ids of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingForBroker } from '../../infra/kafka/run-broker.ts';
import { type Registry, startRegistry } from '../../infra/registry/run-registry.ts';
import { openRegistry, RegistryRefused, RegistryUnavailable } from '../../services/platform/registry.ts';

const missing = missingForBroker();
if (missing && process.env.CI === 'true') throw new Error(`CI needs a schema registry: install ${missing}`);
if (missing) console.warn(`Registry tests are skipped: ${missing} is needed`);

const sale = (fields: object[]): object => ({ type: 'record', name: 'Sale', namespace: 'shop', fields });
const code = { name: 'code', type: 'string' };

describe.skipIf(missing !== null)('a real schema registry', () => {
  let real: Registry;
  beforeAll(async () => {
    real = await startRegistry();
  }, 180_000);
  afterAll(() => real?.stop());
  const connect = () => openRegistry({ url: real.url, username: '', password: '' });

  async function ask(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const response = await fetch(real.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return response.json();
  }

  test('gives the schema that a producer has registered, by its id, and knows no other', async () => {
    const schema = sale([code]);
    const { id } = (await ask('POST', '/subjects/sales-value/versions', { schema: JSON.stringify(schema) })) as {
      id: number;
    };
    expect(JSON.parse((await connect().schemaOf(id))!)).toEqual(schema);
    expect(await connect().schemaOf(id + 1_000)).toBeNull();
  });

  test('says what is not compatible, and nothing is registered', async () => {
    await ask('POST', '/subjects/b-value/versions', { schema: JSON.stringify(sale([code])) });
    await ask('PUT', '/config/b-value', { compatibility: 'BACKWARD' });
    const narrower = sale([code, { name: 'till', type: 'string' }]);
    await expect(connect().register('b-value', narrower, 101)).rejects.toThrow(
      /b-value: not compatible with the latest version there/,
    );
    expect(await ask('GET', '/subjects/b-value/versions')).toEqual([1]);
  });

  test('that gives ids of its own gets no schema of ours: it is said why, and nothing is left there', async () => {
    const refused = connect().register('engagement.accepted-value', sale([code]), 101);
    await expect(refused).rejects.toBeInstanceOf(RegistryRefused);
    await expect(refused).rejects.toThrow(/no import mode.*our records carry 101/);
    expect(await ask('GET', '/subjects')).not.toContain('engagement.accepted-value');
  });

  test('is waited for while it is away; what was asked before is still known', async () => {
    const registry = connect();
    const { id } = (await ask('POST', '/subjects/c-value/versions', { schema: '"string"' })) as { id: number };
    expect(await registry.schemaOf(id)).toBe('"string"');
    await real.stop();
    expect(await registry.schemaOf(id)).toBe('"string"');
    await expect(registry.schemaOf(id + 1)).rejects.toBeInstanceOf(RegistryUnavailable);
  });
});
