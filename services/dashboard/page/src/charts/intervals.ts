import { categories, type Draw, frame, safe, values } from './style.ts';

export interface Interval {
  low: number | null;
  middle: number | null;
  high: number | null;
}
export interface IntervalSeries {
  name: string;
  colour: string;
  values: Interval[];
}
interface Api {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
  size?: (extent: [number, number]) => [number, number];
}

/** A point with its interval per row and series: rows from top to bottom, series one under the other within a row. */
export const intervals =
  (rows: readonly string[], series: readonly IntervalSeries[], write: (value: number) => string): Draw =>
  (colours) => ({
    ...frame(colours),
    legend: { ...(frame(colours).legend as object), data: series.map((one) => one.name) },
    tooltip: {
      ...(frame(colours).tooltip as object),
      formatter: ([at]: { dataIndex: number }[]) =>
        at ? told(rows[at.dataIndex] ?? '', series, at.dataIndex, write) : '',
    },
    xAxis: values(colours, write, { min: 0, ...mostShown(series) }),
    yAxis: categories(colours, rows, {
      inverse: true,
      axisLine: { show: false },
      axisLabel: { color: colours.ink, fontSize: 13, interval: 0 },
    }),
    series: series.map((one, index) => ({
      name: one.name,
      type: 'custom',
      clip: true,
      color: colours.of(one.colour),
      encode: { x: [1, 2, 3], y: 0 },
      data: one.values.map(({ low, middle, high }, row) => [
        row,
        low ?? middle ?? Number.NaN,
        middle ?? Number.NaN,
        high ?? middle ?? Number.NaN,
      ]),
      renderItem: (_: unknown, api: Api) => whisker(api, colours.of(one.colour), colours.surface, index, series.length),
    })),
  });

/** One interval that is open to the right must not make all the others unreadable: it runs out of the picture. */
function mostShown(series: readonly IntervalSeries[]): { max?: number } {
  const all = series.flatMap((one) => one.values);
  const most = 4 * Math.max(...all.map(({ middle }) => middle ?? 0));
  return all.some(({ high }) => (high ?? 0) > most) ? { max: most } : {};
}

function whisker(api: Api, colour: string, surface: string, index: number, of: number) {
  const row = api.value(0);
  if (Number.isNaN(api.value(2))) return undefined;
  const room = api.size?.([0, 1])[1] ?? 40;
  const shift = (index - (of - 1) / 2) * Math.min(room / (of + 1), 14);
  const [left, middle, right] = [1, 2, 3].map((dimension) => api.coord([api.value(dimension), row])[0]) as [
    number,
    number,
    number,
  ];
  const y = api.coord([api.value(2), row])[1] + shift;
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: colour, lineWidth: 2 },
  });
  const ends =
    left === right ? [] : [line(left, y, right, y), line(left, y - 4, left, y + 4), line(right, y - 4, right, y + 4)];
  return {
    type: 'group',
    children: [
      ...ends,
      { type: 'circle', shape: { cx: middle, cy: y, r: 5 }, style: { fill: colour, stroke: surface, lineWidth: 1.5 } },
    ],
  };
}

function told(row: string, series: readonly IntervalSeries[], at: number, write: (value: number) => string): string {
  const lines = series.map((one) => {
    const { low, middle, high } = one.values[at] ?? { low: null, middle: null, high: null };
    if (middle === null) return `${safe(one.name)}: –`;
    return `${safe(one.name)}: <b>${write(middle)}</b>${low === null || high === null ? '' : ` (${write(low)} – ${write(high)})`}`;
  });
  return `${safe(row)}<br>${lines.join('<br>')}`;
}
