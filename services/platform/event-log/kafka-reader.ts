/** Reads a topic without a group of ours: kafkajs reads only as a member of one, so this is one with a name nobody else has. */
import type { Claim, Consumer, LogRecord } from './port.ts';

type Join = (group: string, onClaim: (claim: Claim) => Promise<void>) => Promise<Consumer>;

export class TopicReader {
  readonly group: string;
  readonly #join: Join;
  readonly #claims = new Map<number, Claim>();
  readonly #waiting: (() => void)[] = [];
  #consumer: Promise<Consumer> | null = null;

  constructor(join: Join, group: string) {
    this.#join = join;
    this.group = group;
  }

  /** What is there from `from` up to `end` (the partition's end a moment ago), at most `max`. */
  async read(partition: number, from: number, max: number, end: number): Promise<LogRecord[]> {
    this.#consumer ??= this.#joined();
    const consumer = await this.#consumer;
    for (let tries = 0; ; tries++) {
      const claim = this.#claims.get(partition);
      if (!claim) {
        const left = consumer.done.then(() => Promise.reject(new Error(`${this.group} has left its topic`)));
        left.catch(() => undefined);
        await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), left]);
        continue;
      }
      const records = (await claim.fetch(from, max, 500)).filter((record) => record.offset < end);
      if (records.length > 0 || (tries >= 20 && !claim.signal.aborted)) return records; // only markers are left
    }
  }

  /** A reader that could not join, or fell out, joins anew with the next read. */
  async #joined(): Promise<Consumer> {
    const forget = (): void => {
      this.#consumer = null;
    };
    try {
      const consumer = await this.#join(this.group, (claim) => this.#hold(claim));
      consumer.done.catch(forget);
      return consumer;
    } catch (error) {
      forget();
      throw error;
    }
  }

  #hold(claim: Claim): Promise<void> {
    this.#claims.set(claim.partition, claim);
    for (const wake of this.#waiting.splice(0)) wake();
    return new Promise((resolve) => {
      claim.signal.addEventListener('abort', () => {
        if (this.#claims.get(claim.partition) === claim) this.#claims.delete(claim.partition);
        resolve();
      });
    });
  }
}
