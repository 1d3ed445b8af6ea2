/** What names of fields say of their values: whose they are, or that they are a version's. */

/** What a name says, word by word in small letters, joined by `_`. */
const personal_name =
  /e_?mail|(?<!head|micro|saxo|mega|(?:^|_)(?:head|ear|micro|saxo|mega)_?)phone|(?<!auto)mobile|handle(?!rs?(?:_|$)|d(?:_|$)|_?bars?(?:_|$))|user_?name|(?:^|_)(?:(?:first|last|sur|nick)_?name|(?<!product_|campaign_|brand_|store_|shop_)full_?name|whats_?app|fax|imei|idf[av]|gaid|aaid|device_?id|(?:advertising|android)_?id)(?:_|$)|msisdn|(?:^|[_\d])(?:tel(?:\d+[a-z]?)?|ip\d?|ipv[46])(?:_|$)|ip_?addr|(?:^|_)(?:client|remote|user|visitor)_?ip|identifiers|issued_to/;
/** Most names are told apart at a glance. */
const may_be_personal =
  /mail|phone|mobile|handle|name|msisdn|tel|ip|identifiers|issued|whats|fax|imei|idf|gaid|aaid|device|advertising|android/i;
const nobodys_name = /(?:^|_)(?:vo_ip|tel_aviv)(?=_|$)|^ip_(?:rating|class|code)$/g;
/** What is never just so or not. */
const who = /handle|user_?name|identif|issued/;
/** Whether something is so, not who somebody is: `mobile=true`. */
const flag = /^(?:|0|1|true|false|yes|no|y|n|null)$/i;
/** Four numbers are the version of what is named so. */
const version_name =
  /(?<!con|in|di|per|re)version|(?:^|_|app|client|web|os|sdk|lib)ver(?:_?(?:code|no|name|num|str))?(?![a-z])|build|release|(?<![a-z])(?:rv|app|os|sdk|lib|v)(?![a-z])|chrome|webview|browser/;

/** Whether a field's value is somebody's by its name, and not just so or not, or nobody's. */
export function namesSomebody(name: string, value: unknown): boolean {
  if (!isPersonal(name)) return false;
  return who.test(wordsOf(name)) ? value !== '' && value !== null && typeof value !== 'boolean' : !isFlag(value);
}

export const namesVersion = (name: string): boolean => version_name.test(wordsOf(name));

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
