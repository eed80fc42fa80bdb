import { type FinishItem, InvariantError } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { AbandonedSweep } from "./abandoned-sweep.ts";
import { ManualClock } from "./manual-clock.ts";

const SETTINGS = { cancelGraceMs: 15_000, awayMs: 9_000, handBackMs: 10_000 };
const ITEM: FinishItem = { taskRunId: 1, runId: 1, attempt: 1, outcome: { type: "lost" }, u: 0.5 };

function sweeping() {
  const clock = new ManualClock();
  const world = {
    ...{ isAway: false, isStuck: false, expired: 0 },
    abandoned: [] as FinishItem[],
  };
  const answer = <T>(value: T): T => {
    if (world.isAway) throw new Error("the database cannot be reached");
    return value;
  };
  const sweep = new AbandonedSweep(
    {
      sweeps: {
        async expireSessions() {
          answer(null);
          world.expired += 1;
          world.abandoned.push(ITEM);
          return 1;
        },
        listAbandoned: async () => answer(world.abandoned),
      },
      tasks: {
        async finish(items) {
          if (world.isStuck) throw new InvariantError("it cannot be ended");
          world.abandoned.length = 0;
          const recorded = items.map(() => true);
          return { recorded, bells: [], facts: [], timerAt: null, ended: [], claimed: [] };
        },
      },
      followUps: { follow() {} },
      clock,
    },
    SETTINGS,
    500,
  );
  /** A round, and what it gave; null when the store did not answer. */
  const round = () => sweep.round().catch(() => null);
  return { clock, world, round };
}

test("the attempts of a session end in the round that ends the session", async () => {
  const { round } = sweeping();
  expect(await round()).toEqual({ expired: 1, found: 1, ended: 1, problem: null });
});

test("after an outage of the store, workers get time to hand back before they count as dead", async () => {
  const { clock, world, round } = sweeping();
  await round();
  world.isAway = true;
  for (let i = 0; i < 10; i += 1) {
    await clock.advance(2_000);
    expect(await round()).toBeNull();
  }
  world.isAway = false;
  expect(await round()).toMatchObject({ expired: 0 });
  await clock.advance(9_000);
  expect(await round()).toMatchObject({ expired: 0 });
  await clock.advance(1_000);
  expect(await round()).toMatchObject({ expired: 1, ended: 1 });
});

test("a store that was away for less than a lease needs no such time", async () => {
  const { clock, world, round } = sweeping();
  await round();
  world.isAway = true;
  await clock.advance(4_000);
  expect(await round()).toBeNull();
  world.isAway = false;
  await clock.advance(4_000);
  expect(await round()).toMatchObject({ expired: 1 });
});

test("an attempt that cannot be ended is told of, and does not put the round off", async () => {
  const { world, round } = sweeping();
  world.isStuck = true;
  const told = await round();
  expect(told).toMatchObject({ expired: 1, found: 1, ended: 0 });
  expect(told?.problem).toBeInstanceOf(InvariantError);
});
