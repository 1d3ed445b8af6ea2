import { useView } from '../ask-view.ts';

type Named = 'influencer' | 'store';

function useNames(kind: Named): Map<string, string> {
  const live = useView('reference_current', {
    where: { kind },
    columns: ['id', 'name'],
    limit: 10_000,
    every_ms: 30_000,
  });
  return new Map(live.body.value?.rows.map((row) => [row.id, row.name]));
}

/** Names of influencers, for rows that only hold their ids. Without one, what a touch earned is of no influencer, and the rest nobody's. */
export function useInfluencerNames(): (id: string, touch_event_id?: string) => string {
  const names = useNames('influencer');
  return (id, touch_event_id) => names.get(id) || id || (touch_event_id ? 'no influencer' : 'nobody');
}
export function useStoreNames(): (id: string) => string {
  const names = useNames('store');
  return (id) => names.get(id) || id;
}
