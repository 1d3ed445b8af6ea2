import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { allOf } from '../../../test/support/events.ts';
import { csvRows } from './csv-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'grapevine-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function rowsOf(text: string) {
  const file = join(folder, 'file.csv');
  writeFileSync(file, text);
  return allOf(csvRows(file));
}
const rows = [
  { id: 'R1', amount: '5.49' },
  { id: 'R2', amount: '' },
];

it.each([
  ['commas', 'id,amount\nR1,5.49\nR2,\n'],
  ['semicolons', 'id;amount\nR1;5.49\nR2;\n'],
  ['tabs', 'id\tamount\nR1\t5.49\nR2\t\n'],
  ['a byte order mark', '\uFEFF"id",amount\nR1,5.49\nR2,\n'],
  ['a byte order mark and semicolons', '\uFEFFid;amount\nR1;5.49\nR2;\n'],
  ['the line ends of Windows, and none at the end', 'id,amount\r\nR1,5.49\r\nR2,'],
  ['blanks and empty lines', 'id , amount\n\n R1 , 5.49\n\nR2,\n\n'],
])('reads rows with %s', async (_, text) => expect(await rowsOf(text)).toEqual(rows));

it('keeps delimiters, quotes and line breaks inside quotes, and a quote inside a word', async () =>
  expect(await rowsOf('id,note\nR1,"a, ""b""; c\nd"\nR2,6" box\n')).toEqual([
    { id: 'R1', note: 'a, "b"; c\nd' },
    { id: 'R2', note: '6" box' },
  ]));

it('gives a row with too few or too many fields as unreadable, and goes on', async () =>
  expect(await rowsOf('id,amount\nR1\nR2,1,extra\nR3,2\n')).toEqual([
    { unreadable_row: 'R1' },
    { unreadable_row: 'R2,1,extra' },
    { id: 'R3', amount: '2' },
  ]));

it('gives nothing for an empty file or a header alone', async () => {
  expect(await rowsOf('')).toEqual([]);
  expect(await rowsOf('id,amount\n')).toEqual([]);
});

describe('one row whose quotes do not fit, among 2,400 good ones', () => {
  const good = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ id: `R${from + i}`, note: 'x' }));
  const text = (rows: { id: string; note: string }[]) => rows.map(({ id, note }) => `${id},${note}\n`).join('');
  it.each(['B,"7" TV', 'B,"7" pipe"', 'B,"Joe"s', 'B,"Joe'])('is refused alone: %s', async (bad) => {
    const before = good(0, 1_200);
    const after = good(1_200, 2_400);
    const found = await rowsOf(`id,note\n${text(before)}${bad}\n${text(after)}`);
    expect(found).toEqual([...before, { unreadable_row: bad }, ...after]);
  });
  it('and a field that goes over two blocks of lines is whole', async () => {
    const before = good(0, 998);
    expect(await rowsOf(`id,note\n${text(before)}Q,"one\ntwo\nthree"\n${text(good(998, 1_010))}`)).toEqual([
      ...before,
      { id: 'Q', note: 'one\ntwo\nthree' },
      ...good(998, 1_010),
    ]);
  });
  it('and each of 3,000 that are never closed is refused by itself', async () => {
    const bad = Array.from({ length: 3_000 }, (_, i) => `B${i},"open ${i}`);
    const found = await rowsOf(`id,note\nR1,x\n${bad.join('\n')}\n`);
    expect(found[0]).toEqual({ id: 'R1', note: 'x' });
    expect(found.slice(1)).toEqual(bad.map((line) => ({ unreadable_row: line })));
  });
});
