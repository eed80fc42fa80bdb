import { afterAll, describe, expect, test } from "vitest";
import type { Fault, Plan, Step } from "./plan.ts";
import { closeSimulator, play } from "./play.ts";
import { type SmallOptions, smallPlan } from "./small-plan.ts";
import { CALM, type Weather } from "./weather.ts";

const MINUTES = 5 * 60_000;

afterAll(closeSimulator);

const STORM: Weather = {
  dropBell: 0.3,
  doubleBell: 0.3,
  delayBell: 0.3,
  unknownCommit: 0.03,
  brokenStatement: 0.01,
  crashAnywhere: 0.0005,
  slow: 0.01,
};

const FAULTS: readonly Fault[] = [
  { atMs: 2_000, kind: "crash", process: "p0" },
  { atMs: 4_000, kind: "freeze", process: "p1", forMs: 20_000 },
  { atMs: 5_000, kind: "cutConnections" },
  { atMs: 6_000, kind: "loseQueue" },
  { atMs: 7_000, kind: "deafen", forMs: 4_000 },
  { atMs: 12_000, kind: "blockDatabase", process: "p2", forMs: 12_000 },
  { atMs: 14_000, kind: "jumpClock", process: "p2", forMs: 7_000 },
  { atMs: 16_000, kind: "restart", process: "p2" },
];

function stormy(options: SmallOptions = {}): Plan {
  return smallPlan({ processes: 3, weather: STORM, faults: FAULTS, stormMs: 30_000, ...options });
}

describe("a plan", () => {
  test(
    "comes to rest in calm weather, with each thing done once",
    { timeout: MINUTES },
    async () => {
      const played = await play(smallPlan({ updates: 5 }));
      expect(played.violations).toEqual([]);
      expect(played.counters).toMatchObject({ claims: 15, "attempts succeeded": 15 });
      expect(played.counters).not.toHaveProperty("fenced finishes");
      expect(Object.keys(played.counters).filter((name) => name.startsWith("problems"))).toEqual(
        [],
      );
    },
  );

  test("is played equally each time that it is played", { timeout: MINUTES }, async () => {
    const first = await play(stormy({ seed: 11 }));
    const second = await play(stormy({ seed: 11 }));
    expect(second.trace).toEqual(first.trace);
    expect(second.traceHash).toBe(first.traceHash);
    expect(second.counters).toEqual(first.counters);
    const other = await play(stormy({ seed: 12 }));
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  test(
    "comes to rest after a storm in which each fault happened",
    { timeout: MINUTES },
    async () => {
      const played = await play(stormy({ seed: 4 }));
      expect(played.violations).toEqual([]);
      const kinds = FAULTS.map(({ kind }) => [`faults: ${kind}`, 1]);
      expect(played.counters).toMatchObject(Object.fromEntries(kinds));
      expect(Object.keys(played.counters)).toEqual(
        expect.arrayContaining([
          ...["crashes", "freezes", "zombies woken", "leases lost", "restarts"],
          ...["bells lost", "bells doubled", "bells late", "rings at a queue that was gone"],
          ...["unknown commits that had committed", "unknown commits that had not committed"],
        ]),
      );
    },
  );
});

describe("what breaks", () => {
  test(
    "a process that dies in a transaction leaves nothing of it",
    { timeout: MINUTES },
    async () => {
      const weather = { ...CALM, crashAnywhere: 0.004 };
      const played = await play(smallPlan({ seed: 5, processes: 3, weather }));
      expect(played.violations).toEqual([]);
      expect(played.counters["crashes within a transaction"]).toBeGreaterThan(0);
      expect(played.counters["updates that others consumed"]).toBe(24);
    },
  );

  test(
    "a process that stood still has lost its lease, and what it ran",
    { timeout: MINUTES },
    async () => {
      const faults: readonly Fault[] = [
        { atMs: 3_000, kind: "freeze", process: "p0", forMs: 30_000 },
        { atMs: 5_000, kind: "restart", process: "p1" },
      ];
      const played = await play(smallPlan({ seed: 8, faults, workMs: 2_500, stormMs: 40_000 }));
      expect(played.violations).toEqual([]);
      expect(played.counters).toMatchObject({ "zombies woken": 1, "leases lost": 1, restarts: 1 });
      expect(played.counters["attempts lost with their worker"]).toBeGreaterThan(0);
      expect(played.counters["updates that others consumed"]).toBe(24);
    },
  );

  test("of a commit without an answer, the fate is asked for", { timeout: MINUTES }, async () => {
    const weather = { ...CALM, unknownCommit: 0.2 };
    const played = await play(smallPlan({ seed: 6, weather }));
    expect(played.violations).toEqual([]);
    const unknown =
      (played.counters["unknown commits that had committed"] ?? 0) +
      (played.counters["unknown commits that had not committed"] ?? 0);
    const asked = played.trace.filter((line) => line.includes("select pg_xact_status"));
    expect(unknown).toBeGreaterThan(20);
    expect(asked).toHaveLength(unknown);
    expect(played.counters["updates that others consumed"]).toBe(24);
  });

  test("a bell for what no commit has made ready breaks I8", { timeout: MINUTES }, async () => {
    const channel = { queue: "default", version: "none" };
    const bell = { channel, tasks: [{ taskRunId: 99, attempt: 1, ring: 0 }] };
    const early: Step = {
      atMs: 1_000,
      label: "ring too early",
      act: async ({ follow }) => follow({ bells: [bell], facts: [], timerAt: null, ended: [] }),
    };
    const played = await play(smallPlan({ seed: 9, updates: 1, steps: [early] }));
    expect(played.violations).toMatchObject([{ invariant: "I8", detail: { taskRunId: 99 } }]);
  });

  test("a world that cannot come to rest breaks I9", { timeout: MINUTES }, async () => {
    const hanging = smallPlan({
      seed: 7,
      processes: 1,
      updates: 1,
      workMs: Infinity,
      stormMs: 2_000,
    });
    const played = await play(hanging);
    expect(played.violations[0]).toMatchObject({ invariant: "I9" });
  });
});
