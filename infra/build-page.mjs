/** Build the page of the dashboard. Without vite (an install without dev dependencies) it says so and leaves what is there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..', 'services', 'dashboard', 'page');
process.env.NODE_ENV = 'production'; // whoever asks: a test runner's own value would build another page
const vite = await import('vite').catch(() => undefined);
if (!vite) {
  console.log(
    'page: vite is not installed, so the page was not built (npm install --include=dev, then npm run build:page)',
  );
} else {
  const began = performance.now();
  await vite.build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
  const assets = join(root, 'dist', 'assets');
  for (const name of readdirSync(assets).filter((file) => /\.(js|css|svg)$/.test(file))) {
    const bytes = readFileSync(join(assets, name));
    if (bytes.length < 1_024) continue;
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes));
  }
  console.log(`page: built in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
