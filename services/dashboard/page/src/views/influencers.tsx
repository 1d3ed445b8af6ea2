import { useView } from '../ask-view.ts';
import { amount, between, compact, count, rate, tenth } from '../format.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { Tag } from '../parts/stats.tsx';
import { href } from '../route.ts';
import type { InfluencerRow } from '../rows.ts';
import { relationshipOfOne } from '../words.ts';
import { RangeBar } from './range-bar.tsx';

export function Influencers() {
  const live = useView('influencer_performance', { order: '-conversion_low', limit: 10_000, every_ms: 3_000 });
  return (
    <Panel
      title="Who is listened to"
      note="Ranked by the lower bound of the pooled conversion: a few lucky redemptions do not lift anybody to the top. All time."
      live={live}
      empty="No influencers yet. Send their records (`kind: influencer`) with the reference data."
      height={520}
    >
      {(rows) => (
        <DataTable
          label="Influencers by conversion"
          rows={rows}
          columns={columnsFor(rows)}
          order="-low"
          search={(row) => `${row.name} ${row.influencer_id} ${row.relationship} ${row.tier} ${row.region}`}
          search_label="Search name, relationship, tier or region"
        />
      )}
    </Panel>
  );
}

function columnsFor(rows: readonly InfluencerRow[]): Column<InfluencerRow>[] {
  const most = Math.max(...rows.map((row) => row.conversion_high ?? 0), 0.000_1);
  return [
    {
      key: 'name',
      label: 'Influencer',
      text: true,
      show: (row) => <a href={href('influencers', row.influencer_id)}>{row.name || row.influencer_id}</a>,
      by: (row) => row.name,
    },
    {
      key: 'relationship',
      label: 'Relationship',
      text: true,
      show: (row) => <Tag kind={row.relationship}>{relationshipOfOne(row.relationship)}</Tag>,
      by: (row) => row.relationship,
    },
    {
      key: 'low',
      label: 'Conversion, at least',
      title: 'Lower 5 % bound of the pooled conversion',
      show: (row) => rate(row.conversion_low),
      by: (row) => row.conversion_low,
    },
    {
      key: 'range',
      label: 'Likely between',
      title: 'Pooled conversion with its 90 % interval',
      show: (row) =>
        row.conversion_low === null ? (
          '–'
        ) : (
          <RangeBar
            low={row.conversion_low}
            middle={row.conversion_pooled}
            high={row.conversion_high}
            most={most}
            words={between(row.conversion_low, row.conversion_high)}
          />
        ),
    },
    {
      key: 'engaged',
      label: 'People engaged',
      show: (row) => count(row.people_engaged),
      by: (row) => Number(row.people_engaged),
    },
    {
      key: 'converted',
      label: 'Converted',
      title: 'Of these, with a redemption that credits the influencer',
      show: (row) => count(row.people_converted),
      by: (row) => Number(row.people_converted),
    },
    {
      key: 'referred',
      label: 'Redemptions',
      title: 'Credit under the linear model, trials left out',
      show: (row) => tenth(row.redemptions_referred),
      by: (row) => Number(row.redemptions_referred),
    },
    {
      key: 'sales',
      label: 'Net sales',
      show: (row) => amount(row.attributed_amount, row.currency),
      by: (row) => Number(row.attributed_amount),
    },
    {
      key: 'cost',
      label: 'Per redemption',
      title: 'Cost per redemption by word of mouth',
      show: (row) => amount(row.cost_per_redemption, row.currency),
      by: (row) => row.cost_per_redemption,
    },
    {
      key: 'clicks',
      label: 'Clicks',
      title: 'Valid clicks',
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
      key: 'followers',
      label: 'Followers',
      show: (row) => (row.followers ? compact(row.followers) : '–'),
      by: (row) => Number(row.followers),
    },
  ];
}
