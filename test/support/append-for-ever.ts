/** A process to be killed: appends numbered records to the topic `t` of a log, number n in partition n % 3, and says how many are acknowledged. */
import { openEmbeddedLog } from '../../services/platform/event-log/embedded.ts';

const log = await openEmbeddedLog({ directory: process.argv[2]! });
let next = Number(process.argv[3]);
for (let size = 1; ; size = (size * 7) % 1_009) {
  await log.produce(
    Array.from({ length: size }, () => {
      const n = next++;
      return { topic: 't', key: String(n), value: Buffer.from(`${n} ${'.'.repeat(n % 500)}`), partition: n % 3 };
    }),
  );
  process.stdout.write(`${next}\n`);
}
