/** THE register of reject codes: code → what it means and what the sender can do. services/ingest/README.md lists it; a test compares. */
export const reject_codes = {
  empty: { meaning: 'the record has no bytes', remedy: 'send one JSON object per record' },
  too_large: { meaning: 'the record is larger than 64 KiB', remedy: 'leave out what is not needed, or shorten texts' },
  not_utf8: { meaning: 'the bytes are not UTF-8', remedy: 'send JSON in UTF-8' },
  not_json: { meaning: 'the text is not JSON, or was cut short', remedy: 'send one whole JSON object per record' },
  not_avro: {
    meaning: 'the value is not Avro in the Confluent wire format, or not of the schema it names',
    remedy: 'write byte 0, schema id, body, under an Avro schema that stands by itself (no Protobuf, no references)',
  },
  unknown_schema: {
    meaning: 'the schema registry does not know the schema id of the value',
    remedy: 'register the schema in the registry of this source, then send again',
  },
  not_an_object: { meaning: 'the JSON is not an object', remedy: 'send one JSON object per record' },
  too_deep: { meaning: 'objects or lists are nested more than 32 deep', remedy: 'flatten the record' },
  missing_field: { meaning: 'a required field is absent, null or empty', remedy: 'send the field' },
  missing_person: {
    meaning: 'neither consumer_id nor identifiers name who acted',
    remedy: 'send one of them, or a count for a polled counter',
  },
  wrong_type: { meaning: 'a field has another JSON type than expected', remedy: 'send the type the contract names' },
  unknown_type: {
    meaning: 'the event type is none of the five',
    remedy: 'send click, like, comment, share or coupon_redemption',
  },
  unknown_kind: { meaning: 'the reference kind is not known', remedy: 'send one of the kinds of the contract' },
  unknown_value: { meaning: 'the value is none of those allowed', remedy: 'send one of the values named' },
  bad_length: { meaning: 'a text or list is too short or too long', remedy: 'keep to the length named' },
  bad_text: {
    meaning: 'a text holds half a surrogate pair, or an id holds control characters',
    remedy: 'send well-formed Unicode',
  },
  bad_date: {
    meaning: 'a time is impossible, lacks its zone or is not in milliseconds',
    remedy: 'write it as 2026-11-23T10:00:00Z or as 1795428000000',
  },
  date_in_future: {
    meaning: 'the event is more than 10 minutes ahead of its arrival',
    remedy: "check the sender's clock and zone",
  },
  bad_amount: {
    meaning: 'an amount is not a decimal >= 0 with at most 4 decimals',
    remedy: 'send 1.99 or "1.99", without thousands separators',
  },
  bad_currency: { meaning: 'the currency is not in ISO 4217', remedy: 'send a code such as USD' },
  amount_without_currency: { meaning: 'an amount came without its currency', remedy: 'send both or neither' },
  currency_without_amount: { meaning: 'a currency came without an amount', remedy: 'send both or neither' },
  number_out_of_range: {
    meaning: 'a number is beyond 2^53, infinite, or outside its range',
    remedy: 'send large numbers as strings',
  },
  count_not_allowed: {
    meaning: 'a count above 1 on a record that names a person, or that is no like, share or click',
    remedy: 'send one record per action',
  },
  bad_identifier: {
    meaning: 'an identifier is not what its kind says',
    remedy: 'send e-mails with @, phones with their country code',
  },
  missing_platform: { meaning: 'a handle or platform id came without its platform', remedy: 'name the platform' },
  bad_duration: {
    meaning: 'a duration is not a whole number with s, m, h, d or w',
    remedy: 'send a duration such as 30d',
  },
  bad_window: {
    meaning: 'a period ends before or when it begins',
    remedy: 'send valid_from before valid_to, starts_at before ends_at',
  },
  tenant_not_allowed: {
    meaning: 'the source may not speak for this brand',
    remedy: 'send to the topic of the brand, or allow the brand for this source',
  },
} as const satisfies Record<string, { meaning: string; remedy: string }>;

export type RejectCode = keyof typeof reject_codes;
