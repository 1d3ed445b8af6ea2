/** Field types that events and reference records share: zod schemas whose messages are `code: what was expected`. */
import { z } from 'zod';
import { says } from './faults-of.ts';
import { parseDuration } from './values/duration.ts';
import {
  identifier_kinds,
  isBlocked,
  normaliseIdentifier,
  platform_kinds,
  type RawIdentifier,
} from './values/identifier.ts';
import { latest_ms, parseInstant } from './values/instant.ts';
import { parseCurrency, parseMoney } from './values/money.ts';

const well_formed = /^\P{Surrogate}*$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const no_control = /^[^\u0000-\u001f\u007f]*$/;

/** Free text: well-formed Unicode. */
export const text = (max: number) => z.string().max(max).regex(well_formed, says('bad_text', 'well-formed Unicode'));

/** An id: 1 to `max` characters, no control characters. */
export const id = (max = 256) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(well_formed, says('bad_text', 'well-formed Unicode'))
    .regex(no_control, says('bad_text', 'no control characters'));

/** What is printed on a coupon, upper case. */
export const code = z
  .string()
  .trim()
  .toUpperCase()
  .min(1)
  .max(256)
  .regex(well_formed, says('bad_text', 'well-formed Unicode'))
  .regex(no_control, says('bad_text', 'no control characters'));

/** The tenant: without '/', so that `brand/id` is one brand's only. */
export const brand_id = id(128).regex(/^[^/]*$/, says('bad_text', 'no slash'));

/** A value parsed by a function that gives null when it cannot. */
function parsed<In extends z.ZodType, T>(input: In, parse: (value: z.output<In>) => T | null, message: string) {
  return input.transform((value, context): T => {
    const result = parse(value);
    if (result !== null) return result;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

const stringOrNumber = (message: string) => z.union([z.string(), z.number()], message);

export const instant = parsed(
  stringOrNumber(says('bad_date', 'ISO 8601 with a zone, or epoch milliseconds')),
  parseInstant,
  says('bad_date', 'ISO 8601 with a zone, or epoch milliseconds'),
);
/** When something ends. A year nobody will see (9999-12-31, as many systems write) is the last that can be kept. */
export const window_end = parsed(
  stringOrNumber(says('bad_date', 'ISO 8601 with a zone, or epoch milliseconds')),
  (value) => (typeof value === 'string' && /^(2[3-9]|[3-9]\d)\d\d-/.test(value) ? latest_ms : parseInstant(value)),
  says('bad_date', 'ISO 8601 with a zone, or epoch milliseconds'),
);
const decimal = 'a decimal >= 0 with at most 4 decimals';
export const money = parsed(stringOrNumber(says('bad_amount', decimal)), parseMoney, says('bad_amount', decimal));
export const currency = parsed(z.string(), parseCurrency, says('bad_currency', 'a code of ISO 4217'));
export const duration = parsed(
  z.string(),
  parseDuration,
  says('bad_duration', 'a duration such as 30d, at most 3650d'),
);

/** A number >= 0, as a number or as text. */
export const quantity = parsed(
  z.union([z.number(), z.string()], says('wrong_type', 'a number')),
  (value) => {
    const number = typeof value === 'string' && /^\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? number : null;
  },
  says('number_out_of_range', 'a number >= 0'),
);

export const hashtags = z
  .array(text(256))
  .max(100)
  .transform((tags) => [
    ...new Set(tags.map((tag) => tag.trim().replace(/^#+/, '').toLowerCase()).filter((tag) => tag !== '')),
  ]);

const platform = text(64).regex(no_control, says('bad_text', 'no control characters')).toLowerCase();

/** One identifier of a person, normalised; null where its value is what systems send for nobody. */
export const identifier = z
  .object({ kind: z.enum(identifier_kinds), value: text(1_024).nullable(), platform: platform.nullish() })
  .transform(({ kind, value, platform }, context): RawIdentifier | null => {
    if (value === null || isBlocked(value)) return null;
    const normalised = normaliseIdentifier(kind, value);
    if (normalised === null)
      context.issues.push({
        code: 'custom',
        path: ['value'],
        message: says('bad_identifier', `a ${kind}`),
        input: value,
      });
    if (platform_kinds.has(kind) && !platform)
      context.issues.push({
        code: 'custom',
        path: ['platform'],
        message: says('missing_platform', `the platform of the ${kind}`),
        input: platform,
      });
    return { kind, platform: platform_kinds.has(kind) ? (platform ?? '') : '', value: normalised ?? '' };
  });

const ofSomebody = (found: (RawIdentifier | null)[]): RawIdentifier[] => found.filter((one) => one !== null);
/** Those that name somebody; one that does not is dropped, and sinks nothing. */
export const identifiers = z.array(identifier).max(50).transform(ofSomebody);
export const two_identifiers = z
  .array(identifier)
  .length(2)
  .transform(ofSomebody)
  .refine((found) => found.length === 2, says('bad_identifier', 'two identifiers that name somebody'));

/** Look-back per touch type, in ms where given. */
export const lookback = z
  .object({
    click: duration.optional(),
    comment: duration.optional(),
    share: duration.optional(),
    like: duration.optional(),
  })
  .strict();
