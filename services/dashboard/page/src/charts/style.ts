import type { EChartsCoreOption } from 'echarts/core';

/** Colours of the theme that is shown. */
export interface Palette {
  of: (token: string) => string;
  ink: string;
  muted: string;
  line: string;
  surface: string;
  font: string;
}
export type Option = EChartsCoreOption;
export type Draw = (palette: Palette) => Option;

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (token: string) => style.getPropertyValue(token).trim();
  return {
    of,
    ink: of('--ink'),
    muted: of('--muted'),
    line: of('--line'),
    surface: of('--surface'),
    font: getComputedStyle(document.body).fontFamily,
  };
}

const still = matchMedia('(prefers-reduced-motion: reduce)');

export function frame(colours: Palette): Option {
  return {
    animation: !still.matches,
    animationDuration: 250,
    animationDurationUpdate: 250,
    textStyle: { fontFamily: colours.font, color: colours.ink },
    legend: {
      top: 0,
      left: 0,
      icon: 'roundRect',
      itemWidth: 10,
      itemHeight: 10,
      itemGap: 18,
      textStyle: { color: colours.ink, fontSize: 12.5 },
      inactiveColor: colours.line,
    },
    grid: { left: 4, right: 12, top: 40, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      padding: [8, 12],
      textStyle: { color: colours.ink, fontSize: 12.5, fontFamily: colours.font },
      axisPointer: { type: 'shadow', shadowStyle: { color: colours.of('--shade') } },
    },
  };
}

export function categories(colours: Palette, names: readonly string[], more: Option = {}): Option {
  return {
    type: 'category',
    data: names,
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: { color: colours.muted, fontSize: 12, hideOverlap: true },
    ...more,
  };
}

export function values(colours: Palette, format: (value: number) => string, more: Option = {}): Option {
  return {
    type: 'value',
    splitNumber: 4,
    axisLine: { show: false },
    splitLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted, fontSize: 12, formatter: format, hideOverlap: true },
    ...more,
  };
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Tooltips are HTML: names come from outside. */
export const safe = (text: string) => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);
