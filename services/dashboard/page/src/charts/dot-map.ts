import { type Draw, frame, safe } from './style.ts';

export interface Dot {
  name: string;
  lat: number;
  lon: number;
  value: number;
  note: string;
}

/** Shops where they lie, without a map behind them: the size of a dot is its value. */
export const dotMap =
  (dots: readonly Dot[], width_to_height: number): Draw =>
  (colours) => {
    const { lat, lon } = extent(dots, width_to_height);
    const most = Math.max(...dots.map((dot) => dot.value), 1);
    const axis = {
      type: 'value',
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { show: false },
      splitNumber: 6,
      splitLine: { lineStyle: { color: colours.line, type: 'dashed' } },
    };
    return {
      ...frame(colours),
      legend: { show: false },
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      tooltip: {
        ...(frame(colours).tooltip as object),
        trigger: 'item',
        formatter: ({ dataIndex }: { dataIndex: number }) =>
          `<b>${safe(dots[dataIndex]?.name ?? '')}</b><br>${safe(dots[dataIndex]?.note ?? '')}`,
      },
      xAxis: { ...axis, min: lon[0], max: lon[1] },
      yAxis: { ...axis, min: lat[0], max: lat[1] },
      series: [
        {
          type: 'scatter',
          data: dots.map((dot) => [dot.lon, dot.lat]),
          symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) =>
            8 + 26 * Math.sqrt((dots[dataIndex]?.value ?? 0) / most),
          itemStyle: { color: colours.of('--grape'), opacity: 0.75, borderColor: colours.surface, borderWidth: 1 },
          label: {
            show: true,
            position: 'right',
            distance: 6,
            color: colours.ink,
            fontSize: 12,
            formatter: ({ dataIndex }: { dataIndex: number }) => dots[dataIndex]?.name ?? '',
          },
          labelLayout: { hideOverlap: true },
        },
      ],
    };
  };

/** Degrees around the dots, so that a kilometre east is as long as a kilometre north. */
function extent(dots: readonly Dot[], width_to_height: number): { lat: [number, number]; lon: [number, number] } {
  const lats = dots.map((dot) => dot.lat);
  const lons = dots.map((dot) => dot.lon);
  const middle = { lat: (Math.min(...lats) + Math.max(...lats)) / 2, lon: (Math.min(...lons) + Math.max(...lons)) / 2 };
  const shrink = Math.max(Math.cos((middle.lat * Math.PI) / 180), 0.1);
  const tall = Math.max(Math.max(...lats) - Math.min(...lats), 0.2) * 1.2;
  const wide = Math.max(Math.max(...lons) - Math.min(...lons), 0.2) * shrink * 1.4;
  const height = Math.max(tall, wide / width_to_height);
  const half = { lat: height / 2, lon: (height * width_to_height) / shrink / 2 };
  return { lat: [middle.lat - half.lat, middle.lat + half.lat], lon: [middle.lon - half.lon, middle.lon + half.lon] };
}
