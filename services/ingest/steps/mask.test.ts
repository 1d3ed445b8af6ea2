import { describe, expect, it } from 'vitest';
import { maskAddress, maskDeep, maskProperties, maskText } from './mask.ts';
import { maskUserAgent } from './mask-user-agent.ts';

describe('in a text', () => {
  it.each([
    ['an e-mail', 'write to Jane.Doe+promo@mail.example.co.uk, ok?', 'write to [e-mail], ok?'],
    ['an e-mail at the end of a sentence', 'jane@example.com.', '[e-mail].'],
    ['a percent-encoded e-mail', 'jane%40example.com', '[e-mail]'],
    ['an e-mail with accents', 'jané@exämple.com', '[e-mail]'],
    ['a mention', 'ask @jane_doe!', 'ask [mention]!'],
    ['a mention at the start', '@jane.doe said', '[mention] said'],
    ['several mentions', '(@jane,@joan)', '([mention],[mention])'],
    ['a phone number', 'call +1 (415) 555-0100 now', 'call [phone] now'],
    ['a phone number without spaces', 'tel:+14155550100', 'tel:[phone]'],
    ['a phone number with 00', '0044 20 7946 0958', '[phone]'],
    ['a phone number and its extension', 'tel:+1-415-555-2671x12', 'tel:[phone]x12'],
    ['a national one and its extension', 'tel:(415) 555-2671ext', 'tel:[phone]ext'],
    ['a phone number before letters', 'tel:4155552671x12, sms:4155552671x', 'tel:[phone]x12, sms:[phone]x'],
    ['a phone number in groups like a date', 'tel:5551-55-67, tel:0478-12-34 56', 'tel:[phone], tel:[phone]'],
    ['a phone number after a date', 'tel:2026-10-12+1 415 555 2671', 'tel:[phone]'],
    ['two phone numbers', 'tel:415 555 2671 415 555 2672', 'tel:[phone]'],
    ['a link with slashes', 'tel://4155552671', 'tel://[phone]'],
    ['a link of another kind', 'callto:4155552671', 'callto:[phone]'],
    ['a link with encoded signs', 'tel:+1%2D415%2D555%2D2671', 'tel:[phone]'],
    ['a link to a messenger', 'https://t.me/14155552671', 'https://t.me/[phone]'],
    ['a link to a messenger before another number', 'wa.me/14155552671 3pm', 'wa.me/[phone]pm'],
    [
      'a link to a messenger in letters',
      '_https://wa.me/14155552671_ t.me/14155552671x',
      '_https://wa.me/[phone]_ t.me/[phone]x',
    ],
    ['a link behind a hyphen', 'my-tel:4155552671', 'my-tel:[phone]'],
    ['an IP address', 'from 203.0.113.77', 'from [ip]'],
    ['IP addresses with what surrounds them', 'ip=203.0.113.77:443,192.168.0.1', 'ip=[ip]:443,[ip]'],
    ['a number with hyphens of print', 'call +1\u2011415\u2011555\u20112671', 'call [phone]'],
    [
      'what an address in it says of somebody',
      'see https://shop.example/?phone=4155552671&b=1 and https://l.example/l.php?u=https%3A%2F%2Fwa.me%2F14155552671',
      'see https://shop.example/?phone=[masked]&b=1 and https://l.example/l.php?u=[masked]',
    ],
    [
      'a number in an address that is written with spaces',
      'https://x.example/?phone=+1 415 555 2671 now',
      'https://x.example/?phone=[masked] now',
    ],
    ['the same without a host', 'landing /sale?email=jane&x=2', 'landing /sale?email=[masked]&x=2'],
    ['a handle in a link', 'https://youtube.com/@jane-doe', 'https://youtube.com/[mention]'],
    ['an encoded one', 'x https://www.tiktok.com/@jos%C3%A9.m/video/7', 'x https://www.tiktok.com/[mention]/video/7'],
    [
      'a parameter with a number and a name',
      'https://x.example/?q=+14155552671%20Jane&b=1',
      'https://x.example/?q=[masked]&b=1',
    ],
    ['the same with hyphens', 'x.example/?contact=+1-415-555-2671-jane.doe', 'x.example/?contact=[masked]'],
    ['all at once', '@jane jane@example.com +14155550100, 203.0.113.77', '[mention] [e-mail] [phone], [ip]'],
  ])('%s is masked', (_, text, masked) => expect(maskText(text)).toBe(masked));

  it.each([
    ['a price', '$5.49, not 1,299.00 or €1.000.000'],
    ['a date', '2026-10-05, 05/10/2026, 5.10.2026'],
    ['a time with a zone', '2026-10-05T09:00:00.000+0100 and 2026-10-05T09:00:00+01:00'],
    ['an id', 'transaction 31198980681, coupon 51380041013'],
    ['a uuid', '123e4567-e89b-42d3-a456-426614174000'],
    ['an ordinary number', '100000 people, +100 points, 1+1=2, +20%'],
    ['a version', 'v2.10.300.4 and 1.5'],
    ['a number after a word that may be a link', 'SMS: 10 000 000 sent, sms: 100-200-300 grams, tel: 4155552671'],
    ['a date after such a word', 'Wifi-tel: 2026-10-12, Wifi-tel:2026-10-12, tel:2026-10-12, sms:2026-10-05T09:00:00Z'],
    ['what is too large for an address', 'Rp 1.250.000.000, 1.000.000.000 Views, 300.400.500.600, 123.456.789.012'],
    ['an amount with thousands', 'Rp 1.200.150.000, ₫1.250.100.000, 120.150.200.000'],
    ['a few digits after it', 'tel:12345, sms:5.49, 12.99'],
    ['an @ that names nobody', '3 @ 1.99, see you @ 5pm'],
    ['an address that names nobody', 'https://shop.example/p/4155552671?utm_source=ig&n=7 (https://a.example/x)'],
    ['a picture', 'see logo@2x.png and icon@3x.webp'],
    ['an equation', 'a=b?c=d and 2=1+1'],
    ['a range', '+100–200 000, +10–15–2026'],
    ['ordinary text', 'Where can I buy it? 😍 #moonspoon'],
    ['nothing', ''],
  ])('%s is not', (_, text) => expect(maskText(text)).toBe(text));
});

it.each([
  ['https://www.tiktok.com/@jane_doe/video/7', 'https://www.tiktok.com/[mention]/video/7'],
  ['https://www.tiktok.com/%40jane_doe/video/7', 'https://www.tiktok.com/[mention]/video/7'],
  ['https://wa.me/14155552671', 'https://wa.me/[phone]'],
  ['https://wa.me/+14155552671?text=hi', 'https://wa.me/[phone]?text=hi'],
  ['https://t.me/+14155552671', 'https://t.me/[phone]'],
  ['https://shop.example/u/%2B14155552671/x', 'https://shop.example/u/[phone]/x'],
  ['tel:+14155552671', 'tel:[phone]'],
  ['sms:14155552671', 'sms:[phone]'],
  ['http://203.0.113.9/x', 'http://[ip]/x'],
  ['http://203.0.113.9:8080/x', 'http://[ip]:8080/x'],
  ['http://[2001:db8::7]/x', 'http://[[ip]]/x'],
  ['http://10.20.30.40/x', 'http://[ip]/x'],
  ['http://1.2.3.4:80/', 'http://[ip]:80/'],
  ['//1.2.3.4/x', '//[ip]/x'],
  ['http://[fe80::1]/x', 'http://[[ip]]/x'],
  ['tel:+1-415-555-2671', 'tel:[phone]'],
  ['tel:+1(415)555-2671', 'tel:[phone]'],
  ['sms:+1%20415%20555%202671?body=hi', 'sms:[phone]?body=hi'],
  ['https://wa.me/1-415-555-2671', 'https://wa.me/[phone]'],
  ['https://t.me/%2B14155552671', 'https://t.me/[phone]'],
  ['https://shop.example/u/+1-415-555-2671', 'https://shop.example/u/[phone]'],
  ['https://video.example/@jane-doe/7', 'https://video.example/[mention]/7'],
  ['http://[::ffff:cb00:7109]/x', 'http://[[ip]]/x'],
  ['http://[fe80::1%25eth0]/x', 'http://[[ip]]/x'],
  ['http://2001:db8::1/x', 'http://[ip]/x'],
  ['//2001:db8::1/x', '//[ip]/x'],
  ['http://2001:db8:0:0:0:0:0:1/x', 'http://[ip]/x'],
  ['http://[2001:db8::1', 'http://[[ip]'],
  ['203.0.113.9', '[ip]'],
  ['203.0.113.9:8080/x', '[ip]:8080/x'],
  ['http:203.0.113.9/x', 'http:[ip]/x'],
  ['http:/203.0.113.9/x', 'http:/[ip]/x'],
  ['203.0.113.9,10.0.0.1', '[ip],[ip]'],
  ['203.0.113.9, 10.0.0.1', '[ip], [ip]'],
  ['localhost,203.0.113.9', 'localhost,[ip]'],
  ['203.0.113.9, 2001:db8::1', '[ip], [ip]'],
  ['203.0.113.9; 10.0.0.1 10.0.0.2', '[ip]; [ip] [ip]'],
  ['"203.0.113.9"', '"[ip]"'],
  ['for=203.0.113.9', 'for=[ip]'],
  [String.raw`http:\\203.0.113.9\x`, String.raw`http:\\[ip]\x`],
  ['http://host;203.0.113.9/', 'http://host;[ip]/'],
  ['http:// 203.0.113.9/x', 'http:// [ip]/x'],
  ['http:/[2001:db8::1]/x', 'http:/[[ip]]/x'],
  ['http://[fe80::1%25en 0]/x', 'http://[[ip]]/x'],
  ['https://cdn.example/npm/pkg@1.2.3.4/x.js', 'https://cdn.example/npm/pkg@1.2.3.4/x.js'],
  ['https://cdn.example//1.2.3.4/app.js', 'https://cdn.example//1.2.3.4/app.js'],
  ['https://shop.example/u/+14155552671-2nd', 'https://shop.example/u/[phone]nd'],
  ['https://shop.example/u/+14155552671_x', 'https://shop.example/u/[phone]_x'],
  ['https:////203.0.113.9/x', 'https:////[ip]/x'],
  ['tel:///4155552671', 'tel:///[phone]'],
  ['tel:5551-55-67', 'tel:[phone]'],
  ['tel:9876-54-32', 'tel:[phone]'],
  ['tel:0478-12-34.56', 'tel:[phone]'],
  ['tel:+4930-12-34 56 78', 'tel:[phone]'],
  ['tel:2026-10-12 4155552671', 'tel:[phone]'],
  ['https://wa.me/2026-10-12', 'https://wa.me/[phone]'],
  ['203.0.113.9 ', '[ip] '],
  ['(203.0.113.9)', '([ip])'],
  ['[2001:db8::1]:80/x', '[[ip]]:80/x'],
  ['[2001:db8::1]', '[[ip]]'],
  ['2001:db8::1', '[ip]'],
  ['::ffff:203.0.113.9', '::ffff:[ip]'],
  ['view-source:203.0.113.9', 'view-source:[ip]'],
  ['redirect:203.0.113.9/x', 'redirect:[ip]/x'],
  ['a:b:c:d:http://203.0.113.9/x', 'a:b:c:d:http://[ip]/x'],
  ['https://archive.example/web/http://203.0.113.9/x', 'https://archive.example/web/http://[ip]/x'],
  ['https://archive.example/web/http://[2001:db8::1]/x', 'https://archive.example/web/http://[[ip]]/x'],
  ['https://user@203.0.113.9/x', 'https://user@[ip]/x'],
  ['https://shop.example/u/+1-415-555-2671x12', 'https://shop.example/u/[phone]x12'],
  ['tel:2026-10-12', 'tel:2026-10-12'],
  ['okhttp/4.9.3.1', 'okhttp/4.9.3.1'],
  ['[fe] x/1', '[fe] x/1'],
  ['app[1.0]/x', 'app[1.0]/x'],
  ['https://x-t.me/20261012', 'https://x-t.me/20261012'],
  ['?h%C3%B4tel=ritz', '?h%C3%B4tel=ritz'],
  ['?eMail=jane.doe', '?eMail=[masked]'],
  ['203.0.113.9/x', '[ip]/x'],
  [' http://203.0.113.9/', ' http://[ip]/'],
  ['view-source:http://203.0.113.9/', 'view-source:http://[ip]/'],
  ['tel:+1%28415%29555-2671', 'tel:[phone]'],
  ['tel:+1%2D415%2D555%2D2671', 'tel:[phone]'],
  ['tel:+1 - 415 - 555 - 2671', 'tel:[phone]'],
  ['tel:+14155552671x12', 'tel:[phone]x12'],
  ['tel://14155552671', 'tel://[phone]'],
  ['callto:+14155552671', 'callto:[phone]'],
  ['https://wa.me/1+415+555+2671', 'https://wa.me/[phone]'],
  ['https://t.me/14155552671', 'https://t.me/[phone]'],
  ['https://a.example/x%2F%40jane_doe', 'https://a.example/x%2F[mention]'],
  ['https://a.example/@jane+doe/7', 'https://a.example/[mention]/7'],
  ['https://shop.example/hotel:12/1.2.3.4', 'https://shop.example/hotel:12/1.2.3.4'],
  ['https://shop.example/p/4155552671/v-2', 'https://shop.example/p/4155552671/v-2'],
  ['https://shop.example/p/8-1-2026/tel-aviv', 'https://shop.example/p/8-1-2026/tel-aviv'],
  ['Mozilla/5.0 (X11) Chrome/120.0.0.0', 'Mozilla/5.0 (X11) Chrome/120.0.0.0'],
])('the address %s becomes %s', (url, masked) => expect(maskAddress(url)).toBe(masked));

it('a text or a property with an address of a telephone hides its number', () => {
  expect(maskText('write me: https://wa.me/14155552671 !')).toBe('write me: https://wa.me/[phone] !');
  expect(maskProperties({ ref: 'sms:14155552671' })).toEqual({ ref: 'sms:[phone]' });
  expect(maskText('https://t.me/%2B14155552671')).toBe('https://t.me/[phone]');
  expect(maskText('call tel:+1-415-555-2671 now')).toBe('call tel:[phone] now');
});

it('an address inside of an address is masked, also percent-encoded once or twice', () => {
  for (const [url, masked] of [
    ['https://x.example/?u=http%3A%2F%2F203.0.113.9%2Fx', 'https://x.example/?u=[masked]'],
    ['https://x.example/?u=%5B2001%3Adb8%3A%3A1%5D', 'https://x.example/?u=[masked]'],
    ['https://proxy.example/http:/203.0.113.9/x', 'https://proxy.example/http:/[ip]/x'],
    ['?to=https%3A%2F%2Fy.example%2F%3Fip%3D203.0.113.9', '?to=[masked]'],
    ['?a=1%2C203.0.113.9', '?a=[masked]'],
    ['?l=%22203.0.113.9%22', '?l=[masked]'],
    ['?u=203%2E0%2E113%2E9', '?u=[masked]'],
    ['?u=http%253A%252F%252F203.0.113.9', '?u=[masked]'],
    ['https://x.example/a/http%3A%2F%2F203.0.113.9%2Fx?b=1', 'https://x.example/a/[masked]?b=1'],
    ['https://x.example/a/http%3A%2F%2Fy.example%2Fx?b=1', 'https://x.example/a/http%3A%2F%2Fy.example%2Fx?b=1'],
    ['https://l.facebook.com/l.php?u=https%3A%2F%2Fwa.me%2F14155552671', 'https://l.facebook.com/l.php?u=[masked]'],
    ['https://x.example/?u=tel%3A4155552671', 'https://x.example/?u=[masked]'],
    ['https://x.example/?e=jane%2540example.com', 'https://x.example/?e=[masked]'],
    ['https://x.example/a/http%253A%252F%252F203.0.113.9%252Fx', 'https://x.example/a/[masked]'],
    ['https://x.example/a/https%3A%2F%2Fwa.me%2F14155552671', 'https://x.example/a/[masked]'],
    ...['https%3A%2F%2Fshop.example%2Fitem%2F001-1234567', 'https%3A%2F%2Fcdn.example%2Fapp%2F4.5.6.7%2Fapp.js'].map(
      (inner) => [`https://out.example/r/${inner}`, `https://out.example/r/${inner}`] as const,
    ),
    ...[
      'https%3A%2F%2Fapi.whatsapp.com%2Fsend%3Fphone%3D14155552671',
      'https%3A%2F%2Fs.example%2F%3Fa%3D1%26tel%3D415',
    ].map((inner) => [`https://l.example/l.php?u=${inner}&h=1`, 'https://l.example/l.php?u=[masked]&h=1'] as const),
    ['?q=x%3Fusername%3Djane.doe', '?q=[masked]'],
    ['?a=1%26phone%3D4155552671', '?a=[masked]'],
    ['?text=Join%20https%3A%2F%2Fy.example%20%2B1%20415%20555%202671', '?text=[masked]'],
    ['?d=%7B%22u%22%3A%22https%3A%2F%2Fy%22%2C%22c%22%3A%22%2B14155552671%22%7D', '?d=[masked]'],
    ['?log=x%20https://y.example,203.0.113.9', '?log=[masked]'],
    ['?u=https://y.example/a?x=2001:db8::1', '?u=[masked]'],
    ['/search?q=%2B1+415+555+2671&n=1', '/search?q=[masked]&n=1'],
    ['/search?q=call+%2B49+171+1234567', '/search?q=[masked]'],
    ['/search?q=1+%2B+1+415&r=a+b', '/search?q=1+%2B+1+415&r=a+b'],
    ...['%3B', '%7C', '%3E', ')'].map(
      (sign) => [`?t=https%3A%2F%2Fy.example${sign}%2B14155552671`, '?t=[masked]'] as const,
    ),
    ['?c=jane@2x.png.com', '?c=[e-mail]'],
    ['?username=no&handle=y&mobile=no', '?username=[masked]&handle=[masked]&mobile=no'],
    ['?username=&b=1', '?username=&b=1'],
    ['https://203.000.113.009/x', 'https://[ip]/x'],
    ['?loc=%2B37.7749+-122.4194', '?loc=%2B37.7749+-122.4194'],
    ['?c=0049+30+901820', '?c=[masked]'],
    ['?c=%2B1+415.555.2671', '?c=[masked]'],
    ['?c=%2B1+415%E2%80%91555%E2%80%912671', '?c=[masked]'],
    ['?data=%7B%22phone%22%3A%22415%22%7D', '?data=[masked]'],
    ['?u=https%253A%252F%252Fwww.tiktok.com%252F%2540jane.doe', '?u=[masked]'],
    ['?c=jane%40m%C3%BCller.de', '?c=[masked]'],
    ['https://x.example/r/https:%2F%2Fwa.me%2F14155552671', 'https://x.example/r/[masked]'],
    ['https://x.example/r/https:%2F%2F203.0.113.9%2Fx', 'https://x.example/r/[masked]'],
    ['https://x.example/r/tel%3A%2B14155552671', 'https://x.example/r/[masked]'],
    ['https://x.example/r/mailto%253Ajane%2540example.com', 'https://x.example/r/[masked]'],
    ...[
      'u=https%3A%2F%2Fshop.example%2Fitem%2F001-1234567',
      'u=https%3A%2F%2Fcdn.example%2Fapp%2F4.5.6.7%2Fapp.js',
      'u=https%3A%2F%2Fshop.example%2F%3Fn%3D7%26utm_source%3Dig',
      'data=%7B%22size%22%3A%2210%22%7D',
      'q=caf%C3%A9%20%26%20milk%3F',
      'ismobile=1&mobile=true&phone=',
    ].map((query) => [`https://out.example/?${query}`, `https://out.example/?${query}`] as const),
    ['https://x.example/r/12%3A30/size%3A10%2B', 'https://x.example/r/12%3A30/size%3A10%2B'],
    ['https://x.example/img/logo@2x.webp', 'https://x.example/img/logo@2x.webp'],
    ['https://x.example/?v=a%2Fb&release=4.5.6', 'https://x.example/?v=a%2Fb&release=4.5.6'],
    ['/4.5.6.7/app.js', '/4.5.6.7/app.js'],
    ['https://cdn.example/app/4.5.6.7/app.js', 'https://cdn.example/app/4.5.6.7/app.js'],
  ] as const)
    expect(maskAddress(url)).toBe(masked);
});

it('in an address only what names somebody is masked, also percent-encoded, and the rest still leads somewhere', () => {
  expect(maskAddress('https://a.example/?e=jane%40example.com&b=1')).toBe('https://a.example/?e=[e-mail]&b=1');
  expect(maskAddress('https://a.example/jane@example.com/x')).toBe('https://a.example/[e-mail]/x');
  expect(maskAddress('https://a.example/p/415155526?n=415')).toBe('https://a.example/p/415155526?n=415');
});

describe('in properties', () => {
  it('values are masked as text, names too', () =>
    expect(maskProperties({ note: 'to jane@example.com', 'jane@example.com': 'yes' })).toEqual({
      '[e-mail]': 'yes',
      note: 'to [e-mail]',
    }));

  it('names come out sorted', () =>
    expect(Object.keys(maskProperties({ b: '2', a: '1', c: '3' }))).toEqual(['a', 'b', 'c']));
});

it('a handle with a hyphen is hidden whole in the address of a property', () =>
  expect(maskProperties({ page_url: 'https://www.tiktok.com/@jane-doe/video/7' })).toEqual({
    page_url: 'https://www.tiktok.com/[mention]/video/7',
  }));

it('an address in a property is masked as one', () => {
  expect(
    maskProperties({
      landing_page: 'https://l.example/l.php?u=https%3A%2F%2Fwa.me%2F14155552671',
      page_url: 'https://shop.example/?phone=4155552671',
      version: '4.5.6.7.8',
    }),
  ).toEqual({
    landing_page: 'https://l.example/l.php?u=[masked]',
    page_url: 'https://shop.example/?phone=[masked]',
    version: '4.5.6.7.8',
  });
});

it('fields inside a property whose names hide alike are all kept', () => {
  expect(maskDeep({ '@jane': 1, '@joan': 2, '[mention] 2': 3 })).toEqual({
    '[mention]': 1,
    '[mention] 2': 2,
    '[mention] 2 2': 3,
  });
});

describe('what is written to cost time', () => {
  const sixty_thousand_names = Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`@${100 + n}`, '']));
  // Most took seconds before they were made linear; the time of a test is a guard against minutes, not a measure.
  it.each([
    ['ports of nobody', () => maskUserAgent('1]:'.repeat(20_000))],
    ['ports of nobody, numbered', () => maskUserAgent(`${'1]:80 '.repeat(10_000)}x`)],
    ['fields of proxies', () => maskUserAgent('for=_a;by=unknown, host=x;'.repeat(3_000))],
    ['nobodies without end', () => maskUserAgent('_a'.repeat(30_000))],
    ['addresses in a text', () => maskText('https://a.example/?u=https%3A%2F%2Fb%2F%3Fc%3D1 '.repeat(1_000))],
    ['one address in a text', () => maskText(`https://a.example/${'?u=https%3A%2F%2F'.repeat(4_000)}`)],
    ['addresses in addresses', () => maskAddress(`?u=${'https%3A%2F%2Fa%2F%3Fu%3D'.repeat(3_000)}`)],
    ['addresses in segments', () => maskAddress(`/${'https%3A%2F%2Fa%2F%3Fu%3D'.repeat(3_000)}`)],
    ['quotes', () => maskAddress(`?u=%22${'%22a'.repeat(16_000)}`)],
    ['signs that are no text', () => maskText('+%C3_'.repeat(12_000))],
    ['fields with spaces', () => maskUserAgent('; phone '.repeat(8_000))],
    ['signs of several bytes', () => maskAddress(`?u=1${'%C3'.repeat(20_000)}`)],
    ['fields of an agent', () => maskUserAgent('(a=b;'.repeat(12_000))],
    ['words of an agent', () => maskUserAgent(' phone=1 a=b'.repeat(6_000))],
    ['words behind a field', () => maskUserAgent(`x=1; user name=${'a '.repeat(30_000)}`)],
    ['spaces behind a field', () => maskUserAgent(`x=1; user name=a${' '.repeat(60_000)}`)],
    ['brackets in a field', () => maskUserAgent(`(phone=${'('.repeat(60_000)}`)],
    ['names of many words', () => maskUserAgent(`;${' a'.repeat(30_000)}=1`)],
    ['nobodies', () => maskUserAgent('unknown, for='.repeat(5_000))],
    ['encoded segments', () => maskAddress('/%3a%2f'.repeat(8_000))],
    ['signs encoded twice', () => maskAddress(`?a=1${'%252f'.repeat(12_000)}`)],
    ['parameters without a value', () => maskAddress('?phone'.repeat(1_365))],
    ['encoded signs', () => maskText('%40'.repeat(20_000))],
    ['signs', () => maskText('a@'.repeat(30_000))],
    ['colons', () => maskText('a:'.repeat(30_000))],
    ['telephones', () => maskAddress('tel:+1 - '.repeat(8_000))],
    ['digits in groups', () => maskAddress(`tel:${'1 - '.repeat(16_000)}x`)],
    ['schemes', () => maskAddress('a:'.repeat(30_000))],
    ['hosts', () => maskAddress('//1.2.3.'.repeat(10_000))],
    ['spaces before an address', () => maskAddress(`${' '.repeat(60_000)}1.2.3.4`)],
    ['commas', () => maskAddress(', '.repeat(30_000))],
    ['numbers in groups', () => maskText(`tel:${'1-'.repeat(30_000)}`)],
    ['colons and digits', () => maskAddress(`//${'1:'.repeat(30_000)}`)],
    ['a long name', () => JSON.stringify(maskProperties({ ['aB-'.repeat(20_000)]: '' }))],
    ['names', () => JSON.stringify(maskProperties(sixty_thousand_names))],
    ['plus signs', () => maskText('+1 '.repeat(20_000))],
  ])('is read as fast as anything else: %s', (_, mask) => expect(mask()).toBeTypeOf('string'), 1_000);
});

it.each([
  ['?ipaddress=203.0.113.77'],
  ['?ipAddress=x'],
  ['?clientIp=x'],
  ['?tel=x'],
  ['?h=203.0.113.9'],
  ['?n=%2B14155550100'],
  ['?v6=2001%3Adb8%3A%3A1'],
])('an address of a page names nobody: %s', (query) => {
  const [name] = query.slice(1).split('=');
  expect(maskAddress(`https://a.example/${query}&till=3`)).toBe(`https://a.example/?${name}=[masked]&till=3`);
});

it.each([
  'text=see+https%3A%2F%2Fy.example%2Fa+203.0.113.9',
  'text=https%3A%2F%2Fy.example%2Fa+from+203.0.113.9',
  'text=https%3A%2F%2Fy.example%2Fa+2001:db8::1',
  'c=%2B49.171+1234567',
  'c=%2B33.1+23+45+67+89',
  'c=0049.171+1234567',
  'c=0033.1+23+45+67+89',
  'c=%2B1+-+(415)+-+555+-+2671',
  'c=%2B1++++415++++555++++2671',
])('a form tells of somebody: %s', (form) =>
  expect(maskAddress(`https://a.example/?${form}&b=1`)).toBe(`https://a.example/?${form.split('=')[0]}=[masked]&b=1`),
);

it.each([
  'loc=51.0012+13.737262',
  'loc=48.001+2.3522191',
  'loc=51.001+-0.127758',
  'loc=%2B37.7749+-122.4194',
  'loc=%2B37.7749,+%2B122.4194',
  'q=0.005+200300+400',
  'amount=1.200.150.000',
  'app_version=17.1.2.3',
  'price=%2B1000000',
  'range=%2B100+-+200',
  'whatsapp=4',
])('a form tells of nobody: %s', (form) =>
  expect(maskAddress(`https://a.example/?${form}&b=1`)).toBe(`https://a.example/?${form}&b=1`),
);

it.each([
  ['an e-mail of another script', 'to jane@пример.рф', 'to [e-mail]'],
  ['a mention of another script', 'thanks @żaneta', 'thanks [mention]'],
  ['a number behind a dot', 'Tel.+49 171 1234567', 'Tel.[phone]'],
])('%s is masked in a text', (_, text, masked) => expect(maskText(text)).toBe(masked));

it('what is nested in a property is masked field by field, and as it was where it names nobody', () => {
  const nested = JSON.stringify({ user: { phone: '(415) 555-0100', username: 'jane_doe_88', lane: 3 } });
  const plain = '{ "lane": 3, "total": 12345678901234567890 }';
  expect(maskProperties({ nested, plain, list: '["a@example.com"]', deep: '['.repeat(20_000) })).toEqual({
    nested: '{"user":{"phone":"[masked]","username":"[masked]","lane":3}}',
    plain,
    list: '["[e-mail]"]',
    deep: '['.repeat(20_000),
  });
  for (const nobodys of [
    '{"u":"https://x.example/?a=1","username":null}',
    '{"landing": "https://shop.example/?utm_source=ig&n=1", "is_mobile_user": true, "user_name": null}',
    '{"u":"https://x.example","tag":"#phone","eq":"a=5","path":"c:\\\\x\\"y"}',
  ])
    expect(maskProperties({ nobodys })).toEqual({ nobodys });
  const twice = '{"note":"jane@example.com","note":"ok"}';
  expect(maskProperties({ twice })).toEqual({ twice: '{"note":"ok"}' }); // as it is read
  expect(maskProperties({ twice: '{"username":"jane","username":null}' })).toEqual({ twice: '{"username":null}' });
  const deep = `${'['.repeat(9_000)}"+1 415 555 0100"${']'.repeat(9_000)}`;
  expect(maskProperties({ deep }).deep).not.toContain('0100');
});
