import { useView } from '../ask-view.ts';
import { amount, count, day, moment, rate, since } from '../format.ts';
import { useLive } from '../live.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { type Stat, Stats } from '../parts/stats.tsx';
import { modelName, modelOrder, reasonName } from '../words.ts';

/** Can the numbers be believed: complete, fresh, late, corrected, refused. */
export function Quality() {
  const completeness = useView('pipeline_completeness', {
    any_brand: true,
    order: '-day,source_topic,source_partition',
    limit: 1_000,
    every_ms: 5_000,
  });
  const restated = useView('restatements', { order: '-day,reason,model', limit: 1_000, every_ms: 5_000 });
  const rejected = useView('rejected_events', { order: '-source_at', limit: 500, every_ms: 5_000 });
  return (
    <>
      <Headline />
      <Panel
        title="Is everything accounted for?"
        note="Every record read ends as exactly one of these."
        live={completeness}
        empty="Nothing has been read yet."
      >
        {(rows) => (
          <DataTable
            label="Outcomes by source and day"
            rows={rows}
            columns={[
              { key: 'day', label: 'Day', text: true, show: (row) => day(row.day), by: (row) => row.day },
              {
                key: 'source',
                label: 'Source',
                text: true,
                show: (row) => `${row.source_topic} ${row.source_partition}`,
                by: (row) => row.source_topic,
              },
              { key: 'seen', label: 'Read', show: (row) => count(row.seen), by: (row) => row.seen },
              { key: 'stored', label: 'Stored', show: (row) => count(row.stored), by: (row) => row.stored },
              {
                key: 'duplicate',
                label: 'Sent twice',
                show: (row) => count(row.duplicate),
                by: (row) => row.duplicate,
              },
              { key: 'rejected', label: 'Refused', show: (row) => count(row.rejected), by: (row) => row.rejected },
              { key: 'reference', label: 'Reference', show: (row) => count(row.reference), by: (row) => row.reference },
              { key: 'missing', label: 'Missing', show: (row) => count(row.missing), by: (row) => row.missing },
            ]}
          />
        )}
      </Panel>
      <Panel
        title="Refused, with the reason"
        note="The newest 500 that name this brand; those whose brand cannot be read are counted above. The original bytes are kept, sealed."
        live={rejected}
        empty="Nothing was refused."
      >
        {(rows) => (
          <DataTable
            label="Refused records"
            rows={rows}
            search={(row) => `${row.fault_codes} ${row.fault_paths} ${row.event_id}`}
            search_label="Find a code or field"
            columns={[
              {
                key: 'at',
                label: 'When',
                text: true,
                show: (row) => moment(row.source_at, 'short'),
                by: (row) => row.source_at,
              },
              {
                key: 'code',
                label: 'Code',
                text: true,
                show: (row) => row.fault_codes[0] ?? '',
                by: (row) => row.fault_codes[0] ?? '',
              },
              {
                key: 'field',
                label: 'Field',
                text: true,
                show: (row) => row.fault_paths[0] || '–',
                by: (row) => row.fault_paths[0] ?? '',
              },
              {
                key: 'detail',
                label: 'What to do',
                text: true,
                show: (row) => <span class="wrap">{row.fault_details[0] ?? ''}</span>,
              },
            ]}
          />
        )}
      </Panel>
      <Panel
        title="Corrected after it had been said"
        live={restated}
        empty="Nothing was corrected: no event came late, nothing was voided afterwards."
      >
        {(rows) => (
          <DataTable
            label="Restatements"
            rows={rows}
            columns={[
              { key: 'day', label: 'Day', text: true, show: (row) => day(row.day), by: (row) => row.day },
              {
                key: 'reason',
                label: 'Why',
                text: true,
                show: (row) => reasonName(row.reason),
                by: (row) => row.reason,
              },
              {
                key: 'model',
                label: 'Model',
                text: true,
                show: (row) => modelName(row.model),
                by: (row) => modelOrder.indexOf(row.model),
              },
              {
                key: 'redemptions',
                label: 'Redemptions',
                show: (row) => count(row.redemptions),
                by: (row) => row.redemptions,
              },
              {
                key: 'amount',
                label: 'Money moved',
                show: (row) => amount(row.restated_amount, row.currency),
                by: (row) => row.restated_amount,
              },
            ]}
          />
        )}
      </Panel>
    </>
  );
}

function Headline() {
  const quality = useView('data_quality', { every_ms: 5_000 }).body.value?.rows[0];
  const health = useLive<{ last_event_at: string | null }>('health', 5_000).body.value;
  const list: Stat[] = [
    { label: 'Last event', value: health?.last_event_at ? since(health.last_event_at) : '–', why: 'no event yet' },
    { label: 'Events', value: count(quality?.events), note: 'that stand', why: 'no event yet' },
    { label: 'Late', value: rate(quality?.late_rate), note: 'older than a day on arrival' },
    { label: 'Redemptions matched', value: rate(quality?.identity_match_rate), note: 'joined to a touch' },
  ];
  return <Stats list={list} label="Quality in numbers" />;
}
