/** Answers as they leave: rows as JSON or CSV, a tag of their content, and 304 for who has them already. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { View } from './catalogue.ts';
import type { Answer } from './kept.ts';
import { type Question, sqlForPeople } from './question.ts';

/**
 * How old an answer may be that is given while a newer one is computed, in ms: what the request says as `Cache-Control: max-stale=seconds`, or
 * however old it is without seconds (RFC 9111, 5.2.1.2). Undefined where it says nothing that can be read.
 */
export function oldestTaken(cache_control: string | undefined): number | undefined {
  const said = /(?:^|[\s,])max-stale(?:\s*=\s*"?(\d+)"?)?\s*(?:,|$)/i.exec(cache_control?.slice(0, 200) ?? '');
  if (!said) return undefined;
  return said[1] === undefined ? Number.POSITIVE_INFINITY : Number(said[1]) * 1_000;
}

/** Lines of JSON as an array of them, unread. */
const asArray = (lines: string): string => `[${lines.trimEnd().replaceAll('\n', ',')}]`;

export const rowsOf = (lines: string): unknown[] => JSON.parse(asArray(lines)) as unknown[];

export function sendRows(
  request: FastifyRequest,
  reply: FastifyReply,
  view: View,
  question: Question,
  answer: Answer,
): FastifyReply {
  const { text, as_of } = answer;
  const csv = question.format === 'csv';
  const at = csv ? endOfCsv(text, question.limit) : endOfLines(text, question.limit);
  const next_offset = at < text.length && question.limit > 0 ? question.offset + question.limit : null;
  const content = text.slice(0, at);
  void sayWhen(reply, answer).header('vary', 'accept, authorization');
  if (next_offset !== null) void reply.header('x-next-offset', String(next_offset));
  const tag = tagOf(`${content}${next_offset}`);
  if (csv) {
    void reply.header('content-disposition', `attachment; filename="${view.name}.csv"`);
    return tagged(request, reply.type('text/csv; charset=utf-8'), content, tag);
  }
  const rest = JSON.stringify({ next_offset, as_of: new Date(as_of).toISOString(), sql: sqlForPeople(question) });
  const body = `{"view":${JSON.stringify(view.name)},"rows":${asArray(content)},${rest.slice(1)}`;
  return tagged(request, asJson(reply), body, tag);
}

/** `answer`: where the body is made from one. */
export function sendBody(
  request: FastifyRequest,
  reply: FastifyReply,
  body: object | string,
  answer?: Answer,
): FastifyReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  if (answer) void sayWhen(reply, answer);
  return tagged(request, asJson(reply), text, tagOf(text));
}

function sayWhen(reply: FastifyReply, { as_of, newer_in_ms }: Answer): FastifyReply {
  if (newer_in_ms !== undefined) void reply.header('x-newer-in', String(newer_in_ms));
  return reply.header('x-as-of', new Date(as_of).toISOString());
}

const asJson = (reply: FastifyReply): FastifyReply => reply.type('application/json; charset=utf-8');

/** Where so many lines end. One row more than asked for was read: whether it is there says whether there is a next page. */
function endOfLines(text: string, lines: number): number {
  let at = 0;
  for (let line = 0; line < lines && at < text.length; line++) at = text.indexOf('\n', at) + 1 || text.length;
  return at;
}

/** The same for CSV, whose first line is the head, and where quotes may hold line breaks. */
function endOfCsv(text: string, rows: number): number {
  let [lines, quotes, at] = [-1, 0, 0];
  for (; at < text.length && lines < rows; at++) {
    if (text[at] === '"') quotes++;
    else if (text[at] === '\n' && quotes % 2 === 0) lines++;
  }
  return at;
}

/** Of the rows, not of the moment they were read. */
const tagOf = (content: string): string => `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;

function tagged(request: FastifyRequest, reply: FastifyReply, body: string, tag: string): FastifyReply {
  void reply.header('etag', tag);
  const known = (request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(tag) || known.includes('*') ? reply.code(304).send() : reply.send(body);
}
