/** How the embedded log lays records out: one chunk holds a run of records of one partition. */

export interface ChunkRecord {
  key: string | null;
  value: Buffer;
}

const no_key = 0xffff;

/** count u32, then per record: key length u16 (65535 = none), value length u32, key, value. */
export function encodeChunk(records: readonly ChunkRecord[]): Buffer {
  let size = 4;
  const keys = records.map((record) => (record.key === null ? null : Buffer.from(record.key)));
  for (const [i, record] of records.entries()) size += 6 + (keys[i]?.length ?? 0) + record.value.length;
  const out = Buffer.allocUnsafe(size);
  out.writeUInt32LE(records.length, 0);
  let at = 4;
  for (const [i, record] of records.entries()) {
    const key = keys[i];
    if (key && key.length >= no_key) throw new Error(`a key of ${key.length} bytes is too long: at most ${no_key - 1}`);
    at = out.writeUInt16LE(key ? key.length : no_key, at);
    at = out.writeUInt32LE(record.value.length, at);
    if (key) at += key.copy(out, at);
    at += record.value.copy(out, at);
  }
  return out;
}

/** Records of a chunk; their values share its memory. */
export function decodeChunk(chunk: Buffer): ChunkRecord[] {
  const records: ChunkRecord[] = new Array(chunk.readUInt32LE(0));
  let at = 4;
  for (let i = 0; i < records.length; i++) {
    const keyLength = chunk.readUInt16LE(at);
    const valueLength = chunk.readUInt32LE(at + 2);
    at += 6;
    const key = keyLength === no_key ? null : chunk.toString('utf8', at, at + keyLength);
    if (keyLength !== no_key) at += keyLength;
    records[i] = { key, value: chunk.subarray(at, at + valueLength) };
    at += valueLength;
  }
  return records;
}
