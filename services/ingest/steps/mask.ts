/** Hides what identifies people inside free text. Not a proof against every disguise; what is recognised never leaves ingest. */

const email = /[^\s@<>"'(),;:=&?/]{1,64}(?:@|%40)[^\s@<>"'(),;:&?/]{1,255}\.[a-z]{2,24}/gi;
const mention = /(^|[^\w@])@[\w.]{2,64}/g;
const phone = /(?<![\w.])(?:\+|00)[1-9][\d\s().-]{6,20}\d/g;
const address = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])/g;
const personal_name = /e-?mail|phone|mobile|handle|user_?name|(^|_)ip(_|$)|ip_?address/i;

/** For a comment: e-mails, @mentions, international phone numbers and IP addresses become `[…]`. */
export function maskText(text: string): string {
  let out = text;
  if (out.includes('@') || out.includes('%40')) out = out.replace(email, '[e-mail]').replace(mention, '$1[mention]');
  if (/\d{3}/.test(out)) out = out.replace(phone, '[phone]').replace(address, '[ip]');
  return out;
}

/** For a URL: e-mails, also percent-encoded. */
export const maskAddress = (url: string): string =>
  url.includes('@') || url.includes('%40') ? url.replace(email, '[e-mail]') : url;

/** For properties: as for a comment, and the whole value where its name says that it is an address or a number of somebody. Sorted by name. */
export function maskProperties(properties: Record<string, string>): Record<string, string> {
  const names = Object.keys(properties);
  if (names.length === 0) return properties;
  const out: Record<string, string> = {};
  for (const name of names.sort())
    out[maskText(name)] = personal_name.test(name) ? '[masked]' : maskText(properties[name] ?? '');
  return out;
}
