/** Durations as people write them: `30d`, `12h`, `90m`, `45s`, `2w`. */

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Longest look-back that makes sense: ten years, ms. */
export const longest_ms = 3_650 * 86_400_000;

/** '30d' → milliseconds; null when it is not a whole number of s, m, h, d or w, or longer than ten years. */
export function parseDuration(text: string): number | null {
  const found = /^(\d{1,9})([smhdw])$/.exec(text);
  if (!found) return null;
  const ms = Number(found[1]) * (units[found[2]!] ?? Number.NaN);
  return ms <= longest_ms ? ms : null;
}
