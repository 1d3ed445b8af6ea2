/**
 * Markov chain of order 1 over channels: what would be lost without each (Anderl et al. 2016; definition in DOMAIN 3).
 * Removal effect RE_j = 1 − P(conversion without j) / P(conversion), where the traffic of a removed channel goes to null; credit ∝ RE_j.
 *
 * A journey that converts without j is one that never visits j. So RE_j = P(visits j and converts) / P(converts), and both are read off the chain
 * censored to {start, j, conversion, null}. The censoring eliminates state by state as Grassmann, Taksar and Heyman do (Operations Research 33, 1985):
 * it adds, multiplies and divides non-negative numbers and never subtracts, so every effect is right to about 15 digits however rare conversions
 * are; a general LU solve of I − Q loses digits as 1/P(conversion) grows. Eliminating halves in turn leaves each channel alone once: O(channels³) for all.
 */
import { type Paths, type Transform, transforms } from './paths.ts';
import type { Fitted } from './sharing.ts';

/** Traffic between states, as counts. Rows: start, then channels. Columns: conversion, null, then channels. Row-major. */
type Traffic = Float64Array;

export interface FittedMarkov extends Fitted {
  /** RE by channel, 0 … 1. NaN when nothing converts. */
  effects(conversions: Float64Array, nulls: Float64Array): Float64Array;
}

export function markov({ channels, paths }: Paths, transform: Transform = 'none'): FittedMarkov {
  const n = channels.length;
  const width = n + 2;
  const journeys = new Float64Array(n);
  const step_cells: number[] = [];
  const last_rows: number[] = [];
  const ends = [0];
  for (const { touches, conversions } of paths) {
    for (const channel of new Set(touches)) journeys[channel]! += conversions;
    let row = 0;
    for (const channel of transforms[transform](touches)) {
      if (row !== channel + 1) step_cells.push(row * width + channel + 2); // a repeat is a self-loop, which changes nothing
      row = channel + 1;
    }
    last_rows.push(row * width);
    ends.push(step_cells.length);
  }
  const steps = Int32Array.from(step_cells);

  const effects = (conversions: Float64Array, nulls: Float64Array): Float64Array => {
    const traffic: Traffic = new Float64Array((n + 1) * width);
    for (let p = 0; p < paths.length; p++) {
      const all = conversions[p]! + nulls[p]!;
      for (let i = ends[p]!; i < ends[p + 1]!; i++) traffic[steps[i]!]! += all;
      traffic[last_rows[p]!]! += conversions[p]!;
      traffic[last_rows[p]! + 1]! += nulls[p]!;
    }
    return removalEffects(traffic, n);
  };
  return {
    journeys,
    effects,
    credits(conversions, nulls) {
      const total = conversions.reduce((a, b) => a + b, 0);
      if (total === 0) return new Float64Array(n);
      const lost = effects(conversions, nulls);
      const sum = lost.reduce((a, b) => a + b, 0);
      return lost.map((effect) => (total * effect) / sum);
    },
  };
}

/** Removal effects of all n channels of a chain. */
export function removalEffects(traffic: Traffic, n: number): Float64Array {
  const effects = new Float64Array(n);
  const leaveAlone = (part: Traffic, states: number[]): void => {
    const [only, ...others] = states;
    if (only === undefined) return;
    if (others.length === 0) {
      const [direct, , into, converts, fails] = part as unknown as [number, number, number, number, number];
      const through = converts === 0 ? 0 : (into * converts) / (converts + fails);
      effects[only] = through / (through + direct);
      return;
    }
    const half = states.length >> 1;
    const order = states.map((_, i) => i);
    for (const kept of [order.slice(0, half), order.slice(half)]) {
      const rest = order.filter((i) => i < kept[0]! || i > kept.at(-1)!);
      leaveAlone(
        censored(part, [...kept, ...rest], kept.length),
        kept.map((i) => states[i]!),
      );
    }
  };
  leaveAlone(
    traffic,
    Array.from({ length: n }, (_, i) => i),
  );
  return effects;
}

/** The chain watched only in its first `kept` states of `order`: each other state's traffic is passed on to where it goes next. */
function censored(traffic: Traffic, order: number[], kept: number): Traffic {
  const width = order.length + 2;
  const rows = [0, ...order.map((i) => i + 1)];
  const columns = [0, 1, ...order.map((i) => i + 2)];
  const chain = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries())
    for (let j = 0; j < width; j++) chain[i * width + j] = traffic[row * width + columns[j]!]!;
  for (let k = order.length - 1; k >= kept; k--) {
    const from = (k + 1) * width;
    let out = 0; // what leaves k for elsewhere: its own loop lies at column k + 2
    for (let j = 0; j < k + 2; j++) out += chain[from + j]!;
    if (out === 0) continue; // nobody was ever here
    for (let row = 0; row <= k; row++) {
      const at = row * width;
      const into = chain[at + k + 2]!;
      if (into === 0) continue;
      for (let j = 0; j < k + 2; j++) chain[at + j]! += (into * chain[from + j]!) / out;
    }
  }
  const smaller = new Float64Array((kept + 1) * (kept + 2));
  for (let row = 0; row <= kept; row++)
    smaller.set(chain.subarray(row * width, row * width + kept + 2), row * (kept + 2));
  return smaller;
}
