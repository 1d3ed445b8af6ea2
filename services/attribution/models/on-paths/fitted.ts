/** Paths → credits by model and channel, each with an interval, or with the reason why there is none. */
import { firstTouch } from '../first-touch.ts';
import { lastTouch } from '../last-touch.ts';
import { linear } from '../linear.ts';
import { positionBased } from '../position-based.ts';
import { middle, resampler } from './bootstrap.ts';
import { markov } from './markov.ts';
import type { Paths, Transform } from './paths.ts';
import { shapley } from './shapley.ts';
import { byOrder, type Fitted, sharing } from './sharing.ts';

/** Fewer converting journeys than this behind a credit, and it gets no interval: below it, too many 95 % intervals miss (docs/analysts.md). */
export const least_journeys = 10;
/** More channels than this, and the exact chain is refused: its cost grows with the cube. */
export const most_markov_channels = 2_000;

export interface Credit {
  model: string;
  channel: string;
  /** null: the model is refused, `remark` says why. Otherwise the credits of a model sum to all conversions. */
  conversions: number | null;
  /** 95 % interval of `conversions`; null when there is not enough to tell, or none was asked for. */
  low: number | null;
  high: number | null;
  /** Converting journeys that give this credit. */
  journeys: number;
  /** What P(conversion) loses without the channel; Markov only. */
  removal_effect?: number;
  /** Whether the data suffice for an interval; if not, `remark` says what is missing. */
  enough: boolean;
  remark: string;
}

export interface FitOptions {
  /** Bootstrap resamples; 0 = no intervals. */
  resamples: number;
  seed: number;
  /** What Markov does to a path first. Shapley sees sets, which no transform changes. */
  transform?: Transform;
  /** Called after each resample. */
  onResample?: (done: number) => void;
}

const level = 0.95;

export function fitted(paths: Paths, { resamples, seed, transform = 'none', onResample }: FitOptions): Credit[] {
  const { channels } = paths;
  const counts = [
    Float64Array.from(paths.paths, (path) => path.conversions),
    Float64Array.from(paths.paths, (path) => path.nulls),
  ] as [Float64Array, Float64Array];
  const nulls = counts[1].reduce((a, b) => a + b, 0);
  const chain = markov(paths, transform);
  const models: Record<string, Fitted> = {
    first_touch: sharing(paths, byOrder(firstTouch)),
    last_touch: sharing(paths, byOrder(lastTouch)),
    linear: sharing(paths, byOrder(linear)),
    position_based: sharing(paths, byOrder(positionBased)),
    markov: chain,
    shapley: sharing(paths, shapley),
  };
  const refused: Record<string, string> = {};
  if (nulls === 0) refused.markov = 'not enough: no journey that did not convert, and Markov compares with those';
  else if (channels.length > most_markov_channels)
    refused.markov = `${channels.length} channels, ${most_markov_channels} at most: put channels together`;
  const asked = Object.keys(models).filter((model) => !refused[model]);
  const draws = new Map(asked.map((model) => [model, channels.map(() => new Float64Array(resamples))]));
  const resample = resampler(counts, seed);
  for (let r = 0; r < resamples; r++) {
    const [conversions, others] = resample() as [Float64Array, Float64Array];
    for (const [model, byChannel] of draws)
      for (const [c, credit] of models[model]!.credits(conversions, others).entries()) byChannel[c]![r] = credit;
    onResample?.(r + 1);
  }

  const shortage = (model: string, journeys: number): string => {
    if (journeys < least_journeys) return `not enough: ${journeys} of ${least_journeys} converting journeys`;
    if (model === 'markov' && nulls < least_journeys)
      return `not enough: ${nulls} of ${least_journeys} journeys that did not convert`;
    return '';
  };
  return Object.entries(models).flatMap(([model, { journeys, credits }]) => {
    const refusal = refused[model];
    const shares = refusal ? null : credits(...counts);
    const effects =
      model === 'markov' && shares && counts[0].some((count) => count > 0) ? chain.effects(...counts) : null;
    return channels.map((channel, c): Credit => {
      const remark = refusal ?? shortage(model, journeys[c]!);
      const [low, high] = remark === '' && resamples > 0 ? middle(draws.get(model)![c]!, level) : [null, null];
      return {
        model,
        channel,
        conversions: shares?.[c] ?? null,
        low,
        high,
        journeys: journeys[c]!,
        ...(effects ? { removal_effect: effects[c]! } : {}),
        enough: remark === '',
        remark,
      };
    });
  });
}
