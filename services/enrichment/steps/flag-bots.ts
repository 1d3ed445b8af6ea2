import { isbot } from 'isbot';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { kept, type Outcome } from '../../platform/outcome.ts';

/**
 * Quarantine what no person did: crawlers, link previews, clicks of somebody without a user agent (a polled counter names nobody). In-app browsers are people.
 * in       EnrichedEvent with user_agent
 * adds     is_valid false, invalid_reasons bot
 * refuses  nothing: quarantined events are counted gross
 */
export function flagBots(event: EnrichedEvent): Outcome<EnrichedEvent> {
  const { user_agent, type } = event;
  const suspicious =
    (user_agent ?? '') === ''
      ? type === 'click' && event.count === 1 && event.identifiers.length > 0
      : isBot(user_agent ?? '');
  return kept(suspicious ? { ...event, is_valid: false, invalid_reasons: [...event.invalid_reasons, 'bot'] } : event);
}

/** What ingest puts in the place of addresses and numbers of people, and what stood around them. */
const masks = /(?:for=)?["'([]{0,2}\[(?:ip|e-mail|phone|mention)\][\])]?(?::\d{1,5})?["']?/g;

const known = new Map<string, boolean>();

function isBot(user_agent: string): boolean {
  const found = known.get(user_agent);
  if (found !== undefined) return found;
  if (known.size >= 10_000) known.clear();
  const bot = isbot(user_agent) || isBotBut(user_agent);
  known.set(user_agent, bot);
  return bot;
}

/**
 * Whether what is left without masks is a bot's: nothing at all, or what a proxy has put an address in front of. Only bots say how to write to
 * whom they belong.
 */
function isBotBut(user_agent: string): boolean {
  const rest = user_agent.replace(masks, '');
  if (rest === user_agent) return false;
  return user_agent.includes('[e-mail]') || !/\p{L}/u.test(rest) || isbot(rest.replace(/^[^\p{L}\p{N}]+/u, '').trim());
}
