/** Option values that need a check. */
import { InvalidArgumentError } from 'commander';

export function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('expected a port from 0 to 65535');
  return port;
}

/** An option that may be given several times. */
export const several = (value: string, before: string[]): string[] => [...before, value];

export function countOf(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000)
    throw new InvalidArgumentError('expected a whole number from 1 to 1,000,000');
  return count;
}
