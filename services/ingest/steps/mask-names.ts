/** What names of fields say of their values: whose they are, or that they are a version's. */

/** What a name says, word by word in small letters, joined by `_`. */
const personal_name = new RegExp(
  [
    'e_?mail',
    '(?<!head|micro|saxo|mega|(?:^|_)(?:head|ear|micro|saxo|mega)_?)phone',
    '(?<!auto)mobile',
    'handle(?!rs?(?:_|$)|d(?:_|$)|_?bars?(?:_|$))',
    'user_?name',
    '(?:^|_)(?:first|last|sur|nick|given|family|customer|contact)_?name(?:_|$)',
    '(?:^|_)(?<!(?:product|campaign|brand|store|shop|event|page|item)_)full_?name(?:_|$)',
    'msisdn',
    String.raw`(?:^|[_\d])(?:tel(?:\d+[a-z]?)?|ip\d?|ipv[46])(?:_|$)`,
    'ip_?addr',
    '(?:^|_)(?:client|remote|user|visitor)_?ip',
    '(?:^|_)(?:fax|(?:fax|whats_?app)_?(?:no|nr|number))$',
    String.raw`(?:^|_)(?:idf[av]|gaid|aaid|oaid|(?:open_?)?udid|imei\d?|imsi|gps_?adid|(?:device|advertising|android)_?ids?|mac_?addr(?:ess)?)$`,
    'identifiers',
    'issued_to',
  ].join('|'),
);
/** Most names are told apart at a glance. */
const may_be_personal =
  /mail|phone|mobile|handle|name|msisdn|tel|ip|identifiers|issued|whats|fax|im[es]i|idf|[ago]aid|udid|adid|device|advertising|android|mac/i;
/** Of them, whose values are numbers and addresses. */
const number_name = /phone|mobile|msisdn|fax|whats|(?:^|[_\d])tel|(?:^|[_\d]|client|remote|user|visitor)ip/;
const nobodys_name = /(?:^|_)(?:vo_ip|tel_aviv)(?=_|$)|^ip_(?:rating|class|code)$/g;
/** What is never just so or not. */
const who = /handle|user_?name|identif|issued/;
/** Whether something is so, not who somebody is: `mobile=true`. */
const flag = /^(?:|0|1|true|false|yes|no|y|n|null)$/i;
const version = '(?<!con|in|di|per|re)version';
const ver = '(?:^|_|app|client|web|os|sdk|lib)ver';
const of_it = '(?:_?(?:code|no|num|name|str|number))?';
/** Four numbers are the version of what is named so in a user agent. */
const agent_version_name = new RegExp(
  `${version}|${ver}${of_it}(?![a-z])|build|release|(?<![a-z])(?:rv|app|os|sdk|lib|v)(?![a-z])|chrome|webview|browser`,
);
/** The same elsewhere: what the name ends with. */
const version_name = new RegExp(`(?:${version}|${ver}|(?:^|_)(?:build|release))${of_it}$`);
const four_numbers = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){3}$/;

/** Whether a field's value is somebody's by its name, and not just so or not, or nobody's. */
export function namesSomebody(name: string, value: unknown): boolean {
  if (!isPersonal(name)) return false;
  return who.test(wordsOf(name)) ? value !== '' && value !== null && typeof value !== 'boolean' : !isFlag(value);
}

/** Whether its value, if somebody's, is made of numbers: it ends with them. */
export const namesNumber = (name: string): boolean => {
  const words = wordsOf(name);
  return number_name.test(words) && !who.test(words) && !words.includes('mail');
};

export const namesVersionInAgent = (name: string): boolean => agent_version_name.test(wordsOf(name));

/** Four numbers are the version of what is named so, no address. */
export const isVersion = (name: string, value: string): boolean =>
  four_numbers.test(value) && version_name.test(wordsOf(name));

export const isFlag = (value: unknown): boolean =>
  value === null || (typeof value !== 'object' && flag.test(String(value).trim()));

/** Whether a field's name says that its value is an address or a number of somebody: `shop_tel`, `shopTel`, `contact[tel]`, `tel2`. */
export function isPersonal(name: string): boolean {
  if (!may_be_personal.test(name)) return false;
  return [name, apart(name)].some((told) => personal_name.test(wordsOf(told).replace(nobodys_name, '')));
}

/** `shopTel` as `shop_Tel`. */
const apart = (name: string): string => name.replace(/([\p{Ll}\d])(?=\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1$2_');

const wordsOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}\d]+/gu, '_');
