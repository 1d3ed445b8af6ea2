/** `grapevine schemas`: the records and their schemas. */
import { Command } from 'commander';
import { z } from 'zod';
import { codecs } from '../../schemas/codec.ts';
import { eventSchema } from '../../schemas/event.ts';
import { AcceptedEventSchema } from '../../schemas/generated/accepted_event.ts';
import { EnrichedEventSchema } from '../../schemas/generated/enriched_event.ts';
import { ReferenceRecordSchema } from '../../schemas/generated/reference_record.ts';
import { RejectedRecordSchema } from '../../schemas/generated/rejected_record.ts';
import { SettlementRequestSchema } from '../../schemas/generated/settlement_request.ts';
import { referenceSchema } from '../../schemas/reference.ts';
import { topicNames, topics } from '../../schemas/topics.ts';
import { readConfig } from '../platform/config.ts';
import { registryOf } from './open.ts';
import { print, table, UsageError } from './output.ts';

const avro: Record<string, { doc: string }> = {
  AcceptedEvent: AcceptedEventSchema,
  EnrichedEvent: EnrichedEventSchema,
  SettlementRequest: SettlementRequestSchema,
  RejectedRecord: RejectedRecordSchema,
  ReferenceRecord: ReferenceRecordSchema,
};
const input: Record<string, z.ZodType> = { event: eventSchema, reference: referenceSchema };

export const schemasCommand = (): Command =>
  new Command('schemas')
    .description(
      'List the records, or print the schema of one: JSON Schema for what brands send, Avro for what services say.',
    )
    .argument('[record]', 'event, reference, or an Avro record such as EnrichedEvent')
    .option('--json', 'print the list as JSON')
    .option(
      '--register',
      'register the Avro records in the schema registry of SCHEMA_REGISTRY_URL, under BACKWARD compatibility',
    )
    .addHelpText('after', '\nExample:\n  grapevine schemas EnrichedEvent')
    .action(async (record: string | undefined, options: { json?: boolean; register?: boolean }) => {
      if (options.register) return register();
      if (record !== undefined) return print(schemaText(record));
      const rows = [
        ...Object.keys(input).map((name) => ({ name, id: '', format: 'JSON', doc: `What a brand sends as ${name}.` })),
        ...codecs.map(({ name, id }) => ({ name, id: String(id), format: 'Avro', doc: avro[name]?.doc ?? '' })),
      ];
      print(
        options.json
          ? JSON.stringify(rows)
          : table(
              ['record', 'id', 'format', 'what it is'],
              rows.map((r) => [r.name, r.id, r.format, r.doc]),
            ),
      );
    });

function schemaText(record: string): string {
  const wanted = input[record];
  if (wanted) return JSON.stringify(z.toJSONSchema(wanted, { unrepresentable: 'any', io: 'input' }), null, 2);
  const found = avro[record];
  if (!found)
    throw new UsageError(
      `no record is called ${record}; one of: ${[...Object.keys(input), ...Object.keys(avro)].join(', ')}`,
    );
  return JSON.stringify(found, null, 2);
}

/** Our ids are fixed and travel in every record: the registry must hold the schemas under these ids. */
async function register(): Promise<void> {
  const config = readConfig(process.env);
  const registry = registryOf(config);
  if (!registry) throw new UsageError('SCHEMA_REGISTRY_URL is not set: which registry?');
  const names = topicNames(config.GRAPEVINE_TOPIC_PREFIX);
  for (const { name, record } of topics) {
    const codec = codecs.find((one) => one.name === record);
    const schema = avro[record];
    if (!codec || !schema) continue;
    print(`${names[name]}-value, id ${codec.id}: ${await registry.register(`${names[name]}-value`, schema, codec.id)}`);
  }
}
