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
    .addHelpText('after', '\nExample:\n  grapevine schemas EnrichedEvent')
    .action((record: string | undefined, options: { json?: boolean }) => {
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
