import type { ComponentType } from 'preact';
import { Attribution } from './attribution.tsx';
import { Campaign } from './campaign.tsx';
import { Campaigns } from './campaigns.tsx';
import { Influencer } from './influencer.tsx';
import { Influencers } from './influencers.tsx';
import { Journey } from './journey.tsx';
import { Journeys } from './journeys.tsx';
import { Overview } from './overview.tsx';
import { Quality } from './quality.tsx';
import { Trust } from './trust.tsx';
import { Unknown } from './unknown.tsx';

type View = ComponentType<{ id: string }>;
interface Page {
  page: string;
  title: string;
  View: View;
  /** The page of one of them. */
  One?: View;
}

export const pages: readonly Page[] = [
  { page: 'overview', title: 'Overview', View: Overview },
  { page: 'trust', title: 'Friends and bloggers', View: Trust },
  { page: 'influencers', title: 'Influencers', View: Influencers, One: Influencer },
  { page: 'campaigns', title: 'Campaigns', View: Campaigns, One: Campaign },
  { page: 'attribution', title: 'Attribution', View: Attribution },
  { page: 'journeys', title: 'Journeys', View: Journeys, One: Journey },
  { page: 'quality', title: 'Quality', View: Quality },
];

export function pageOf(name: string, id: string): { title: string; View: View } {
  const found = pages.find(({ page }) => page === name);
  if (!found) return { title: 'No such page', View: Unknown };
  return id && found.One ? { title: id, View: found.One } : { title: found.title, View: found.View };
}
