import { type Model, weighted } from './model.ts';

/** 40 % to the first, 40 % to the last, 20 % shared by those between; two touches 50/50 (DOMAIN 3). Weights are whole: shares are exact. */
export const positionBased: Model = ({ touches }) => {
  const last = touches.length - 1;
  const between = last - 1;
  return weighted(touches, (_, i) => (between < 1 ? 1 : i === 0 || i === last ? 2 * between : 1));
};
