import type { CampaignDay } from '../rows.ts';
import { plusDays } from '../scope.ts';

type Sum = 'clicks' | 'likes' | 'comments' | 'shares' | 'engagements' | 'redemptions_net';
export interface Daily {
  days: string[];
  of: (column: Sum) => number[];
  /** Net sales by currency, the largest count of redemptions first. */
  sales: { currency: string; values: number[]; total: number }[];
  total: (column: Sum) => number;
}

/** Rows of `campaign_daily` added up over campaigns, with the days between that have none. Currencies stay apart. */
export function daily(rows: readonly CampaignDay[]): Daily {
  const days = allDays(rows.map((row) => row.day));
  const at = new Map(days.map((day, index) => [day, index]));
  const added = (list: readonly CampaignDay[], value: (row: CampaignDay) => number) => {
    const sums = days.map(() => 0);
    for (const row of list) {
      const index = at.get(row.day) ?? 0;
      sums[index] = (sums[index] ?? 0) + value(row);
    }
    return sums;
  };
  const currencies = [...new Set(rows.filter((row) => row.currency).map((row) => row.currency))].sort();
  return {
    days,
    of: (column) => added(rows, (row) => Number(row[column])),
    total: (column) => rows.reduce((sum, row) => sum + Number(row[column]), 0),
    sales: currencies.map((currency) => {
      const own = rows.filter((row) => row.currency === currency);
      const cents = added(own, (row) => Math.round(Number(row.sales_net) * 10_000));
      return {
        currency,
        values: cents.map((sum) => sum / 10_000),
        total: cents.reduce((sum, value) => sum + value, 0) / 10_000,
      };
    }),
  };
}

const most_days = 3_660;
function allDays(days: readonly string[]): string[] {
  const sorted = [...new Set(days)].sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return [];
  const all: string[] = [];
  for (let day = first; day <= last && all.length < most_days; day = plusDays(day, 1)) all.push(day);
  return all;
}
