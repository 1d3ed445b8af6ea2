/** The sample campaign of `start --sample`: streamed day by day into the pipeline, watched while it arrives, and told at its end. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { z } from 'zod';
import { type SimulatedLine, type Simulation, simulate } from '../simulator/simulate.ts';
import { print, table, UsageError } from './output.ts';
import type { Pipeline } from './pipeline.ts';
import { begins_at } from './simulate.ts';

export interface SampleOptions {
  directory: string;
  seed: number;
  people: number;
  scenario: string;
  /** Days of the campaign a second; 0 = as fast as it goes. */
  speed: number;
}

const progressSchema = z.object({ seed: z.number(), people: z.number(), scenario: z.string(), sent: z.number().int() });
type Progress = z.output<typeof progressSchema>;
const day_ms = 86_400_000;

/** Streams what is left of the campaign; resolves early when `stopped` does. Feeding a line twice is harmless: it is a duplicate. */
export async function playSample(
  pipeline: Pipeline,
  options: SampleOptions,
  stopped: Promise<unknown>,
): Promise<Simulation> {
  const { seed, people, scenario } = options;
  const simulation = simulate({ seed, people, scenario, begins_at });
  const file = join(options.directory, 'sample.json');
  const progress = readProgress(file, { seed, people, scenario, sent: -1 });
  let stop = false;
  void stopped.then(() => {
    stop = true;
  });
  if (progress.sent < 0) {
    await send(
      pipeline,
      simulation.reference.map((record) => JSON.stringify(record)),
    );
    await pipeline.drained();
    await loadTruth(pipeline, simulation);
    progress.sent = 0;
  }
  const pace = fastForward(options.speed);
  const screen = liveScreen();
  for (const { day, lines, end } of daysOf(simulation.lines, progress.sent)) {
    if (stop) break;
    const from = Date.now();
    await send(
      pipeline,
      lines.map((line) => line.text),
    );
    progress.sent = end;
    writeFileSync(file, JSON.stringify(progress));
    const left = pace.speed() === 0 ? 0 : 1_000 / pace.speed() - (Date.now() - from);
    if (left > 0) await Promise.race([wait(left), stopped, pipeline.failed]);
    if (pace.speed() > 0 || day % 10 === 0) screen.show(await summary(pipeline, day, end, simulation.lines.length));
  }
  pace.end();
  if (!stop) {
    await pipeline.drained();
    const last = simulation.lines.length;
    screen.show(
      await summary(
        pipeline,
        Math.ceil(((simulation.lines.at(-1)?.arrives_at ?? begins_at) - begins_at) / day_ms),
        last,
        last,
      ),
    );
  }
  screen.end();
  return simulation;
}

function readProgress(file: string, wanted: Progress): Progress {
  if (!existsSync(file)) return wanted;
  const found = progressSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (found.seed !== wanted.seed || found.people !== wanted.people || found.scenario !== wanted.scenario)
    throw new UsageError(
      `the directory holds the sample with seed ${found.seed}, ${found.people} people, scenario ${found.scenario}: use these, another --data, or --reset to start over`,
    );
  return found;
}

async function send({ log, topics }: Pipeline, lines: string[]): Promise<void> {
  await log.produce(
    lines.map((text, i) => ({ topic: topics.collected, key: String(i), value: Buffer.from(text), partition: 0 })),
  );
}

function* daysOf(
  lines: readonly SimulatedLine[],
  from: number,
): Generator<{ day: number; lines: SimulatedLine[]; end: number }> {
  for (let start = from; start < lines.length; ) {
    const day = Math.floor((lines[start]!.arrives_at - begins_at) / day_ms);
    let end = start;
    while (end < lines.length && Math.floor((lines[end]!.arrives_at - begins_at) / day_ms) === day) end++;
    yield { day, lines: lines.slice(start, end), end };
    start = end;
  }
}

/** What really happened, as a table beside what the models say. */
async function loadTruth({ warehouse }: Pipeline, { truth }: Simulation): Promise<void> {
  await warehouse.command(
    `CREATE TABLE IF NOT EXISTS simulated_truth
     (
         redemption_id String COMMENT 'Redemption of the simulated campaign',
         influencer_id String COMMENT 'Who really moved it; empty = nobody, it would have been bought anyway',
         relationship LowCardinality(String) COMMENT 'friend, blogger or nobody'
     )
     ENGINE = MergeTree ORDER BY redemption_id SETTINGS non_replicated_deduplication_window = 100
     COMMENT 'The known truth of the sample campaign'`,
  );
  const rows = truth.causes
    .map((cause) => JSON.stringify([cause.redemption_id, cause.influencer_id, cause.relationship]))
    .join('\n');
  await warehouse.insert({
    table: 'simulated_truth',
    columns: ['redemption_id', 'influencer_id', 'relationship'],
    token: `truth/${truth.options.seed}/${truth.options.people}`,
    rows,
  });
}

async function summary({ warehouse, telemetry }: Pipeline, day: number, sent: number, of: number): Promise<string> {
  const events = await warehouse.query<{ type: string; n: number }>(
    'SELECT type, count() AS n FROM events_current GROUP BY type ORDER BY n DESC',
  );
  const credits = await warehouse.query<{ who: string; redemptions: number; sales: string }>(
    `SELECT if(influencer_id = '', 'nobody', toString(relationship)) AS who, round(toFloat64(sum(credit)), 1) AS redemptions, toString(sum(attributed_amount)) AS sales
     FROM attribution_credits WHERE model = 'linear' GROUP BY who ORDER BY who`,
  );
  const [state] = await warehouse.query<{ done: number }>(
    "SELECT countIf(outcome != 'reference') AS done FROM receipts",
  );
  const done = state?.done ?? 0;
  const fresh = telemetry.read().filter(({ metric }) => metric === 'freshness_ms');
  const of_all = (le: string): number => fresh.find(({ labels }) => labels.le === le)?.value ?? 0;
  const seconds =
    of_all('+Inf') > 0
      ? `${(of_all('sum') / of_all('+Inf') / 1_000).toFixed(1)} s from sending to the warehouse`
      : 'nothing in the warehouse yet';
  return [
    `day ${String(day).padStart(2)} of the campaign · ${sent} of ${of} events sent · ${done} accounted for, ${sent - done} under way · ${seconds}`,
    `events   ${events.map(({ type, n }) => `${type} ${n}`).join(' · ') || 'none yet'}`,
    `credited ${credits.map(({ who, redemptions, sales }) => `${who} ${redemptions} (${sales} USD)`).join(' · ') || 'nothing yet'}   (linear)`,
  ].join('\n');
}

/** On a terminal the block is drawn over itself; elsewhere every tenth one is printed. */
function liveScreen(): { show(text: string): void; end(): void } {
  let drawn = 0;
  let times = 0;
  let last = '';
  const live = process.stdout.isTTY;
  return {
    show(text) {
      last = text;
      if (!live && times++ % 10 !== 0) return;
      if (live && drawn > 0) process.stdout.write(`\x1b[${drawn}A\x1b[J`);
      print(text);
      if (live) drawn = text.split('\n').length;
      else last = '';
    },
    end() {
      if (!live && last !== '') print(last);
    },
  };
}

/** Any `f` on the terminal goes on as fast as possible. */
function fastForward(speed: number): { speed(): number; end(): void } {
  let now = speed;
  if (!isatty(0) || speed === 0) return { speed: () => now, end: () => undefined };
  const input = process.stdin;
  print('f = fast forward, Ctrl-C = stop\n');
  input.setRawMode(true);
  const read = (keys: Buffer): void => {
    if (keys.includes('f')) now = 0;
    if (keys.includes(3)) process.kill(process.pid, 'SIGINT');
  };
  input.on('data', read);
  return {
    speed: () => now,
    end() {
      input.off('data', read);
      input.setRawMode(false);
      input.pause();
    },
  };
}

/** The story of the campaign: what the models say, what really happened, and one redemption from touch to posting. */
export async function tellStory({ warehouse }: Pipeline, at: string): Promise<void> {
  const ask = async (question: string, sql: string): Promise<void> => {
    const rows = await warehouse.query<Record<string, string | number>>(sql);
    print(`\n${question}\n  npx grapevine query "${sql.replace(/\s+/g, ' ')}"${at}\n`);
    const head = Object.keys(rows[0] ?? {});
    print(
      table(
        head,
        rows.map((row) => head.map((name) => row[name] ?? '')),
      ),
    );
  };
  await ask(
    'Who moved more sales, a blogger or a friend?',
    `SELECT model, relationship, toFloat64(attributed_redemptions) AS redemptions, toFloat64(attributed_amount) AS sales, currency FROM model_comparison WHERE model IN ('coupon_owner', 'last_touch', 'linear') ORDER BY model, relationship`,
  );
  await ask(
    'And what really happened? (Only a simulated campaign knows.)',
    `SELECT relationship, count() AS redemptions FROM simulated_truth WHERE redemption_id IN (SELECT redemption_id FROM redemptions_current WHERE status != 'voided') GROUP BY relationship ORDER BY relationship`,
  );
  await ask(
    'What became of every record that was sent?',
    `SELECT outcome, code, count() AS records FROM receipts GROUP BY outcome, code ORDER BY outcome, code`,
  );
  await tellJourney(warehouse);
}

async function tellJourney(warehouse: Pipeline['warehouse']): Promise<void> {
  const [chosen] = await warehouse.query<{ id: string }>(
    `SELECT redemption_id AS id FROM attribution_credits WHERE model = 'linear' GROUP BY redemption_id ORDER BY uniqExact(relationship) DESC, count() DESC, redemption_id LIMIT 1`,
  );
  if (!chosen) return;
  const rows = await warehouse.query<Record<string, string | number>>(
    `SELECT formatDateTime(touched_at, '%d %b %H:%i') AS touched, touch_type, influencer_id, relationship, model, toFloat64(credit) AS credit, toFloat64(attributed_amount) AS amount
     FROM attribution_credits WHERE redemption_id = {id:String} AND model IN ('linear', 'coupon_owner') ORDER BY model DESC, touched_at`,
    chosen,
  );
  print(`\nThe journey of redemption ${chosen.id}: its touches in time, and what two models make of them`);
  const head = Object.keys(rows[0] ?? {});
  print(
    table(
      head,
      rows.map((row) => head.map((name) => row[name] ?? '')),
    ),
  );
}
