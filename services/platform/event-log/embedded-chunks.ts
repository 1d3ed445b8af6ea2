/** Chunks of the embedded log, their index in lmdb and their bytes in segments: append, read, retention, compaction. Knows nothing of groups. */
import type { Database } from 'lmdb';
import { type ChunkRecord, decodeChunk, encodeChunk } from './chunks.ts';
import { type LogRecord, OffsetOutOfRange, type TopicSettings } from './port.ts';
import { type Place, Segments } from './segments.ts';

type ChunkKey = [topic: string, partition: number, first: number];

/** What the index says of a chunk. */
interface Chunk extends Place {
  /** Number of records. */
  count: number;
  /** When it was appended, epoch ms. */
  time: number;
}

export type ChunkIndex = Database<Chunk, ChunkKey>;

interface Partition {
  start: number;
  /** When retention was last applied, epoch ms. */
  retained_at: number;
  /** Next offset to assign. */
  next: number;
  /** Next offset to be read: everything before it is committed. */
  end: number;
  waiters: Set<() => void>;
  /** The chunk read last, decoded: sequential readers come back to it. */
  last: { first: number; time: number; records: ChunkRecord[] } | null;
}

const chunk_records = 5_000;
const chunk_bytes = 4 << 20;
const retain_every_ms = 3_600_000;

export class ChunkStore {
  readonly #index: ChunkIndex;
  readonly #segments: Segments;
  readonly #now: () => number;
  readonly #durable: () => Promise<void>;
  readonly #partitions = new Map<string, Partition>();
  readonly #settings = new Map<string, TopicSettings>();

  constructor(
    index: ChunkIndex,
    directory: string,
    options: { now: () => number; sync: boolean; durable: () => Promise<void> },
  ) {
    this.#index = index;
    this.#segments = new Segments(
      directory,
      index.getRange().map(({ value }) => value),
      options.sync,
    );
    this.#now = options.now;
    this.#durable = options.durable;
  }

  /**
   * Finds each partition's bounds, after dropping what retention and compaction no longer keep. Nothing that some group has not read yet
   * (from `readTo` on) is compacted: a range that was announced must read the same again.
   */
  openTopic(topic: TopicSettings, readTo: (partition: number) => number): void {
    this.#settings.set(topic.name, topic);
    for (let partition = 0; partition < topic.partitions; partition++) {
      this.#retain(topic, partition);
      if (topic.compacted) this.#compact(topic.name, partition, readTo(partition));
      const last = this.#chunkAtOrBefore(topic.name, partition, Number.MAX_SAFE_INTEGER);
      const end = last ? last.first + last.count : 0;
      this.#partitions.set(`${topic.name}/${partition}`, {
        start: this.#firstKept(topic.name, partition) ?? end,
        retained_at: this.#now(),
        next: end,
        end,
        waiters: new Set(),
        last: null,
      });
    }
  }

  #partition(topic: string, partition: number): Partition {
    const found = this.#partitions.get(`${topic}/${partition}`);
    if (!found) throw new Error(`topic ${topic} has no partition ${partition}`);
    return found;
  }

  bounds(topic: string, partition: number): { start: number; end: number } {
    const { start, end } = this.#partition(topic, partition);
    return { start, end };
  }

  /** Appends in order; resolves when durable. */
  async append(topic: string, partition: number, records: ChunkRecord[]): Promise<void> {
    const state = this.#partition(topic, partition);
    const timestamp = this.#now();
    this.#retainNowAndThen(state, topic, partition, timestamp);
    const puts: Promise<boolean>[] = [];
    for (let from = 0; from < records.length; ) {
      let to = from;
      for (
        let bytes = 0;
        to < records.length && to - from < chunk_records && (to === from || bytes < chunk_bytes);
        to++
      )
        bytes += records[to]!.value.length;
      const place = this.#segments.append(`${topic}.${partition}`, encodeChunk(records.slice(from, to)));
      puts.push(this.#index.put([topic, partition, state.next], { ...place, count: to - from, time: timestamp }));
      state.next += to - from;
      from = to;
    }
    const end = state.next;
    await Promise.all(puts);
    await this.#durable();
    state.end = Math.max(state.end, end);
    for (const wake of state.waiters) wake();
  }

  /** Removes whole chunks that end at or before `offset`, never the newest one (it holds the end). */
  async dropBefore(topic: string, partition: number, offset: number): Promise<void> {
    const state = this.#partition(topic, partition);
    if (offset <= state.start) return;
    const range = { start: [topic, partition, state.start], end: [topic, partition, offset + 1] } as const;
    const chunks = [...this.#index.getRange({ start: [...range.start], end: [...range.end] })];
    const gone = chunks.slice(0, -1); // the chunk after the last of these begins at or before `offset`
    if (gone.length === 0) return;
    state.start = chunks.at(-1)!.key[2];
    await Promise.all(gone.map(({ key }) => this.#index.remove(key)));
    for (const { value } of gone) this.#segments.release(value);
  }

  /** Resolves when there is something at or after `from`, after `wait_ms`, or when the signal aborts. */
  awaitRecord(topic: string, partition: number, from: number, wait_ms: number, signal: AbortSignal): Promise<void> {
    const state = this.#partition(topic, partition);
    if (state.end > from || wait_ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        state.waiters.delete(wake);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const wake = (): void => {
        if (state.end > from) done();
      };
      const timer = setTimeout(done, wait_ms);
      state.waiters.add(wake);
      signal.addEventListener('abort', done);
    });
  }

  read(topic: string, partition: number, from: number, max: number): LogRecord[] {
    const state = this.#partition(topic, partition);
    if (from < state.start || from > state.end)
      throw new OffsetOutOfRange(
        `${topic}/${partition}: offset ${from} is outside [${state.start}, ${state.end}]: records were removed before they were read, or the log was made anew`,
      );
    const out: LogRecord[] = [];
    let at = from;
    while (out.length < max && at < state.end) {
      const chunk = this.#decoded(state, topic, partition, at);
      if (!chunk) break;
      const skip = at - chunk.first;
      const take = Math.min(chunk.records.length - skip, max - out.length);
      for (let i = skip; i < skip + take; i++) {
        const { key, value } = chunk.records[i]!;
        if (value.length > 0 || key !== null)
          out.push({ topic, partition, offset: chunk.first + i, timestamp: chunk.time, key, value });
      }
      at += Math.max(1, take);
    }
    return out;
  }

  #decoded(state: Partition, topic: string, partition: number, offset: number): Partition['last'] {
    const last = state.last;
    if (last && offset >= last.first && offset < last.first + last.records.length) return last;
    const found = this.#chunkAtOrBefore(topic, partition, offset);
    if (!found || offset >= found.first + found.count) return null;
    state.last = { first: found.first, time: found.time, records: decodeChunk(this.#segments.read(found)) };
    return state.last;
  }

  #chunkAtOrBefore(topic: string, partition: number, offset: number): (Chunk & { first: number }) | null {
    for (const { key, value } of this.#index.getRange({
      start: [topic, partition, offset],
      end: [topic, partition, -1],
      reverse: true,
      limit: 1,
    }))
      return { ...value, first: key[2] };
    return null;
  }

  #retainNowAndThen(state: Partition, topic: string, partition: number, now: number): void {
    if (now - state.retained_at < retain_every_ms) return;
    state.retained_at = now;
    const settings = this.#settings.get(topic);
    if (settings) this.#retain(settings, partition);
    state.start = Math.max(state.start, this.#firstKept(topic, partition) ?? state.next);
  }

  #firstKept(topic: string, partition: number): number | undefined {
    const [key] = [...this.#index.getKeys({ start: [topic, partition, 0], end: [topic, partition + 1, 0], limit: 1 })];
    return key?.[2];
  }

  /** Removes whole chunks older than the topic's retention, never the newest one (it holds the end). */
  #retain({ name, retention_ms }: TopicSettings, partition: number): void {
    if (retention_ms === null) return;
    const newest = this.#chunkAtOrBefore(name, partition, Number.MAX_SAFE_INTEGER)?.first;
    const old: { key: ChunkKey; value: Chunk }[] = [];
    for (const { key, value } of this.#index.getRange({ start: [name, partition, 0], end: [name, partition + 1, 0] })) {
      if (key[2] === newest || value.time >= this.#now() - retention_ms) break;
      old.push({ key, value });
    }
    for (const { key, value } of old) {
      this.#index.removeSync(key);
      this.#segments.release(value);
    }
  }

  /** Blanks out every record before `end` that is not the newest of its key: offsets stay, bytes go. */
  #compact(topic: string, partition: number, end: number): void {
    const newest = new Map<string, number>();
    const chunks: { first: number; chunk: Chunk; records: ChunkRecord[] }[] = [];
    for (const { key, value } of this.#index.getRange({
      start: [topic, partition, 0],
      end: [topic, partition + 1, 0],
    })) {
      const records = decodeChunk(this.#segments.read(value));
      chunks.push({ first: key[2], chunk: value, records });
      for (const [i, record] of records.entries()) if (record.key !== null) newest.set(record.key, key[2] + i);
    }
    const blank: ChunkRecord = { key: null, value: Buffer.alloc(0) };
    for (const { first, chunk, records } of chunks) {
      const keep = records.map((record, i) =>
        first + i >= end || record.key === null || newest.get(record.key) === first + i ? record : blank,
      );
      if (keep.every((record, i) => record === records[i])) continue;
      const place = this.#segments.append(`${topic}.${partition}`, encodeChunk(keep));
      this.#index.putSync([topic, partition, first], { ...chunk, ...place });
      this.#segments.release(chunk);
    }
  }

  close(): void {
    this.#segments.close();
  }
}
