/** Golden stories: what a brand sent, and who must be credited for it. One YAML file each, named by its sentence. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Story {
  /** The sentence. */
  name: string;
  brand_id: string;
  /** Without brand_id; it is added. */
  reference: object[];
  events: object[];
  /** Reference records that come after the events. */
  later: object[];
  /** redemption → model → `who credit amount`, in order of time; [] = no rows. Models not named are not looked at. */
  credits: Record<string, Record<string, string[]>>;
}

/** A friend and a blogger, a code of each, one campaign: every story may name them. */
export const common: object[] = [
  { kind: 'campaign', id: 'launch', starts_at: '2026-09-01T00:00:00Z', ends_at: '2026-12-01T00:00:00Z' },
  {
    kind: 'influencer',
    id: 'fay',
    relationship: 'friend',
    followers: 300,
    identifiers: [{ kind: 'consumer_id', value: 'fay-herself' }],
  },
  { kind: 'influencer', id: 'bea', relationship: 'blogger', followers: 50_000 },
  { kind: 'coupon', id: 'k-fay', code: 'FAY', use: 'shared', influencer_id: 'fay', campaign_id: 'launch' },
  { kind: 'coupon', id: 'k-bea', code: 'BEA', use: 'shared', influencer_id: 'bea', campaign_id: 'launch' },
];

export function stories(): Story[] {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  return files.map((file) => {
    const name = file.slice(0, -5).replaceAll('-', ' ');
    const story = parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as Pick<Story, 'events' | 'credits'> & {
      reference?: object[];
      later?: object[];
    };
    const brand_id = file.slice(0, -5).slice(0, 60);
    const own = (record: object) => ({ brand_id, ...record });
    return {
      name,
      brand_id,
      reference: [...common, ...(story.reference ?? [])].map(own),
      events: story.events.map(own),
      later: (story.later ?? []).map(own),
      credits: story.credits,
    };
  });
}

interface CreditLine {
  redemption_id: string;
  model: string;
  influencer_id: string;
  touched_at: number;
  touch_event_id: string;
  credit_ppm: number;
  amount_e4: number;
}

/** Credits in the form of a story. */
export function told(credits: CreditLine[], redemption_id: string, model: string): string[] {
  return credits
    .filter((credit) => credit.redemption_id === redemption_id && credit.model === model)
    .sort((a, b) => a.touched_at - b.touched_at || (a.touch_event_id < b.touch_event_id ? -1 : 1))
    .map((credit) => `${credit.influencer_id || 'nobody'} ${credit.credit_ppm / 1e6} ${credit.amount_e4 / 1e4}`);
}
