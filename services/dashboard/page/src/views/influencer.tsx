import { useView } from '../ask-view.ts';
import { amount, between, compact, count, moment, rate, tenth } from '../format.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { type Stat, Stats, Tag } from '../parts/stats.tsx';
import { href } from '../route.ts';
import type { CouponRow, CreditRow, InfluencerRow, PostRow } from '../rows.ts';
import { eventName, relationshipOfOne } from '../words.ts';

export function Influencer({ id }: { id: string }) {
  return (
    <>
      <p class="crumbs">
        <a href={href('influencers')}>← All influencers</a>
      </p>
      <Numbers id={id} />
      <div class="grid">
        <Posts id={id} />
        <Coupons id={id} />
      </div>
      <Credits id={id} />
    </>
  );
}

function Numbers({ id }: { id: string }) {
  const live = useView('influencer_performance', { where: { influencer_id: id } });
  return (
    <Panel
      title="Numbers"
      live={live}
      note="All time. Credit under the linear model, trials left out."
      empty={<>Nobody is called “{id}”. Open one from the list of influencers.</>}
      height={180}
    >
      {(rows) => rows[0] && <Profile row={rows[0]} all={rows} />}
    </Panel>
  );
}

function Profile({ row, all }: { row: InfluencerRow; all: readonly InfluencerRow[] }) {
  const list: Stat[] = [
    {
      label: 'Conversion',
      value: rate(row.conversion),
      note: `${count(row.people_converted)} of ${count(row.people_engaged)} people`,
    },
    {
      label: 'Pooled',
      value: rate(row.conversion_pooled),
      note: `likely ${between(row.conversion_low, row.conversion_high)}`,
    },
    { label: 'Redemptions', value: tenth(row.redemptions_referred), note: 'by word of mouth' },
    ...all.map((one) => ({
      label: 'Net sales',
      value: amount(one.attributed_amount, one.currency),
      note: one.cost === null ? 'no cost known' : `cost ${amount(one.cost, one.currency)}`,
    })),
    {
      label: 'Clicks',
      value: count(row.clicks_valid),
      note: `${rate(row.invalid_rate)} of ${count(row.clicks)} were not valid`,
    },
    { label: 'Engagements', value: count(row.engagements), note: `${rate(row.er_followers)} of followers` },
    { label: 'Asks for advice', value: rate(row.advice_rate), note: 'of engagements: questions, intent, shares' },
    { label: 'Codes redeemed', value: count(row.codes_redeemed) },
  ];
  return (
    <>
      <p class="profile">
        <strong>{row.name || row.influencer_id}</strong>
        <Tag kind={row.relationship}>{relationshipOfOne(row.relationship)}</Tag>
        {row.tier && <Tag>{row.tier}</Tag>}
        {row.region && <span class="muted">{row.region}</span>}
        <span class="muted">{row.followers ? `${compact(row.followers)} followers` : 'followers unknown'}</span>
      </p>
      <Stats list={list} label="Numbers of this influencer" />
    </>
  );
}

function Posts({ id }: { id: string }) {
  const live = useView('post_performance', {
    where: { influencer_id: id },
    order: '-engagements',
    limit: 10_000,
    every_ms: 10_000,
  });
  return (
    <Panel
      title="Posts"
      note="Actions on each post."
      live={live}
      empty="Nobody has acted on a post of this influencer yet."
    >
      {(rows) => <DataTable label="Posts" rows={rows} columns={postColumns} order="-total" step={10} />}
    </Panel>
  );
}
const actions = (row: PostRow): number => Number(row.clicks) + Number(row.engagements);
const postColumns: Column<PostRow>[] = [
  { key: 'post', label: 'Post', text: true, show: (row) => row.post_id || 'no post named', by: (row) => row.post_id },
  {
    key: 'platform',
    label: 'Platform',
    text: true,
    show: (row) => row.platform || 'unknown',
    by: (row) => row.platform,
  },
  { key: 'clicks', label: 'Clicks', show: (row) => count(row.clicks), by: (row) => Number(row.clicks) },
  { key: 'likes', label: 'Likes', show: (row) => count(row.likes), by: (row) => Number(row.likes) },
  { key: 'comments', label: 'Comments', show: (row) => count(row.comments), by: (row) => Number(row.comments) },
  { key: 'shares', label: 'Shares', show: (row) => count(row.shares), by: (row) => Number(row.shares) },
  { key: 'total', label: 'All', show: (row) => count(actions(row)), by: actions },
];

function Coupons({ id }: { id: string }) {
  const live = useView('coupon_performance', { where: { owner_id: id } });
  return (
    <Panel
      title="Coupons"
      note="Codes this influencer owns."
      live={live}
      empty="This influencer owns no code. A coupon record with `influencer_id` gives one."
    >
      {(rows) => <DataTable label="Coupons" rows={rows} columns={couponColumns} order="-net" step={10} />}
    </Panel>
  );
}
const couponColumns: Column<CouponRow>[] = [
  {
    key: 'code',
    label: 'Code',
    text: true,
    show: (row) => <code>{row.coupon_code}</code>,
    by: (row) => row.coupon_code,
  },
  { key: 'use', label: 'Use', text: true, show: (row) => row.use },
  {
    key: 'net',
    label: 'Redeemed, net',
    show: (row) => count(row.redemptions_net),
    by: (row) => Number(row.redemptions_net),
  },
  {
    key: 'void',
    label: 'Voided',
    show: (row) => count(row.redemptions_void),
    by: (row) => Number(row.redemptions_void),
  },
  { key: 'redeemers', label: 'People', show: (row) => count(row.redeemers), by: (row) => Number(row.redeemers) },
  {
    key: 'sales',
    label: 'Net sales',
    show: (row) => amount(row.sales_net, row.currency),
    by: (row) => Number(row.sales_net),
  },
];

function Credits({ id }: { id: string }) {
  const live = useView('attribution_credits', {
    where: { influencer_id: id, model: 'linear' },
    order: '-redeemed_at',
    limit: 200,
    every_ms: 5_000,
  });
  return (
    <Panel
      title="Journeys that led here"
      note="Touches that earned under the linear model, newest redemption first. Open one to see all touches and models."
      live={live}
      empty="No redemption has followed a touch on this influencer yet."
    >
      {(rows) => <DataTable label="Journeys" rows={rows} columns={creditColumns} order="-redeemed" step={15} />}
    </Panel>
  );
}
const creditColumns: Column<CreditRow>[] = [
  {
    key: 'redemption',
    label: 'Redemption',
    text: true,
    show: (row) => <a href={href('journeys', row.redemption_id)}>{row.redemption_id}</a>,
    by: (row) => row.redemption_id,
  },
  {
    key: 'redeemed',
    label: 'Redeemed',
    text: true,
    show: (row) => moment(row.redeemed_at, 'short'),
    by: (row) => row.redeemed_at,
  },
  { key: 'touch', label: 'Touch', text: true, show: (row) => eventName(row.touch_type), by: (row) => row.touch_type },
  {
    key: 'touched',
    label: 'Touched',
    text: true,
    show: (row) => moment(row.touched_at, 'short'),
    by: (row) => row.touched_at,
  },
  { key: 'credit', label: 'Credit', show: (row) => rate(row.credit, 1), by: (row) => Number(row.credit) },
  {
    key: 'amount',
    label: 'Net sales',
    show: (row) => amount(row.attributed_amount, row.currency),
    by: (row) => Number(row.attributed_amount),
  },
];
