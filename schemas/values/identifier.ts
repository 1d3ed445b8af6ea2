/** Identifiers of people: kinds from strong to weak, how each is normalised, and values that name nobody. */

export const identifier_kinds = [
  'consumer_id',
  'loyalty_id',
  'email',
  'phone',
  'platform_id',
  'handle',
  'click_id',
  'device_id',
] as const;
export type IdentifierKind = (typeof identifier_kinds)[number];

/** Kinds that mean nothing without the platform they belong to. */
export const platform_kinds: ReadonlySet<string> = new Set(['platform_id', 'handle']);

/** A normalised identifier, before it is made a pseudonym. */
export interface RawIdentifier {
  kind: IdentifierKind;
  /** Lower case; '' where the kind needs none. */
  platform: string;
  value: string;
}

/** Values that systems send for "nobody": merging on them would make one person of thousands. */
const blocked = new Set([
  '',
  '0',
  '-1',
  'null',
  'undefined',
  'none',
  'nil',
  'nan',
  'n/a',
  'na',
  'unknown',
  'anonymous',
  'anon',
  'guest',
  'test',
  'true',
  'false',
  '[object object]',
]);

export const isBlocked = (value: string): boolean => blocked.has(value.trim().toLowerCase());

const normalisers: Partial<Record<IdentifierKind, (value: string) => string | null>> = {
  email: (value) => (/^[^\s@]+@[^\s@]+$/.test(value) ? value.toLowerCase() : null),
  phone: (value) => {
    const digits = value.replace(/[\s().\-/]/g, '').replace(/^00/, '+');
    return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : null;
  },
  handle: (value) => value.replace(/^[@\s]+/, '').toLowerCase() || null,
};

/** The form in which equal identifiers are equal text (e-mail lower case, phone E.164, handle without @); null when it cannot be one of its kind. */
export function normaliseIdentifier(kind: IdentifierKind, value: string): string | null {
  const trimmed = value.trim();
  const normalise = normalisers[kind];
  return normalise ? normalise(trimmed) : trimmed;
}

const strength = new Map<string, number>(identifier_kinds.map((kind, i) => [kind, i]));

/** Strongest first; of one kind by platform and value, so that the order never depends on how the sender listed them. */
export function byStrength(a: RawIdentifier, b: RawIdentifier): number {
  const kind = (strength.get(a.kind) ?? 99) - (strength.get(b.kind) ?? 99);
  if (kind !== 0) return kind;
  const [left, right] = [`${a.platform}\0${a.value}`, `${b.platform}\0${b.value}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
