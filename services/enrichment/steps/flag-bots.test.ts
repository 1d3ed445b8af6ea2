import { describe, expect, it } from 'vitest';
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import { acceptedFrom, enrichedEvent, keptOf } from '../../../test/support/events.ts';
import { maskUserAgent } from '../../ingest/steps/mask-user-agent.ts';
import { flagBots } from './flag-bots.ts';

const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)';
const webkit = `${iphone} AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83`;
const said = (partial: Partial<EnrichedEvent>) => keptOf(flagBots(enrichedEvent(partial)));

describe('people', () => {
  it.each([
    ['a phone', iphone],
    ['another phone', 'Mozilla/5.0 (Linux; Android 15; Pixel 9)'],
    ['a desktop', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'],
    ['another desktop', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6)'],
    ["Instagram's in-app browser", `${webkit} Instagram 354.0.0.29.90 (iPhone15,3; iOS 18_1; en_US; en; scale=3.00)`],
    ["Facebook's in-app browser", `${webkit} [FBAN/FBIOS;FBAV/487.0.0.33.111;FBDV/iPhone15,3;FBSN/iOS;FBSV/18.1]`],
    [
      "Facebook's on Android",
      'Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.58 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/486.0.0.52.65;]',
    ],
    ["TikTok's in-app browser", `${webkit} musical_ly_37 BytedanceWebview/d8a21c6`],
  ])('%s', (_, user_agent) => {
    expect(said({ user_agent })).toMatchObject({ is_valid: true, invalid_reasons: [] });
    expect(said({ user_agent, type: 'like' }).is_valid).toBe(true);
  });

  it('who like, comment, share or redeem without a user agent', () => {
    for (const type of ['like', 'comment', 'share', 'coupon_redemption'])
      expect(said({ type, user_agent: null }).is_valid).toBe(true);
  });

  it('behind a polled counter of clicks, which has no user agent', () =>
    expect(said({ user_agent: null, count: 12 }).is_valid).toBe(true));

  it('behind a polled counter that stands at one click', () =>
    expect(said({ user_agent: null, count: 1, identifiers: [] }).is_valid).toBe(true));
});

describe('who names nothing but an address, which ingest has masked', () => {
  it.each([
    '203.0.113.9',
    '203.0.113.9, 10.0.0.1',
    '2.4.1.0',
    '203.0.113.9 app',
    '10.0.0.1 - MyService',
    '203.0.113.9 python 3.11.4',
    'fe80::1',
    'for="[2001:db8::1]:80"',
    'jane@example.com',
    'MyService/1.0 (ops@example.com)',
    'Foo/1.0 jane@example.com',
    'Acme-Fetch/2.3 (+mailto:ops@example.com)',
  ])('%s is no person', (agent) => {
    expect(said({ user_agent: maskUserAgent(agent) })).toMatchObject({ is_valid: false, invalid_reasons: ['bot'] });
  });

  it('a person behind a proxy that puts an address first is one', () => {
    for (const proxy of [
      '(203.0.113.9) ',
      '203.0.113.9|',
      '::1, 203.0.113.9 ',
      'unknown, 203.0.113.9 ',
      '203.0.113.9, unknown, ',
      '203.0.113.9, ::1 ',
      '::ffff:203.0.113.9, ',
      'for=203.0.113.9;proto=https ',
      'proto=https;for=203.0.113.9 ',
      'for=203.0.113.9;host=shop.example;proto=https ',
      'by=203.0.113.43;for=203.0.113.9 ',
      'for="[::1]:80", for=192.0.2.60 ',
      'for=_hidden, for=203.0.113.9 ',
      'localhost, 203.0.113.9 ',
      'null, 203.0.113.9 ',
      'X-Forwarded-For: 203.0.113.9 ',
      'unknown, ',
      '::1, ',
      '203.0.113.9 => ',
      '203.0.113.9—',
      '203.0.113.9 + ',
      'fe80::1%eth0, 203.0.113.9 ',
    ]) {
      expect(said({ user_agent: maskUserAgent(`${proxy}${webkit}`) }).is_valid, proxy).toBe(true);
      for (const bot of ['curl/8.5.0', 'WhatsApp/2.23.20.0', 'facebookexternalhit/1.1'])
        expect(said({ user_agent: maskUserAgent(`${proxy}${bot}`) }).is_valid, `${proxy}${bot}`).toBe(false);
      expect(said({ user_agent: maskUserAgent(proxy) }).is_valid, `${proxy}alone`).toBe(false);
    }
    for (const bot of ['/facebookexternalhit/1.1', ' => python-requests/2.31', '—WhatsApp/2.23.20.0', '+axios/1.7'])
      expect(said({ user_agent: maskUserAgent(`203.0.113.9${bot}`) }).is_valid, bot).toBe(false);
    for (const agent of [iphone, '微信/8.0 (iPhone; iOS 18_1)', 'Приложение/2.4 (iPhone; iOS 18_1)'])
      expect(said({ user_agent: maskUserAgent(`203.0.113.9 ${agent}`) }).is_valid, agent).toBe(true);
  });
});

describe('bots', () => {
  it.each([
    ["Facebook's link preview", 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)'],
    ["WhatsApp's link preview", 'WhatsApp/2.23.20.0'],
    ["Slack's link preview", 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'],
    ['a crawler', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
    ['a headless browser', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/130.0 Safari/537.36'],
    ['a script', 'curl/8.5.0'],
    ['a blank user agent', ' '],
    ['a click without user agent', null],
  ])('%s', (_, user_agent) => {
    const event = enrichedEvent({ user_agent });
    expect(said({ user_agent })).toEqual({ ...event, is_valid: false, invalid_reasons: ['bot'] });
  });

  it('an empty user agent as the sender wrote it', () => {
    const { user_agent } = acceptedFrom({ user_agent: '' });
    expect(said({ user_agent }).is_valid).toBe(false);
  });

  it('are quarantined whatever they do, and the same answer is given again', () => {
    const like = { type: 'like', user_agent: 'facebookexternalhit/1.1' };
    expect([said(like), said(like)].map((event) => event.invalid_reasons)).toEqual([['bot'], ['bot']]);
  });
});
