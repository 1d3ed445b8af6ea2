#!/usr/bin/env node
// A statement of the embedded engine holds one of Node's own threads while it runs: with four of them (the default) the pipeline would wait for
// the page. How many there are is settled when a file is first read at leisure, as ES modules are: hence CommonJS.
process.env.UV_THREADPOOL_SIZE ??= '14';
import('./grapevine.mjs');
