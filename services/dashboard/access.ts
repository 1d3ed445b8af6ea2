/** Who may read what: keys of a brand, made by `grapevine keys`, kept only as their SHA-256. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { Problem } from './problem.ts';

export interface ApiKey {
  key_id: string;
  brand_id: string;
  name: string;
  said_at: string;
  revoked: boolean;
}

const columns = ['key_id', 'hash', 'brand_id', 'name', 'said_at', 'revoked'] as const;
export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

type Tables = Pick<Warehouse, 'query' | 'insert'>;

/** A new key: its text is told here and never again. */
export async function createKey(
  warehouse: Tables,
  brand_id: string,
  name: string,
  now: number,
): Promise<{ key_id: string; key: string }> {
  const key_id = randomBytes(6).toString('hex');
  const key = `gv_${randomBytes(32).toString('base64url')}`;
  const row = [key_id, hashOf(key), brand_id, name, now, false];
  await warehouse.insert({ table: 'api_keys', columns, token: `api_keys/${key_id}`, rows: JSON.stringify(row) });
  return { key_id, key };
}

export const listKeys = (warehouse: Pick<Warehouse, 'query'>): Promise<ApiKey[]> =>
  warehouse.query(
    `SELECT key_id, any(brand_id) AS brand_id, any(name) AS name, toString(min(api_keys.said_at)) AS said_at, max(api_keys.revoked) AS revoked
     FROM api_keys GROUP BY key_id ORDER BY brand_id, said_at, key_id`,
  );

/** False when there is no such key. */
export async function revokeKey(warehouse: Tables, key_id: string, now: number): Promise<boolean> {
  const found = await warehouse.query<{ hash: string; brand_id: string; name: string }>(
    'SELECT hash, brand_id, name FROM api_keys WHERE key_id = {key_id:String} LIMIT 1',
    { key_id },
  );
  const [key] = found;
  if (!key) return false;
  const row = [key_id, key.hash, key.brand_id, key.name, now, true];
  await warehouse.insert({
    table: 'api_keys',
    columns,
    token: `api_keys/${key_id}/revoked`,
    rows: JSON.stringify(row),
  });
  return true;
}

/** Says whose rows a request may read: a brand, or * for all. Throws Problem. */
export type Access = (authorization: string | undefined) => Promise<string>;

/** On one's own machine: everything, without a key. */
export const openAccess: Access = async () => '*';

const remembered_ms = 5_000;
/** How soon keys are asked for again when the warehouse did not answer: not at every request. */
const retry_ms = 1_000;

interface KnownKey {
  hash: Buffer;
  brand: string;
}

async function loadKeys(warehouse: Pick<Warehouse, 'query'>): Promise<KnownKey[]> {
  const rows = await warehouse.query<{ hash: string; brand: string }>(
    'SELECT hash, any(brand_id) AS brand FROM api_keys GROUP BY hash HAVING max(revoked) = false',
  );
  return rows.flatMap(({ hash, brand }) =>
    /^[0-9a-f]{64}$/.test(hash) ? [{ hash: Buffer.from(hash, 'hex'), brand }] : [],
  );
}

/** Keys from the warehouse, read again every few seconds: a revoked key ends within that time, and none is good while they cannot be read. */
export function keyedAccess(warehouse: Pick<Warehouse, 'query'>, now: () => number): Access {
  let read_again_at = Number.NEGATIVE_INFINITY;
  let reading: Promise<KnownKey[]> = Promise.resolve([]);
  const keys = (): Promise<KnownKey[]> => {
    if (now() < read_again_at) return reading;
    read_again_at = now() + remembered_ms;
    reading = loadKeys(warehouse);
    reading.catch(() => {
      read_again_at = now() + retry_ms;
    });
    return reading;
  };
  return async (authorization) => {
    const key = /^Bearer (gv_[\w-]{43})$/i.exec(authorization ?? '')?.[1];
    if (!key)
      throw new Problem(
        401,
        'No key',
        'Send `Authorization: Bearer gv_…`; `grapevine keys create --brand B` makes a key',
      );
    const asked = Buffer.from(hashOf(key), 'hex');
    let found: KnownKey | null = null;
    for (const known of await keys()) if (timingSafeEqual(known.hash, asked)) found = known; // all of them: time tells nothing
    if (!found) throw new Problem(401, 'Unknown key', 'This key is not known, or was revoked; ask for a new one');
    return found.brand;
  };
}
