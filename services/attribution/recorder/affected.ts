/**
 * Whose redemptions a batch may touch: found after its rows are inserted, so that of a touch, a link and a redemption that arrive together
 * on different workers at least one sees the others. Too many is harmless: settling anew posts nothing.
 */
import type { EnrichedEvent } from '../../../schemas/generated/enriched_event.ts';
import type { SettlementRequest } from '../../../schemas/generated/settlement_request.ts';
import type { Warehouse } from '../../platform/warehouse/port.ts';
import { type Components, loadComponents, most_followed } from '../components.ts';
import { pairs } from '../pairs.ts';
import { holdersOf } from '../voided-codes.ts';
import type { Recording } from './decide.ts';
import { knownBy, link_columns } from './rows.ts';

/** A standing link of the batch, or one taken back. */
interface ChangedLink {
  brand_id: string;
  left: string;
  right: string;
  occurred_at: number;
  event_id: string;
  sign: number;
  source_at: number;
}

/** Why redemptions of a component are to be settled anew. */
interface Cause {
  reason: string;
  cause: string;
  caused_at: number;
}

const reasonOfStatus: Record<string, string> = { redeemed: 'first', voided: 'void', returned: 'return' };

/** One request per redemption the batch may touch (its own, those its touches may precede, those its links may join), and one per changed person. */
export async function affectedRedemptions(warehouse: Warehouse, recording: Recording): Promise<SettlementRequest[]> {
  const requests = requestList();
  for (const { event, reason } of recording.changed)
    if (event.redemption_id !== null)
      requests.ask(
        event.brand_id,
        event.redemption_id,
        causedBy(event, reason === 'new' ? (reasonOfStatus[event.status ?? ''] ?? 'first') : 'reference'),
      );
  const touches = recording.changed.filter(
    ({ event }) => event.type !== 'coupon_redemption' && event.count === 1 && knownBy(event).pseudonym !== '',
  );
  const links = recording.links.map(changedLink);
  const parted = await partedBy(warehouse, recording);
  if (touches.length + links.length + parted.length === 0) return requests.all();
  const components = await loadComponents(
    warehouse,
    [
      ...touches.map(({ event }) => [event.brand_id, knownBy(event).pseudonym] as const),
      ...links.map((link) => [link.brand_id, link.left] as const),
      ...parted.map(({ brand_id, identifier }) => [brand_id, identifier] as const),
    ],
    most_followed,
  );
  const people = new People(components);
  for (const { event, reason } of touches) people.touched(event, reason === 'new' ? 'late_touch' : 'reference');
  for (const link of links.filter((link) => matters(link, components))) {
    const cause = { reason: 'identity', cause: link.event_id, caused_at: link.source_at };
    people.joined(link.brand_id, link.left, cause);
    requests.askPerson(link.brand_id, link.left, link.source_at);
  }
  for (const { brand_id, identifier, cause } of parted) {
    people.joined(brand_id, identifier, cause);
    requests.askPerson(brand_id, identifier, cause.caused_at);
  }
  await askFor(warehouse, people, requests);
  return requests.all();
}

/** Whom the voids of a batch part from a unique code, and the codes. */
async function partedBy(warehouse: Warehouse, { changed }: Recording) {
  const voids = new Map<string, EnrichedEvent>();
  for (const { event } of changed)
    if (event.status === 'voided') voids.set(`${event.brand_id}/${event.redemption_id}`, event);
  const holders = await holdersOf(
    warehouse,
    [...voids.values()].map((event) => [event.brand_id, event.redemption_id!] as const),
  );
  return holders.flatMap(({ brand_id, redemption_id, identifiers }) => {
    const cause = causedBy(voids.get(`${brand_id}/${redemption_id}`)!, 'identity');
    return identifiers.map((identifier) => ({ brand_id, identifier, cause }));
  });
}

/** The same for separations: everyone connected with one of these identifiers. */
export async function separatedRedemptions(
  warehouse: Warehouse,
  separated: (Cause & { brand_id: string; identifiers: string[] })[],
): Promise<SettlementRequest[]> {
  const named = separated.flatMap((s) => s.identifiers.map((identifier) => ({ ...s, identifier })));
  if (named.length === 0) return [];
  const requests = requestList();
  const keys = named.map(({ brand_id, identifier }) => [brand_id, identifier] as const);
  const people = new People(await loadComponents(warehouse, keys, most_followed));
  for (const { brand_id, identifier, reason, cause, caused_at } of named) {
    people.joined(brand_id, identifier, { reason, cause, caused_at });
    requests.askPerson(brand_id, identifier, caused_at);
  }
  await askFor(warehouse, people, requests);
  return requests.all();
}

const causedBy = (event: EnrichedEvent, reason: string): Cause => ({
  reason,
  cause: event.event_id,
  caused_at: event.source_at,
});

const changedLink = (row: unknown[]): ChangedLink =>
  Object.fromEntries(link_columns.map((column, i) => [column, row[i]])) as unknown as ChangedLink;

/** A link taken back, or one whose event is now the first to say so: the same link said again later changes nothing. */
function matters({ brand_id, left, right, occurred_at, event_id, sign }: ChangedLink, components: Components): boolean {
  if (sign < 0) return true;
  const link = components
    .of(brand_id, left)
    ?.links.find((l) => (l.left === left && l.right === right) || (l.left === right && l.right === left));
  return link === undefined || (link.first_at === occurred_at && link.event_id === event_id);
}

/** Identifiers to look for redemptions of, and what happened to the component each is in. */
class People {
  readonly #components: Components;
  readonly #happened = new Map<string, { touches: { event: EnrichedEvent; reason: string }[]; joined: Cause | null }>();
  /** As pairs of brand and identifier. */
  readonly all: [brand_id: string, identifier: string][] = [];
  /** Before this no redemption is of interest, epoch ms. */
  first_at = Number.POSITIVE_INFINITY;

  constructor(components: Components) {
    this.#components = components;
  }

  of(brand_id: string, identifier: string) {
    const key = `${brand_id}/${identifier}`;
    const found = this.#happened.get(key);
    if (found) return found;
    const made = { touches: [], joined: null };
    for (const member of this.#components.of(brand_id, identifier)?.identifiers ?? [identifier]) {
      this.#happened.set(`${brand_id}/${member}`, made);
      this.all.push([brand_id, member]);
    }
    return made;
  }

  touched(event: EnrichedEvent, reason: string): void {
    this.of(event.brand_id, knownBy(event).pseudonym).touches.push({ event, reason });
    this.first_at = Math.min(this.first_at, event.occurred_at);
  }

  joined(brand_id: string, identifier: string, cause: Cause): void {
    this.of(brand_id, identifier).joined ??= cause;
    this.first_at = 0;
  }
}

interface RedemptionReach {
  brand_id: string;
  redemption_id: string;
  identity_key: string;
  redeemed_ms: number;
  window_ms: number;
}

const inReach = (touch: EnrichedEvent, { redeemed_ms, window_ms }: RedemptionReach): boolean =>
  touch.occurred_at <= redeemed_ms && redeemed_ms - touch.occurred_at <= window_ms;

async function askFor(warehouse: Warehouse, people: People, requests: ReturnType<typeof requestList>): Promise<void> {
  for (const redemption of await redemptionsOf(warehouse, people)) {
    const { brand_id, redemption_id } = redemption;
    const { touches, joined } = people.of(brand_id, redemption.identity_key);
    const touch = touches.find(({ event }) => inReach(event, redemption));
    if (joined) requests.ask(brand_id, redemption_id, joined);
    else if (touch) requests.ask(brand_id, redemption_id, causedBy(touch.event, touch.reason));
  }
}

async function redemptionsOf(warehouse: Warehouse, { all, first_at }: People): Promise<RedemptionReach[]> {
  if (all.length === 0) return [];
  return warehouse.query<RedemptionReach>(
    `SELECT brand_id, redemption_id, redeemer AS identity_key, toUnixTimestamp64Milli(occurred_at) AS redeemed_ms,
       greatest(click_window_ms, comment_window_ms, share_window_ms, like_window_ms) AS window_ms
     FROM events
     WHERE (brand_id, redeemer) IN {people:Array(Tuple(String, String))}
       AND status = 'redeemed' AND occurred_at >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')
     GROUP BY brand_id, redemption_id, redeemer, occurred_at, window_ms
     HAVING sum(sign) > 0`,
    { people: pairs(all), first: first_at },
  );
}

function requestList() {
  const requests = new Map<string, SettlementRequest>();
  const add = (request: SettlementRequest): void => {
    const key = `${request.brand_id}/${request.redemption_id || `person ${request.cause}`}`;
    if (!requests.has(key)) requests.set(key, request);
  };
  return {
    ask: (brand_id: string, redemption_id: string, { reason, cause, caused_at }: Cause): void =>
      add({ brand_id, redemption_id, reason, cause, caused_at, needed_version: -1 }),
    askPerson: (brand_id: string, identifier: string, caused_at: number): void =>
      add({ brand_id, redemption_id: '', reason: 'identity', cause: identifier, caused_at, needed_version: -1 }),
    all: (): SettlementRequest[] => [...requests.values()],
  };
}
