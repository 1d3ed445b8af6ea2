import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { asyncapiText } from './asyncapi.ts';
import { topics } from './topics.ts';

interface Document {
  asyncapi: string;
  channels: Record<string, { messages: Record<string, unknown>; bindings: { kafka: { partitions: number } } }>;
  operations: Record<string, { action: string; channel: { $ref: string } }>;
  components: { messages: Record<string, { payload: { schemaFormat: string; schema: Record<string, unknown> } }> };
}
const document = parse(asyncapiText()) as Document;

/** Every `$ref` of the document outside payload schemas. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' ? [inner as string] : key === 'schema' ? [] : refsIn(inner),
  );
}

it('is AsyncAPI 3 with a channel for every topic', () => {
  expect(document.asyncapi).toBe('3.0.0');
  expect(Object.keys(document.channels)).toEqual(topics.map(({ name }) => name));
  for (const { name, partitions } of topics)
    expect(document.channels[name]?.bindings.kafka.partitions, name).toBe(partitions);
});

it('has one operation for every writer and reader', () => {
  const expected = topics.flatMap(({ name, writers, readers }) => [
    ...writers.map((who) => `${who}_send_${name}`),
    ...readers.map((who) => `${who}_receive_${name}`),
  ]);
  expect(Object.keys(document.operations)).toEqual(expected);
});

it('refers only to what it holds', () => {
  const refs = refsIn(document);
  expect(refs.length).toBeGreaterThan(topics.length);
  for (const ref of refs) {
    const found = ref
      .slice(2)
      .split('/')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
    expect(found, ref).toBeDefined();
  }
});

it('carries the whole schema of every message: JSON Schema of what brands send, Avro between services', () => {
  const { messages } = document.components;
  expect(messages.Event?.payload.schema).toMatchObject({ properties: { event_id: { type: 'string' } } });
  expect(messages.Reference?.payload.schema.oneOf).toBeInstanceOf(Array);
  for (const { name, record, encoding } of topics) {
    const shown = Object.keys(document.channels[name]?.messages ?? {});
    expect(shown).toEqual(encoding === 'json' ? ['Event', 'Reference'] : [record]);
    if (encoding === 'avro')
      expect(messages[record]?.payload).toMatchObject({
        schemaFormat: 'application/vnd.apache.avro;version=1.9.0',
        schema: { type: 'record', name: record },
      });
  }
});

it('is the same text every time', () => expect(asyncapiText()).toBe(asyncapiText()));
