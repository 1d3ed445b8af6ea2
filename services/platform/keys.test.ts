import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fingerprint, openKeys, SealError } from './keys.ts';

const secret = Buffer.alloc(32, 7);
const keys = openKeys(secret);

describe('pseudonym', () => {
  test('is HMAC-SHA-256 under the key derived for the brand', () => {
    const key = Buffer.from(hkdfSync('sha256', secret, '', 'grapevine/pseudonym/acme', 32));
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(text, (value) => {
        const expected = createHmac('sha256', key).update(`handle:instagram:${value}`, 'utf8').digest('hex');
        expect(keys.pseudonym('acme', 'handle', 'instagram', value)).toBe(expected);
      }),
    );
  });

  test('is the same in every process with the secret, asked once or often', () => {
    const first = keys.pseudonym('acme', 'email', '', 'jane@example.com');
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(keys.pseudonym('acme', 'email', '', 'jane@example.com')).toBe(first);
    expect(openKeys(Buffer.alloc(32, 7)).pseudonym('acme', 'email', '', 'jane@example.com')).toBe(first);
  });

  test('differs by secret, brand, kind, platform and value', () => {
    const all = [
      openKeys(Buffer.alloc(32, 8)).pseudonym('acme', 'handle', 'x', 'jane'),
      keys.pseudonym('acme', 'handle', 'x', 'jane'),
      keys.pseudonym('other', 'handle', 'x', 'jane'),
      keys.pseudonym('', 'handle', 'x', 'jane'),
      keys.pseudonym('acme', 'platform_id', 'x', 'jane'),
      keys.pseudonym('acme', 'handle', 'tiktok', 'jane'),
      keys.pseudonym('acme', 'handle', 'x', 'joan'),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test('a NUL in a brand id does not make it another brand', () => {
    expect(keys.pseudonym('a\0b', 'c', '', 'd')).not.toBe(keys.pseudonym('a', 'b\0c', '', 'd'));
  });

  test('stays right when more values and brands pass than the cache keeps', () => {
    const first = keys.pseudonym('brand-0', 'email', '', 'v0');
    for (let i = 0; i < 42_000; i++) keys.pseudonym(`brand-${i % 2_100}`, 'email', '', `v${i}`);
    expect(keys.pseudonym('brand-0', 'email', '', 'v0')).toBe(first);
  });
});

describe('seal', () => {
  test('opens to the same bytes; 12 bytes of nonce and 16 of tag are added', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.string(), (bytes, brand_id) => {
        const sealed = keys.seal(brand_id, Buffer.from(bytes));
        expect(sealed.length).toBe(bytes.length + 28);
        expect(keys.open(brand_id, sealed).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  test('never uses a nonce twice and shows nothing of the content', () => {
    const bytes = Buffer.from('jane@example.com'.repeat(4));
    const sealed = keys.seal('acme', bytes);
    expect(keys.seal('acme', bytes).equals(sealed)).toBe(false);
    expect(sealed.includes('jane')).toBe(false);
  });

  test('refuses another brand, another secret, any altered byte and short bytes', () => {
    const sealed = keys.seal('acme', Buffer.from('x'));
    expect(() => keys.open('other', sealed)).toThrow(SealError);
    expect(() => openKeys(Buffer.alloc(32, 8)).open('acme', sealed)).toThrow(SealError);
    for (let i = 0; i < sealed.length; i++) {
      const altered = Buffer.from(sealed);
      altered[i] = altered[i]! ^ 1;
      expect(() => keys.open('acme', altered)).toThrow(SealError);
      expect(() => keys.open('acme', sealed.subarray(0, i))).toThrow(SealError);
    }
  });
});

test('a short master secret is refused', () => {
  expect(() => openKeys(Buffer.alloc(16))).toThrow(RangeError);
});

test('fingerprint is the first half of SHA-256 in hex', () => {
  expect(fingerprint('abc')).toBe('ba7816bf8f01cfea414140de5dae2223');
});
