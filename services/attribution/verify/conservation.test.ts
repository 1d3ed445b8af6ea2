import { expect, it } from 'vitest';
import { faultsOf } from './conservation.ts';

const names = ['a', 'b', 'c'];
const faults = (...sums: [string, number, number, number, number][]) =>
  faultsOf({ brand_id: 'x', redemption_id: 'R', sums }, names).map(([place, expected]) => `${place}: ${expected}`);
const whole = (model: string): [string, number, number, number, number] => [model, 1_000_000, 500, 0, 0];

it('names the model whose credits do not sum to one', () => {
  expect(faults(whole('a'), ['b', 900_000, 500, 0, 0], whole('c'))).toEqual([
    'brand x, redemption R, model b: credit 1000000 ppm, or 0',
  ]);
});
it('names the model that gives another amount than the others, or none at all', () => {
  const usual = 'credit 1000000 ppm, amount 500 e4, as under the other models';
  expect(faults(whole('a'), whole('b'), ['c', 1_000_000, 499, 0, 0])).toEqual([
    `brand x, redemption R, model c: ${usual}`,
  ]);
  expect(faults(whole('a'), whole('b'))).toEqual([`brand x, redemption R, model c: ${usual}`]);
});
it('names a model under which somebody owes', () => {
  expect(faults(whole('a'), whole('b'), ['c', 1_000_000, 500, -1, 0])).toEqual([
    'brand x, redemption R, model c: nobody with less than 0',
  ]);
});
it('says nothing of a redemption that balances', () => expect(faults(...names.map(whole))).toEqual([]));
