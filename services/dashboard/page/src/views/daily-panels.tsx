import type { ViewAnswer } from '../ask-view.ts';
import { overDays, type Series } from '../charts/bars.ts';
import { amount, compact, count, day, dayShort } from '../format.ts';
import type { Live } from '../live.ts';
import { Chart } from '../parts/chart.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import type { CampaignDay } from '../rows.ts';
import { time_zone } from '../scope.ts';
import { type Daily, daily } from './days.ts';

const empty = 'No events in this period. They appear here by themselves as soon as they arrive.';

/** What happened day by day: talk, redemptions, sales. */
export function DailyPanels({ live }: { live: Live<ViewAnswer<CampaignDay>> }) {
  const known = live.body.value?.rows;
  const sales = known ? daily(known).sales : [];
  return (
    <>
      <DayPanel title="Clicks and engagements" live={live} wide series={talk} write={count} axis={compact} />
      <DayPanel title="Redemptions" live={live} series={bought} write={count} axis={compact} />
      {sales.map(({ currency }) => (
        <DayPanel
          key={currency}
          title={`Net sales, ${currency}`}
          live={live}
          series={({ sales: all }) => [
            {
              name: `Net sales, ${currency}`,
              colour: '--blogger',
              values: all.find((one) => one.currency === currency)?.values ?? [],
            },
          ]}
          write={(value) => amount(value, currency)}
          axis={(value) => amount(value, currency, 0)}
        />
      ))}
    </>
  );
}
const talk = (of: Daily): Series[] => [
  { name: 'Clicks', colour: '--grape', values: of.of('clicks'), kind: 'line' },
  { name: 'Likes, comments, shares', colour: '--blogger', values: of.of('engagements'), kind: 'line' },
];
const bought = (of: Daily): Series[] => [
  { name: 'Redemptions, net', colour: '--grape', values: of.of('redemptions_net') },
];

interface DayPanelProps {
  title: string;
  live: Live<ViewAnswer<CampaignDay>>;
  series: (of: Daily) => Series[];
  write: (value: number) => string;
  axis: (value: number) => string;
  wide?: boolean;
}
function DayPanel({ title, live, series, write, axis, wide }: DayPanelProps) {
  return (
    <div class={wide ? 'wide' : ''}>
      <Panel
        title={title}
        note={`per day, ${time_zone.value}`}
        live={live}
        empty={empty}
        height={240}
        table={(rows) => <DayTable title={title} of={daily(rows)} series={series} write={write} />}
      >
        {(rows) => {
          const of = daily(rows);
          return (
            <Chart
              label={`${title} per day, ${of.days.length} days. The table beside holds the numbers.`}
              height={240}
              draw={overDays(of.days, dayShort, series(of), write, axis)}
            />
          );
        }}
      </Panel>
    </div>
  );
}

function DayTable({
  title,
  of,
  series,
  write,
}: { title: string; of: Daily } & Pick<DayPanelProps, 'series' | 'write'>) {
  const lines = series(of);
  const columns: Column<number>[] = [
    {
      key: 'day',
      label: 'Day',
      text: true,
      show: (index) => day(of.days[index] ?? ''),
      by: (index) => of.days[index] ?? '',
    },
    ...lines.map((line) => ({
      key: line.name,
      label: line.name,
      show: (index: number) => write(line.values[index] ?? 0),
      by: (index: number) => line.values[index] ?? 0,
    })),
  ];
  return (
    <DataTable label={`${title} per day`} rows={of.days.map((_, index) => index)} columns={columns} order="-day" />
  );
}
