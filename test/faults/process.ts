/** A process of ours that is started again whenever it ends, as an orchestrator would, until it is told to stop. */
import type { ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startCli } from '../support/cli.ts';

export class Kept {
  readonly name: string;
  /** Why it ended by itself: exit code or signal → how often. */
  readonly ends: Record<string, number> = {};
  readonly #args: string[];
  readonly #env: Record<string, string>;
  readonly #log: string;
  #child: ChildProcess | null = null;
  #kept = true;
  #gone: Promise<void> = Promise.resolve();
  #frozen = false;

  constructor(name: string, args: string[], env: Record<string, string>, log: string) {
    this.name = name;
    this.#args = args;
    this.#env = env;
    this.#log = log;
  }

  start(): void {
    const child = startCli(this.#args, { env: this.#env });
    this.#child = child;
    this.#frozen = false;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => appendFileSync(this.#log, chunk));
    this.#gone = new Promise((gone) => {
      child.on('close', (code, signal) => {
        const how = String(signal ?? code);
        this.ends[how] = (this.ends[how] ?? 0) + 1;
        gone();
        if (this.#kept && this.#child === child) setTimeout(() => this.#kept && this.start(), 300);
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (signal === 'SIGSTOP') this.#frozen = true;
    if (signal === 'SIGCONT') this.#frozen = false;
    this.#child?.kill(signal);
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null && !this.#frozen;
  }

  /** Ends it for good: cleanly, and after a while by force. */
  async stop(): Promise<void> {
    this.#kept = false;
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const late = AbortSignal.timeout(30_000);
    await Promise.race([this.#gone, wait(30_000, undefined, { signal: late }).catch(() => undefined)]);
    if (this.#child?.exitCode === null && this.#child.signalCode === null) this.signal('SIGKILL');
    await this.#gone;
  }
}
