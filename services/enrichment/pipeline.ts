/** accepted → enriched: who recommended it, for what campaign, and can we believe it. Pure; reference data is loaded per batch. */
import type { AcceptedEvent } from '../../schemas/generated/accepted_event.ts';
import { pipeline } from '../platform/pipeline.ts';
import type { ReferenceIndex } from './lookups.ts';
import { flagBots } from './steps/flag-bots.ts';
import { nameInfluencer } from './steps/name-influencer.ts';
import { readComment } from './steps/read-comment.ts';
import { resolveCoupon } from './steps/resolve-coupon.ts';
import { resolveHashtags } from './steps/resolve-hashtags.ts';
import { resolveLink } from './steps/resolve-link.ts';
import { resolveStore } from './steps/resolve-store.ts';
import { setWindows } from './steps/set-windows.ts';
import { stampRevision } from './steps/stamp-revision.ts';

export const enrichment = pipeline<AcceptedEvent, ReferenceIndex>('enrichment')
  .step(stampRevision)
  .step(flagBots)
  .step(resolveLink)
  .step(resolveHashtags)
  .step(resolveCoupon) // refuses nothing: an unknown code stays unknown until its record comes
  .step(resolveStore)
  .step(nameInfluencer)
  .step(setWindows)
  .step(readComment);
