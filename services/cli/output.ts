/** What commands print with: tables, progress bars, usage errors, and stopping on Ctrl-C. */
import { SingleBar } from 'cli-progress';

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Rows as an aligned table: first column left, the others right where they hold numbers. */
export function table(head: string[], rows: (string | number)[][]): string {
  const cells = [
    head,
    ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell))),
  ];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const right = head.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  return cells
    .map((row) =>
      row
        .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A progress bar on a terminal, silence elsewhere. */
export function progressBar(
  label: string,
  total: number,
): { update(done: number, total?: number): void; stop(): void } {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}% {value}/{total} {duration_formatted}`,
    hideCursor: true,
    stream: process.stderr,
    clearOnComplete: true,
  });
  bar.start(Math.max(1, total), 0);
  return {
    update(done, of) {
      if (of !== undefined) bar.setTotal(Math.max(1, of));
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
export function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** What is being opened; asked to stop before that, there is nothing to finish yet, and the process ends. */
export async function openedOrStopped<Opened>(opening: Promise<Opened>, stop: Promise<void>): Promise<Opened> {
  const asked = Symbol('asked to stop');
  const first = await Promise.race([opening, stop.then(() => asked)]);
  if (first === asked) process.exit(0);
  return first as Opened;
}
