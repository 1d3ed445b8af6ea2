import { type Model, weighted } from './model.ts';

const day_ms = 86_400_000;

/** By type of touch: what an action is worth when it is fresh, and after how many days half of it. */
export type EngagementWeights = Readonly<Record<string, { weight: number; half_life_days: number }>>;

/** Version 1 (DOMAIN 3); migration 025 writes it into the warehouse. */
export const first_weights: EngagementWeights = {
  click: { weight: 1, half_life_days: 7 },
  share: { weight: 0.8, half_life_days: 7 },
  comment: { weight: 0.6, half_life_days: 7 },
  like: { weight: 0.1, half_life_days: 7 },
};

/** w(type) × 2^(−age/H(type)), normalised; all weights 0: nobody (DOMAIN 3). */
export const engagementWeighted: Model = ({ redemption, touches, weights }) =>
  weighted(touches, (touch) => {
    const { weight, half_life_days } = weights[touch.type] ?? { weight: 0, half_life_days: 1 };
    return weight * 2 ** (-(redemption.occurred_at - touch.occurred_at) / (half_life_days * day_ms));
  });
