/** Hides what identifies people inside free text. Not a proof against every disguise; what is recognised never leaves ingest. */
import { freeNames } from '../../../schemas/free-names.ts';
import { isVersion, namesSomebody } from './mask-names.ts';

// Every pattern is linear: what it repeats is bounded, or cannot match where it starts.
const email =
  /[^\s@<>"'(),;:=&?/]{1,64}(?:@|%40)(?!\dx\.(?:avif|gif|jpe?g|png|svg|webp)(?![\w.]))[^\s@<>"'(),;:&?/%]{1,255}\.(?:xn--[a-z0-9-]{2,59}|\p{L}{2,24})/giu;
const mention = /(^|[^\p{L}\p{N}_@])@[\p{L}\p{N}_.]{2,64}/gu;
/** International form: + and digits, or 00 and a separator (00 alone begins article numbers, too). */
export const phone =
  /(?:(?<!\w)\+[1-9][\d\s().\u2010-\u2012-]{6,20}|(?<![\w.])00[1-9]\d{0,2}[\s().-][\d\s().-]{4,18})\d/g;
const octet = String.raw`(?:2[0-4]\d|25[0-5]|[01]?\d?\d)`;
/** An amount in thousands ends in them. */
const no_thousands = String.raw`(?![1-9]\d{0,2}(?:\.\d{3}){2}\.000(?!\d))`;
export const address = new RegExp(String.raw`(?<![\w.])${no_thousands}(?:${octet}\.){3}${octet}(?!\.?\w)`, 'g');
export const long_address =
  /(?<![\w:])(?:(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:]{1,20}|(?:[0-9a-f]{1,4}:)+:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?)(?![\w:])/gi;
/** What stands between the digits of a telephone number in an address, also percent-encoded. */
const between = String.raw`(?:[\s().+-]|%(?:20|28|29|2b|2d|2e)){0,3}`;
const number = String.raw`\d(?:${between}\d){5,}`;
const no_date = String.raw`(?!(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d|(?!${between}\d)))`;
const dial = String.raw`((?<!\w)(?:tel|sms|callto|facetime):\/{0,3}${no_date})`;
/** Links to a telephone: as they stand in a text, where a word before a number is often just a word, and in any form. */
const telephone_in_text = new RegExp(String.raw`${dial}(?:\+|%2b)?(?:\(|%28)?${number}`, 'gi');
const telephone = new RegExp(`${dial}${between}${number}`, 'gi');
const messenger = new RegExp(String.raw`((?<![\w-])(?:wa|t)\.me\/)${between}${number}`, 'gi');
const number_in_path = new RegExp(String.raw`\/(?:\+|%2b)\(?${number}`, 'gi');
const handle_in_path = /(\/|%2f)(?:@|%40)(?:[\p{L}\p{N}_.+-]|%[0-9a-f]{2}){2,64}/giu;
/** Up to the path: numbers in that are versions, but for the hosts of addresses inside of it. */
const host = /^(?:[^/\\?#]*:[/\\]{1,9}|[/\\]{2,9})?[^/\\?#]*/;
const inner_host = /(?:^[/\\]{2,9}|:[/\\]{1,9})[^/\\?#\s]*/g;
const bracketed_address = /\[[0-9a-f.]*:[0-9a-f:.]*(?:%[^\]]{0,40})?\]/gi;
const links = [telephone, messenger, email];
/** Between slashes; one may be an address itself, encoded, or a link to somebody. */
const segment = /[^/?#\s]+/g;
const may_be_encoded = /%(?:25)?(?:2b|2f|3a|40)/i;
const parameter = /([?&#;])([^=&#;?]*)=([^&#;]*)/g;
const quoted_field = /"([^"\\]{1,64})"\s{0,4}:\s{0,4}"?([^",}]{0,64})/g;
export const is_address = /:\/\/|[?&][^\s=&?]{1,64}=/;

/** For a comment: e-mails, @mentions, international phone numbers and IP addresses become `[…]`, and what addresses in it say of somebody. */
export function maskText(text: string): string {
  let out = text;
  if (out.includes('@') || out.includes('%40'))
    out = out.replace(email, '[e-mail]').replace(handle_in_path, '$1[mention]').replace(mention, '$1[mention]');
  if (/\d/.test(out))
    out = out
      .replace(telephone_in_text, '$1[phone]')
      .replace(messenger, '$1[phone]')
      .replace(address, '[ip]')
      .replace(phone, '[phone]');
  if (out.includes(':')) out = out.replace(long_address, '[ip]');
  return is_address.test(out) ? eachWord(out, (word) => (is_address.test(word) ? maskAddress(word) : word)) : out;
}

/**
 * For a URL: e-mails, handles and telephone numbers, also percent-encoded, an IP address for a host, and the parameters that are named after
 * addresses and numbers of people, or hold one.
 */
export const maskAddress = (url: string): string =>
  maskSegments(maskParameters(maskPlain(maskHost(url)), holdsSomebody));

export const eachWord = (text: string, work: (word: string) => string): string => text.replace(/\S+/g, work);

const maskHost = (url: string): string => url.replace(host, (found) => hideAddresses(found));

export const hideAddresses = (text: string, plain = address): string =>
  text.replace(bracketed_address, '[[ip]]').replace(plain, '[ip]').replace(long_address, '[ip]');

export function maskPlain(text: string): string {
  let out = text.replace(inner_host, (found) => hideAddresses(found));
  if (out.includes('@') || out.includes('%40'))
    out = out.replace(email, '[e-mail]').replace(handle_in_path, '$1[mention]');
  if (/\d/.test(out))
    out = out.replace(telephone, '$1[phone]').replace(messenger, '$1[phone]').replace(number_in_path, '/[phone]');
  return out;
}

export const maskParameters = (text: string, holds: (value: string) => boolean): string =>
  text.replace(parameter, (all: string, start: string, name: string, value: string) =>
    namesSomebody(readOnce(name), value) || (!isVersion(name, value) && holds(value))
      ? `${start}${name}=[masked]`
      : all,
  );

export const maskSegments = (text: string): string =>
  text.replace(segment, (found) =>
    may_be_encoded.test(found) && leadsToSomebody(readTwice(found)) ? '[masked]' : found,
  );

/** What is percent-encoded, as it is read. */
const readOnce = (text: string): string =>
  text.replace(/(?:%[\da-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString());

const readTwice = (text: string): string => readOnce(readOnce(text));

/** A parameter's value that is or holds an IP address, a phone number, a link to somebody or a field of somebody; numbers in the path of an address are its own. */
export function holdsSomebody(value: string): boolean {
  if (value.includes('[phone]') || value.includes('[ip]')) return true; // and what stands beside it
  if (!/[\d@]/.test(value)) return false;
  const plain = readTwice(value);
  const form = value.includes('+') ? readTwice(value.replaceAll('+', ' ')).trim() : ''; // where + is a space
  if (place.test(form || plain)) return false;
  return leadsToSomebody(plain) || numbersSomebody(withoutAddresses(plain)) || numbersInForm(withoutAddresses(form));
}

/** Degrees on earth: +37.7749 -122.4194. */
const place = /^[+-]?\d{1,2}\.\d{2,16}[,\s]{1,4}[+-]?\d{1,3}\.\d{2,16}$/;
const phone_in_form = /(?:(?<!\w)\+[1-9]|(?<![\w.])00[1-9]\d{0,2}[\s().-])(?:[\s().\u2010-\u2012-]{0,5}\d){6,14}/;

const numbersInForm = (form: string): boolean =>
  [phone_in_form, address, long_address].some((pattern) => form.search(pattern) >= 0);

const withoutAddresses = (text: string): string =>
  !text.includes('://')
    ? text
    : text
        .split(/[\s"',;|<>()]+/)
        .filter((word) => !word.includes('://'))
        .join(' ');

const numbersSomebody = (plain: string): boolean =>
  [address, phone, long_address, ...links].some((pattern) => plain.search(pattern) >= 0);

/** An address, read, with an IP address for a host, with fields of somebody, or that leads to a telephone, an e-mail or a handle. */
function leadsToSomebody(plain: string): boolean {
  const masked = maskParameters(maskPlain(maskHost(plain)), (value) => numbersSomebody(readOnce(value)));
  if (masked !== plain) return true;
  return [...plain.matchAll(quoted_field)].some(([, name = '', value = '']) => namesSomebody(name, value));
}

/** For properties: as for a comment, and the whole value where its name says that it is an address or a number of somebody. Sorted by name. */
export function maskProperties(properties: Record<string, string>): Record<string, string> {
  const names = Object.keys(properties);
  if (names.length === 0) return properties;
  const free = freeNames(' ');
  return Object.fromEntries(
    names.sort().map((name) => [free(maskText(name)), maskProperty(name, properties[name] ?? '')]),
  );
}

const maskProperty = (name: string, value: string): string =>
  namesSomebody(name, value) ? '[masked]' : isVersion(name, value) ? value : maskValue(value);

const literal = /"(?:[^"\\]|\\.)*"/g;
/** A property that is JSON text is masked field by field; one that holds nothing of a person stays as it was written. */
function maskValue(text: string): string {
  if (!/^\s*[[{]/.test(text)) return maskText(text);
  try {
    const value: unknown = JSON.parse(text);
    const masked = JSON.stringify(maskDeep(value));
    const is_whole = text.match(literal)?.length === masked.match(literal)?.length; // of a name that stands twice only the last value is read
    return is_whole && masked === JSON.stringify(value) ? text : masked;
  } catch {
    return maskText(text); // no JSON after all
  }
}

/** For any JSON value: every text inside as a comment, and whole where the field's name says whose it is. */
export function maskDeep(value: unknown, name = ''): unknown {
  if (namesSomebody(name, value)) return '[masked]';
  if (typeof value === 'string') return isVersion(name, value) ? value : maskText(value);
  if (Array.isArray(value)) return value.map((inner) => maskDeep(inner));
  if (typeof value !== 'object' || value === null) return value;
  const free = freeNames(' ');
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [free(maskText(field)), maskDeep(inner, field)]),
  );
}
