import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ViewAnswer } from '../ask-view.ts';
import { clock } from '../format.ts';
import type { Live } from '../live.ts';
import { ChartPlace } from './chart.tsx';
import { saveCsv, savePicture } from './download.ts';
import { showSql } from './sql-dialog.tsx';
import { Empty, Skeleton, Trouble } from './states.tsx';

interface PanelProps<Row> {
  title: string;
  note?: ComponentChildren;
  live: Live<ViewAnswer<Row>>;
  /** What to say and do when there are no rows. */
  empty?: ComponentChildren;
  children: (rows: Row[]) => ComponentChildren;
  /** The same numbers as a table, for a panel that shows a chart. */
  table?: (rows: Row[]) => ComponentChildren;
  aside?: ComponentChildren;
  height?: number;
}

/** A titled part of a page: one question, its answer, and the way out of it (CSV, PNG, SQL, table). */
export function Panel<Row>(props: PanelProps<Row>) {
  const { title, note, live, table, aside } = props;
  const [tabled, setTabled] = useState(false);
  const drawn = useMemo(() => ({ current: undefined }), []);
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <div class="panel-title">
          <h2>{title}</h2>
          {note && <p class="muted">{note}</p>}
          {live.old.value && <p class="muted">As of {clock(live.old.value)}.</p>}
        </div>
        {aside}
        <Toolbar
          title={title}
          live={live}
          chart={table ? drawn : undefined}
          tabled={tabled}
          turn={() => setTabled(!tabled)}
        />
      </header>
      <ChartPlace.Provider value={drawn}>
        <Body {...props} tabled={tabled} />
      </ChartPlace.Provider>
    </section>
  );
}

function Body<Row>({ live, empty, children, table, height = 220, tabled }: PanelProps<Row> & { tabled: boolean }) {
  const rows = live.body.value?.rows;
  const problem = live.problem.value;
  if (!rows) return problem ? <Trouble problem={problem} /> : <Skeleton height={height} />;
  if (rows.length === 0) return <Empty>{empty ?? 'Nothing here yet. It appears by itself when events arrive.'}</Empty>;
  return <>{tabled && table ? table(rows) : children(rows)}</>;
}

interface ToolbarProps {
  title: string;
  live: Live<ViewAnswer<unknown>>;
  chart: { current: { getDataURL: (how: object) => string } | undefined } | undefined;
  tabled: boolean;
  turn: () => void;
}
const fileName = (title: string) =>
  `grapevine-${title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}`;

function Toolbar({ title, live, chart, tabled, turn }: ToolbarProps) {
  const answer = live.body.value;
  if (!answer) return null;
  const picture = () => {
    const backgroundColor = getComputedStyle(document.documentElement).getPropertyValue('--surface').trim();
    const address = chart?.current?.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor });
    if (address) savePicture(address, fileName(title));
  };
  return (
    <div class="toolbar" role="group" aria-label={`${title}: take it with you`}>
      {chart && (
        <button type="button" aria-pressed={tabled} onClick={turn} title={tabled ? 'Show as chart' : 'Show as table'}>
          {tabled ? 'Chart' : 'Table'}
        </button>
      )}
      <button type="button" onClick={() => saveCsv(live.path, fileName(title))} title="Download the rows as CSV">
        CSV
      </button>
      {chart && !tabled && (
        <button type="button" onClick={picture} title="Download the chart as PNG">
          PNG
        </button>
      )}
      <button type="button" onClick={() => showSql(title, answer.sql)} title="Show the query">
        SQL
      </button>
    </div>
  );
}
