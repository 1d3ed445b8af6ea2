/** murmur2 of the key, as Kafka's default partitioner does it (KIP-480 and before: org.apache.kafka.common.utils.Utils.murmur2). */
export function partitionOf(key: string, partitions: number): number {
  return partitions === 1 ? 0 : (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

const m = 0x5bd1e995;

export function murmur2(bytes: Buffer): number {
  let h = (0x9747b28c ^ bytes.length) | 0;
  const words = bytes.length >> 2;
  for (let i = 0; i < words; i++) {
    let k = Math.imul(bytes.readInt32LE(i * 4), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const tail = words * 4;
  const left = bytes.length & 3;
  if (left === 3) h ^= bytes[tail + 2]! << 16;
  if (left >= 2) h ^= bytes[tail + 1]! << 8;
  if (left >= 1) h = Math.imul(h ^ bytes[tail]!, m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}
