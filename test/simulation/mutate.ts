/** npm run test:mutations -- --seed 1 --count 300 --only 'fence|token'     each mechanism switched off in a copy of the sources: which seed notices? */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, mutations } from './mutations.ts';

const root = join(import.meta.dirname, '../..');

/** The sources in which a mechanism is switched off. Throws unless each text is found exactly once. */
export function switchedOff({ mechanism, edits }: Mutation): { file: string; text: string }[] {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8');
    const found = text.split(find).length - 1;
    if (found !== 1) throw new Error(`${mechanism}: ${file} has its text ${found} times, expected once: ${find}`);
    texts.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return [...texts].map(([file, text]) => ({ file, text }));
}

/** Runs seeds without the mechanism; the first that goes wrong and what was wrong, or null. */
export async function firstToNotice(
  mutation: Mutation,
  seed: number,
  count: number,
): Promise<{ seed: number; wrong: string } | null> {
  const directory = mkdtempSync(join(tmpdir(), 'mutation-'));
  try {
    for (const part of ['services', 'schemas', 'infra', 'test/simulation', 'package.json', 'tsconfig.json'])
      cpSync(join(root, part), join(directory, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    for (const { file, text } of switchedOff(mutation)) writeFileSync(join(directory, file), text);
    const said = await outputOf(directory, [
      '--seed',
      `${seed}`,
      '--count',
      `${count}`,
      '--jobs',
      '1',
      ...(mutation.faults ? ['--faults', mutation.faults] : []),
      '--shrink-s',
      '0',
    ]);
    const [, at, wrong] = /^seed (\d+) FAILS\n\s*(.*)/m.exec(said) ?? [];
    if (at === undefined && !/all as undisturbed/.test(said))
      throw new Error(`${mutation.mechanism}: the run broke off: ${said.slice(-2_000)}`);
    return at === undefined ? null : { seed: Number(at), wrong: wrong ?? '' };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function outputOf(directory: string, args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/simulation/main.ts', ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString('utf8');
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { seed: text, count: text, only: text } });
  const asked = (values.only ?? '').split('|');
  const wanted = mutations.filter(({ mechanism }) => asked.some((word) => mechanism.includes(word)));
  for (const mutation of wanted) {
    const from = Number(values.seed ?? mutation.seed);
    const noticed = await firstToNotice(mutation, from, Number(values.count ?? 300));
    if (!noticed) process.exitCode = 1;
    console.log(
      `${noticed ? `noticed by seed ${noticed.seed}` : 'UNNOTICED'}  ${mutation.mechanism}${noticed ? `\n    ${noticed.wrong.slice(0, 200)}` : ''}`,
    );
  }
}

if (process.argv[1] === import.meta.filename) await main();
