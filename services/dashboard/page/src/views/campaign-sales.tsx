import { useView } from '../ask-view.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { productColumns } from './campaigns.tsx';
import { Places } from './places.tsx';

/** Shops and products of one campaign. */
export function CampaignSales({ id }: { id: string }) {
  const where = { campaign_id: id };
  const stores = useView('campaign_stores', { where, order: '-redemptions_net', limit: 10_000, every_ms: 10_000 });
  const products = useView('campaign_products', { where, order: '-redemptions_net', every_ms: 10_000 });
  return (
    <>
      <Places live={stores} note="This campaign." />
      <Panel title="Products" note="This campaign." live={products} empty="Nothing of this campaign was redeemed yet.">
        {(rows) => <DataTable label="Products" rows={rows} columns={productColumns} order="-net" />}
      </Panel>
    </>
  );
}
