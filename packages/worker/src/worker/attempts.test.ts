import {
  type ClaimedTask,
  type FinishItem,
  type FinishResult,
  InvariantError,
} from "@millrace/core/internal";
import { expect, test } from "vitest";
import { ManualClock } from "../manual-clock.ts";
import { Attempts } from "./attempts.ts";

const CLAIMED: ClaimedTask = {
  ...{ taskRunId: 1, runId: 1, attempt: 1, failures: 0, timesOutAt: 0, begunAt: 0 },
  ...{ journal: [], item: null, pipeline: "default/p", version: "v1", task: "t" },
  ...{ needs: {}, received: [] },
  run: {
    ...{ id: 1, partition: {}, params: null, trigger: "manual", correlationId: "c" },
    ...{ traceparent: null, createdAt: 0, logicalAt: null, interval: null },
  },
};
/** Long enough for every retry that a group commit makes by itself. */
const OUTAGE_MS = 120_000;

function working() {
  const clock = new ManualClock();
  const world = { isAway: true, error: new Error("the database cannot be reached") };
  const finished: FinishItem[] = [];
  const attempts = new Attempts({
    tasks: {
      async finish(items): Promise<FinishResult> {
        if (world.isAway) throw world.error;
        finished.push(...items);
        const recorded = items.map(() => true);
        return { recorded, claimed: [], bells: [], facts: [], timerAt: null, ended: [] };
      },
    },
    followUps: { follow() {} },
    next: { hold: () => null, settle() {} },
    onSettled() {},
    ...{ clock, observe: () => {}, definitions: new Map(), onFreed() {}, isolate: null },
    settings: { variablesOf: () => ({}), secretOf: () => "" },
    latestUpdate: async () => null,
    recordStep: async () => true,
    setStatus: async () => true,
    abortGraceMs: 100,
  });
  return { clock, world, attempts, finished };
}

test("an outcome outlasts an outage of the store, and its attempt is known meanwhile", async () => {
  const { clock, world, attempts, finished } = working();
  attempts.start(CLAIMED);
  await clock.advance(OUTAGE_MS);
  expect(finished).toEqual([]);
  expect(attempts.knows(CLAIMED)).toBe(true);
  world.isAway = false;
  await clock.advance(10_000);
  expect(finished).toMatchObject([{ taskRunId: 1, attempt: 1, outcome: { type: "failed" } }]);
  expect(attempts.knows(CLAIMED)).toBe(false);
});

test("once closed, it no longer waits for a store that is away", async () => {
  const { clock, attempts } = working();
  attempts.start(CLAIMED);
  await clock.advance(OUTAGE_MS);
  attempts.close();
  let idle = false;
  void attempts.idle().then(() => void (idle = true));
  await clock.advance(30_000);
  expect(idle).toBe(true);
});

test("a claim handed back unstarted is tried for as long as the store is away", async () => {
  const { clock, world, attempts, finished } = working();
  attempts.release(CLAIMED);
  await clock.advance(OUTAGE_MS);
  world.isAway = false;
  await clock.advance(10_000);
  expect(finished).toMatchObject([{ outcome: { type: "released" } }]);
});

test("an attempt whose outcome the store refuses is not taken for a forgotten one", async () => {
  const { clock, world, attempts, finished } = working();
  world.error = new InvariantError("a rule of the engine is broken");
  attempts.start(CLAIMED);
  await clock.advance(10_000);
  await attempts.idle();
  expect(finished).toEqual([]);
  expect(attempts.knows(CLAIMED)).toBe(true);
});
