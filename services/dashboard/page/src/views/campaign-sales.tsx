import { useView } from '../ask-view.ts';
import { amount, count } from '../format.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import type { RedemptionRow, StoreRow } from '../rows.ts';
import { useProductNames } from './names.ts';
import { type Place, Places } from './places.tsx';

const most = 10_000;

/** Shops and products of one campaign: its redemptions as they stand, added up here. */
export function CampaignSales({ id }: { id: string }) {
  const live = useView('redemptions_current', {
    where: { campaign_id: id, 'status.in': 'redeemed,returned' },
    columns: ['redemption_id', 'store_id', 'product_id', 'region', 'status', 'amount', 'currency', 'redeemed_at'],
    order: '-redeemed_at',
    limit: most,
    every_ms: 10_000,
  });
  const stores = useView('store_performance', { order: '-redemptions_net', limit: most });
  const productName = useProductNames();
  const note =
    live.body.value?.rows.length === most
      ? `The newest ${count(most)} redemptions of this campaign.`
      : 'This campaign.';
  return (
    <>
      <Places live={live} placesOf={(rows) => placesOf(rows, stores.body.value?.rows ?? [])} note={note} />
      <Panel title="Products" note={note} live={live} empty="Nothing of this campaign was redeemed yet.">
        {(rows) => (
          <DataTable
            label="Products"
            rows={added(rows, (row) => row.product_id)}
            order="-redemptions"
            columns={[
              {
                key: 'name',
                label: 'Product',
                text: true,
                show: (row) => productName(row.id),
                by: (row) => row.id,
              },
              {
                key: 'redemptions',
                label: 'Redemptions, net',
                show: (row) => count(row.redemptions),
                by: (row) => row.redemptions,
              },
              {
                key: 'sales',
                label: 'Net sales',
                show: (row) => amount(row.sales, row.currency),
                by: (row) => row.sales,
              },
            ]}
          />
        )}
      </Panel>
    </>
  );
}

interface Added {
  id: string;
  currency: string;
  redemptions: number;
  sales: number | null;
}
/** Redemptions by some id and currency; exact in 1/10,000 of the currency unit. */
function added(rows: readonly RedemptionRow[], idOf: (row: RedemptionRow) => string): Added[] {
  const sums = new Map<string, Added & { e4: number }>();
  for (const row of rows) {
    const id = idOf(row);
    const at = `${id}/${row.currency}`;
    const sum = sums.get(at) ?? { id, currency: row.currency, redemptions: 0, sales: null, e4: 0 };
    sum.redemptions += 1;
    if (row.amount !== null) {
      sum.e4 += Math.round(Number(row.amount) * 10_000);
      sum.sales = sum.e4 / 10_000;
    }
    sums.set(at, sum);
  }
  return [...sums.values()];
}

function placesOf(rows: readonly RedemptionRow[], stores: readonly StoreRow[]): Place[] {
  const known = new Map(stores.map((store) => [store.store_id, store]));
  return added(rows, (row) => row.store_id).map(({ id, currency, redemptions, sales }) => {
    const store = known.get(id);
    return {
      store_id: id,
      name: store?.name ?? id,
      city: store?.city ?? '',
      region: store?.region ?? '',
      lat: store?.lat ?? null,
      lon: store?.lon ?? null,
      redemptions,
      sales,
      currency,
    };
  });
}
