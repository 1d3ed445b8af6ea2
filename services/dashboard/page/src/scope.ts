import { computed, signal } from '@preact/signals';
import { route } from './route.ts';

export interface Brand {
  brand_id: string;
  name: string;
  currency: string;
  time_zone: string;
}

export const brands = signal<Brand[]>([]);
/** The brand of the address, the first where it names none; undefined where it names one that is not there. */
export const current = computed(() => {
  const named = route.value.query.get('brand');
  return named === null ? brands.value[0] : brands.value.find((one) => one.brand_id === named);
});
export const brand = computed(() => current.value?.brand_id ?? '');
export const time_zone = computed(() => current.value?.time_zone || 'UTC');

export const periods = {
  all: 'All time',
  '7d': '7 days',
  '28d': '28 days',
  '90d': '90 days',
  own: 'From – to',
} as const;
export type Period = keyof typeof periods;

/** Days that are in the calendar, and that the API takes. */
export const first_day = '1970-01-01';
export const last_day = '2148-12-30';
export const isDay = (text: string | null): text is string =>
  text !== null &&
  text >= first_day &&
  text <= last_day &&
  !Number.isNaN(Date.parse(text)) &&
  plusDays(text, 0) === text;
export const period = computed<Period>(() => {
  const name = route.value.query.get('period');
  return name !== null && Object.hasOwn(periods, name) ? (name as Period) : 'all';
});

/** Today where the brand is. */
export function today(): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: time_zone.value, dateStyle: 'short' }).format(new Date());
}
export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** First day and the day after the last, brand-local; undefined = open. */
export const range = computed<{ from: string | undefined; until: string | undefined }>(() => {
  const { query } = route.value;
  if (period.value === 'all') return { from: undefined, until: undefined };
  if (period.value !== 'own')
    return { from: plusDays(today(), 1 - Number.parseInt(period.value, 10)), until: undefined };
  const [from, to] = [query.get('from'), query.get('to')];
  return { from: isDay(from) ? from : undefined, until: isDay(to) ? plusDays(to, 1) : undefined };
});
/** The range as filters on a column of days. */
export const days = computed(() => ({ 'day.gte': range.value.from, 'day.lt': range.value.until }));

/** The instant a brand-local day begins. */
export function beginOf(day: string): string {
  const noon = new Date(`${day}T12:00:00Z`);
  const there = new Intl.DateTimeFormat('sv-SE', {
    timeZone: time_zone.value,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(noon);
  const ahead_ms = Date.parse(`${there.replace(' ', 'T')}Z`) - noon.getTime();
  return new Date(Date.parse(`${day}T00:00:00Z`) - ahead_ms).toISOString();
}
/** The range as filters on a column of instants. */
export function instants(column: string): Record<string, string | undefined> {
  const { from, until } = range.value;
  return { [`${column}.gte`]: from && beginOf(from), [`${column}.lt`]: until && beginOf(until) };
}
