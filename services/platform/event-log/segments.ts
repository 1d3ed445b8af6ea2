/**
 * Files of the embedded log: each partition appends its chunks to segment files, read with read() and not mapped, so that a long log
 * takes disk and page cache but no memory of the process. Which bytes are a chunk says the index in lmdb; the rest is of no account.
 */
import { closeSync, fdatasyncSync, mkdirSync, openSync, readdirSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Where a chunk lies. */
export interface Place {
  file: string;
  at: number;
  bytes: number;
  crc: number;
}

interface Open {
  file: string;
  fd: number;
  end: number;
}

const segment_bytes = 32 << 20;

export class Segments {
  readonly #directory: string;
  readonly #sync: boolean;
  /** The file that each partition appends to. */
  readonly #open = new Map<string, Open>();
  /** How many chunks of a file are still wanted. */
  readonly #wanted = new Map<string, number>();
  #made = 0;

  /** `wanted`: every place the index knows; files without one are what a crash left behind, and go. */
  constructor(directory: string, wanted: Iterable<Place>, sync: boolean) {
    this.#directory = directory;
    this.#sync = sync;
    mkdirSync(directory, { recursive: true });
    for (const { file } of wanted) this.#wanted.set(file, (this.#wanted.get(file) ?? 0) + 1);
    for (const file of readdirSync(directory)) {
      this.#made = Math.max(this.#made, Number.parseInt(file, 10) || 0);
      if (!this.#wanted.has(file)) unlinkSync(join(directory, file));
    }
  }

  /** Appends a chunk; once this returns a kill -9 does not undo it (with `sync` neither does a power loss). */
  append(partition: string, chunk: Buffer): Place {
    const segment = this.#segment(partition, chunk.length);
    for (let done = 0; done < chunk.length; )
      done += writeSync(segment.fd, chunk, done, chunk.length - done, segment.end + done); // a full disk throws; the next try overwrites
    if (this.#sync) fdatasyncSync(segment.fd);
    const place = { file: segment.file, at: segment.end, bytes: chunk.length, crc: crc32(chunk) };
    segment.end += chunk.length;
    this.#wanted.set(segment.file, (this.#wanted.get(segment.file) ?? 0) + 1);
    return place;
  }

  #segment(partition: string, bytes: number): Open {
    const current = this.#open.get(partition);
    if (current && current.end + bytes <= segment_bytes) return current;
    if (current) {
      closeSync(current.fd);
      if (!this.#wanted.has(current.file)) unlinkSync(join(this.#directory, current.file));
    }
    const file = `${String(++this.#made).padStart(8, '0')}.${partition}.segment`;
    const made = { file, fd: openSync(join(this.#directory, file), 'wx'), end: 0 };
    this.#open.set(partition, made);
    return made;
  }

  read({ file, at, bytes, crc }: Place): Buffer {
    const chunk = Buffer.allocUnsafeSlow(bytes);
    const fd = openSync(join(this.#directory, file), 'r');
    try {
      for (let done = 0; done < bytes; ) {
        const read = readSync(fd, chunk, done, bytes - done, at + done);
        if (read === 0) break;
        done += read;
      }
    } finally {
      closeSync(fd);
    }
    if (crc32(chunk) !== crc)
      throw new Error(
        `${join(this.#directory, file)} is damaged at byte ${at}: the ${bytes} bytes there are not what was written. Restore the directory from a copy, or feed its sources again into a new one`,
      );
    return chunk;
  }

  /** The chunk is not wanted any more; its file goes with its last one. */
  release({ file }: Place): void {
    const left = (this.#wanted.get(file) ?? 0) - 1;
    if (left > 0) {
      this.#wanted.set(file, left);
      return;
    }
    this.#wanted.delete(file);
    if (![...this.#open.values()].some((open) => open.file === file)) unlinkSync(join(this.#directory, file));
  }

  close(): void {
    for (const { fd } of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}
