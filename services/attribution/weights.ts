/** Versions of the weights of `engagement_weighted`, in the warehouse, so that every settler and every check goes by the same. */
import type { Warehouse } from '../platform/warehouse/port.ts';
import type { EngagementWeights } from './models/engagement-weighted.ts';

export interface WeightsVersion {
  version: number;
  /** When it was written, epoch ms. */
  said_at: number;
  weights: EngagementWeights;
}

interface Row {
  version: number;
  said_ms: number;
  type: string;
  weight: number;
  half_life_days: number;
}

/** All versions, oldest first; the last one is in force. */
export async function weightsVersions(warehouse: Warehouse): Promise<WeightsVersion[]> {
  return versionsOf(await warehouse.query<Row>(`SELECT ${row_columns} FROM engagement_weights ORDER BY version, type`));
}

/** The newest version: what every redemption is settled by. */
export async function weightsInForce(warehouse: Warehouse): Promise<EngagementWeights> {
  const [newest] = versionsOf(
    await warehouse.query<Row>(
      `SELECT ${row_columns} FROM engagement_weights WHERE version = (SELECT max(version) FROM engagement_weights)`,
    ),
  );
  if (!newest) throw new Error('the table engagement_weights is empty: run `grapevine migrate`');
  return newest.weights;
}

/** Writes the next version. Of two who write at once the same number, one fails; throws when it is not us who wrote it. */
export async function writeWeights(warehouse: Warehouse, weights: EngagementWeights, said_ms: number): Promise<number> {
  const version = 1 + Math.max(0, ...(await weightsVersions(warehouse)).map((known) => known.version));
  await warehouse.insert({
    table: 'engagement_weights',
    columns: ['version', 'type', 'weight', 'half_life_days', 'said_at'],
    token: `engagement weights ${version}`,
    rows: Object.entries(weights)
      .map(([type, { weight, half_life_days }]) => JSON.stringify([version, type, weight, half_life_days, said_ms]))
      .join('\n'),
  });
  const written = (await weightsVersions(warehouse)).find((known) => known.version === version);
  if (JSON.stringify(sorted(written?.weights ?? {})) !== JSON.stringify(sorted(weights)))
    throw new Error(`version ${version} was written by somebody else meanwhile: look at it, and say yours again`);
  return version;
}

const row_columns = 'version, toUnixTimestamp64Milli(said_at) AS said_ms, type, weight, half_life_days';

const sorted = (weights: EngagementWeights) => Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1));

function versionsOf(rows: Row[]): WeightsVersion[] {
  const versions = new Map<number, WeightsVersion & { weights: Record<string, EngagementWeights[string]> }>();
  for (const { version, said_ms, type, weight, half_life_days } of rows) {
    const known = versions.get(version) ?? { version, said_at: said_ms, weights: {} };
    known.weights[type] = { weight, half_life_days };
    versions.set(version, known);
  }
  return [...versions.values()];
}
