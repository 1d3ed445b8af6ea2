import { useView } from '../ask-view.ts';
import { amount, count, instant, number, since } from '../format.ts';
import { Panel } from '../parts/panel.tsx';
import { PeriodChoice } from '../parts/period-choice.tsx';
import { Skeleton } from '../parts/states.tsx';
import { type Stat, Stats } from '../parts/stats.tsx';
import { href } from '../route.ts';
import type { CampaignRow } from '../rows.ts';
import { days, period, periods } from '../scope.ts';
import { verdictTitles } from '../words.ts';
import { DailyPanels } from './daily-panels.tsx';
import { daily } from './days.ts';
import { EventList } from './event-list.tsx';

export function Overview() {
  const perDay = useView('campaign_daily', { where: days.value, order: 'day', limit: 10_000 });
  return (
    <>
      <div class="page-tools">
        <PeriodChoice />
      </div>
      <Headline perDay={perDay} />
      <VerdictTeaser />
      <div class="grid">
        <DailyPanels live={perDay} />
        <LastEvents />
      </div>
    </>
  );
}

function Headline({ perDay }: { perDay: ReturnType<typeof useView<'campaign_daily'>> }) {
  const performance = useView('campaign_performance', {
    columns: ['campaign_id', 'people_engaged', 'redeemers', 'currency'],
  });
  const rows = perDay.body.value?.rows;
  if (!rows) return perDay.problem.value ? null : <Skeleton height={110} />;
  const of = daily(rows);
  const sales: Stat[] = of.sales.map(({ currency, total }) => ({
    label: of.sales.length > 1 ? `Net sales, ${currency}` : 'Net sales',
    value: amount(total, currency),
  }));
  const list: Stat[] = [
    { label: 'Clicks', value: count(of.total('clicks')) },
    { label: 'Engagements', value: count(of.total('engagements')), note: 'likes, comments, shares' },
    { label: 'Redemptions', value: count(of.total('redemptions_net')), note: 'net of voids' },
    ...(sales.length > 0 ? sales : [{ label: 'Net sales', value: '–', why: 'nothing sold with a price yet' }]),
    { label: 'People engaged', ...people(performance.body.value?.rows) },
  ];
  return <Stats list={list} label={`In numbers, ${periods[period.value]}`} />;
}

/** People cannot be added over campaigns: somebody may have met two. */
function people(rows: readonly CampaignRow[] | undefined): { value: string; note: string; why: string } {
  const campaigns = new Map(rows?.map((row) => [row.campaign_id, Number(row.people_engaged)]));
  const most = Math.max(0, ...campaigns.values());
  const note = campaigns.size > 1 ? 'in the largest campaign, all time' : 'all time';
  return { value: rows ? count(most) : '–', note, why: 'still asking' };
}

function VerdictTeaser() {
  const live = useView('trust_verdict', { limit: 1, every_ms: 3_000 });
  const verdict = live.body.value?.rows[0];
  if (!verdict) return null;
  return (
    <a class={`teaser verdict-${verdict.verdict}`} href={href('trust')}>
      <span class="teaser-ask">Who moves more, a blogger or a friend?</span>
      <strong>{verdictTitles[verdict.verdict] ?? verdict.verdict}</strong>
      <span>
        {verdict.in_words}
        {verdict.ratio !== null &&
          verdict.verdict === 'undecided' &&
          ` So far: ${number(verdict.ratio)} times, under the linear model.`}
      </span>
      <span class="teaser-more">See the evidence →</span>
    </a>
  );
}

function LastEvents() {
  const live = useView('events_current', {
    columns: [
      'event_id',
      'type',
      'occurred_at',
      'received_at',
      'influencer_id',
      'platform',
      'store_id',
      'is_valid',
      'count',
      'redemption_id',
      'status',
      'amount',
      'currency',
    ],
    order: '-received_at,-occurred_at',
    limit: 10,
  });
  const newest = live.body.value?.rows
    .map((row) => row.received_at)
    .sort((a, b) => instant(b).getTime() - instant(a).getTime())[0];
  return (
    <div class="wide">
      <Panel
        title="Last events"
        note={newest ? `the last one arrived ${since(newest)}` : 'as they arrive'}
        live={live}
        height={360}
      >
        {(rows) => <EventList rows={rows} />}
      </Panel>
    </div>
  );
}
