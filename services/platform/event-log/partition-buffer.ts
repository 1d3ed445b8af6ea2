/** Records of one partition between a source that pushes and a reader that pulls: in order, without gaps of its own, bounded. */
import type { LogRecord } from './port.ts';

export interface Flow {
  /** The next records pushed must begin at this offset (or the first one after it). */
  seek(offset: number): void;
  pause(): void;
  resume(): void;
  /** What is held now, after every put and take. */
  report(bytes: number, paused: boolean): void;
}

const most_bytes = 16 << 20;
const few_bytes = 4 << 20;
const most_records = 20_000;

export class PartitionBuffer {
  readonly #flow: Flow;
  #records: LogRecord[] = [];
  #bytes = 0;
  #paused = false;
  /** Next offset to be taken; null before the first take. */
  #next: number | null = null;
  #wake: () => void = () => undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Whether `from` is where the last take ended. */
  follows(from: number): boolean {
    return this.#next === from;
  }

  put(records: LogRecord[]): void {
    const last = this.#records.at(-1)?.offset ?? (this.#next ?? 0) - 1;
    if (this.#next === null) return; // nobody has said where to begin
    for (const record of records) {
      if (record.offset <= last) continue; // from before a seek
      this.#records.push(record);
      this.#bytes += record.value.length;
    }
    if (!this.#paused && (this.#bytes > most_bytes || this.#records.length > most_records)) {
      this.#paused = true;
      this.#flow.pause();
    }
    this.#flow.report(this.#bytes, this.#paused);
    this.#wake();
  }

  /** At most `max` records from `from` on; waits up to `wait_ms` for the first. */
  async take(from: number, max: number, wait_ms: number, signal: AbortSignal): Promise<LogRecord[]> {
    if (this.#next !== from) this.#begin(from);
    if (this.#records.length === 0 && wait_ms > 0 && !signal.aborted) await this.#arrival(wait_ms, signal);
    if (signal.aborted || this.#next !== from) return []; // another reader of this partition has gone elsewhere meanwhile
    const out = this.#records.splice(0, max);
    for (const record of out) this.#bytes -= record.value.length;
    const last = out.at(-1);
    if (last) this.#next = last.offset + 1;
    if (this.#paused && this.#bytes < few_bytes && this.#records.length < most_records / 2) {
      this.#paused = false;
      this.#flow.resume();
    }
    this.#flow.report(this.#bytes, this.#paused);
    return out;
  }

  #begin(from: number): void {
    const kept = this.#records.findIndex((record) => record.offset >= from);
    const known = this.#next !== null && kept >= 0 && from >= this.#next;
    this.#records = known ? this.#records.slice(kept) : [];
    this.#bytes = this.#records.reduce((sum, record) => sum + record.value.length, 0);
    this.#next = from;
    if (!known) this.#flow.seek(from);
  }

  #arrival(wait_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, wait_ms);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}
