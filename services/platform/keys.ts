/**
 * Brand keys: pseudonyms of what identifies a person, and sealing of refused bytes. One master secret (GRAPEVINE_PII_KEY);
 * each brand and use has a key of its own by HKDF-SHA-256 (RFC 5869), so that no brand's pseudonyms say anything about another's.
 * Raw values live in the bounded cache of this process only, never in what is returned.
 */
import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync, randomBytes } from 'node:crypto';

export interface Keys {
  /** HMAC-SHA-256(brand key, `kind:platform:value`), 64 hex characters. `value` is already normalised; `platform` '' where the kind needs none. */
  pseudonym(brand_id: string, kind: string, platform: string, value: string): string;
  /** AES-256-GCM: nonce (12 bytes), ciphertext, tag (16 bytes). The nonce is random: sealing twice gives different bytes. brand_id '' = brand unknown. */
  seal(brand_id: string, bytes: Buffer): Buffer;
  /** Throws SealError when the bytes are too short, were altered, or belong to another brand or secret. */
  open(brand_id: string, sealed: Buffer): Buffer;
}

/** Sealed bytes that this brand's key does not open. */
export class SealError extends Error {
  override name = 'SealError';
}

const nonce_bytes = 12;
const tag_bytes = 16;
const secret_bytes_min = 32;
const brands_kept = 1_000;
const pseudonyms_kept = 20_000;

interface BrandKeys {
  pseudonym: Buffer;
  seal: Buffer;
}

/** Keys from the master secret: at least 32 bytes; throws RangeError when shorter. */
export function openKeys(secret: Buffer): Keys {
  if (secret.length < secret_bytes_min) {
    throw new RangeError(`the master secret has ${secret.length} bytes, expected at least ${secret_bytes_min}`);
  }
  const brands = recent(brands_kept, (brand_id) => brandKeys(secret, brand_id));
  const pseudonyms = recent(pseudonyms_kept, (place) => {
    const cut = place.indexOf('\0');
    return hmacHex(brands(place.slice(0, cut)), place.slice(cut + 1));
  });
  return {
    // A brand id holds no NUL where it was validated; one that does must not be taken for another brand.
    pseudonym: (brand_id, kind, platform, value) =>
      brand_id.includes('\0')
        ? hmacHex(brands(brand_id), `${kind}:${platform}:${value}`)
        : pseudonyms(`${brand_id}\0${kind}:${platform}:${value}`),
    seal(brand_id, bytes) {
      const nonce = randomBytes(nonce_bytes);
      const cipher = createCipheriv('aes-256-gcm', brands(brand_id).seal, nonce);
      return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    },
    open(brand_id, sealed) {
      const end = sealed.length - tag_bytes;
      if (end < nonce_bytes) throw new SealError(`sealed bytes are too short: ${sealed.length}`);
      const cipher = createDecipheriv('aes-256-gcm', brands(brand_id).seal, sealed.subarray(0, nonce_bytes));
      cipher.setAuthTag(sealed.subarray(end));
      try {
        return Buffer.concat([cipher.update(sealed.subarray(nonce_bytes, end)), cipher.final()]);
      } catch {
        throw new SealError(`${sealed.length} sealed bytes do not open: altered, or of another brand or secret`);
      }
    },
  };
}

/** SHA-256 of a text as UTF-8, its first 32 hex characters: equal content, equal fingerprint. */
export const fingerprint = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);

function brandKeys(secret: Buffer, brand_id: string): BrandKeys {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `grapevine/${use}/${brand_id}`, 32));
  return { pseudonym: derive('pseudonym'), seal: derive('seal') };
}

const hmacHex = (keys: BrandKeys, text: string): string =>
  createHmac('sha256', keys.pseudonym).update(text, 'utf8').digest('hex');

/** Remembers at least the `size` most recent results, at most twice as many: two generations, the older forgotten whole. */
function recent<T>(size: number, compute: (key: string) => T): (key: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return (key) => {
    const found = young.get(key);
    if (found !== undefined) return found;
    const value = old.get(key) ?? compute(key);
    if (young.size >= size) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  };
}
