import type { ViewAnswer } from '../ask-view.ts';
import { ranked } from '../charts/bars.ts';
import { dotMap } from '../charts/dot-map.ts';
import { amount, count } from '../format.ts';
import type { Live } from '../live.ts';
import { Chart } from '../parts/chart.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import type { StoreRow } from '../rows.ts';

/** A shop in one currency. */
type Place = Omit<StoreRow, 'retailer_id'>;

interface PlacesProps<Row> {
  live: Live<ViewAnswer<Row>>;
  note: string;
}

/** Where it was redeemed: shops where they lie, and ranked. */
export function Places<Row extends Place>({ live, note }: PlacesProps<Row>) {
  const empty =
    'Nothing was redeemed in a known shop yet. Shops are known by their records (`kind: store`), with `lat` and `lon` for the map.';
  const table = (rows: Row[]) => <DataTable label="Shops" rows={rows} columns={columns} order="-net" step={12} />;
  return (
    <div class="grid">
      <Panel
        title="Shops on the map"
        note={`${note} The size of a dot is its redemptions.`}
        live={live}
        empty={empty}
        height={360}
        table={table}
      >
        {(rows) => <ShopMap shops={byShop(rows)} />}
      </Panel>
      <Panel
        title="Shops and regions"
        note={`${note} Redemptions, net.`}
        live={live}
        empty={empty}
        height={360}
        table={table}
      >
        {(rows) => <ShopBars shops={byShop(rows)} />}
      </Panel>
    </div>
  );
}

interface Shop extends Place {
  redemptions: number;
  sold: string[];
}

/** A shop may have sold in several currencies: its redemptions are added, its money is not. */
function byShop(places: readonly Place[]): Shop[] {
  const shops = new Map<string, Shop>();
  for (const place of places) {
    const shop = shops.get(place.store_id) ?? { ...place, redemptions: 0, sold: [] };
    shop.redemptions += Number(place.redemptions_net);
    if (place.currency) shop.sold.push(amount(place.sales_net, place.currency));
    shops.set(place.store_id, shop);
  }
  return [...shops.values()].sort((a, b) => b.redemptions - a.redemptions);
}
const nameOf = (place: Place) => place.name || place.store_id || 'Unknown shop';
const words = (shop: Shop) => [`${count(shop.redemptions)} redemptions`, ...shop.sold].join(', ');

function ShopMap({ shops }: { shops: readonly Shop[] }) {
  const dots = shops.flatMap((shop) =>
    shop.lat === null || shop.lon === null
      ? []
      : [
          {
            name: shop.city || nameOf(shop),
            lat: shop.lat,
            lon: shop.lon,
            value: shop.redemptions,
            note: `${nameOf(shop)}: ${words(shop)}`,
          },
        ],
  );
  if (dots.length === 0)
    return <Empty>No shop has a place yet. Give the store records `lat` and `lon` to see them here.</Empty>;
  const missing = shops.length - dots.length;
  return (
    <>
      <Chart
        label={`${dots.length} shops by place. Choose Table for the numbers.`}
        height={360}
        draw={dotMap(dots, 1.2)}
      />
      {missing > 0 && (
        <p class="muted below">{missing === 1 ? 'One shop has' : `${missing} shops have`} no known place.</p>
      )}
    </>
  );
}

function ShopBars({ shops }: { shops: readonly Shop[] }) {
  const regions = new Map<string, number>();
  for (const shop of shops)
    regions.set(
      shop.region || 'Unknown region',
      (regions.get(shop.region || 'Unknown region') ?? 0) + shop.redemptions,
    );
  const bars = shops
    .slice(0, 12)
    .map((shop) => ({ name: nameOf(shop), value: shop.redemptions, note: count(shop.redemptions) }));
  return (
    <>
      <p class="regions">
        {[...regions]
          .sort((a, b) => b[1] - a[1])
          .map(([region, redemptions]) => (
            <span key={region}>
              {region} <strong>{count(redemptions)}</strong>
            </span>
          ))}
      </p>
      <Chart
        label={`Redemptions of the ${bars.length} strongest shops. Choose Table for the numbers.`}
        height={16 + bars.length * 30}
        draw={ranked(bars, count, '--grape', 170)}
      />
    </>
  );
}

const columns: Column<Place>[] = [
  { key: 'name', label: 'Shop', text: true, show: nameOf, by: nameOf },
  { key: 'city', label: 'City', text: true, show: (row) => row.city, by: (row) => row.city },
  { key: 'region', label: 'Region', text: true, show: (row) => row.region, by: (row) => row.region },
  {
    key: 'net',
    label: 'Redemptions, net',
    show: (row) => count(row.redemptions_net),
    by: (row) => Number(row.redemptions_net),
  },
  {
    key: 'sales',
    label: 'Net sales',
    show: (row) => amount(row.sales_net, row.currency),
    by: (row) => Number(row.sales_net),
  },
];
