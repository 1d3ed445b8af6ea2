import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { nothing, why_nothing } from '../format.ts';

export interface Column<Row> {
  key: string;
  label: string;
  /** Longer words for the head. */
  title?: string;
  text?: boolean;
  show: (row: Row) => ComponentChildren;
  /** What to sort by; without it the column does not sort. */
  by?: (row: Row) => number | string | null;
}
interface TableProps<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  order?: string;
  search?: (row: Row) => string;
  search_label?: string;
  step?: number;
}

export function DataTable<Row>({ label, rows, columns, order, search, search_label, step = 25 }: TableProps<Row>) {
  const [sorted, setSorted] = useState(order ?? '');
  const [wanted, setWanted] = useState('');
  const [limit, setLimit] = useState(step);
  const found =
    search && wanted ? rows.filter((row) => search(row).toLowerCase().includes(wanted.toLowerCase())) : rows;
  const listed = inOrder(found, columns, sorted);
  return (
    <div class="table">
      {search && (
        <label class="search">
          <span class="unseen">{search_label ?? 'Search'}</span>
          <input
            type="search"
            placeholder={search_label ?? 'Search'}
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        </label>
      )}
      <section class="table-scroll" aria-label={label} tabIndex={0}>
        <table>
          <caption class="unseen">{label}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.key} column={column} sorted={sorted} sort={setSorted} />
              ))}
            </tr>
          </thead>
          <tbody>
            {listed.slice(0, limit).map((row, index) => (
              <tr key={index}>
                {columns.map((column, at) => (
                  <Cell key={column.key} column={column} row={row} first={at === 0} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div class="table-foot" aria-live="polite">
        {listed.length === 0 && <span>Nothing is called “{wanted}”.</span>}
        {listed.length > limit && (
          <button type="button" class="button" onClick={() => setLimit(limit + 4 * step)}>
            Show more ({listed.length - limit} left)
          </button>
        )}
      </div>
    </div>
  );
}

function Head<Row>({ column, sorted, sort }: { column: Column<Row>; sorted: string; sort: (order: string) => void }) {
  const { key, label, title, text, by } = column;
  const direction = sorted === key ? 'ascending' : sorted === `-${key}` ? 'descending' : 'none';
  if (!by)
    return (
      <th scope="col" class={text ? 'text' : ''} title={title}>
        {label}
      </th>
    );
  const next = direction === 'descending' ? key : direction === 'ascending' ? `-${key}` : text ? key : `-${key}`;
  return (
    <th scope="col" class={text ? 'text' : ''} aria-sort={direction}>
      <button type="button" title={title} onClick={() => sort(next)}>
        {label}
        <span class="arrow" aria-hidden="true">
          {direction === 'ascending' ? '▲' : direction === 'descending' ? '▼' : ''}
        </span>
      </button>
    </th>
  );
}

function Cell<Row>({ column, row, first }: { column: Column<Row>; row: Row; first: boolean }) {
  const shown = column.show(row);
  const none = shown === nothing;
  const inside = none ? (
    <>
      –<span class="unseen"> ({why_nothing})</span>
    </>
  ) : (
    shown
  );
  const kind = `${column.text ? 'text' : ''}${none ? ' none' : ''}`;
  return first ? (
    <th scope="row" class={kind}>
      {inside}
    </th>
  ) : (
    <td class={kind} title={none ? why_nothing : undefined}>
      {inside}
    </td>
  );
}

/** Rows without a value come last, whichever way it is sorted. */
function inOrder<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sorted: string): readonly Row[] {
  const by = columns.find((column) => column.key === sorted.replace(/^-/, ''))?.by;
  if (!by) return rows;
  const sign = sorted.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    return typeof left === 'string' ? sign * left.localeCompare(String(right)) : sign * (left - Number(right));
  });
}
