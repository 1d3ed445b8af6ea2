/**
 * Hides what identifies people in a user agent. It is mostly product tokens, where four numbers are a version; who somebody is stands in
 * fields, `name=value`, between words and inside of brackets. Fields are read one after the other, so that each ends where it ends.
 */
import { forwarded } from '../../../schemas/forwarded.ts';
import {
  address,
  eachWord,
  hideAddresses,
  holdsSomebody,
  is_address,
  long_address,
  maskParameters,
  maskPlain,
  maskSegments,
  phone,
} from './mask.ts';
import { isFlag, namesSomebody, namesVersion } from './mask-names.ts';

/** Also behind others of a list that are nobody's: `unknown`, `::1`. */
const begins_with_address = new RegExp(
  String.raw`^(?:${forwarded}|[^\p{L}\p{N}_])*(?:ffff:)?(?:${address.source}|${long_address.source})`,
  'iu',
);
/** What is no version: that stands behind a name and a slash. */
const address_apart = new RegExp(String.raw`(?<!\/)${address.source}`, 'g');
const addresses = new RegExp(String.raw`^\s?["']?(?:${address.source}|${long_address.source})`, 'i');
const more_addresses = new RegExp(String.raw`^(?:,?\s?(?:${address.source}|${long_address.source}))+`, 'i');
const leading_addresses = new RegExp(String.raw`^["']?${address.source}(?:,\s?${address.source}){0,20}`);
/** A name and its sign, behind `;`, a bracket or what begins a field of an address, where it may be several words; or a word. */
const field = /([;(&#?])([^=&#;?()]{1,80})=|(^|,\s?|[\s[])([^\s=;(),:/?&#[]{1,64})=/g;
/** Digits and what stands between them. */
const number = /([+\d().-]{1,24})(?=[\s;,&#"'(]|$)\s{0,3}/y;
const words_before_product = /^[^;&#()]*?(?=[;&#()]|\s[^\s;&#()]*[/(]|$)/;
const version = /\.\d(?!\d)/;
const most_digits = 15; // a telephone number has no more (E.164)
const least_digits = 10; // and one that is written with its country has as many behind a 0 or a 1
const may_be_so = /mobile$|^(?:is|has)(?![a-z])/i;

/**
 * The same as in addresses, in fields too; numbers are versions unless it begins with an IP address, or they stand in a field that is not named
 * after one.
 */
export function maskUserAgent(agent: string): string {
  const plain = maskPlain(begins_with_address.test(agent) ? hideAddresses(agent, address_apart) : agent);
  const fields = plain.includes('=') ? maskFields(plain) : plain;
  return maskSegments(
    is_address.test(fields)
      ? eachWord(fields, (word) => (is_address.test(word) ? maskParameters(word, holdsSomebody) : word))
      : fields,
  );
}

interface Field {
  name: string;
  /** Where it begins, and its value. */
  at: number;
  from: number;
  /** One word, behind a space: so is its value, unless it is a number. */
  is_word: boolean;
}

/** One field after the other: a value of somebody is hidden whole, in others what is a number of somebody. */
function maskFields(agent: string): string {
  let [out, done, open, is_hidden] = ['', 0, 0, false];
  const copy = (to: number): void => {
    const text = agent.slice(done, to);
    open = Math.max(0, open + text.split('(').length - text.split(')').length);
    out += is_hidden && text.startsWith(')') ? maskBehindBracket(text) : text;
    done = to;
  };
  for (let here = fieldFrom(agent, 0); here; ) {
    copy(here.from);
    const next = fieldFrom(agent, here.from);
    const region = agent.slice(here.from, next?.at ?? agent.length);
    const value = open > 0 ? valueInside(region) : valueOutside(region, here.is_word);
    is_hidden = namesSomebody(here.name, isJustSo(here.name, value) ? true : value);
    out += is_hidden ? '[masked]' : maskNumbers(here.name, value);
    done += value.length;
    here = next;
  }
  copy(agent.length);
  return out;
}

function fieldFrom(agent: string, at: number): Field | null {
  field.lastIndex = at;
  const found = field.exec(agent);
  if (!found) return null;
  const [all, , words, , word] = found;
  const name = word ?? (words ?? '').trim().split(/\s+/).slice(-2).join(' '); // what stands before is no part of it
  return { name, at: found.index, from: found.index + all.length, is_word: word !== undefined };
}

/** Up to what ends it, or to the bracket it stands in. */
function valueInside(region: string): string {
  let open = 0;
  for (const { 0: sign, index } of region.matchAll(/[;&#()]/g)) {
    if (sign === '(') open++;
    else if (sign !== ')' || --open < 0) return region.slice(0, index);
  }
  return region;
}

/** Addresses, a telephone number or a word; behind `;` all words before a product. */
function valueOutside(region: string, is_word: boolean): string {
  const [address = ''] = addresses.exec(region) ?? [];
  if (address !== '') return address + (more_addresses.exec(region.slice(address.length))?.[0] ?? '');
  const [word = ''] = /^(?:"[^"]{0,200}"|[^\s;(),&#]*)/.exec(region) ?? [];
  const own = numberAt(region, 0);
  const end = own || numberAt(region, region.charAt(word.length) === ' ' ? word.length + 1 : word.length);
  if (own > 0 || is_word || isFlag(word)) return region.slice(0, Math.max(end, word.length));
  return words_before_product.exec(region)?.[0] ?? word;
}

/** Where the number ends that begins at `at`: words of digits, as many as one number of a telephone has; 0 when there is none. */
function numberAt(text: string, at: number): number {
  let [end, digits] = [0, 0];
  for (number.lastIndex = at; ; ) {
    const found = number.exec(text);
    const [, word = ''] = found ?? [];
    digits += word.replace(/\D/g, '').length;
    if (!found || version.test(word) || word.split('(').length !== word.split(')').length) break;
    if (digits > most_digits && end > 0) break;
    end = found.index + word.length;
  }
  return digits > 0 ? end : 0;
}

/** `mobile=1`, also before numbers that are nobody's: the size of a screen. */
function isJustSo(name: string, value: string): boolean {
  const [word = '', ...rest] = value.trim().split(/\s+/);
  const behind = rest.join('');
  return (
    may_be_so.test(name) && isFlag(word) && /^[\d.x-]+$/.test(behind) && behind.replace(/\D/g, '').length < least_digits
  );
}

function maskNumbers(name: string, value: string): string {
  const numbers = namesVersion(name) ? value : value.replace(leading_addresses, (found) => hideAddresses(found));
  return numbers.replace(phone, '[phone]').replace(long_address, '[ip]');
}

/** What stands behind the bracket that what is hidden stands in, up to the next one. */
const maskBehindBracket = (text: string): string =>
  text.replace(/^[^(]*/, (found) => hideAddresses(found, address_apart).replace(phone, '[phone]'));
