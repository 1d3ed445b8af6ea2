import { useView } from '../ask-view.ts';
import { amount, moment, number } from '../format.ts';
import { useLive } from '../live.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { showSql } from '../parts/sql-dialog.tsx';
import { Skeleton, Trouble } from '../parts/states.tsx';
import { href } from '../route.ts';
import type { CreditRow } from '../rows.ts';
import { brand } from '../scope.ts';
import { eventName, modelName, modelOrder, reasonName, relationshipOfOne } from '../words.ts';
import { useInfluencerNames, useStoreNames } from './names.ts';

interface Touch {
  touched_at: string;
  touch_event_id: string;
  touch_type: string;
  influencer_id: string;
  relationship: string;
  matched_by: string;
  hops: number;
  credits: Record<string, number>;
}
interface Posting {
  posted_at: string;
  reason: string;
  cause: string;
  model: string;
  influencer_id: string;
  touch_event_id: string;
  credit: number;
  amount: number;
}
interface Story {
  redemption: {
    redemption_id: string;
    redeemed_at: string;
    status: string;
    amount: string | null;
    gross_amount: string | null;
    currency: string;
    coupon_code: string;
    store_id: string;
    is_trial: boolean | number;
  };
  touches: Touch[];
  postings: Posting[];
  quarantined: number;
  ledger_sql: string;
}

/** One redemption from its first touch to its credit, and every posting behind it. */
export function Journey({ id }: { id: string }) {
  const live = useLive<Story>(`journeys/${encodeURIComponent(id)}?brand_id=${encodeURIComponent(brand.value)}`);
  const story = live.body.value;
  if (!story) return live.problem.value ? <Trouble problem={live.problem.value} /> : <Skeleton height={320} />;
  return (
    <>
      <p class="crumbs">
        <a href={href('journeys')}>Journeys</a>
      </p>
      <Bought story={story} />
      <Timeline story={story} />
      <Credits id={id} />
      <Postings story={story} />
    </>
  );
}

function Bought({ story: { redemption } }: { story: Story }) {
  const { gross_amount, currency, coupon_code, store_id, redeemed_at, is_trial } = redemption;
  const store = useStoreNames();
  return (
    <p class="lead">
      Redeemed {moment(redeemed_at)} with {coupon_code || 'no code'}
      {store_id && ` at ${store(store_id)}`}:{' '}
      {gross_amount === null ? 'without a price' : amount(gross_amount, currency)}
      {whatBecameOf(redemption)}
      {is_trial ? '. A trial: the person was handed it, so it is not word of mouth.' : '.'}
    </p>
  );
}

function whatBecameOf({ status, amount: net, gross_amount, currency }: Story['redemption']): string {
  if (net === gross_amount || net === null) return status === 'redeemed' ? '' : `, ${status}`;
  return `, ${amount(net, currency)} ${status === 'voided' ? 'since it was voided' : 'after returns'}`;
}

function Timeline({ story: { touches, redemption, quarantined } }: { story: Story }) {
  const name = useInfluencerNames();
  return (
    <section class="panel" aria-label="What led to it">
      <h2>What led to it</h2>
      {touches.length === 0 && (
        <p class="muted">No touch of this person that counts lies in the look-back: nobody earned it by a touch.</p>
      )}
      {quarantined > 0 && (
        <p class="muted">
          {quarantined} earlier {quarantined > 1 ? 'touches' : 'touch'} of this person {quarantined > 1 ? 'are' : 'is'}{' '}
          quarantined (bots, and clicks without a user agent) and earn nothing.
        </p>
      )}
      <ol class="timeline">
        {touches.map((touch) => (
          <li key={touch.touch_event_id}>
            <time dateTime={touch.touched_at}>{moment(touch.touched_at)}</time>
            <strong>
              {eventName(touch.touch_type)} on{' '}
              {touch.influencer_id ? (
                <a href={href('influencers', touch.influencer_id)}>{name(touch.influencer_id)}</a>
              ) : (
                name('', touch.touch_event_id)
              )}
            </strong>
            <span class="muted">
              {touch.influencer_id ? `${relationshipOfOne(touch.relationship)}, known` : 'Known'} by{' '}
              {touch.matched_by.replaceAll('_', ' ')}
              {touch.hops > 0 && ` over ${touch.hops} link${touch.hops > 1 ? 's' : ''}`}
            </span>
          </li>
        ))}
        <li class="bought">
          <time dateTime={redemption.redeemed_at}>{moment(redemption.redeemed_at)}</time>
          <strong>Redemption</strong>
        </li>
      </ol>
    </section>
  );
}

function Credits({ id }: { id: string }) {
  const live = useView('attribution_credits', { where: { redemption_id: id }, order: 'model,touched_at' });
  const name = useInfluencerNames();
  return (
    <Panel
      title="Who earned it"
      note="Under each model the shares add up to one redemption."
      live={live}
      empty="Nothing stands: the redemption was voided, or has not been settled yet."
    >
      {(rows) => <DataTable label="Credits by model" rows={rows} step={50} columns={creditColumns(name)} />}
    </Panel>
  );
}
type NameOf = ReturnType<typeof useInfluencerNames>;
/** Under which model, and whose. */
const shareColumns = (name: NameOf): Column<{ model: string; influencer_id: string; touch_event_id: string }>[] => [
  {
    key: 'model',
    label: 'Model',
    text: true,
    show: (row) => modelName(row.model),
    by: (row) => modelOrder.indexOf(row.model),
  },
  {
    key: 'who',
    label: 'Who',
    text: true,
    show: (row) => name(row.influencer_id, row.touch_event_id),
    by: (row) => name(row.influencer_id, row.touch_event_id),
  },
];
const creditColumns = (name: NameOf): Column<CreditRow>[] => [
  ...shareColumns(name),
  { key: 'for', label: 'For', text: true, show: (row) => eventName(row.touch_type), by: (row) => row.touch_type },
  { key: 'credit', label: 'Share', show: (row) => number(row.credit), by: (row) => Number(row.credit) },
  {
    key: 'amount',
    label: 'Of the sale',
    show: (row) => amount(row.attributed_amount, row.currency),
    by: (row) => Number(row.attributed_amount),
  },
];

function Postings({ story: { postings, redemption, ledger_sql } }: { story: Story }) {
  const name = useInfluencerNames();
  const title = 'What the ledger says';
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <div class="panel-title">
          <h2>{title}</h2>
          <p class="muted">Nothing is ever overwritten: a correction is another posting.</p>
        </div>
        <div class="toolbar" role="group" aria-label={`${title}: take it with you`}>
          <button type="button" onClick={() => showSql(title, ledger_sql)} title="Show the query">
            SQL
          </button>
        </div>
      </header>
      <DataTable label="Postings" rows={postings} step={50} columns={postingColumns(name, redemption.currency)} />
    </section>
  );
}
const postingColumns = (name: NameOf, currency: string): Column<Posting>[] => [
  { key: 'at', label: 'Cause arrived', text: true, show: (row) => moment(row.posted_at), by: (row) => row.posted_at },
  { key: 'reason', label: 'Why', text: true, show: (row) => reasonName(row.reason), by: (row) => row.reason },
  ...shareColumns(name),
  { key: 'credit', label: 'Credit', show: (row) => number(row.credit), by: (row) => row.credit },
  { key: 'amount', label: 'Money', show: (row) => amount(row.amount, currency), by: (row) => row.amount },
];
