/**
 * Every range of `settlements` that was committed left its marker in the ledger, exactly once. A batch's name says its range, so the markers
 * lie end to end, from 0 to what the settler has committed: a marker that is gone leaves a gap, even where its batch posted nothing.
 */
import { askLog, named } from './absent.ts';
import { type Check, note, nothing } from './check.ts';

interface Marker {
  log: string;
  topic: string;
  partition: number;
  first: number;
  end: number;
  n: number;
}

export const settledBatches: Check = {
  name: 'settled_batches',
  promise: 'every settled range left its marker in the ledger',
  async look({ log, warehouse, topics }) {
    const looked = nothing('batches');
    // What is committed is read first: its markers are there by then.
    const committed = (await log.committed('grapevine-settler', topics.settlements)).flatMap(({ partition, offset }) =>
      offset ? [{ log: log.id, topic: topics.settlements, partition, first: offset, end: offset, n: 1 }] : [],
    );
    const markers = await warehouse.query<Marker>(
      `SELECT parts[1] AS log, parts[2] AS topic, toInt32(parts[3]) AS partition, toInt64(splitByChar('-', parts[4])[1]) AS first,
         toInt64(splitByChar('-', parts[4])[2]) AS end, toInt32(count()) AS n
       FROM (SELECT splitByChar('/', batch) AS parts FROM attribution_ledger WHERE brand_id = '' AND redemption_id = '' AND kind = 'marker')
       GROUP BY log, topic, partition, first, end ORDER BY log, topic, partition, first`,
    );
    looked.looked_at = markers.length;
    const chains = new Map<string, Marker[]>();
    for (const marker of [...markers, ...committed]) {
      const key = `${marker.log}/${marker.topic}/${marker.partition}`;
      const chain = chains.get(key);
      if (chain) chain.push(marker);
      else chains.set(key, [marker]);
    }
    for (const [key, chain] of chains) {
      let reached = 0;
      for (const { log: of, topic, partition, first, end, n } of chain) {
        if (n > 1) note(looked, `${key} offsets ${first} to ${end - 1}`, 'one marker', `${n}`);
        if (first > reached) {
          const gap = { first: reached, end: first };
          const { lost, unknown } =
            of === log.id ? await askLog(log, topic, partition, [gap]) : { lost: [], unknown: [gap] };
          for (const range of [...unknown, ...lost])
            note(looked, `attribution_ledger: marker of ${key} ${named(range)}`, 'one marker', 'none');
        }
        reached = Math.max(reached, end);
      }
    }
    return looked;
  },
};
