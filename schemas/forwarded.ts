/**
 * What proxies write before a user agent besides addresses, as a pattern: names of fields, and words for who is not told. Ingest looks for an
 * address behind it, enrichment for the user agent behind both. There is one way only to read a text by it, so that repeating it stays linear.
 */
export const forwarded = String.raw`(?:(?:x-forwarded-for|x-real-ip|forwarded|for|by)\s?[:=]|proto=https?|host=[^\s;,]{1,64}(?![^\s;,])|(?:unknown|localhost|null|none|undefined|_\w{1,32}|::1(?!\])|\[::1\](?::\d{1,5})?)(?![\p{L}\p{N}_/.]))`;
