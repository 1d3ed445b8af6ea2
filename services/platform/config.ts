/** Settings from the environment, checked once at start: every fault is listed, none is guessed around. */
import { z } from 'zod';
import { topicNames } from '../../schemas/topics.ts';

const sources = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'expected JSON such as [{"topic":"engagement.collected","brands":["acme"],"format":"json"}]',
      });
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(
        z.object({
          topic: z.string().min(1),
          brands: z.union([z.literal('*'), z.array(z.string().min(1))], 'expected "*" or a list of brand ids'),
          format: z.enum(['json', 'avro'], 'expected json or avro').default('json'),
        }),
      )
      .min(1, 'expected at least one source')
      .refine((list) => new Set(list.map(({ topic }) => topic)).size === list.length, 'expected each topic once'),
  );

/** Addresses without a port would be asked for half a minute before the client gives up. */
const brokers = z.string().refine((text) => text.split(',').every((address) => isAddress(address.trim())), {
  error: 'expected host:port, several separated by commas',
});

const isAddress = (text: string): boolean => {
  const [, port] = /^[^\s:/;]+:(\d{1,5})$/.exec(text) ?? [];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
};

/** THE register of settings: name → how it is read, its default and what it is for. */
export const settings = {
  KAFKA_BROKERS: {
    schema: brokers.optional(),
    secret: false,
    meaning: 'Kafka brokers, host:port separated by commas. Absent: the embedded log.',
  },
  KAFKA_CLIENT_ID: {
    schema: z.string().min(1).default('grapevine'),
    secret: false,
    meaning: "Name of this client in the broker's logs and quotas.",
  },
  KAFKA_SSL: {
    schema: z.enum(['true', 'false']).default('false'),
    secret: false,
    meaning: 'TLS to the brokers.',
  },
  KAFKA_SSL_CA: {
    schema: z.string().min(1).optional(),
    secret: false,
    meaning: "File with the certificate authority of the brokers (PEM). Absent: the system's.",
  },
  KAFKA_SSL_CERT: {
    schema: z.string().min(1).optional(),
    secret: false,
    meaning: 'File with the certificate of this client (PEM), where the brokers ask for one.',
  },
  KAFKA_SSL_KEY: {
    schema: z.string().min(1).optional(),
    secret: false,
    meaning: 'File with the key of that certificate (PEM).',
  },
  KAFKA_SASL: {
    schema: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
    secret: false,
    meaning: 'SASL mechanism: plain, scram-sha-256 or scram-sha-512. Absent: no authentication.',
  },
  KAFKA_USERNAME: { schema: z.string().default(''), secret: false, meaning: 'SASL user.' },
  KAFKA_PASSWORD: { schema: z.string().default(''), secret: true, meaning: 'SASL password.' },
  KAFKA_COMPRESSION: {
    schema: z.enum(['none', 'gzip']).default('none'),
    secret: false,
    meaning: 'Compression of what we produce.',
  },
  KAFKA_SESSION_MS: {
    schema: z.coerce.number().int().min(6_000).max(300_000).default(30_000),
    secret: false,
    meaning: 'A worker silent for this long loses its partitions, ms.',
  },
  SCHEMA_REGISTRY_URL: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    secret: false,
    meaning: 'Schema registry (Confluent REST API). Needed only for sources in Avro.',
  },
  SCHEMA_REGISTRY_USERNAME: { schema: z.string().default(''), secret: false, meaning: 'User of the schema registry.' },
  SCHEMA_REGISTRY_PASSWORD: {
    schema: z.string().default(''),
    secret: true,
    meaning: 'Password of the schema registry.',
  },
  CLICKHOUSE_URL: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    secret: false,
    meaning: 'ClickHouse over HTTP. Absent: the embedded engine.',
  },
  CLICKHOUSE_USER: { schema: z.string().default('default'), secret: false, meaning: 'ClickHouse user.' },
  CLICKHOUSE_PASSWORD: { schema: z.string().default(''), secret: true, meaning: 'ClickHouse password.' },
  CLICKHOUSE_DATABASE: {
    schema: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a plain name')
      .default('grapevine'),
    secret: false,
    meaning: 'Database of the warehouse.',
  },
  GRAPEVINE_TOPIC_PREFIX: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._-]*$/, 'expected letters, digits, . _ -')
      .default('engagement.'),
    secret: false,
    meaning: 'Prefix of every topic.',
  },
  GRAPEVINE_PII_KEY: {
    schema: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'expected 64 hex characters (openssl rand -hex 32)')
      .optional(),
    secret: true,
    meaning:
      'Master key of pseudonyms and sealed bytes, 64 hex characters (openssl rand -hex 32). Absent: made once in the data directory.',
  },
  GRAPEVINE_SOURCES: {
    schema: sources.optional(),
    secret: false,
    meaning:
      'Source topics, the brands that may send there and their format (json, avro), as JSON. Absent: `collected`, any brand.',
  },
  GRAPEVINE_BATCH_RECORDS: {
    schema: z.coerce.number().int().min(1).max(50_000).default(5_000),
    secret: false,
    meaning: 'Most records in one batch.',
  },
  GRAPEVINE_FILL_MS: {
    schema: z.coerce.number().int().min(0).max(10_000).default(100),
    secret: false,
    meaning: 'How long attribution waits for a batch to fill up, ms.',
  },
  GRAPEVINE_INTENT_AGE_MS: {
    schema: z.coerce.number().int().min(1_000).default(600_000),
    secret: false,
    meaning: 'A batch older than this is handed over instead of written, ms.',
  },
  GRAPEVINE_VERIFY_S: {
    schema: z.coerce.number().int().min(0).max(86_400).default(60),
    secret: false,
    meaning: 'Pause between two rounds of verify in `start` and the attribution service, s; 0 = none.',
  },
  GRAPEVINE_PREPARE_S: {
    schema: z.coerce.number().int().min(0).max(86_400).default(600),
    secret: false,
    meaning:
      'Least pause between two rounds of computing what pages open with before anybody asks, in `start` and the dashboard service, s; 0 = none.',
  },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
    secret: false,
    meaning: 'Least severe log lines shown.',
  },
} as const;

type Settings = typeof settings;
export type Config = { [Name in keyof Settings]: z.output<Settings[Name]['schema']> };

/** The environment is not usable: every fault, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Where in a value made of several, and what was expected there. */
function said({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return place === '' ? message : `${place}: ${message}`;
}

/** Sources that the services write: ingest would read what it has made of them, without end. */
function ownSources({ GRAPEVINE_SOURCES = [], GRAPEVINE_TOPIC_PREFIX = '' }: Partial<Config>): string[] {
  const { collected, ...written } = topicNames(GRAPEVINE_TOPIC_PREFIX);
  return GRAPEVINE_SOURCES.filter(({ topic }) => Object.values(written).includes(topic)).map(
    ({ topic }) => `GRAPEVINE_SOURCES: ${topic} is written by Grapevine itself; expected a topic that others write`,
  );
}

/** Reads the settings; throws ConfigError listing all faults, without the values of secrets. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const faults: string[] = [];
  const out: Record<string, unknown> = {};
  for (const [name, { schema, secret, meaning }] of Object.entries(settings)) {
    const value = environment[name];
    const read = schema.safeParse(value === '' ? undefined : value);
    if (read.success) out[name] = read.data;
    else {
      const found = secret ? `${value?.length ?? 0} characters` : JSON.stringify(value?.slice(0, 40));
      faults.push(`${name}: ${read.error.issues.map(said).join('; ')}; found ${found}. ${meaning}`);
    }
  }
  for (const name of Object.keys(environment))
    if (name.startsWith('GRAPEVINE_') && !(name in settings))
      faults.push(`${name}: not a setting; see \`grapevine config\``);
  faults.push(...ownSources(out as Partial<Config>));
  if (faults.length > 0)
    throw new ConfigError(`the configuration has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`);
  return out as Config;
}
