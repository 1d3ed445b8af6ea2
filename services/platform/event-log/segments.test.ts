import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Segments } from './segments.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'grapevine-segments-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const chunk = (bytes: number, fill: number): Buffer => Buffer.alloc(bytes, fill);

describe('the segments of the log', () => {
  test('give back what was appended, also after they are opened again', () => {
    const first = new Segments(directory, [], false);
    const places = [1, 2, 3].map((n) => first.append('topic.0', chunk(1_000, n)));
    first.close();
    const again = new Segments(directory, places, false);
    expect(places.map((place) => again.read(place)[0])).toEqual([1, 2, 3]);
    expect(again.read(again.append('topic.0', chunk(10, 4)))).toEqual(chunk(10, 4));
    again.close();
  });

  test('drop a file with its last wanted chunk, never the one being written', () => {
    const segments = new Segments(directory, [], false);
    const big = 20 << 20; // two do not fit into one segment
    const places = [1, 2, 3].map((n) => segments.append('topic.0', chunk(big, n)));
    expect(readdirSync(directory)).toHaveLength(3);
    for (const place of places) segments.release(place);
    expect(readdirSync(directory)).toHaveLength(1);
    expect(segments.read(segments.append('topic.0', chunk(10, 9)))).toEqual(chunk(10, 9));
    segments.close();
  });

  test('sweep away what a crash left: a file that no chunk of the index lies in', () => {
    const segments = new Segments(directory, [], false);
    const kept = segments.append('topic.0', chunk(10, 1));
    segments.append('topic.1', chunk(10, 2));
    segments.close();
    new Segments(directory, [kept], false).close();
    expect(readdirSync(directory)).toEqual([kept.file]);
  });

  test('say which file and byte is damaged instead of reading rubbish', () => {
    const segments = new Segments(directory, [], false);
    const places = [1, 2].map((n) => segments.append('topic.0', chunk(10, n)));
    writeFileSync(join(directory, places[1]!.file), Buffer.alloc(12, 7)); // shorter, and other content
    for (const place of places)
      expect(() => segments.read(place)).toThrow(`${place.file} is damaged at byte ${place.at}`);
    segments.close();
  });
});
