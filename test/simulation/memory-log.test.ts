/** The log the simulation runs on keeps the contract the services rely on. */
import { eventLogContract } from '../contract/event-log.ts';
import { MemoryLog } from './memory-log.ts';

eventLogContract('the log in memory', async () => {
  const log = new MemoryLog();
  return {
    log,
    async reopen() {
      await log.close();
      return log;
    },
    close: () => log.close(),
  };
});
