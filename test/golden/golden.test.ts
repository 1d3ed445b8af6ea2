import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTopology } from '../support/topology.ts';
import { stories, told } from './stories.ts';

describe.each(stories())('$name', ({ reference, events, later, credits }) => {
  it('credits whom it should', () => {
    const topology = openTopology();
    topology.feed([...reference, ...events]);
    for (const record of later) topology.feed([record]);
    for (const [redemption, models] of Object.entries(credits))
      for (const [model, lines] of Object.entries(models))
        expect(told(topology.credits(), redemption, model), `${redemption}, ${model}`).toEqual(lines);
  });

  it('ends the same in any order, in any batches, and with anything sent twice', () => {
    const straight = openTopology();
    straight.feed([...reference, ...events, ...later]);
    const shuffled = fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 });
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 1, max: 4 }), (order, size) => {
        const topology = openTopology();
        topology.feed(reference);
        for (let i = 0; i < order.length; i += size) topology.feed(order.slice(i, i + size));
        for (const record of later) topology.feed([record]);
        expect(topology.credits()).toEqual(straight.credits());
      }),
      { numRuns: 15 },
    );
  });
});
