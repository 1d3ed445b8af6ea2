/** The page in a real Chromium, for those who have a key. */
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyedAccess } from '../../services/dashboard/access.ts';
import { page_directory } from '../../services/dashboard/server.ts';
import { openDashboardWorld } from '../support/dashboard.ts';
import { executablePath } from './chromium.ts';

let browser: Browser | undefined;
beforeAll(async () => {
  if (executablePath === null) return;
  expect(spawnSync('node', ['infra/build-page.mjs'], { stdio: 'inherit' }).status).toBe(0);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}, 60_000);
afterAll(() => browser?.close());

describe.skipIf(executablePath === null)('the page of one who has a key', () => {
  it('shows nothing of one brand to who signs in for another, whatever was on its way', async () => {
    const world = await openDashboardWorld();
    const access = keyedAccess(world.warehouse, () => performance.now());
    const app = await world.another({ access, hosts: null, page: page_directory });
    try {
      const page = await browser!.newPage();
      await page.goto(await app.listen({ port: 0, host: '127.0.0.1' }));
      const signIn = async (key: string): Promise<void> => {
        await page.getByLabel('Key').fill(key);
        await page.getByRole('button', { name: 'Open' }).click();
      };
      await signIn('gv_nobody');
      await page.getByRole('alert').getByText('not known').waitFor();
      await signIn(world.key.acme);
      await page.getByText('fay-of-acme').first().waitFor();
      const asked: string[] = [];
      let late: () => void = () => undefined;
      const let_go = new Promise<void>((go) => {
        late = go;
      });
      await page.route('**/api/v1/**', async (route) => {
        const { authorization, 'if-none-match': tag } = route.request().headers();
        if (authorization?.includes(world.key.acme))
          await let_go; // on its way while the other signs in
        else asked.push(`${authorization} ${tag}`);
        await route.continue().catch(() => undefined);
      });
      await page.waitForRequest((request) => request.url().includes('/api/v1/'));
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Key').waitFor();
      const seen: string[] = [];
      await page.exposeFunction('see', (text: string) => seen.push(text));
      const watch = (): void => {
        const { see } = globalThis as unknown as { see(text: string): void };
        const options = { childList: true, subtree: true, characterData: true };
        new MutationObserver(() => see(document.body?.textContent ?? '')).observe(document, options);
      };
      await page.addInitScript(watch); // in a page loaded anew, and in this one
      await page.evaluate(watch);
      await signIn(world.key.moon);
      await page.getByText('fay-of-moon').first().waitFor();
      late();
      await page.waitForResponse((response) => response.ok() && response.url().includes('/api/v1/views/'));
      expect(seen.join('\n')).toContain('fay-of-moon');
      expect(`${seen.join('\n')}${await page.content()}`).not.toContain('of-acme');
      const [first] = asked.filter((one) => one.includes(world.key.moon));
      expect(first).toContain('undefined'); // nothing is known by the tag of another brand's answer
      await page.close();
    } finally {
      await app.close();
      await world.close();
    }
  }, 120_000);
});
