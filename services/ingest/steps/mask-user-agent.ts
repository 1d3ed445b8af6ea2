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
import { isFlag, isPersonal, namesNumber, namesSomebody, namesVersionInAgent } from './mask-names.ts';

/** Also behind others of a list that are nobody's: `unknown`, `::1`. */
const begins_with_address = new RegExp(
  String.raw`^(?:${forwarded}|[^\p{L}\p{N}_])*(?:ffff:)?(?:${address.source}|${long_address.source})`,
  'iu',
);
/** What is no version: that stands behind a name and a slash. */
const address_apart = new RegExp(String.raw`(?<!\/)${address.source}`, 'g');
const leading_addresses = new RegExp(String.raw`^["']?${address.source}(?:,\s?${address.source}){0,20}`);
/** A name and its sign, behind `;`, a bracket or what begins a field of an address, where it may be several words; or a word. */
const field = /([;({|&#?])([^=&#;?(){|]{1,80})=|(^|,\s?|[\s[])([^\s=;(),:/?&#[{|]{1,64})=/g;
/** An address with what stands by it in the same word, or digits and what stands between them. */
const address_word = new RegExp(
  String.raw`["'[]{0,2}(?:${address.source}|${long_address.source})[^\s;(),&#|]{0,64}`,
  'iy',
);
const number_word = /([+\d().-]{1,24}(?:x|ext\.?)?\d{0,5})(?=[\s;,&#"'(\]}|/]|$)/y;
const between = /\s{0,3}(?:[,/|]|or(?=\s))?\s{0,3}(?:(?:unknown|none|null),?\s{0,3}){0,9}/iy;
const version = /\.\d(?!\d)/;
/** A product is a name with a slash, or stands in brackets. */
const words_before_product = /^[^;()]*?(?=[;()]|\s[^\s;()]*[/(]|$)/;
const product_inside = /\s[a-z][\w.-]{1,40}\/\d/i;
const least_digits = 9; // a telephone number has as many behind a 0 or a 1 that is its own
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

/** One field after the other: a value of somebody is hidden whole, in others and between them what is a number of somebody. */
function maskFields(agent: string): string {
  let [out, done, open, is_behind_hidden] = ['', 0, 0, false];
  const copy = (to: number): void => {
    const text = agent.slice(done, to);
    open = Math.max(0, open + text.split('(').length - text.split(')').length);
    const numbers = is_behind_hidden && text.startsWith(')') ? hideAddresses(text, address_apart) : text;
    out += done === 0 ? text : numbers.replace(phone, '[phone]').replace(long_address, '[ip]');
    done = to;
  };
  for (let here = fieldFrom(agent, 0); here; ) {
    copy(here.from);
    const next = fieldFrom(agent, here.from);
    const value = hiddenOf(here, agent.slice(here.from, next?.at ?? agent.length), open > 0);
    is_behind_hidden = namesSomebody(here.name, isJustSo(here.name, value) ? true : value);
    out += is_behind_hidden ? '[masked]' : hideLeading(here.name, value);
    done += value.length;
    here = next;
  }
  copy(agent.length);
  return out;
}

/** What of a field is its value; where that is nobody's, what may be addresses. `region`: up to the next field. */
function hiddenOf({ name, is_word }: Field, region: string, is_inside: boolean): string {
  if (!isPersonal(name)) return leading_addresses.exec(region)?.[0] ?? '';
  return is_inside ? valueInside(region) : valueOutside(region, name, is_word);
}

const hideLeading = (name: string, value: string): string => (namesVersionInAgent(name) ? value : hideAddresses(value));

function fieldFrom(agent: string, at: number): Field | null {
  field.lastIndex = at;
  const found = field.exec(agent);
  if (!found) return null;
  const [all, , words, , word] = found;
  const name = word ?? (words ?? '').trim().split(/\s+/).slice(-2).join(' '); // what stands before is no part of it
  return { name, at: found.index, from: found.index + all.length, is_word: word !== undefined };
}

/** Up to what ends it, to the bracket it stands in, or to a product. */
function valueInside(region: string): string {
  const product = region.search(product_inside);
  const whole = product < 0 ? region : region.slice(0, product);
  let open = 0;
  for (const { 0: sign, index } of whole.matchAll(/[;()]/g)) {
    if (sign === '(') open++;
    else if (sign !== ')' || --open < 0) return whole.slice(0, index);
  }
  return whole;
}

/** Numbers where it is named after such; else a word and numbers behind it, or behind `;` all words before a product. */
function valueOutside(region: string, name: string, is_word: boolean): string {
  const lead = is_word ? 0 : region.length - region.trimStart().length;
  const [word = ''] = /^(?:"[^"]{0,200}"|[^\s;(),]*)/.exec(region.slice(lead)) ?? [];
  const behind = (at: number): number => numbersAt(region, region.charAt(at) === ' ' ? at + 1 : at);
  const numbers = namesNumber(name) ? behind(lead) : 0;
  if (numbers > 0) return region.slice(0, numbers);
  const end = lead + word.length;
  if (is_word || (namesNumber(name) && word !== '' && isFlag(word))) return region.slice(0, Math.max(end, behind(end)));
  return region.slice(0, lead) + (words_before_product.exec(region.slice(lead))?.[0] || word);
}

/** Where the numbers and addresses end that begin at `at`, one or several; 0 when there is none. */
function numbersAt(text: string, at: number): number {
  const found = (pattern: RegExp, from: number): string => {
    pattern.lastIndex = from;
    return pattern.exec(text)?.[0] ?? '';
  };
  let [end, digits] = [0, 0];
  for (let from = at; from < text.length; from = end + found(between, end).length) {
    const own = found(address_word, from);
    const word = own || found(number_word, from);
    const is_apart = !own && (version.test(word) || word.split('(').length !== word.split(')').length);
    if (word === '' || is_apart || (end > 0 && from === end)) break;
    digits += word.replace(/\D/g, '').length;
    end = from + word.length;
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
