/** A value as a fault may show it: shortened, and never one that could tell who a person is. */

const public_fields = new Set([
  'type',
  'kind',
  'occurred_at',
  'brand_id',
  'status',
  'amount',
  'currency',
  'discount',
  'quantity',
  'count',
  'share_kind',
  'valid_from',
  'valid_to',
  'starts_at',
  'ends_at',
  'at',
  'use',
  'scope',
  'relationship',
  'followers',
  'lookback',
  'costs',
  'face_value',
  'unit_cost',
  'holdout_share',
  'time_zone',
  'reach',
  'views',
  'impressions',
  'lat',
  'lon',
]);

/** `path` such as `identifiers.0.value` decides whether the value itself may be shown; '@', an international phone number and an IP address never are. */
export function shown(value: unknown, path: string): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'boolean') return String(value);
  const text = String(value);
  const [field = ''] = path.split('.');
  const open = public_fields.has(field) && !/[@\uD800-\uDFFF]|\+[1-9][\d\s().-]{6,}\d|(\d{1,3}\.){3}\d/.test(text);
  if (typeof value === 'number') return open ? text : 'a number';
  if (!open) return `a text of ${text.length} characters`;
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}
