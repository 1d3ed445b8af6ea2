/** Most pairs that one look-up by key names. */
export const page_keys = 5_000;

/** Distinct pairs of brand and key, sorted. */
export function pairs(values: Iterable<readonly [brand_id: string, key: string]>): [string, string][] {
  const once = new Map<string, [string, string]>();
  for (const [brand_id, key] of values) once.set(`${brand_id}/${key}`, [brand_id, key]);
  return [...once.keys()].sort().map((key) => once.get(key)!);
}
