import { useView } from '../ask-view.ts';
import { amount, count, rate } from '../format.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { href } from '../route.ts';
import type { CampaignRow, ProductRow } from '../rows.ts';
import { Places } from './places.tsx';

export function Campaigns() {
  const live = useView('campaign_performance', { order: '-redemptions_net' });
  const products = useView('product_performance', { order: '-redemptions_net' });
  const stores = useView('store_performance', { order: '-redemptions_net', limit: 10_000 });
  return (
    <>
      <Panel
        title="Campaigns"
        note="Whole life, one line per campaign and currency."
        live={live}
        empty="No campaign yet. Send its record (`kind: campaign`) with the reference data."
        height={160}
      >
        {(rows) => <DataTable label="Campaigns" rows={rows} columns={columns} order="-net" />}
      </Panel>
      <Places live={stores} note="All campaigns of the brand." />
      <Panel
        title="Products"
        note="All campaigns of the brand."
        live={products}
        empty="No product has been redeemed yet."
      >
        {(rows) => <DataTable label="Products" rows={rows} columns={productColumns} order="-net" />}
      </Panel>
    </>
  );
}

const columns: Column<CampaignRow>[] = [
  {
    key: 'name',
    label: 'Campaign',
    text: true,
    show: (row) => <a href={href('campaigns', row.campaign_id)}>{row.name || row.campaign_id}</a>,
    by: (row) => row.name,
  },
  {
    key: 'clicks',
    label: 'Valid clicks',
    show: (row) => count(row.clicks_valid),
    by: (row) => Number(row.clicks_valid),
  },
  {
    key: 'engagements',
    label: 'Engagements',
    show: (row) => count(row.engagements),
    by: (row) => Number(row.engagements),
  },
  {
    key: 'engaged',
    label: 'People engaged',
    show: (row) => count(row.people_engaged),
    by: (row) => Number(row.people_engaged),
  },
  {
    key: 'net',
    label: 'Redemptions, net',
    show: (row) => count(row.redemptions_net),
    by: (row) => Number(row.redemptions_net),
  },
  {
    key: 'referred',
    label: 'By word of mouth',
    show: (row) => count(row.redemptions_referred),
    by: (row) => Number(row.redemptions_referred),
  },
  {
    key: 'conversion',
    label: 'Per clicker',
    title: 'Redeemers / people with a valid click',
    show: (row) => rate(row.conditional_conversion),
    by: (row) => row.conditional_conversion,
  },
  {
    key: 'sales',
    label: 'Net sales',
    show: (row) => amount(row.sales_net, row.currency),
    by: (row) => Number(row.sales_net),
  },
  { key: 'cost', label: 'Cost', show: (row) => amount(row.cost, row.currency), by: (row) => row.cost },
  {
    key: 'per',
    label: 'Cost per redemption',
    show: (row) => amount(row.cost_per_redemption, row.currency),
    by: (row) => row.cost_per_redemption,
  },
];
export const productColumns: Column<ProductRow>[] = [
  {
    key: 'name',
    label: 'Product',
    text: true,
    show: (row) => row.name || row.product_id || 'unknown',
    by: (row) => row.name,
  },
  {
    key: 'net',
    label: 'Redemptions, net',
    show: (row) => count(row.redemptions_net),
    by: (row) => Number(row.redemptions_net),
  },
  {
    key: 'void',
    label: 'Voided',
    show: (row) => count(row.redemptions_void),
    by: (row) => Number(row.redemptions_void),
  },
  {
    key: 'referred',
    label: 'By word of mouth',
    show: (row) => count(row.redemptions_referred),
    by: (row) => Number(row.redemptions_referred),
  },
  { key: 'redeemers', label: 'People', show: (row) => count(row.redeemers), by: (row) => Number(row.redeemers) },
  {
    key: 'sales',
    label: 'Net sales',
    show: (row) => amount(row.sales_net, row.currency),
    by: (row) => Number(row.sales_net),
  },
];
