/** Small things the tests of the event log need. */
import type { TopicSettings } from '../../services/platform/event-log/port.ts';

/** A topic with one partition that keeps everything, but for what is said otherwise. */
export const topic = (name: string, but: Partial<TopicSettings> = {}): TopicSettings => ({
  name,
  partitions: 1,
  retention_ms: null,
  compacted: false,
  transient: false,
  ...but,
});

/** Resolves when the signal aborts, at once when it has. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
