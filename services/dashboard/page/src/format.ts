import { time_zone } from './scope.ts';

const locale = navigator.language || 'en';
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Map<number, Intl.NumberFormat>();
const money = new Map<string, Intl.NumberFormat>();

/** Stands where a number is missing; its title says why. */
export const nothing = '–';
export const why_nothing = 'nothing to divide by';

type Maybe = number | string | null | undefined;
const isNone = (value: Maybe): value is null | undefined | '' => value === null || value === undefined || value === '';

export const count = (value: Maybe) => (isNone(value) ? nothing : whole.format(Number(value)));
/** Credits and other numbers that need not be whole. */
export const tenth = (value: Maybe) => (isNone(value) ? nothing : oneDigit.format(Number(value)));
export const number = (value: Maybe) => (isNone(value) ? nothing : twoDigits.format(Number(value)));
export const compact = (value: Maybe) => (isNone(value) ? nothing : short.format(Number(value)));

export function rate(value: Maybe, digits = 1): string {
  if (isNone(value)) return nothing;
  const format =
    percent.get(digits) ?? new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits });
  percent.set(digits, format);
  return format.format(Number(value));
}
/** An interval of rates: “9.3 – 14.9 %”. */
export function between(low: Maybe, high: Maybe): string {
  return isNone(low) || isNone(high) ? nothing : `${rate(low)} – ${rate(high)}`;
}

/** An amount always carries its currency; amounts of different currencies are never added. */
export function amount(value: Maybe, currency: string, digits = 2): string {
  if (isNone(value)) return nothing;
  if (!currency) return twoDigits.format(Number(value));
  const name = `${currency}/${digits}`;
  const format =
    money.get(name) ??
    new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  money.set(name, format);
  return format.format(Number(value));
}

/** `2026-09-01 08:00:00.000` (UTC, as the engine writes it) or ISO 8601. */
export function instant(text: string): Date {
  const iso = text.includes('T') ? text : text.replace(' ', 'T');
  return new Date(/(Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
}
export function moment(text: string, style: 'medium' | 'short' = 'medium'): string {
  const at = instant(text);
  if (Number.isNaN(at.getTime())) return nothing;
  return new Intl.DateTimeFormat(locale, {
    timeZone: time_zone.value,
    dateStyle: 'medium',
    timeStyle: style === 'medium' ? 'medium' : 'short',
  }).format(at);
}
export function day(text: string): string {
  const at = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(at.getTime())
    ? text
    : new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}
export function dayShort(text: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' }).format(
    new Date(`${text}T00:00:00Z`),
  );
}
/** With the day, unless that is today. */
export const clock = (at: Date) =>
  new Intl.DateTimeFormat(locale, {
    timeStyle: 'medium',
    ...(at.toDateString() !== new Date().toDateString() && { dateStyle: 'medium' }),
  }).format(at);

/** Hours as people say them. */
export function hours(value: Maybe): string {
  if (isNone(value)) return nothing;
  const length = Number(value);
  if (length < 1) return `${oneDigit.format(length * 60)} min`;
  return length < 48 ? `${oneDigit.format(length)} h` : `${oneDigit.format(length / 24)} days`;
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];
const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
export function since(text: string, now = Date.now()): string {
  const gone_ms = now - instant(text).getTime();
  const [unit, unit_ms] = steps.find(([, ms]) => Math.abs(gone_ms) >= ms) ?? ['second', 1_000];
  return ago.format(-Math.round(gone_ms / unit_ms), unit);
}
