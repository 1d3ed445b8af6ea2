/** Money: an integer count of 1/10,000 of a currency unit (`_e4`), whatever the currency. */

/** The largest integer that avsc writes as a long: 2^53 - 2. */
export const largest_long = Number.MAX_SAFE_INTEGER - 1;

const decimal = /^(\d{1,12})(?:\.(\d{1,4}))?$/;

/** '1.99' or 1.99 → 19900; null when it is not a decimal >= 0 with at most 4 decimals and 12 digits before the point. */
export function parseMoney(value: unknown): number | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const found = decimal.exec(String(value));
  if (!found) return null;
  const e4 = Number(found[1]) * 10_000 + Number((found[2] ?? '').padEnd(4, '0'));
  return e4 <= largest_long ? e4 : null;
}

/** Codes of ISO 4217 in use: the runtime's own tables (CLDR), and those of funds, metals and new ones that they leave out. */
const currencies = new Set([
  ...Intl.supportedValuesOf('currency'),
  ...[
    'BOV',
    'CHE',
    'CHW',
    'CLF',
    'COU',
    'MXV',
    'USN',
    'UYI',
    'UYW',
    'VED',
    'XAD',
    'XAG',
    'XAU',
    'XCG',
    'XDR',
    'XPD',
    'XPT',
    'XSU',
    'XUA',
    'ZWG',
  ],
]);

/** 'usd' → 'USD'; null when ISO 4217 does not know it. */
export function parseCurrency(text: string): string | null {
  const code = text.toUpperCase();
  return currencies.has(code) ? code : null;
}
