import { useView } from '../ask-view.ts';

/** Names of influencers, for rows that only hold their ids. */
export function useInfluencerNames(): (id: string) => string {
  const live = useView('influencer_performance', {
    columns: ['influencer_id', 'name'],
    limit: 10_000,
    every_ms: 30_000,
  });
  const names = new Map(live.body.value?.rows.map((row) => [row.influencer_id, row.name]));
  return (id) => names.get(id) || id || 'nobody';
}
export function useStoreNames(): (id: string) => string {
  const live = useView('store_performance', { columns: ['store_id', 'name'], limit: 10_000, every_ms: 30_000 });
  const names = new Map(live.body.value?.rows.map((row) => [row.store_id, row.name]));
  return (id) => names.get(id) || id;
}
