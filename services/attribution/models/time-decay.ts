import { type Model, weighted } from './model.ts';

const day_ms = 86_400_000;
/** Half-life, days: the industry's common default (Google Analytics' time decay). */
export const half_life_days = 7;

/** 2^(−age/H), normalised; age in exact fractional days (DOMAIN 3). */
export const timeDecay: Model = ({ redemption, touches }) =>
  weighted(touches, (touch) => 2 ** (-(redemption.occurred_at - touch.occurred_at) / (half_life_days * day_ms)));
