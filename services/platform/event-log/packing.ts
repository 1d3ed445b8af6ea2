/**
 * Several records in one Kafka message, on topics that only we write: a message costs kafkajs and the broker more than the records in it.
 * A pack is a byte 1 and a chunk; a value of another first byte is one record by itself. Offsets of a packed topic are message offset ×
 * `places` + place, the places of a message counted to its end: so the offset after its last record is that of the next message, and a
 * committed offset is the broker's own, with a place beside it only while a message is half read.
 */
import { decodeChunk, encodeChunk } from './chunks.ts';
import type { LogRecord } from './port.ts';

/** Places in a message: the most records of a pack, and how many offsets of ours one of the broker's stands for. */
export const places = 4_096;
/** Brokers take messages of 1 MB by default. */
const pack_bytes = 256 << 10;
const pack_mark = 1;

export interface Keyed {
  key: string;
  value: Buffer;
}

export interface PackedMessage {
  key: string | null;
  value: Buffer;
}

/** The records of one partition as messages, in order; none is larger than `pack_bytes` unless one record is. */
export function* packed(records: readonly Keyed[]): Generator<PackedMessage> {
  let pack: Keyed[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.key.length + record.value.length;
    if (pack.length === places || (pack.length > 0 && bytes + size > pack_bytes)) {
      yield message(pack);
      [pack, bytes] = [[], 0];
    }
    pack.push(record);
    bytes += size;
  }
  if (pack.length > 0) yield message(pack);
}

const message = (pack: Keyed[]): PackedMessage => ({
  key: null,
  value: Buffer.concat([Buffer.of(pack_mark), encodeChunk(pack)]),
});

/** The records of a message, which has the broker's offset. */
export function unpacked(message: LogRecord): LogRecord[] {
  const { topic, partition, timestamp, value } = message;
  const records = value[0] === pack_mark ? decodeChunk(value.subarray(1)) : [message];
  const first = (message.offset + 1) * places - records.length;
  return records.map((record, place) => ({
    topic,
    partition,
    offset: first + place,
    timestamp,
    key: record.key,
    value: record.value,
  }));
}

/** What the broker keeps of an offset and metadata of ours. */
export function brokerCommit(offset: number, metadata: string): { offset: number; metadata: string } {
  const place = offset % places;
  return {
    offset: (offset - place) / places,
    metadata: place === 0 && !metadata.startsWith('+') ? metadata : `+${place} ${metadata}`,
  };
}

/** An offset and metadata of ours, from what the broker keeps. */
export function logCommit(offset: number, metadata: string): { offset: number; metadata: string } {
  const [whole, place] = /^\+(\d+) /.exec(metadata) ?? ['', '0'];
  return { offset: offset * places + Number(place), metadata: metadata.slice(whole.length) };
}
