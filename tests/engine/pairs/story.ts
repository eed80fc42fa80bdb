import { type ClaimedTask, type Fact, present } from "@millrace/core/internal";
import type { Database } from "@millrace/postgres";
import { failed } from "../engine.ts";
import { forEvent, sleep, suspended } from "../waiting-room.ts";
import { backfillOf, eventOf, NOBODY_HEARS_MS, SAID, updateOf } from "./story-items.ts";
import { countObjects, goOutside, type OutsideStory, tellOutside } from "./story-outside.ts";
import * as specs from "./story-specs.ts";
import { Teller } from "./teller.ts";

/** What there is in the story, by the names under which transactions act on it. */
export interface Story extends OutsideStory {
  readonly sessionId: string;
  readonly idleSessionId: string;
  readonly mainOne: number;
  readonly mainTwo: number;
  readonly mainQueued: number;
  readonly ended: number;
  readonly paused: number;
  readonly asking: number;
  readonly caller: number;
  readonly called: number;
  readonly quarantined: number;
  readonly planned: number;
  readonly filling: number;
  readonly backfilled: number;
  /** Attempts that run: of the first run of `main`, of `asker`, and one whose session is gone. */
  readonly running: readonly ClaimedTask[];
  readonly speaking: ClaimedTask;
  readonly lost: ClaimedTask;
  /** Ready attempts that a bell names. */
  readonly ready: readonly { readonly taskRunId: number; readonly attempt: number }[];
  /** Of those that wait to be evaluated, the updates: two of one dataset, and one of another. */
  readonly updates: readonly Fact[];
  /** Facts and wakes that wait to be evaluated. */
  readonly facts: readonly Fact[];
}

const BAD = { ...failed(), retryable: false } as const;

/** Tells the story up to the moment of the races, through the store as everybody does. */
export async function tellStory(database: Database): Promise<Story> {
  const teller = new Teller(database);
  await teller.at(0);
  await teller.register(specs.AT_FIRST);
  await teller.start("team/stale");
  await teller.register(specs.REGISTERED);
  await tellOutside(database);
  await teller.store.setLimit({ kind: "namespace", name: "default", tasks: 30 });
  const sessionId = await teller.open(3_600_000_000);
  const idleSessionId = await teller.open(3_600_000_000);
  await teller.open(1_000);
  await teller.store.settleStranded(NOBODY_HEARS_MS, 100);
  await teller.store.recordUpdates([updateOf("in", 1, "seen")]);
  await countObjects(teller);
  await teller.evaluateAll();
  const lost = await loseOne(teller);
  const outside = await goOutside(teller, database, sessionId);
  const runs = await runMain(teller, sessionId);
  const team = await runTeam(teller, sessionId);
  const backfills = await runBackfills(teller, sessionId);
  await teller.at(40);
  await teller.store.settleStranded(NOBODY_HEARS_MS, 100);
  await teller.store.pause({ pipeline: "default/batched", trigger: null }, "ana");
  const [quarantined] = (await teller.store.recordUpdates([updateOf("in", 0)])).ids;
  await teller.store.recordUpdates([updateOf("in", 2), updateOf("out", 1)]);
  await teller.evaluateAll();
  await teller.at(69);
  await teller.call(sessionId, "default/main");
  const told = await teller.store.recordUpdates([
    updateOf("in", 3),
    updateOf("in", 4),
    updateOf("out", 2),
  ]);
  await teller.store.recordEvents([eventOf("go")]);
  await teller.finish(backfills.filled);
  await teller.finish(team.failing, BAD);
  const facts = await teller.store.listPending(-1, 1_000);
  const { paused, asking, speaking, ended } = team;
  const { planned, filling, backfilled } = backfills;
  return {
    ...{ sessionId, idleSessionId, ...runs, lost, paused, asking, speaking, ended, facts },
    ...outside,
    ...{ caller: team.caller, called: team.called, planned, filling, backfilled },
    quarantined: present(quarantined),
    updates: told.facts,
    ready: await teller.listReady(),
  };
}

/** A task whose worker is gone. */
async function loseOne(teller: Teller): Promise<ClaimedTask> {
  const sessionId = await teller.open(3_600_000_000);
  await teller.start("team/lone");
  const lost = await teller.claimOne(sessionId, specs.lone);
  await teller.store.close(sessionId);
  return lost;
}

/** Two runs at the limit of `main`, one by its trigger, and one that waits; a task to be retried. */
async function runMain(teller: Teller, sessionId: string) {
  const mainTwo = await teller.start("default/main");
  const mainQueued = await teller.start("default/main");
  const claimed = await teller.claim(sessionId, specs.main, 10);
  const retried = present(claimed.find(({ runId, task }) => runId === mainTwo && task === "d"));
  await teller.finish(retried, failed());
  const running = claimed.filter((each) => each !== retried);
  return { mainOne: present(running[0]).runId, mainTwo, mainQueued, running };
}

/** Runs that wait, call, are paused, take too long, and one that is about to fail. */
async function runTeam(teller: Teller, sessionId: string) {
  const asking = await teller.start("team/asker");
  const asked = await teller.claim(sessionId, specs.asker, 2);
  const speaking = present(asked.find(({ task }) => task === "say"));
  const approval = { kind: "approval", asks: "Go?", roles: [], timeoutMs: null } as const;
  const waits = suspended(
    { name: "ok", wait: approval },
    { name: "go", wait: forEvent("go") },
    { name: "nap", wait: sleep(30_000) },
  );
  await teller.finish(present(asked.find(({ task }) => task === "ask")), waits);
  const caller = await teller.call(sessionId, "team/lone");
  await teller.evaluateAll();
  const called = await teller.last("run");
  await teller.start("team/timed");
  await teller.claimOne(sessionId, specs.timed);
  const ended = await teller.start("team/asker");
  await teller.store.cancelRun(ended, SAID);
  const paused = await teller.start("team/lone");
  await teller.store.pauseRun(paused, SAID);
  await teller.evaluateAll();
  await teller.start("team/lone");
  const failing = await teller.claimOne(sessionId, specs.lone);
  return { asking, speaking, caller, called, ended, paused, failing };
}

/** One planned, one under way, and one that is done with a failure. */
async function runBackfills(teller: Teller, sessionId: string) {
  const { store } = teller;
  const plan = async (from: string, to: string): Promise<number> =>
    (await store.planBackfill(backfillOf(from, to))).backfillId;
  const backfilled = await plan("2026-01-01", "2026-01-01");
  await store.submitBackfill(backfilled);
  await teller.finish(await teller.claimOne(sessionId, specs.filled), BAD);
  await teller.evaluateAll();
  const planned = await plan("2026-02-01", "2026-02-02");
  const filling = await plan("2026-03-01", "2026-03-03");
  await store.submitBackfill(filling);
  const filled = await teller.claimOne(sessionId, specs.filled);
  return { backfilled, planned, filling, filled };
}
