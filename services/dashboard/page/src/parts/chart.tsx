import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { type Draw, palette } from '../charts/style.ts';
import { shown } from '../theme.ts';

type Drawn = ReturnType<typeof import('../charts/engine.ts').open>;
/** The panel around a chart keeps hold of it, to save it as a picture. */
export const ChartPlace = createContext<{ current: Drawn | undefined }>({ current: undefined });

interface ChartProps {
  label: string;
  draw: Draw;
  height?: number;
  onPick?: (index: number) => void;
}

export function Chart({ label, draw, height = 280, onPick }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useChart(place);
  const theme = shown.value;
  useEffect(() => {
    drawn?.setOption(draw(palette()), { replaceMerge: ['series', 'xAxis', 'yAxis'] });
  }, [drawn, draw, theme]);
  useEffect(() => {
    if (!drawn || !onPick) return;
    const pick = ({ dataIndex }: { dataIndex: number }) => onPick(dataIndex);
    drawn.on('click', pick as never);
    return () => {
      drawn.off('click', pick as never);
    };
  }, [drawn, onPick]);
  return (
    <div
      class="chart"
      style={{ height: `${height}px` }}
      role="img"
      aria-label={label}
      data-drawn={drawn ? 'yes' : 'no'}
    >
      <div class="chart-canvas" ref={place} />
    </div>
  );
}

function useChart(place: { current: HTMLDivElement | null }): Drawn | undefined {
  const held = useContext(ChartPlace);
  const [drawn, setDrawn] = useState<Drawn>();
  useEffect(() => {
    let gone = false;
    let close = () => {};
    import('../charts/engine.ts').then(({ open }) => {
      if (gone || !place.current) return;
      const chart = open(place.current);
      const watch = new ResizeObserver(() => chart.resize());
      watch.observe(place.current);
      held.current = chart;
      setDrawn(chart);
      close = () => {
        watch.disconnect();
        chart.dispose();
        held.current = undefined;
      };
    });
    return () => {
      gone = true;
      close();
    };
  }, []);
  return drawn;
}
