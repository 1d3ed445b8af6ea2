import { amount, count, moment, since } from '../format.ts';
import { Tag } from '../parts/stats.tsx';
import { href } from '../route.ts';
import type { EventRow } from '../rows.ts';
import { eventName } from '../words.ts';
import { useInfluencerNames, useStoreNames } from './names.ts';

/** Events as sentences, newest first. */
export function EventList({ rows }: { rows: readonly EventRow[] }) {
  return (
    <ol class="events">
      {rows.map((row) => (
        <li key={row.event_id}>
          <span class={`event-kind event-${row.type}`}>{eventName(row.type)}</span>
          <span class="event-words">
            <Words row={row} />
            {!row.is_valid && <Tag kind="warn">quarantined</Tag>}
          </span>
          <time class="muted" dateTime={row.occurred_at} title={moment(row.occurred_at)}>
            {since(row.occurred_at)}
          </time>
        </li>
      ))}
    </ol>
  );
}

function Words({ row }: { row: EventRow }) {
  const influencer = useInfluencerNames();
  const store = useStoreNames();
  if (row.type === 'coupon_redemption')
    return (
      <>
        {row.status === 'voided' ? 'voided ' : row.status === 'returned' ? 'returned ' : ''}
        <a href={href('journeys', row.redemption_id)}>{row.redemption_id}</a>
        {row.amount !== null && ` · ${amount(row.amount, row.currency)}`}
        {row.store_id && ` · ${store(row.store_id)}`}
      </>
    );
  return (
    <>
      {row.count > 1 && `${count(row.count)} × `}
      {row.influencer_id ? (
        <a href={href('influencers', row.influencer_id)}>{influencer(row.influencer_id)}</a>
      ) : (
        'nobody known'
      )}
      {row.platform && ` · ${row.platform}`}
    </>
  );
}
