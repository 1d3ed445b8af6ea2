import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openRegistry, RegistryRefused, RegistryUnavailable } from './registry.ts';

/** A registry as the Confluent REST API describes it, in memory. */
interface Fake {
  url: string;
  schemas: Map<number, string>;
  subjects: Map<string, { id: number; schema: string; version: number }[]>;
  asked: string[];
  answer: { status: number } | null;
  /** What it makes of PUT /mode: some have no import mode, some say so and give ids of their own all the same. */
  importing: 'yes' | 'no' | 'own ids';
  /** Requests answered with 500. */
  failing: RegExp | null;
  modes: string[];
}
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function fake(): Promise<Fake> {
  const state: Fake = {
    url: '',
    schemas: new Map(),
    subjects: new Map(),
    asked: [],
    answer: null,
    importing: 'yes',
    failing: null,
    modes: [],
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const json =
      body === '' ? {} : (JSON.parse(body) as { schema?: string; id?: number; version?: number; mode?: string });
    state.asked.push(`${request.method} ${request.url}`);
    const say = (status: number, value: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (json.mode) state.modes.push(json.mode);
    if (state.failing?.test(`${request.method} ${request.url}`)) return say(500, { message: 'down' });
    if (state.answer) return say(state.answer.status, { message: 'down' });
    const [, first, second = '', third] = (request.url ?? '').split('?')[0]!.split('/').map(decodeURIComponent);
    if (first === 'schemas') {
      const schema = state.schemas.get(Number(third));
      return schema ? say(200, { schema }) : say(404, { error_code: 40403, message: 'Schema not found' });
    }
    if (first === 'subjects') {
      const versions = state.subjects.get(second) ?? [];
      if (request.method === 'GET')
        return versions.length > 0
          ? say(
              200,
              versions.map((v) => v.version),
            )
          : say(404, { error_code: 40401 });
      if (third === 'versions') {
        const id = state.importing === 'yes' ? json.id! : 1;
        state.subjects.set(second, [...versions, { id, schema: json.schema!, version: json.version! }]);
        return say(200, { id });
      }
      const found = versions.find((v) => v.schema === json.schema);
      return found ? say(200, found) : say(404, { error_code: 40403 });
    }
    if (first === 'compatibility')
      return say(200, { is_compatible: !json.schema?.includes('incompatible'), messages: ['a field is gone'] });
    if (first === 'mode')
      return state.importing === 'no' ? void response.writeHead(204).end() : say(200, { mode: json.mode });
    return say(200, {});
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

const connect = (url: string) => openRegistry({ url, username: 'u', password: 'p', timeout_ms: 2_000 });

describe('a schema registry', () => {
  it('is asked once for an id that it knows, and again for one that it does not know yet', async () => {
    const { url, schemas, asked } = await fake();
    const registry = connect(url);
    schemas.set(7, '"string"');
    expect(await registry.schemaOf(7)).toBe('"string"');
    expect(await registry.schemaOf(7)).toBe('"string"');
    expect(await registry.schemaOf(8)).toBeNull();
    schemas.set(8, '"int"');
    expect(await registry.schemaOf(8)).toBe('"int"');
    expect(asked).toEqual(['GET /schemas/ids/7', 'GET /schemas/ids/8', 'GET /schemas/ids/8']);
  });

  it('that is down, refuses the user or is not there makes a batch wait, never a record bad', async () => {
    const state = await fake();
    const registry = connect(state.url);
    for (const status of [500, 503, 429, 401]) {
      state.answer = { status };
      await expect(registry.schemaOf(7)).rejects.toMatchObject({ name: 'RegistryUnavailable', retriable: true });
    }
    await expect(connect('http://127.0.0.1:1').schemaOf(7)).rejects.toBeInstanceOf(RegistryUnavailable);
  });

  it('gets our schemas under the ids that our records carry, with BACKWARD compatibility, once', async () => {
    const { url, subjects, asked } = await fake();
    const registry = connect(url);
    expect(await registry.register('engagement.accepted-value', { type: 'string' }, 101)).toBe('registered');
    expect(subjects.get('engagement.accepted-value')).toEqual([{ id: 101, schema: '{"type":"string"}', version: 1 }]);
    expect(asked).toContain('PUT /config/engagement.accepted-value');
    expect(await registry.register('engagement.accepted-value', { type: 'string' }, 101)).toBe('present');
    await expect(registry.register('engagement.accepted-value', { type: 'incompatible' }, 102)).rejects.toBeInstanceOf(
      RegistryRefused,
    );
    await expect(registry.register('engagement.accepted-value', { type: 'string' }, 105)).rejects.toThrow(
      /id 101 there, our records carry 105/,
    );
  });

  it('is not told from a proxy that finds nothing by 404 alone: a batch waits', async () => {
    const state = await fake();
    state.answer = { status: 404 };
    await expect(connect(state.url).schemaOf(7)).rejects.toBeInstanceOf(RegistryUnavailable);
  });

  it('is left as others write to it when registering fails midway', async () => {
    const state = await fake();
    state.failing = /POST .subjects.*versions/;
    await expect(connect(state.url).register('a-value', { type: 'string' }, 101)).rejects.toThrow(RegistryUnavailable);
    expect(state.modes).toEqual(['IMPORT', 'READWRITE']);
  });

  it('without an import mode gets nothing, and one that gives ids of its own all the same is not believed', async () => {
    const state = await fake();
    state.importing = 'no';
    await expect(connect(state.url).register('a-value', { type: 'string' }, 101)).rejects.toThrow(
      /no import mode \(it answers 204\).*our records carry 101/,
    );
    expect(state.subjects.size).toBe(0);
    state.importing = 'own ids';
    await expect(connect(state.url).register('a-value', { type: 'string' }, 101)).rejects.toThrow(
      /id 1 there, our records carry 101/,
    );
  });
});
