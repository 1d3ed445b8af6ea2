import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteOrder } from './byte-order.ts';

test('texts stand in the order of their bytes, whatever they are made of', () => {
  const unit = fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '～', '\uffff', '😀', '\u{10000}', '\u{10ffff}');
  const text = fc.oneof(fc.string({ unit }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(byteOrder(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
