// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of sources
/**
 * Every mechanism exactness stands on, and how it is switched off: texts of the sources, each found exactly once. `seed` is one whose run goes
 * wrong without the mechanism, on record; `npm run test:mutations` finds it anew.
 */
export interface Mutation {
  mechanism: string;
  edits: { file: string; find: string; replace: string }[];
  seed: number;
  /** Kinds of fault the seed is run with; absent = the usual ones. */
  faults?: string;
}

const loop = 'services/platform/run-service.ts';
const exact_insert = 'services/attribution/exact-insert.ts';
const recorder = 'services/attribution/recorder/recorder.ts';
const decide = 'services/attribution/recorder/decide.ts';
const loads = 'services/attribution/recorder/loads.ts';
const settler = 'services/attribution/settler/settler.ts';

const one = (mechanism: string, seed: number, file: string, find: string, replace: string): Mutation => ({
  mechanism,
  seed,
  edits: [{ file, find, replace }],
});

export const mutations: readonly Mutation[] = [
  one(
    'intent: the range is announced before it is worked',
    4,
    loop,
    'if (service.exact && !replayed) await claim.commit(offset, intentText(intent));',
    '',
  ),
  one('range check: an announced range must read the same', 109, loop, 'checkRange(intent, log.id, records);', ''),
  one(
    'fence: a partition that was lost is not written for',
    23,
    loop,
    'if (claim.lost.aborted) throw new ClaimLost(`${claim.topic}/${claim.partition} was taken away`);',
    '',
  ),
  one(
    'age: a batch older than the tables remember is handed over',
    124,
    loop,
    'now() - started > intent_age_ms',
    'false',
  ),
  { ...one('a further attempt is a replay', 1, loop, 'batch.replayed = true;', ''), faults: 'lost' },
  one(
    'token: a repeated INSERT is dropped',
    5,
    exact_insert,
    "`${batch.name}/${table}${attempt === 1 ? '' : `/${attempt}`}`",
    '`${Math.random()}`',
  ),
  one(
    'settings in the statement: none of the connection is relied on',
    7,
    'services/platform/warehouse/statement.ts',
    'SETTINGS ${pinned}, insert_deduplication_token',
    'SETTINGS insert_deduplication_token',
  ),
  one(
    'look before: a replay looks what is there, tokens may be forgotten',
    5,
    exact_insert,
    'let missing = batch.replayed ? await missingRows(warehouse, batch, wanted) : rows;',
    'let missing = rows;',
  ),
  one(
    'read-back: a replay looks again after each INSERT',
    21,
    exact_insert,
    'missing = batch.replayed ? await missingRows(warehouse, batch, wanted) : [];',
    'missing = [];',
  ),
  one(
    'next token: what is missing goes in under another',
    21,
    exact_insert,
    "${attempt === 1 ? '' : `/${attempt}`}",
    '',
  ),
  one(
    'seen check: an event id counts once',
    1,
    loads,
    'for (const row of rows) seen.set(eventKey(row), { ...row, row: null });',
    '',
  ),
  one(
    'own attempt: rows of the same batch are not "seen"',
    4,
    loads,
    'AND batch != {batch:String}\n     GROUP BY',
    '\n     GROUP BY',
  ),
  one(
    'source position: an echo is no duplicate',
    1,
    decide,
    'event.source_offset === seen.source_offset &&',
    'false &&',
  ),
  one(
    'source position: an echo of a duplicate, a refusal or a reference record counts nothing',
    4,
    recorder,
    'if (known.has(at)) return false;',
    '',
  ),
  one(
    'event-id key: all copies of an event id meet in one partition',
    5,
    'services/enrichment/main.ts',
    'key: `${event.brand_id}/${event.event_id}`, value: enrichedEvent',
    'key: `${event.identifiers[0]?.pseudonym}`, value: enrichedEvent',
  ),
  {
    ...one(
      'revision order: a lower revision does nothing',
      8,
      decide,
      'event.reference_version > seen.revision',
      'event.reference_version !== seen.revision',
    ),
    faults: 'late',
  },
  {
    mechanism: 'insert before look: of two workers at least one sees the other',
    seed: 239,
    faults: 'doze',
    edits: [
      {
        file: recorder,
        find: "  await insertExactly(warehouse, batch, {\n    table: 'events',",
        replace:
          "  const requests = await affectedRedemptions(warehouse, recording);\n  await insertExactly(warehouse, batch, {\n    table: 'events',",
      },
      {
        file: recorder,
        find: '  const requests = await affectedRedemptions(warehouse, recording); // insert first, look after\n',
        replace: '',
      },
    ],
  },
  one(
    'look after: new events are compared with newer reference records',
    2,
    recorder,
    'await log.produce(outdated.map((event) => resent(topics.accepted, event)));',
    '',
  ),
  {
    ...one(
      'marker row: a settled batch leaves its token even when it posts nothing',
      10,
      settler,
      'return [...posted, markerRow(requests, batch.name)];',
      'return posted;',
    ),
    faults: 'crash,stall',
  },
  one(
    'own posting: a replayed settler that finds its batch posts nothing',
    121,
    settler,
    'if (batch.replayed && (await hasBlock(warehouse, batch, ledger_block.table, ledger_block.marker))) return 0;',
    '',
  ),
];
