/** `grapevine identity`: whose identifiers belong together and why; keeps two apart that are not one person, or lets them join again. */
import { createHash } from 'node:crypto';
import { Command } from 'commander';
import { parseReference } from '../../schemas/reference.ts';
import { topicNames } from '../../schemas/topics.ts';
import {
  identifier_kinds,
  normaliseIdentifier,
  platform_kinds,
  type RawIdentifier,
} from '../../schemas/values/identifier.ts';
import { type Components, loadComponents } from '../attribution/components.ts';
import { alone, type Persons } from '../attribution/persons.ts';
import { type Config, readConfig } from '../platform/config.ts';
import { openKeys } from '../platform/keys.ts';
import type { Warehouse } from '../platform/warehouse/port.ts';
import { masterKey, sharedKeys, sourcesOf } from './open.ts';
import { openExisting } from './open-warehouse.ts';
import { print, table, UsageError } from './output.ts';
import { configFor } from './running.ts';
import { sendRecords } from './send.ts';

interface IdentityOptions {
  brand: string;
  unlink?: string;
  relink?: string;
  reason?: string;
  data: string;
  json?: boolean;
}

export const identityCommand = (): Command =>
  new Command('identity')
    .description(
      "Show a person's identifiers and why each is linked; --unlink says that two of them are not one person.",
    )
    .argument(
      '<identifier>',
      'KIND:VALUE (loyalty_id:card-77), KIND:PLATFORM:VALUE (handle:instagram:mia), a pseudonym, or coupon:ID',
    )
    .requiredOption('--brand <id>', 'brand')
    .option('--unlink <identifier>', 'they are two people: take back what the link between the two has joined')
    .option('--relink <identifier>', 'withdraw an earlier --unlink of the two')
    .option('--reason <text>', 'why, for whoever looks later')
    .option('--data <dir>', 'data directory', './grapevine-data')
    .option('--json', 'print the facts as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  grapevine identity loyalty_id:card-77 --brand moonspoon\n  grapevine identity loyalty_id:card-77 --brand moonspoon --unlink email:mia@example.org --reason "two sisters"',
    )
    .action(identity);

async function identity(text: string, options: IdentityOptions): Promise<void> {
  if (options.unlink !== undefined && options.relink !== undefined)
    throw new UsageError('--unlink or --relink, not both');
  const other = options.unlink ?? options.relink;
  if (other === undefined) return show(text, options);
  const [one, two] = [namedIdentifier(text), namedIdentifier(other)];
  if (JSON.stringify(one) === JSON.stringify(two))
    throw new UsageError('that is one identifier: nothing can be kept apart from itself');
  const record = {
    kind: 'separation',
    brand_id: options.brand,
    id: separationId(one, two),
    ...(options.reason ? { name: options.reason } : {}),
    identifiers: [one, two].map(({ kind, platform, value }) => ({ kind, value, ...(platform ? { platform } : {}) })),
    withdrawn: options.relink !== undefined,
  };
  const { faults = [] } = parseReference(record);
  if (faults.length > 0) throw new UsageError(faults.map((f) => `${f.path}: ${f.detail}`).join('; '));
  const config = readConfig(process.env);
  const sources = sourcesOf(config, topicNames(config.GRAPEVINE_TOPIC_PREFIX), '*');
  const topic = sourceOf(sources, options.brand);
  await sendRecords(config, options.data, () => [
    { topic, key: record.id, value: Buffer.from(JSON.stringify(record)) },
  ]);
  print(
    options.relink === undefined
      ? `${shown(text)} and ${shown(other)} are kept apart from now on; what they earned together is settled anew`
      : `${shown(text)} and ${shown(other)} may belong together again; what they earned is settled anew`,
  );
}

/** A source that is read, in JSON, and may speak for the brand. */
function sourceOf(sources: ReturnType<typeof sourcesOf>, brand: string): string {
  for (const [topic, { brand_ids, format }] of sources)
    if (format === 'json' && (brand_ids === '*' || brand_ids.includes(brand))) return topic;
  throw new UsageError(
    `no source in JSON may speak for brand ${brand}, so that nobody would read this: name one in GRAPEVINE_SOURCES`,
  );
}

/** What the user typed, without the value: it may be personal. */
const shown = (text: string): string => text.split(':')[0] ?? '';

/** The same pair has one record, whichever is named first: the newest stands. The id says nothing of the values. */
const separationId = (a: RawIdentifier, b: RawIdentifier): string =>
  `apart-${createHash('sha256')
    .update(
      [a, b]
        .map((i) => `${i.kind}:${i.platform}:${i.value}`)
        .sort()
        .join('\0'),
    )
    .digest('hex')
    .slice(0, 16)}`;

function namedIdentifier(text: string): RawIdentifier {
  const [kind = '', ...rest] = text.split(':');
  const found = identifier_kinds.find((known) => known === kind);
  if (!found)
    throw new UsageError(
      `${kind || 'the identifier'}: expected KIND:VALUE, KIND one of ${identifier_kinds.join(', ')}`,
    );
  const platform = platform_kinds.has(found) ? (rest.shift() ?? '').toLowerCase() : '';
  const value = normaliseIdentifier(found, rest.join(':'));
  if (!value || (platform_kinds.has(found) && platform === ''))
    throw new UsageError(
      `${found}: expected ${platform_kinds.has(found) ? `${found}:PLATFORM:VALUE` : `${found}:VALUE`}`,
    );
  return { kind: found, platform, value };
}

async function show(text: string, { brand, data, json }: IdentityOptions): Promise<void> {
  const own = readConfig(process.env);
  const pseudonym =
    /^[0-9a-f]{64}$/.test(text) || text.startsWith('coupon:') ? text : pseudonymOf(text, brand, own, data);
  const warehouse = await openExisting(configFor(own, data), data);
  try {
    const components = await loadComponents(warehouse, [[brand, pseudonym]]);
    const facts = factsOf(components, brand, pseudonym);
    if (facts.links.length === 0 && !(await isNamed(warehouse, brand, pseudonym)))
      throw new UsageError(
        `no event of brand ${brand} names this ${shown(text)}: another value, another brand, or another GRAPEVINE_PII_KEY`,
      );
    print(json ? JSON.stringify(facts) : told(facts));
  } finally {
    await warehouse.close();
  }
}

/** A server's pseudonyms are made with the key that its ingest has; the key of a directory lies in it. */
function pseudonymOf(text: string, brand: string, config: Config, data: string): string {
  const { kind, platform, value } = namedIdentifier(text);
  const keys = config.CLICKHOUSE_URL ? sharedKeys(config) : openKeys(masterKey(config, data));
  return keys.pseudonym(brand, kind, platform, value);
}

async function isNamed(warehouse: Warehouse, brand: string, identifier: string): Promise<boolean> {
  const [found] = await warehouse.query<{ n: number }>(
    'SELECT toInt32(count()) AS n FROM (SELECT 1 FROM events WHERE brand_id = {brand:String} AND identity_key = {identifier:String} LIMIT 1)',
    { brand, identifier },
  );
  return (found?.n ?? 0) > 0;
}

interface Facts {
  identifier: string;
  connected: number;
  frozen: boolean;
  periods: {
    person_id: string;
    from_at: number | null;
    members: { identifier: string; kind: string; from_at: number | null; until_at: number | null }[];
  }[];
  links: {
    left: string;
    right: string;
    kinds: string;
    first_at: number;
    event_id: string;
    holds: boolean;
    why_not: string | null;
  }[];
}

const finite = (at: number): number | null => (Number.isFinite(at) ? at : null);

function factsOf(components: Components, brand: string, identifier: string): Facts {
  const component = components.of(brand, identifier);
  const persons: Persons | null = components.personsOf(brand, identifier);
  const mine = persons?.persons.filter((p) => p.members.some((m) => m.identifier === identifier)) ?? [];
  const refused = new Map(persons?.refused.map(({ link, why }) => [link, why]) ?? []);
  return {
    identifier,
    connected: component?.identifiers.length ?? 1,
    frozen: component?.frozen ?? false,
    periods: (mine.length > 0 ? mine : [alone(identifier, '')]).map(({ person_id, members }) => ({
      person_id,
      from_at: finite(members.find((m) => m.identifier === identifier)!.from_at),
      members: members.map((m) => ({
        identifier: m.identifier,
        kind: m.kind,
        from_at: finite(m.from_at),
        until_at: finite(m.until_at),
      })),
    })),
    links: (component?.links ?? []).map((link) => ({
      left: link.left,
      right: link.right,
      kinds: `${link.left_kind}–${link.right_kind}`,
      first_at: link.first_at,
      event_id: link.event_id,
      holds: !refused.has(link),
      why_not: refused.get(link) ?? null,
    })),
  };
}

const whys: Record<string, string> = {
  limit: 'no: a person has fewer of that kind (the weaker identifier is demoted)',
  size: 'no: the person would have more identifiers than anybody has',
  separated: 'no: they were said to be two people',
  frozen: 'no: too many are connected with each other to be one person',
};
const short = (identifier: string): string => (identifier.length > 20 ? `${identifier.slice(0, 16)}…` : identifier);
const day = (at: number): string => new Date(at).toISOString();

function told({ identifier, connected, frozen, periods, links }: Facts): string {
  const lines = [
    `${short(identifier)} is connected with ${connected - 1} other identifier${connected === 2 ? '' : 's'}${frozen ? ', too many to be one person: joined with none' : ''}`,
  ];
  for (const { person_id, from_at, members } of periods) {
    lines.push('', `person ${short(person_id)}${from_at === null ? '' : `, from ${day(from_at)} on`}`);
    for (const m of members)
      lines.push(
        `  ${(m.kind || 'identifier').padEnd(12)} ${short(m.identifier)}${m.from_at === null ? '' : ` from ${day(m.from_at)}`}${m.until_at === null ? '' : ` until ${day(m.until_at)}`}`,
      );
  }
  if (links.length > 0)
    lines.push(
      '',
      table(
        ['link', 'between', 'and', 'first said', 'by event', 'holds'],
        links.map((l) => [
          l.kinds,
          short(l.left),
          short(l.right),
          day(l.first_at),
          l.event_id,
          l.why_not === null ? 'yes' : (whys[l.why_not] ?? l.why_not),
        ]),
      ),
    );
  return lines.join('\n');
}
