/** Instants: epoch milliseconds inside, ISO 8601 with a zone or epoch milliseconds outside. */

const iso = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|z|([+-])(\d\d):?(\d\d))$/;

/** Integers below this are taken for seconds or nonsense: 1973-03-03 in ms. */
const earliest_integer_ms = 100_000_000_000;
/** What DateTime64(3) of the warehouse can hold: up to the year 2299. */
export const latest_ms = Date.UTC(2299, 11, 31);

/** Epoch ms of an ISO 8601 text with zone or of an integer of milliseconds; null when it names no instant (30 February, no zone, seconds). */
export function parseInstant(value: unknown): number | null {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= earliest_integer_ms && value <= latest_ms ? value : null;
  return typeof value === 'string' ? parseIso(value) : null;
}

function parseIso(text: string): number | null {
  const found = iso.exec(text);
  if (!found) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] =
    found;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return null;
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    ms,
  );
  const date = new Date(local);
  if (date.getUTCFullYear() !== Number(year)) return null; // Date.UTC takes the years 0 to 99 for 1900 to 1999
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return null;
  const at = local - (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return at >= 0 && at <= latest_ms ? at : null;
}
