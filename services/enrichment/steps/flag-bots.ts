import { isbot } from 'isbot';
import { forwarded } from '../../../schemas/forwarded.ts';
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

/** What a proxy puts in front: addresses, as ingest has masked them, and what stands for them. */
const proxies = new RegExp(
  String.raw`^(?:${forwarded}|(?:::ffff:)?\[{1,2}ip\]{1,2}(?:%\w{1,40})?(?::\d{1,5})?|[^\p{L}\p{N}_])+`,
  'iu',
);

const known = new Map<string, boolean>();

function isBot(user_agent: string): boolean {
  const found = known.get(user_agent);
  if (found !== undefined) return found;
  if (known.size >= 10_000) known.clear();
  const before = proxies.exec(user_agent)?.[0] ?? '';
  const agent = /[\p{L}\p{N}]/u.test(before) ? user_agent.slice(before.length) : user_agent;
  // Who is nothing but an address is no browser, and only bots say how to write to whom they belong.
  const bot = isbot(agent) || user_agent.includes('[e-mail]') || (agent !== user_agent && !/\p{L}/u.test(agent));
  known.set(user_agent, bot);
  return bot;
}
