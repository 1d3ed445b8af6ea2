import { categories, type Draw, frame, safe, values } from './style.ts';

export interface Series {
  name: string;
  /** Token of the style sheet, such as `--friend`. */
  colour: string;
  values: (number | null)[];
  kind?: 'bar' | 'line';
}
export type Write = (value: number) => string;

/** One or more series over days. */
export const overDays =
  (
    days: readonly string[],
    label: (day: string) => string,
    series: readonly Series[],
    write: Write,
    axis: Write = write,
  ): Draw =>
  (colours) => ({
    ...frame(colours),
    ...(series.length < 2 && { legend: { show: false }, grid: { ...(frame(colours).grid as object), top: 16 } }),
    xAxis: categories(colours, days.map(label), {
      axisLabel: {
        color: colours.muted,
        fontSize: 12,
        hideOverlap: true,
        alignMinLabel: 'left',
        alignMaxLabel: 'right',
      },
    }),
    yAxis: values(colours, axis, { minInterval: 1 }),
    series: series.map((one) => ({
      name: one.name,
      type: one.kind ?? 'bar',
      data: one.values,
      color: colours.of(one.colour),
      tooltip: { valueFormatter: (value: number | null) => (value === null ? '–' : write(value)) },
      ...(one.kind === 'line'
        ? {
            showSymbol: days.length < 3,
            symbolSize: 6,
            lineStyle: { width: 2 },
            areaStyle: { opacity: 0.08 },
            smooth: 0.2,
            smoothMonotone: 'x',
          }
        : { barMaxWidth: 22, itemStyle: { borderRadius: [3, 3, 0, 0] } }),
    })),
  });

const narrow = matchMedia('(max-width: 700px)');

/** Groups of bars side by side, such as models with a bar per relationship. */
export const grouped =
  (groups: readonly string[], series: readonly Series[], write: Write, axis: Write = write): Draw =>
  (colours) => ({
    ...frame(colours),
    xAxis: categories(colours, groups, {
      axisLabel: {
        color: colours.muted,
        fontSize: 12,
        lineHeight: 15,
        interval: 0,
        ...(narrow.matches ? { rotate: 45 } : { width: 78, overflow: 'break' }),
      },
    }),
    yAxis: values(colours, axis),
    series: series.map((one) => ({
      name: one.name,
      type: 'bar',
      data: one.values,
      color: colours.of(one.colour),
      barMaxWidth: 26,
      barGap: '12%',
      itemStyle: { borderRadius: [3, 3, 0, 0] },
      tooltip: { valueFormatter: (value: number | null) => (value === null ? '–' : write(value)) },
    })),
  });

export interface Bar {
  name: string;
  value: number;
  /** Written behind the bar. */
  note: string;
  colour?: string;
}

/** Named bars from left to right, the first on top: a funnel, a ranking. */
export const ranked =
  (bars: readonly Bar[], write: Write, colour = '--grape', name_width = 130): Draw =>
  (colours) => ({
    ...frame(colours),
    legend: { show: false },
    grid: { left: 4, right: 84, top: 4, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      ...(frame(colours).tooltip as object),
      formatter: ([at]: { dataIndex: number }[]) => {
        const bar = at && bars[at.dataIndex];
        return bar ? `${safe(bar.name)}<br><b>${safe(write(bar.value))}</b> ${safe(bar.note)}` : '';
      },
    },
    xAxis: { type: 'value', show: false },
    yAxis: categories(
      colours,
      bars.map((bar) => bar.name),
      {
        inverse: true,
        axisLine: { show: false },
        axisLabel: { color: colours.ink, fontSize: 13, width: name_width, overflow: 'truncate', interval: 0 },
      },
    ),
    series: [
      {
        type: 'bar',
        data: bars.map((bar) => ({ value: bar.value, itemStyle: { color: colours.of(bar.colour ?? colour) } })),
        barMaxWidth: 26,
        itemStyle: { borderRadius: 4 },
        showBackground: true,
        backgroundStyle: { color: colours.of('--shade'), borderRadius: 4 },
        label: {
          show: true,
          position: 'right',
          color: colours.ink,
          fontSize: 12.5,
          formatter: ({ dataIndex }: { dataIndex: number }) =>
            bars[dataIndex]?.note || write(bars[dataIndex]?.value ?? 0),
        },
      },
    ],
  });
