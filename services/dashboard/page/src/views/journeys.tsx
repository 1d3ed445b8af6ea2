import { useState } from 'preact/hooks';
import { useView } from '../ask-view.ts';
import { amount, moment } from '../format.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { href } from '../route.ts';
import { useInfluencerNames, useStoreNames } from './names.ts';

/** Look for a redemption, or take one of the latest. */
export function Journeys() {
  const live = useView('redemptions_current', { order: '-redeemed_at', limit: 200 });
  const influencer = useInfluencerNames();
  const store = useStoreNames();
  return (
    <>
      <Find />
      <Panel title="Latest redemptions" live={live} empty="No redemption yet: send events of type coupon_redemption.">
        {(rows) => (
          <DataTable
            label="Latest redemptions"
            rows={rows}
            columns={[
              {
                key: 'id',
                label: 'Redemption',
                text: true,
                show: (row) => <a href={href('journeys', row.redemption_id)}>{row.redemption_id}</a>,
                by: (row) => row.redemption_id,
              },
              {
                key: 'at',
                label: 'When',
                text: true,
                show: (row) => moment(row.redeemed_at, 'short'),
                by: (row) => row.redeemed_at,
              },
              { key: 'status', label: 'Status', text: true, show: (row) => row.status, by: (row) => row.status },
              {
                key: 'amount',
                label: 'Net sale',
                show: (row) => amount(row.amount, row.currency),
                by: (row) => row.amount,
              },
              { key: 'code', label: 'Code', text: true, show: (row) => row.coupon_code, by: (row) => row.coupon_code },
              {
                key: 'owner',
                label: 'Its owner',
                text: true,
                show: (row) => influencer(row.owner_id),
                by: (row) => row.owner_id,
              },
              {
                key: 'store',
                label: 'Store',
                text: true,
                show: (row) => store(row.store_id) || '–',
                by: (row) => row.store_id,
              },
            ]}
          />
        )}
      </Panel>
    </>
  );
}

function Find() {
  const [id, setId] = useState('');
  return (
    <form
      class="find"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim()) location.hash = href('journeys', id.trim());
      }}
    >
      <label>
        Redemption id{' '}
        <input
          type="search"
          value={id}
          onInput={(event) => setId(event.currentTarget.value)}
          placeholder="as the till named it"
        />
      </label>
      <button type="submit" class="button button-strong">
        Show its journey
      </button>
    </form>
  );
}
