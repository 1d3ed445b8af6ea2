/** What an answer says about itself besides its rows. */
import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { View } from './catalogue.ts';
import type { Answer } from './kept.ts';
import { questionOf } from './question.ts';
import { oldestTaken, sendRows } from './reply.ts';

const view: View = {
  name: 'brands',
  comment: '',
  columns: [{ name: 'brand_id', type: 'String', comment: '' }],
};
const answered = async (answer: Omit<Answer, 'text'>, headers = {}) => {
  const app = fastify();
  const question = questionOf(view, {}, null);
  app.get('/', (request, reply) =>
    sendRows(request, reply, view, question, { text: '{"brand_id":"acme"}\n', ...answer }),
  );
  return app.inject({ url: '/', headers });
};

test('an old answer says when a newer one will be there, also to who has its rows already; a new one does not', async () => {
  const old = await answered({ as_of: 1_000, newer_in_ms: 400 });
  expect(old.headers).toMatchObject({ 'x-as-of': '1970-01-01T00:00:01.000Z', 'x-newer-in': '400' });
  expect(old.json()).toMatchObject({ rows: [{ brand_id: 'acme' }], as_of: '1970-01-01T00:00:01.000Z' });
  const again = await answered({ as_of: 1_000, newer_in_ms: 400 }, { 'if-none-match': old.headers.etag });
  expect(again.statusCode).toBe(304);
  expect(again.headers['x-newer-in']).toBe('400');
  expect((await answered({ as_of: 1_000 })).headers).not.toHaveProperty('x-newer-in');
});

test.each([
  ['max-stale', Number.POSITIVE_INFINITY],
  ['max-stale=90', 90_000],
  ['no-transform, Max-Stale = "90" , max-age=0', 90_000],
  ['max-stale=0', 0],
  ['max-stale=99999999999', 99_999_999_999_000],
  ['max-stale=soon', undefined],
  ['max-stale=-1', undefined],
  ['no-max-stale', undefined],
  ['no-cache', undefined],
  [undefined, undefined],
])('who says Cache-Control: %s takes an answer so old: %s ms', (said, oldest) => {
  expect(oldestTaken(said)).toBe(oldest);
});
