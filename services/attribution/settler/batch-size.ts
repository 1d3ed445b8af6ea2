/** How many requests the next batch of the settler takes, so that what it holds in memory stays the same however long journeys have become. */

/** What a batch may post, rows: about 4 MB of text. */
const most_postings = 8_000;
/** However long the journeys: below this the questions of a batch cost more than its rows. */
const fewest_requests = 50;

export interface BatchSize {
  readonly requests: number;
  /** A batch of so many requests posted so many rows. */
  posted(requests: number, rows: number): void;
}

/** Starts at `most` requests; journeys of today tell those of tomorrow. */
export function batchSize(most: number): BatchSize {
  let requests = most;
  return {
    get requests() {
      return requests;
    },
    posted(of, rows) {
      if (of === 0) return;
      const wanted = Math.floor(most_postings / Math.max(1, rows / of));
      requests = Math.min(most, Math.max(fewest_requests, wanted));
    },
  };
}
