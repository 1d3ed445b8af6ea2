/** What can go wrong, each for a bounded while: the list the run draws from. */
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../services/simulator/random.ts';
import type { Kept } from './process.ts';
import type { TcpProxy } from './proxy.ts';

export interface Stage {
  services: Kept[];
  engine: Kept;
  /** Services reach the broker and the engine through these. */
  broker_proxy: TcpProxy;
  engine_proxy: TcpProxy;
  restartBroker(signal: NodeJS.Signals): Promise<void>;
  /** Starts another copy of a service. */
  add(): Kept;
  /** The engine's directory when it lies on a file system of its own that may be filled; else null. */
  disk: string | null;
  session_ms: number;
}

export interface Fault {
  /** How often it is drawn, relative to the others. */
  weight: number;
  happen(stage: Stage, random: Random): Promise<void>;
}

const between = (random: Random, low: number, high: number): number => low + random.below(high - low);
const victim = ({ services }: Stage, random: Random): Kept =>
  random.pick(services.filter((s) => s.running) as [Kept, ...Kept[]]);

export const faults: Record<string, Fault> = {
  'kill -9 of a service': {
    weight: 6,
    happen: async (stage, random) => victim(stage, random).signal('SIGKILL'),
  },
  'SIGTERM of a service': {
    weight: 3,
    happen: async (stage, random) => victim(stage, random).signal('SIGTERM'),
  },
  'a worker comes and goes': {
    weight: 2,
    async happen(stage, random) {
      const added = stage.add();
      added.start();
      await wait(between(random, 4_000, 9_000));
      await added.stop();
    },
  },
  'SIGSTOP of a service past its session': {
    weight: 3,
    async happen(stage, random) {
      const frozen = victim(stage, random);
      frozen.signal('SIGSTOP');
      await wait(stage.session_ms + between(random, 1_000, 6_000));
      frozen.signal('SIGCONT');
    },
  },
  'restart of the broker': { weight: 1, happen: ({ restartBroker }) => restartBroker('SIGTERM') },
  'kill -9 of the broker': { weight: 1, happen: ({ restartBroker }) => restartBroker('SIGKILL') },
  'slow network to the broker': {
    weight: 2,
    async happen({ broker_proxy }, random) {
      broker_proxy.delay(between(random, 50, 800));
      await wait(between(random, 2_000, 8_000));
      broker_proxy.delay(0);
    },
  },
  'connections to the broker cut': { weight: 3, happen: async ({ broker_proxy }) => broker_proxy.cut() },
  'silence between services and broker': {
    weight: 2,
    async happen({ broker_proxy }, random) {
      broker_proxy.stall(true);
      await wait(between(random, 2_000, 10_000));
      broker_proxy.stall(false);
    },
  },
  'connections to the engine cut': { weight: 4, happen: async ({ engine_proxy }) => engine_proxy.cut() },
  'the engine refuses for a while': {
    weight: 2,
    async happen({ engine_proxy }, random) {
      engine_proxy.refuse(true);
      await wait(between(random, 1_000, 8_000));
      engine_proxy.refuse(false);
    },
  },
  'the engine is silent for a while': {
    weight: 2,
    async happen({ engine }, random) {
      engine.signal('SIGSTOP');
      await wait(between(random, 1_000, 8_000));
      engine.signal('SIGCONT');
    },
  },
  'kill -9 of the engine': { weight: 2, happen: async ({ engine }) => engine.signal('SIGKILL') },
  'a full disk under the engine': {
    weight: 2,
    async happen({ disk }, random) {
      if (disk === null) return;
      const ballast = join(disk, 'ballast');
      const { bavail, bsize } = statfsSync(disk);
      try {
        execFileSync('fallocate', ['-l', String(Math.max(1, bavail - 4) * bsize), ballast], { stdio: 'ignore' });
      } catch {
        // somebody else wrote in between: it is full all the same
      }
      await wait(between(random, 2_000, 6_000));
      rmSync(ballast, { force: true });
    },
  },
};

export function draw(random: Random): [string, Fault] {
  const list = Object.entries(faults);
  let at = random.below(list.reduce((sum, [, { weight }]) => sum + weight, 0));
  for (const one of list) {
    at -= one[1].weight;
    if (at < 0) return one;
  }
  return list[0]!;
}
