/**
 * `npm run bench:page -- [EVENTS…]`: the page's own questions on a warehouse of N events (default one and ten million). Fills a data directory
 * with rows (`page-rows.ts`), starts the read API on it, asks every question of the page once (nothing kept) until its answer is there, then for
 * a while as open pages do (`--pages`, three by default), and prints how long the answers took. `--data DIR` keeps the directory and fills it further, `--filled`
 * takes it as it is; `--opened` leaves out the questions one by one; `--seconds S` of asking. `--restarted`: a directory
 * that was asked before, by a process that has just started: everything from the first question on is counted. `--prepared`: the same where nobody
 * asked before, but what pages open with was computed while nobody asked.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { migrate } from '../infra/migrate.ts';
import { openLogger } from '../services/cli/open.ts';
import { openAccess } from '../services/dashboard/access.ts';
import { Answers } from '../services/dashboard/answers.ts';
import { brandTables, loadCatalogue } from '../services/dashboard/catalogue.ts';
import { pageQuestions } from '../services/dashboard/page-questions.ts';
import { Preparer } from '../services/dashboard/prepared.ts';
import { isAway, tooDear } from '../services/dashboard/problem.ts';
import { openReader } from '../services/dashboard/reader.ts';
import { openDashboard } from '../services/dashboard/server.ts';
import { openShelf } from '../services/dashboard/shelf.ts';
import { readConfig } from '../services/platform/config.ts';
import { telemetryTo } from '../services/platform/telemetry.ts';
import { openWarehouse } from '../services/platform/warehouse/client.ts';
import type { Warehouse } from '../services/platform/warehouse/port.ts';
import { insertEvents, insertLedger, insertReference } from './page-rows.ts';

const block = 1_000_000;
/** For so long the first answer to a question is waited for. */
const longest_ms = 1_200_000;
const subjects = ['0', '1', '2'].map((n) => ({
  brand: `b0${n}`,
  campaign: `c0${n}`,
  influencer: `inf${String(37 * Number(n)).padStart(4, '0')}`,
}));

async function fill(warehouse: Warehouse, from: number, to: number, all: number): Promise<void> {
  for (let at = from; at < to; at += block) {
    const end = Math.min(at + block, to);
    await warehouse.command(insertEvents(all, at, end));
    await warehouse.command(insertLedger(all, at, end));
    process.stderr.write(`\r${(end / 1e6).toFixed(0)} of ${(to / 1e6).toFixed(0)} million events`);
  }
  process.stderr.write('\n');
}

const quantile = (sorted: readonly number[], at: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;

interface Timed {
  ms: number;
  status: number;
  bytes: number;
  /** What it says of when it is, epoch ms; NaN where it does not say. */
  as_of: number;
}

async function timed(app: FastifyInstance, path: string): Promise<Timed> {
  const began = performance.now();
  const headers = { host: 'localhost', 'cache-control': 'max-stale' }; // as the page says
  const answer = await app.inject({ url: `/api/v1/${path}`, headers });
  const as_of = Date.parse(String(answer.headers['x-as-of']));
  return { ms: performance.now() - began, status: answer.statusCode, bytes: answer.rawPayload.length, as_of };
}

/** Until the answer is there: one that takes too long for who waits is computed behind. */
async function met(
  app: FastifyInstance,
  path: string,
): Promise<{ ms: number; status: number; bytes: number; asked: number }> {
  const began = performance.now();
  for (let asked = 1; ; asked++) {
    const { status, bytes } = await timed(app, path);
    const ms = performance.now() - began;
    if (status !== 503 || ms > longest_ms) return { ms, status, bytes, asked };
    await wait(1_000);
  }
}

async function cold(app: FastifyInstance): Promise<void> {
  console.log(`${'question, nothing kept'.padEnd(64)}${'ms'.padStart(8)}${'kB'.padStart(8)}`);
  const began = performance.now();
  for (const path of pageQuestions(subjects[0]!)) {
    const { ms, status, bytes, asked } = await met(app, path);
    const name = path.replace(/^views\//, '').slice(0, 60);
    const how = `${asked > 1 ? ' computed behind' : ''}${status === 200 ? '' : ` status ${status}`}`;
    console.log(`${name.padEnd(64)}${ms.toFixed(0).padStart(8)}${(bytes / 1e3).toFixed(0).padStart(8)}${how}`);
  }
  console.log(`all of one page, one after the other: ${((performance.now() - began) / 1e3).toFixed(0)} s`);
}

interface Asked extends Timed {
  path: string;
}

/** Open pages, one brand each: every page asks all its questions every two seconds, as long as `open` says after a round. */
async function asPagesDo(
  app: FastifyInstance,
  pages: number,
  open: (round: readonly Asked[]) => boolean,
): Promise<Asked[]> {
  const all: Asked[] = [];
  await Promise.all(
    subjects.slice(0, pages).map(async (subject) => {
      for (let round: Asked[] = []; round.length === 0 || open(round); await wait(2_000)) {
        round = [];
        for (const path of pageQuestions(subject)) round.push({ path, ...(await timed(app, path)) });
        all.push(...round);
      }
    }),
  );
  return all;
}

/** First until each page has all its answers, then for so many seconds. */
async function openPages(app: FastifyInstance, pages: number, seconds: number): Promise<void> {
  const opened = performance.now();
  const waited = (): number => performance.now() - opened;
  await asPagesDo(app, pages, (round) => round.some(({ status }) => status !== 200) && waited() < longest_ms);
  console.log(`${pages} pages opened at once: all they show is there after ${(waited() / 1e3).toFixed(0)} s`);
  const until = performance.now() + seconds * 1_000;
  tell(await asPagesDo(app, pages, () => performance.now() < until), seconds);
}

/** The same from the first question on. */
async function fromTheFirstQuestionOn(app: FastifyInstance, pages: number, seconds: number): Promise<void> {
  console.log(`${pages} pages opened, all that they ask from then on:`);
  const [began, until] = [Date.now(), performance.now() + seconds * 1_000];
  const answers = await asPagesDo(app, pages, () => performance.now() < until);
  tell(answers, seconds);
  const kept = answers.filter(({ as_of }) => as_of < began);
  const oldest_s = kept.reduce((most, { as_of }) => Math.max(most, began - as_of), 0) / 1_000;
  console.log(`${kept.length} of them from before, the oldest ${oldest_s.toFixed(0)} s`);
}

/** What a read API prepares while nobody asks. */
async function prepareFor(warehouse: Warehouse, pages: number): Promise<void> {
  const began = performance.now();
  let prepared = 0;
  const shelf = await openShelf(warehouse, 'grapevine', console.warn);
  const now = () => Date.now();
  const onAnswer = () => {
    prepared += 1;
  };
  const answers = new Answers({ now, most_bytes: 0, most_running: 1, tooDear, isAway, shelf, onAnswer });
  const preparer = new Preparer({
    read: (await openReader(warehouse)).read,
    shelf,
    catalogue: await loadCatalogue(warehouse, 'grapevine'),
    tables: await brandTables(warehouse, 'grapevine'),
    brands: async () => subjects.slice(0, pages).map(({ brand }) => brand),
    isIdle: async () => true,
    now,
    prepare: (question, compute) => answers.prepare(question, compute),
  });
  await preparer.round();
  console.log(`${prepared} answers of ${pages} brands prepared in ${((performance.now() - began) / 1e3).toFixed(0)} s`);
}

function tell(answers: readonly Asked[], seconds: number): void {
  const failed = answers.filter(({ status }) => status !== 200);
  for (const [name, some] of [
    ['all', answers],
    ...[...new Set(answers.map(({ path }) => path))].map(
      (path) => [path, answers.filter((a) => a.path === path)] as const,
    ),
  ] as const) {
    const took = some.map(({ ms }) => ms).sort((a, b) => a - b);
    const p95 = quantile(took, 0.95);
    if (name !== 'all' && p95 < 200) continue; // only what is too slow is named
    const shown = [0.5, 0.95, 0.99, 1].map((at) => quantile(took, at).toFixed(1));
    console.log(
      `${some.length} answers in ${seconds} s, p50 ${shown[0]}, p95 ${shown[1]}, p99 ${shown[2]}, longest ${shown[3]} ms: ${name}`,
    );
  }
  console.log(
    `${failed.length} not answered${failed.length > 0 ? `: ${[...new Set(failed.map(({ path }) => path))].join(', ')}` : ''}`,
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    seconds: { type: 'string', default: '120' },
    filled: { type: 'boolean' },
    opened: { type: 'boolean' },
    restarted: { type: 'boolean' },
    prepared: { type: 'boolean' },
    pages: { type: 'string', default: '3' },
  },
});
const config = readConfig(process.env);
const sizes = positionals.length > 0 ? positionals.map(Number) : [1_000_000, 10_000_000];
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`);
for (const events of sizes) {
  const home = values.data ?? mkdtempSync(join(tmpdir(), 'grapevine-bench-page-'));
  const warehouse = await openWarehouse({ directory: join(home, 'warehouse'), database: 'grapevine' });
  try {
    await migrate(warehouse, 'grapevine');
    const began = performance.now();
    if (!values.filled && !values.restarted) {
      await warehouse.command(insertReference());
      await fill(warehouse, 0, events, events);
    }
    const [rows] = await warehouse.query<{ events: number; postings: number; disk: number }>(
      `SELECT (SELECT count() FROM events) AS events, (SELECT count() FROM attribution_ledger) AS postings,
         (SELECT round(sum(bytes_on_disk) / 1e9, 1) FROM system.parts WHERE active) AS disk`,
    );
    console.log(
      `\n${rows?.events} events, ${rows?.postings} postings, ${rows?.disk} GB; filled in ${((performance.now() - began) / 1e3).toFixed(0)} s`,
    );
    const [pages, seconds] = [Number(values.pages), Number(values.seconds)];
    if (!values.restarted) await warehouse.command('TRUNCATE TABLE kept_answers');
    if (values.prepared) await prepareFor(warehouse, pages);
    const app = await openDashboard({
      warehouse,
      database: 'grapevine',
      access: openAccess,
      hosts: null,
      page: home,
      telemetry: telemetryTo(openLogger(config)),
      now: () => Date.now(),
      most_requests: 1_000_000,
    });
    if (values.restarted || values.prepared) await fromTheFirstQuestionOn(app, pages, seconds);
    else {
      if (!values.opened) await cold(app);
      await openPages(app, pages, seconds);
    }
    await app.close();
  } finally {
    await warehouse.close();
    if (!values.data) rmSync(home, { recursive: true, force: true });
  }
}
