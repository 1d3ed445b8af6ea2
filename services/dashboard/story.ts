/** The story of one redemption: its touches in time, what each model gave whom, and the ledger's postings in words. */
import type { Warehouse } from '../platform/warehouse/port.ts';
import { quoted } from '../platform/warehouse/statement.ts';

export interface Redemption {
  brand_id: string;
  redemption_id: string;
  person_id: string;
  redeemed_at: string;
  status: string;
  amount: string | null;
  gross_amount: string | null;
  currency: string;
  coupon_code: string;
  owner_id: string;
  campaign_id: string;
  store_id: string;
  is_trial: boolean;
  flags: string[];
}

interface TouchLine {
  touched_at: string;
  touch_event_id: string;
  touch_type: string;
  influencer_id: string;
  relationship: string;
  post_id: string;
  matched_by: string;
  hops: number;
}

export interface CreditLine extends TouchLine {
  model: string;
  credit: number;
  amount: number;
}

export interface PostingLine {
  posted_at: string;
  reason: string;
  cause: string;
  moves: [model: string, influencer_id: string, credit: number, amount: number, touch_event_id: string][];
}

/** What is known of one redemption. */
export interface Story {
  redemption: Redemption;
  credits: CreditLine[];
  postings: PostingLine[];
  /** Touches of the redeemer before it that are quarantined: they earn nothing. */
  quarantined: number;
}

type Reader = Pick<Warehouse, 'query'>;

/** Redemptions of this id: several when several brands use it and none is named. */
export const findRedemptions = (warehouse: Reader, id: string, brand: string | null): Promise<Redemption[]> =>
  warehouse.query<Redemption>(
    `SELECT brand_id, redemption_id, person_id, toString(redeemed_at) AS redeemed_at, status, toString(amount) AS amount,
       toString(gross_amount) AS gross_amount, currency, coupon_code, owner_id, campaign_id, store_id, toBool(is_trial) AS is_trial, flags
     FROM redemptions_current WHERE redemption_id = {id:String} AND ({brand:String} = '' OR brand_id = {brand:String}) ORDER BY brand_id`,
    { id, brand: brand ?? '' },
  );

/** What people may run themselves to see the same credits. */
export const storySql = ({ brand_id, redemption_id }: Pick<Redemption, 'brand_id' | 'redemption_id'>): string =>
  `SELECT * FROM attribution_credits WHERE brand_id = ${quoted(brand_id)} AND redemption_id = ${quoted(redemption_id)} ORDER BY model, touched_at`;

/** … and the postings behind them. */
export const ledgerSql = ({ brand_id, redemption_id }: Pick<Redemption, 'brand_id' | 'redemption_id'>): string =>
  `SELECT posted_at, reason, cause, model, influencer_id, touch_event_id, credit_ppm / 1e6 AS credit, amount_e4 / 1e4 AS amount
FROM attribution_ledger
WHERE kind = 'posting' AND brand_id = ${quoted(brand_id)} AND redemption_id = ${quoted(redemption_id)}
ORDER BY posted_at, batch, model, influencer_id`;

export async function storyOf(warehouse: Reader, redemption: Redemption): Promise<Story> {
  const key = { brand_id: redemption.brand_id, id: redemption.redemption_id };
  const credits = await warehouse.query<CreditLine>(
    `SELECT model, toString(touched_at) AS touched_at, touch_event_id, touch_type, influencer_id, relationship, post_id, matched_by, hops,
       toFloat64(credit) AS credit, toFloat64(attributed_amount) AS amount
     FROM attribution_credits WHERE brand_id = {brand_id:String} AND redemption_id = {id:String}
     ORDER BY model, attribution_credits.touched_at, touch_event_id`,
    key,
  );
  const postings = await warehouse.query<PostingLine>(
    `SELECT toString(at) AS posted_at, reason, cause, groupArray((model, influencer_id, ppm / 1e6, e4 / 1e4, touch_event_id)) AS moves
     FROM
     (
         SELECT posted_at AS at, batch, reason, cause, toString(model) AS model, influencer_id, touch_event_id, sum(credit_ppm) AS ppm, sum(amount_e4) AS e4
         FROM attribution_ledger WHERE kind = 'posting' AND brand_id = {brand_id:String} AND redemption_id = {id:String}
         GROUP BY ALL HAVING ppm != 0 OR e4 != 0 ORDER BY model, ppm
     )
     GROUP BY at, batch, reason, cause ORDER BY at, batch`,
    key,
  );
  const [before] = await warehouse.query<{ n: number }>(
    `SELECT toUInt32(sum(sign)) AS n FROM events
     WHERE brand_id = {brand_id:String} AND identity_key = {person:String} AND {person:String} != '' AND NOT is_valid AND type != 'coupon_redemption'
       AND occurred_at <= {at:DateTime64(3, 'UTC')}`,
    { brand_id: redemption.brand_id, person: redemption.person_id, at: redemption.redeemed_at },
  );
  return { redemption, credits, postings, quarantined: before?.n ?? 0 };
}

export const reasons: Readonly<Record<string, string>> = {
  first: 'it was settled for the first time',
  late_touch: 'a touch arrived that had happened before it',
  identity: 'it became known who belongs together, or who does not',
  void: 'the till voided it',
  return: 'something came back',
  reference: 'what the brand knows changed',
  model: 'a model has a new version',
  replay: 'it was settled again',
  erasure: 'a person was erased',
};

/** Credit without an influencer is nobody's, or that of a touch on what the brand itself put out. */
export const whoEarned = (influencer_id: string, touch_event_id: string): string =>
  influencer_id || (touch_event_id === '' ? 'nobody' : 'no influencer');

/** One line per posting: what moved from whom to whom. */
export const inWords = (postings: readonly PostingLine[]): string[] =>
  postings.flatMap(({ posted_at, reason, cause, moves }) => [
    `${posted_at}  ${reasons[reason] ?? reason} (${cause})`,
    ...moves.map(([model, influencer, credit, amount, touch]) => {
      const back = credit < 0 || amount < 0;
      return `  ${model.padEnd(20)}${back ? 'takes back' : 'gives'} ${Math.abs(credit).toFixed(6)} / ${Math.abs(amount).toFixed(4)} ${back ? 'from' : 'to'} ${whoEarned(influencer, touch)}`;
    }),
  ]);

/** As the read API gives it. */
export function storyBody({ redemption, credits, postings, quarantined }: Story): object {
  const touches = credits.filter((line) => line.model === 'linear' && line.touch_event_id !== '');
  return {
    redemption,
    touches: touches.map(({ model: _, credit: __, amount: ___, ...touch }) => ({
      ...touch,
      credits: Object.fromEntries(
        credits.filter((line) => line.touch_event_id === touch.touch_event_id).map((line) => [line.model, line.credit]),
      ),
    })),
    credits,
    postings: postings.flatMap(({ moves, ...posting }) =>
      moves.map(([model, influencer_id, credit, amount, touch_event_id]) => ({
        ...posting,
        model,
        touch_event_id,
        influencer_id,
        credit,
        amount,
      })),
    ),
    quarantined,
    in_words: inWords(postings),
    sql: storySql(redemption),
    ledger_sql: ledgerSql(redemption),
  };
}
