import type { Model } from './model.ts';

/** All credit to the last touch; ties by event id (DOMAIN 3). */
export const lastTouch: Model = ({ touches }) => touches.slice(-1).map((touch) => ({ to: touch, weight: 1 }));
