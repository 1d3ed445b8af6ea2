/**
 * Every source position has exactly one outcome: it stands as an event, or is a duplicate, a rejected event or a reference record.
 * Counted by blocks of offsets; only blocks whose count differs are looked into, and only their gaps are asked of the log.
 */
import { askLog, named, type Offsets, rangesOf, type Verdict } from './absent.ts';
import {
  type Check,
  type Looked,
  most_findings,
  nothing,
  positionsOf,
  type Round,
  type VerifyParts,
  within,
} from './check.ts';
import type { Snapshot, SourceRange } from './snapshot.ts';

const block_offsets = 10_000;
/** Differing blocks looked into at a time. */
const blocks_at_once = 100;

/** Positions and what they count for: a cancelled row takes its own back. A hole the log confirmed is an outcome too. */
const outcomes = (where: string): string => `
  SELECT source_topic, source_partition, source_offset, toInt64(sign) AS n, if(sign > 0, 'stored', 'cancelled') AS outcome FROM events WHERE ${where}
  UNION ALL SELECT source_topic, source_partition, source_offset, 1, 'duplicate' FROM duplicates WHERE ${where}
  UNION ALL SELECT source_topic, source_partition, source_offset, 1, 'rejected' FROM rejected_events WHERE ${where}
  UNION ALL SELECT source_topic, source_partition, source_offset, 1, 'reference' FROM reference_records WHERE ${where}
  UNION ALL SELECT source_topic, source_partition, source_offset, 1, 'hole'
    FROM (SELECT DISTINCT source_topic, source_partition, arrayJoin(range(first_offset, end_offset)) AS source_offset FROM source_gaps) WHERE ${where}`;

export const completeness: Check = {
  name: 'completeness',
  promise: 'every source position has exactly one outcome',
  async look(parts, { round, number }, snapshot) {
    const looked = nothing('positions');
    const ranges = round ? ofRound(snapshot, round, number) : await whole(parts, snapshot);
    looked.looked_at = ranges.reduce((sum, range) => sum + range.end - range.start, 0);
    if (looked.looked_at === 0) return looked;
    const blocks = await differing(parts, ranges);
    for (let i = 0; i < blocks.length; i += blocks_at_once)
      await lookInto(parts, blocks.slice(i, i + blocks_at_once), snapshot, looked);
    return looked;
  },
};

/** Everything ingest read. Where the log begins later than at 0 and is not ours alone, ingest may have begun there: at the first position seen. */
async function whole({ warehouse, dense }: VerifyParts, { sources }: Snapshot): Promise<SourceRange[]> {
  if (dense || sources.every(({ start }) => start === 0)) return sources.map((source) => ({ ...source, start: 0 }));
  const firsts = await warehouse.query<{ topic: string; partition: number; first: number }>(
    `SELECT source_topic AS topic, source_partition AS partition, min(source_offset) AS first FROM (${outcomes('1')}) GROUP BY topic, partition`,
  );
  return sources.map((source) => {
    const seen = firsts.find((row) => row.topic === source.topic && row.partition === source.partition);
    return { ...source, start: source.start === 0 ? 0 : Math.min(source.start, seen?.first ?? source.start) };
  });
}

/** What is new, and one of the windows before it, in turn. */
const ofRound = ({ sources }: Snapshot, round: Round, number: number): SourceRange[] => [
  ...round.fresh,
  ...sources.flatMap((source) => {
    const to = round.seen_to.get(`${source.topic}/${source.partition}`) ?? source.start;
    const size = positionsOf(round);
    const windows = Math.ceil((to - source.start) / size);
    if (windows < 1) return [];
    const start = source.start + (number % windows) * size;
    return [{ ...source, start, end: Math.min(to, start + size) }];
  }),
];

const tuples = (ranges: readonly SourceRange[]): string =>
  ranges.map(({ topic, partition, start, end }) => `('${topic}', ${partition}, ${start}, ${end})`).join(', ');

/** Blocks with another number of outcomes, or of distinct positions, than of offsets. */
async function differing({ warehouse }: VerifyParts, sources: SourceRange[]): Promise<SourceRange[]> {
  const ranges = sources.filter(({ start, end }) => end > start);
  if (ranges.length === 0) return [];
  return warehouse.query<SourceRange>(
    `WITH expected AS
       (
         SELECT r.1 AS topic, toInt32(r.2) AS partition, arrayJoin(range(intDiv(r.3, ${block_offsets}), intDiv(r.4 - 1, ${block_offsets}) + 1)) AS block,
           greatest(toInt64(r.3), toInt64(block * ${block_offsets})) AS start, least(toInt64(r.4), toInt64((block + 1) * ${block_offsets})) AS end
         FROM (SELECT arrayJoin([${tuples(ranges)}]) AS r)
       ),
       counted AS
       (
         SELECT source_topic AS topic, source_partition AS partition, intDiv(source_offset, ${block_offsets}) AS block, sum(n) AS outcomes,
           groupBitmap(toUInt16(source_offset % ${block_offsets})) AS positions
         FROM (${outcomes(within(ranges))}) GROUP BY topic, partition, block
       )
     SELECT topic, partition, start, end FROM expected LEFT JOIN counted USING (topic, partition, block)
     WHERE outcomes != end - start OR positions != end - start ORDER BY topic, partition, start`,
  );
}

async function lookInto(parts: VerifyParts, blocks: SourceRange[], snapshot: Snapshot, looked: Looked): Promise<void> {
  const odd = await parts.warehouse.query<{ topic: string; partition: number; at: number; n: number; said: string[] }>(
    `WITH expected AS
       (SELECT b.1 AS topic, toInt32(b.2) AS partition, arrayJoin(range(toInt64(b.3), toInt64(b.4))) AS at FROM (SELECT arrayJoin([${tuples(blocks)}]) AS b)),
       found AS
       (
         SELECT source_topic AS topic, source_partition AS partition, source_offset AS at, sum(n) AS n, arraySort(groupArray(outcome)) AS said
         FROM (${outcomes(within(blocks))}) GROUP BY topic, partition, at
       )
     SELECT topic, partition, at, found.n AS n, found.said AS said FROM expected LEFT JOIN found USING (topic, partition, at) WHERE n != 1 ORDER BY topic, partition, at`,
  );
  if (!snapshot.recorded) looked.pending += odd.filter(({ n }) => n < 1).length;
  for (const { topic, partition, at, n, said } of odd) {
    if (n < 1) continue;
    say(looked, 'difference', `${topic}/${partition} offset ${at}`, 'one outcome', `${n}: ${said.join(', ')}`, 1);
  }
  if (!snapshot.recorded) return;
  for (const { topic, partition } of blocks.filter(
    (b, i) => i === 0 || b.topic !== blocks[i - 1]!.topic || b.partition !== blocks[i - 1]!.partition,
  )) {
    const missing = odd.filter((o) => o.n < 1 && o.topic === topic && o.partition === partition).map(({ at }) => at);
    if (missing.length === 0) continue;
    const verdict = await askLog(parts.log, topic, partition, rangesOf(missing));
    await remember(parts, topic, partition, verdict.holes);
    report(verdict, `${topic}/${partition}`, parts.dense, looked);
  }
}

function report({ lost, unknown }: Verdict, partition: string, dense: boolean, looked: Looked): void {
  const size = ({ first, end }: Offsets): number => end - first;
  for (const range of lost)
    say(
      looked,
      'difference',
      `${partition} ${named(range)}`,
      'one outcome',
      'none; the log holds a record',
      size(range),
    );
  for (const range of unknown)
    say(
      looked,
      dense ? 'difference' : 'unconfirmed',
      `${partition} ${named(range)}`,
      'one outcome',
      dense
        ? 'none; the log no longer keeps it, and has no holes'
        : 'none; the log no longer keeps it: cannot be confirmed',
      size(range),
    );
}

function say(
  looked: Looked,
  kind: 'difference' | 'unconfirmed',
  place: string,
  expected: string,
  found: string,
  n: number,
): void {
  looked.differences += n;
  if (looked.findings.length < most_findings) looked.findings.push({ kind, place, expected, found });
}

/** Writes confirmed holes down: once the log has dropped them, nobody could tell them from a loss. */
async function remember(
  { warehouse, log }: VerifyParts,
  topic: string,
  partition: number,
  holes: Offsets[],
): Promise<void> {
  if (holes.length === 0) return;
  const first = holes[0]!.first;
  await warehouse.insert({
    table: 'source_gaps',
    token: `${log.id}/${topic}/${partition}/holes/${first}-${holes.at(-1)!.end}/${holes.length}`,
    columns: ['source_topic', 'source_partition', 'first_offset', 'end_offset', 'note'],
    rows: holes.map(({ first, end }) => JSON.stringify([topic, partition, first, end, 'verify'])).join('\n'),
  });
}
