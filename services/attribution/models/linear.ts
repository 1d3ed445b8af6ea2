import { type Model, weighted } from './model.ts';

/** 1/n to each touch; a repeat counts again (DOMAIN 3). */
export const linear: Model = ({ touches }) => weighted(touches, () => 1);
