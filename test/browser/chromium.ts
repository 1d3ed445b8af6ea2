/** The browser of the tests: a Chromium that is there; without one they are skipped, on CI they fail. */
import { spawnSync } from 'node:child_process';

function chromiumPath(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = spawnSync('which', [name], { encoding: 'utf8' }).stdout?.trim();
    if (found) return found;
  }
  return null;
}
export const executablePath = chromiumPath();
if (executablePath === null) {
  if (process.env.CI) throw new Error('no Chromium: the page cannot be tested (Debian: apt-get install chromium)');
  console.warn('no Chromium here: the page is not tested (Debian: apt-get install chromium, or set CHROMIUM_PATH)');
}
