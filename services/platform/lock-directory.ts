/** One process per directory: a lock file with the owner's pid. A lock left by a dead process is taken over. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';

/** Locks of this process: a file with our pid that is not among them is from an earlier process that had it (a container, restarted). */
const own = new Set<string>();

/** Throws when a living process holds the directory; returns the function that gives it back. */
export function lockDirectory(directory: string, what: string): () => void {
  mkdirSync(directory, { recursive: true });
  const file = resolve(directory, 'lock');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(file, 'wx');
      writeSync(handle, String(process.pid));
      closeSync(handle);
      own.add(file);
      return () => {
        own.delete(file);
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
      const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
      if (pid === process.pid ? own.has(file) : alive(pid))
        throw new Error(
          `the ${what} in ${directory} is in use by process ${pid}: stop it, or use another --data directory`,
        );
      rmSync(file, { force: true });
    }
  }
  throw new Error(`the ${what} in ${directory} cannot be locked: another process is starting on it`);
}

function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}
