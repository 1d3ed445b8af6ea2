// Adds to package-lock.json the optional packages of other platforms that npm left out because its registry did not have them
// (a partial mirror): `npm ci` refuses a lock file without them. Run it after every `npm install`:
//   node infra/complete-lockfile.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const systems = ['android', 'darwin', 'freebsd', 'linux', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'x64'];

/** os, cpu and libc as the name of a platform package says them. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const pick = (known) => known.filter((word) => words.includes(word));
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : [];
  return { os: pick(systems), cpu: pick(processors), ...(libc.length > 0 ? { libc } : {}) };
}

let added = 0;
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const platform = platformOf(name);
    if (lock.packages[path] || platform.os.length === 0) continue;
    lock.packages[path] = { version, ...platform, ...(owner.dev ? { dev: true } : {}), optional: true };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} platform packages added to package-lock.json`);
