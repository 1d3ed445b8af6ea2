import type { ViewAnswer } from '../ask-view.ts';
import { ranked } from '../charts/bars.ts';
import { dotMap } from '../charts/dot-map.ts';
import { amount, count } from '../format.ts';
import type { Live } from '../live.ts';
import { Chart } from '../parts/chart.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';

export interface Place {
  store_id: string;
  name: string;
  city: string;
  region: string;
  lat: number | null;
  lon: number | null;
  redemptions: number;
  sales: number | null;
  currency: string;
}
interface PlacesProps<Row> {
  live: Live<ViewAnswer<Row>>;
  placesOf: (rows: Row[]) => Place[];
  note: string;
}

/** Where it was redeemed: shops where they lie, and ranked. */
export function Places<Row>({ live, placesOf, note }: PlacesProps<Row>) {
  const empty =
    'Nothing was redeemed in a known shop yet. Shops are known by their records (`kind: store`), with `lat` and `lon` for the map.';
  const table = (rows: Row[]) => (
    <DataTable label="Shops" rows={placesOf(rows)} columns={columns} order="-net" step={12} />
  );
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
        {(rows) => <ShopMap places={byShop(placesOf(rows))} />}
      </Panel>
      <Panel
        title="Shops and regions"
        note={`${note} Redemptions, net.`}
        live={live}
        empty={empty}
        height={360}
        table={table}
      >
        {(rows) => <ShopBars places={byShop(placesOf(rows))} />}
      </Panel>
    </div>
  );
}

/** A shop may have sold in several currencies: its redemptions are added, its money is not. */
function byShop(places: readonly Place[]): (Place & { sold: string[] })[] {
  const shops = new Map<string, Place & { sold: string[] }>();
  for (const place of places) {
    const shop = shops.get(place.store_id) ?? { ...place, redemptions: 0, sold: [] };
    shop.redemptions += place.redemptions;
    if (place.currency) shop.sold.push(amount(place.sales, place.currency));
    shops.set(place.store_id, shop);
  }
  return [...shops.values()].sort((a, b) => b.redemptions - a.redemptions);
}
type Shop = ReturnType<typeof byShop>[number];
const nameOf = (shop: Place) => shop.name || shop.store_id || 'Unknown shop';
const words = (shop: Shop) => [`${count(shop.redemptions)} redemptions`, ...shop.sold].join(', ');

function ShopMap({ places }: { places: readonly Shop[] }) {
  const dots = places.flatMap((shop) =>
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
  const missing = places.length - dots.length;
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

function ShopBars({ places }: { places: readonly Shop[] }) {
  const regions = new Map<string, number>();
  for (const shop of places)
    regions.set(
      shop.region || 'Unknown region',
      (regions.get(shop.region || 'Unknown region') ?? 0) + shop.redemptions,
    );
  const bars = places
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
  { key: 'net', label: 'Redemptions, net', show: (row) => count(row.redemptions), by: (row) => row.redemptions },
  { key: 'sales', label: 'Net sales', show: (row) => amount(row.sales, row.currency), by: (row) => row.sales },
];
