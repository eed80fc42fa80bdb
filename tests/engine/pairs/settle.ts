import { randomUUID } from "node:crypto";
import { type CheckGroup, type CheckResult, versionOf } from "@millrace/core/internal";
import { createStore, type Database, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { ok } from "../engine.ts";
import { stateOf } from "./outcome.ts";
import { itemOf, NOBODY_HEARS_MS, RACE_AT, SAID } from "./story-items.ts";
import { LEASE_MS } from "./story-outside.ts";
import { AT_FIRST, EDITED, REGISTERED } from "./story-specs.ts";

const ROUNDS_MAX = 40;
const ROUND_MS = 300_000;
const EVALUATIONS_MAX = 20;
const CHANNELS = [...new Set([...AT_FIRST, ...REGISTERED, ...EDITED].map(versionOf))].map(
  (version) => ({ queue: "default", version }),
);

/** What stands when nothing is left to do; how often somebody tried does not count. */
const LASTING =
  /^(run|delivery|ready|running|in line|active|queued|held|fact|wake|backfill|step|update|\d+ of|check|partition|object|subscriber) /;

/**
 * How many runs share what came depends on when each decision was made, in any order; that all of
 * it was consumed, once, does not. The pipeline that replaces its runs may have replaced any.
 */
function comparable(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [, what = "", count = "1"] = /^(.*) x(\d+)$/.exec(line) ?? [];
    if (!LASTING.test(what) || /^run .* for (on|quiet|ends): /.test(what)) continue;
    const label = what.replace(/: (started|included)$/, ": consumed");
    // Ends of runs are facts themselves, as many as there are runs; whoever is told of them, too.
    if (/^(delivery at ends|run to tell )/.test(label)) continue;
    counts.set(label, (counts.get(label) ?? 0) + Number(count));
  }
  return [...counts]
    .map(([what, count]) => `${what} x${count}`)
    .toSorted()
    .join("\n");
}

/** Lets the story go on to its end: what is paused goes on, everything succeeds, time passes. */
export async function settleStory(database: Database): Promise<string> {
  const store = createStore(database);
  const sessionId = randomUUID();
  const host = { host: "test", pid: 3, slots: 50, channels: CHANNELS };
  await store.open({ sessionId, ...host, leaseMs: 3_600_000_000 });
  await goOn(database, store);
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    await moveClock(database, round * ROUND_MS);
    if (!(await doRound(store, sessionId))) break;
  }
  await moveClock(database, 0);
  return comparable((await stateOf(database)).split("\n"));
}

async function moveClock({ db }: Database, ms: number): Promise<void> {
  const now = new Date(Date.parse(RACE_AT) + ms).toISOString();
  await sql`select set_config('millrace.now', ${now}, false)`.execute(db);
}

/** @returns Whether there was anything to do. */
async function doRound(store: Store, sessionId: string): Promise<boolean> {
  let evaluated = await evaluateAll(store);
  const { fired } = await store.fireDue(1_000);
  evaluated += await evaluateAll(store);
  await store.expireSessions();
  const { swept } = await store.sweepLimits(1_000);
  const groups = await store.takeChecks(100, LEASE_MS);
  for (const group of groups) await store.recordChecks(group, answersOf(group), 1_000);
  const { settled } = await store.settleStranded(NOBODY_HEARS_MS, 1_000);
  const abandoned = await store.listAbandoned(0, 1_000);
  await store.finish(abandoned);
  const claimed = await store.claimNext(sessionId, CHANNELS, 1_000);
  await store.finish(claimed.map((task) => itemOf(task, ok())));
  const done = abandoned.length + claimed.length + groups.length;
  return evaluated + fired + swept + settled + done > 0;
}

function answersOf({ checks }: CheckGroup): readonly CheckResult[] {
  const answer = { state: "done", value: 1 } as const;
  return checks.map(({ stepId }) => ({ type: "answer", stepId, answer }));
}

/**
 * All that is known, and what timers tell, is told before anybody goes on: what a wait is answered with depends on no
 * place in a line, and a wait that its task closes instead was missed.
 */
async function evaluateAll(store: Store): Promise<number> {
  let evaluated = 0;
  for (let time = 1; time <= EVALUATIONS_MAX; time++) {
    const facts = await store.listPending(-1, 1_000);
    if (facts.length === 0) break;
    await store.evaluate(facts);
    evaluated += facts.length;
  }
  return evaluated;
}

/** Whatever a transaction has stopped; and what runs ends in time. */
async function goOn({ db }: Database, store: Store): Promise<void> {
  const running = await sql<{ taskRunId: number; runId: number; attempt: number }>`
    select task_run_id as "taskRunId", run_id as "runId", attempt from millrace.running
  `.execute(db);
  await store.finish(running.rows.map((each) => ({ ...each, outcome: ok(), u: 0.5 })));
  for (const pipeline of ["default/main", "default/batched"]) {
    await store.resume({ pipeline, trigger: null });
  }
  await store.resume({ pipeline: "default/main", trigger: "on" });
  const { rows } = await sql<{ what: "run" | "backfill"; id: number }>`
    select 'run' as what, id from millrace.run
    where paused_at is not null and cancel_requested_at is null and ended_at is null
    union all select 'backfill', id from millrace.backfill where state = 'paused'`.execute(db);
  for (const { what, id } of rows) {
    await (what === "run" ? store.resumeRun(id, SAID) : store.resumeBackfill(id));
  }
}
