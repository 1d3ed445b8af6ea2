import type { Model } from './model.ts';

/** All credit to the first touch; ties by event id (DOMAIN 3). */
export const firstTouch: Model = ({ touches }) => touches.slice(0, 1).map((touch) => ({ to: touch, weight: 1 }));
