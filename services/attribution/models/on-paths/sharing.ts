/** Models that split each conversion on its own: the credit of a channel is a weighted sum over paths. */
import type { Journey, MatchedTouch } from '../../journey.ts';
import type { Model } from '../model.ts';
import type { Paths } from './paths.ts';

/** A model fitted to paths; it can be asked again with other counts (in the order of the paths), which is what the bootstrap does. */
export interface Fitted {
  /** By channel: converting journeys that give it credit. What its interval rests on. */
  journeys: Float64Array;
  /** Credits by channel, in conversions; they sum to those given. Linear in the length of all paths. */
  credits(conversions: Float64Array, nulls: Float64Array): Float64Array;
}

/** Touches → shares by channel that sum to 1. */
export type SharesOf = (touches: readonly number[]) => Map<number, number>;

export function sharing({ channels, paths }: Paths, sharesOf: SharesOf): Fitted {
  const journeys = new Float64Array(channels.length);
  const [path_of, channel_of, share_of]: number[][] = [[], [], []];
  for (const [p, { touches, conversions }] of paths.entries()) {
    if (conversions === 0) continue;
    for (const [channel, share] of sharesOf(touches)) {
      journeys[channel]! += conversions;
      path_of!.push(p);
      channel_of!.push(channel);
      share_of!.push(share);
    }
  }
  const [path, channel, share] = [
    Int32Array.from(path_of!),
    Int32Array.from(channel_of!),
    Float64Array.from(share_of!),
  ];
  return {
    journeys,
    credits(conversions) {
      const credits = new Float64Array(channels.length);
      for (let i = 0; i < path.length; i++) credits[channel[i]!]! += share[i]! * conversions[path[i]!]!;
      return credits;
    },
  };
}

/** A per-redemption model that reads nothing of a journey but the order of its touches, on a path. */
export const byOrder =
  (model: Model): SharesOf =>
  (path) => {
    const touches = path.map((_, i) => ({ event_id: String(i) }) as MatchedTouch);
    const at = new Map(touches.map((touch, i) => [touch, path[i]!]));
    const shares = model({ touches } as Journey);
    const total = shares.reduce((sum, { weight }) => sum + weight, 0);
    const byChannel = new Map<number, number>();
    for (const { to, weight } of shares) {
      if (typeof to === 'string')
        throw new Error(`this model looks at more than the order of touches: it credits the ${to}`);
      const channel = at.get(to)!;
      byChannel.set(channel, (byChannel.get(channel) ?? 0) + weight / total);
    }
    return byChannel;
  };
