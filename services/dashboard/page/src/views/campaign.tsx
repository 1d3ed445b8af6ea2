import { useView } from '../ask-view.ts';
import { ranked } from '../charts/bars.ts';
import { amount, between, count, hours, number, rate, tenth } from '../format.ts';
import { Chart } from '../parts/chart.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { PeriodChoice } from '../parts/period-choice.tsx';
import { type Stat, Stats } from '../parts/stats.tsx';
import { href } from '../route.ts';
import type { CampaignCredit, CampaignRow, FunnelRow } from '../rows.ts';
import { days } from '../scope.ts';
import { byModel, modelName, modelOrder } from '../words.ts';
import { CampaignSales } from './campaign-sales.tsx';
import { DailyPanels } from './daily-panels.tsx';

export function Campaign({ id }: { id: string }) {
  return (
    <>
      <p class="crumbs">
        <a href={href('campaigns')}>← All campaigns</a>
      </p>
      <Numbers id={id} />
      <Funnel id={id} />
      <Returns id={id} />
      <CampaignSales id={id} />
      <ByDay id={id} />
    </>
  );
}

function Numbers({ id }: { id: string }) {
  const live = useView('campaign_performance', { where: { campaign_id: id } });
  return (
    <Panel
      title="Numbers"
      note={live.body.value?.rows[0]?.name}
      live={live}
      empty={<>No campaign is called “{id}”. Open one from the list of campaigns.</>}
      height={240}
    >
      {(rows) => rows[0] && <Stats list={numbersOf(rows[0], rows)} label="Numbers of this campaign" />}
    </Panel>
  );
}

function numbersOf(row: CampaignRow, all: readonly CampaignRow[]): Stat[] {
  const no_interval =
    row.redemption_rate !== null && row.redemption_rate > 1
      ? 'more was redeemed than handed out'
      : `likely ${between(row.redemption_rate_low, row.redemption_rate_high)}`;
  return [
    {
      label: 'Redemptions',
      value: count(row.redemptions_net),
      note: `${count(row.redemptions_gross)} gross, ${count(row.redemptions_void)} voided`,
    },
    {
      label: 'By word of mouth',
      value: count(row.redemptions_referred),
      note: `${count(row.redemptions_trial)} trials beside`,
    },
    ...all
      .filter((one) => one.currency)
      .map((one) => ({
        label: all.length > 1 ? `Net sales, ${one.currency}` : 'Net sales',
        value: amount(one.sales_net, one.currency),
        note: `${amount(one.sales_gross, one.currency)} gross`,
      })),
    ...all
      .filter((one) => one.currency)
      .map((one) => ({
        label: all.length > 1 ? `Cost, ${one.currency}` : 'Cost',
        value: amount(one.cost, one.currency),
        why: 'the campaign has no cost lines',
        note: `${amount(one.cost_per_redemption, one.currency)} per redemption, ${amount(one.cost_per_engagement, one.currency)} per engagement`,
      })),
    { label: 'People engaged', value: count(row.people_engaged), note: `${count(row.people_clicked)} clicked` },
    {
      label: 'Valid clicks',
      value: count(row.clicks_valid),
      note: `${rate(row.invalid_rate)} of ${count(row.clicks)} were not valid`,
    },
    { label: 'Engagements', value: count(row.engagements), note: `${count(row.mentions)} mentions` },
    { label: 'Redeemed of handed out', value: rate(row.redemption_rate), note: no_interval },
    { label: 'Redeemers per clicker', value: rate(row.conditional_conversion) },
    {
      label: 'New to the brand',
      value: rate(row.new_to_brand_rate),
      note: `known for ${rate(row.new_to_brand_coverage)} of redeemers`,
    },
    {
      label: 'From first touch',
      value: hours(row.hours_from_first_touch_p50),
      note: `nine of ten within ${hours(row.hours_from_first_touch_p90)}`,
      why: 'no redemption follows a touch yet',
    },
    {
      label: 'From last touch',
      value: hours(row.hours_from_last_touch_p50),
      note: `nine of ten within ${hours(row.hours_from_last_touch_p90)}`,
      why: 'no redemption follows a touch yet',
    },
  ];
}

function Funnel({ id }: { id: string }) {
  const live = useView('funnel', { where: { campaign_id: id }, order: 'step' });
  return (
    <Panel
      title="Funnel"
      note="Distinct people at each stage. More may be reached than were handed something: that is word of mouth."
      live={live}
      empty="Nobody was handed anything, and nobody was reached yet."
      height={240}
      table={(rows) => <DataTable label="Funnel" rows={rows} columns={funnelColumns} />}
    >
      {(rows) => (
        <Chart
          label={`Funnel: ${rows.map((row) => `${row.stage} ${count(row.people)}`).join(', ')}`}
          height={260}
          draw={ranked(
            rows.map((row) => ({
              name: sentence(row.stage),
              value: Number(row.people),
              note: `${count(row.people)}${row.rate_from_previous === null ? '' : `  (${step(row.rate_from_previous)})`}`,
            })),
            count,
            '--grape',
            170,
          )}
        />
      )}
    </Panel>
  );
}
const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);
const step = (of: number) => (of > 1 ? `× ${tenth(of)}` : rate(of, 0));
const funnelColumns: Column<FunnelRow>[] = [
  { key: 'stage', label: 'Stage', text: true, show: (row) => sentence(row.stage) },
  { key: 'people', label: 'People', show: (row) => count(row.people), by: (row) => Number(row.people) },
  { key: 'rate', label: 'Of the stage before', show: (row) => rate(row.rate_from_previous) },
];

function Returns({ id }: { id: string }) {
  const live = useView('campaign_attribution', { where: { campaign_id: id } });
  return (
    <Panel
      title="Cost and return"
      note="What the touches of this campaign earned, by model. Models are never added."
      live={live}
      empty="No redemption is credited yet."
    >
      {(rows) => <DataTable label="Return by model" rows={[...rows].sort(byModel)} columns={returnColumns} />}
    </Panel>
  );
}
const returnColumns: Column<CampaignCredit>[] = [
  {
    key: 'model',
    label: 'Model',
    text: true,
    show: (row) => modelName(row.model),
    by: (row) => modelOrder.indexOf(row.model),
  },
  {
    key: 'redemptions',
    label: 'Attributed',
    title: 'Redemptions attributed to somebody',
    show: (row) => tenth(row.attributed_redemptions),
    by: (row) => Number(row.attributed_redemptions),
  },
  {
    key: 'nobody',
    label: 'To nobody',
    show: (row) => rate(row.unattributed_rate, 0),
    by: (row) => row.unattributed_rate,
  },
  {
    key: 'amount',
    label: 'Net sales',
    show: (row) => amount(row.attributed_amount, row.currency),
    by: (row) => Number(row.attributed_amount),
  },
  {
    key: 'roas',
    label: 'ROAS',
    title: 'Attributed net sales / cost',
    show: (row) => number(row.roas),
    by: (row) => row.roas,
  },
  {
    key: 'roi',
    label: 'ROI',
    title: '(Attributed net sales − cost) / cost',
    show: (row) => rate(row.roi, 0),
    by: (row) => row.roi,
  },
];

function ByDay({ id }: { id: string }) {
  const live = useView('campaign_daily', { where: { ...days.value, campaign_id: id }, order: 'day', limit: 10_000 });
  return (
    <>
      <div class="section-head">
        <h2>Day by day</h2>
        <PeriodChoice />
      </div>
      <div class="grid">
        <DailyPanels live={live} />
      </div>
    </>
  );
}
