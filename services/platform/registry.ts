/**
 * Client of a schema registry (any server of the Confluent REST API). Schemas are cached for ever: an id never changes its meaning. An outage
 * is retriable and never makes a good record bad; only the registry's own "not found" says that an id is unknown.
 */
export interface SchemaRegistry {
  /** The Avro schema behind an id as JSON text; null when the registry does not know it. Throws RegistryUnavailable. */
  schemaOf(id: number): Promise<string | null>;
  /** Registers a schema of ours for a subject under BACKWARD compatibility, under the id our records carry. Throws RegistryRefused. */
  register(subject: string, schema: object, id: number): Promise<'registered' | 'present'>;
}

/** No answer, or a server error: try again. */
export class RegistryUnavailable extends Error {
  override name = 'RegistryUnavailable';
  readonly retriable = true;
}

/** The registry says no: the schema is not compatible, or the id is taken. */
export class RegistryRefused extends Error {
  override name = 'RegistryRefused';
}

const otherId = (subject: string, theirs: unknown, ours: number): RegistryRefused =>
  new RegistryRefused(
    `${subject}: this schema has id ${theirs} there, our records carry ${ours}: register into a registry of its own`,
  );

export interface RegistryOptions {
  url: string;
  username: string;
  password: string;
  timeout_ms?: number;
}

const media = 'application/vnd.schemaregistry.v1+json';

export function openRegistry({ url, username, password, timeout_ms = 10_000 }: RegistryOptions): SchemaRegistry {
  const known = new Map<number, string>();
  const authorization =
    username === '' ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };

  async function ask(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
      method,
      headers: { accept: media, 'content-type': media, ...authorization },
      signal: AbortSignal.timeout(timeout_ms),
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((error: unknown) => {
      throw new RegistryUnavailable(
        `the schema registry at ${url} does not answer: ${error instanceof Error ? error.message : error}. Check SCHEMA_REGISTRY_URL`,
      );
    });
    const json = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    if (response.status >= 500 || response.status === 429)
      throw new RegistryUnavailable(`the schema registry at ${url} answers ${response.status}: ${json.message ?? ''}`);
    if (response.status === 401 || response.status === 403)
      throw new RegistryUnavailable(
        `the schema registry at ${url} refuses user ${username || '(none)'}: check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD`,
      );
    return { status: response.status, json };
  }

  return {
    async schemaOf(id) {
      const found = known.get(id);
      if (found !== undefined) return found;
      const { status, json } = await ask('GET', `/schemas/ids/${id}`);
      // A proxy on the way says 404, too: only the registry says this of a schema.
      if (status === 404 && json.error_code === 40403) return null;
      if (typeof json.schema !== 'string')
        throw new RegistryUnavailable(`the schema registry at ${url} answers ${status} without a schema for id ${id}`);
      known.set(id, json.schema);
      return json.schema;
    },
    async register(subject, schema, id) {
      const text = JSON.stringify(schema);
      const at = `/subjects/${encodeURIComponent(subject)}`;
      const { status, json } = await ask('POST', at, { schema: text });
      if (status === 200 && json.id === id) return 'present';
      if (status === 200) throw otherId(subject, json.id, id);
      const compatible = await ask('POST', `/compatibility${at}/versions/latest`, { schema: text });
      if (compatible.status === 200 && compatible.json.is_compatible === false)
        throw new RegistryRefused(
          `${subject}: not compatible with the latest version there: ${JSON.stringify(compatible.json.messages ?? '')}`,
        );
      await ask('PUT', `/config/${encodeURIComponent(subject)}`, { compatibility: 'BACKWARD' });
      const mode = await ask('PUT', `/mode/${encodeURIComponent(subject)}?force=true`, { mode: 'IMPORT' });
      if (mode.status !== 200 || mode.json.mode !== 'IMPORT')
        throw new RegistryRefused(
          `${subject}: this registry has no import mode (it answers ${mode.status}): it would give the schema an id of its own, our records carry ${id}. Use one with import mode, or give consumers the schemas themselves (\`grapevine schemas\`)`,
        );
      const made = await (async () => {
        const versions = await ask('GET', `${at}/versions`);
        const version = Array.isArray(versions.json) ? Math.max(0, ...(versions.json as number[])) + 1 : 1;
        return ask('POST', `${at}/versions`, { schema: text, id, version });
      })().finally(() => ask('PUT', `/mode/${encodeURIComponent(subject)}?force=true`, { mode: 'READWRITE' }));
      if (made.status !== 200) throw new RegistryRefused(`${subject}: ${made.json.message ?? made.status}`);
      if (made.json.id !== id) throw otherId(subject, made.json.id, id);
      return 'registered';
    },
  };
}
