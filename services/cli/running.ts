/** A running `start` or `warehouse` leaves its address in the data directory, so that other commands ask it instead of failing on its lock. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../platform/config.ts';

const address = z.object({ pid: z.number().int(), url: z.url() });

const fileOf = (directory: string): string => join(resolve(directory), 'running.json');

export function announceRunning(directory: string, url: string): () => void {
  writeFileSync(fileOf(directory), JSON.stringify({ pid: process.pid, url }));
  return () => rmSync(fileOf(directory), { force: true });
}

/** The warehouse address of the process that holds the directory; null when there is none alive. */
export function runningUrl(directory: string): string | null {
  if (!existsSync(fileOf(directory))) return null;
  try {
    const found = address.parse(JSON.parse(readFileSync(fileOf(directory), 'utf8')));
    process.kill(found.pid, 0);
    return found.url;
  } catch {
    return null;
  }
}

/** The configuration, with the warehouse of a running process on this directory when there is one. */
export function configFor(config: Config, directory: string): Config {
  const url = config.CLICKHOUSE_URL ? null : runningUrl(directory);
  return url ? { ...config, CLICKHOUSE_URL: url } : config;
}
