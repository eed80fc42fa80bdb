import { describe, expect, test } from "vitest";
import type { RunMatch } from "../spec/task-spec.ts";
import { chooseRun, fitsMatch, type RunCandidate, type RunWaiter, toRunEnd } from "./match-run.ts";

const waiter: RunWaiter = { runId: 7, partition: { date: "d1" }, logicalAt: 500, since: 1_000 };
const run = (part: Partial<RunCandidate> = {}): RunCandidate => ({
  id: 1,
  state: "succeeded",
  partition: { date: "d1" },
  logicalAt: 500,
  createdAt: 900,
  result: "r",
  reason: null,
  ...part,
});

const FITS: readonly (readonly [RunMatch, Partial<RunCandidate>, Partial<RunWaiter>, boolean])[] = [
  [{ by: "latest" }, { partition: {}, logicalAt: null, createdAt: 0 }, {}, true],
  [{ by: "latest" }, { id: 7 }, {}, false],
  [{ by: "partition" }, {}, {}, true],
  [{ by: "partition" }, { partition: { date: "d2" } }, {}, false],
  [{ by: "partition" }, { partition: { date: "d1", region: "eu" } }, {}, false],
  [{ by: "partition" }, { partition: {} }, { partition: {} }, true],
  [{ by: "partition" }, { partition: { a: "1", b: "2" } }, { partition: { b: "2", a: "1" } }, true],
  [{ by: "logical_date" }, {}, {}, true],
  [{ by: "logical_date" }, { logicalAt: 501 }, {}, false],
  [{ by: "logical_date" }, { logicalAt: null }, { logicalAt: null }, false],
  [{ by: "window", withinMs: 100 }, { createdAt: 900 }, {}, true],
  [{ by: "window", withinMs: 100 }, { createdAt: 899 }, {}, false],
  [{ by: "window", withinMs: 100 }, { createdAt: 2_000 }, {}, true],
];

test.each(FITS)("by %j, a run of %j fits a waiter of %j: %s", (match, of, who, fits) => {
  expect(fitsMatch(match, { ...waiter, ...who }, run(of))).toBe(fits);
});

describe("of several runs that fit", () => {
  const latest = { by: "latest" } as const;
  const choose = (...runs: readonly RunCandidate[]) => {
    const chosen = chooseRun(latest, waiter, runs);
    return typeof chosen === "string" ? chosen : chosen.id;
  };
  const running = { state: "running" } as const;

  test("there may be none", () => {
    expect(choose()).toBe("missing");
    expect(choose(run({ id: 7 }))).toBe("missing");
  });

  test("the newest that was there answers, whatever the older ones did", () => {
    expect(choose(run({ id: 1 }), run({ id: 2, state: "failed" }))).toBe(2);
    expect(choose(run({ id: 2 }), run({ id: 1 }))).toBe(2);
  });

  test("an older one that ended does not stand in for one that runs", () => {
    expect(choose(run({ id: 1 }), run({ id: 2, ...running }))).toBe("pending");
  });

  test("the one that was there goes before what began later", () => {
    expect(choose(run({ id: 1 }), run({ id: 2, createdAt: 1_500 }))).toBe(1);
  });

  test("of what began later, the first that has ended answers", () => {
    const later = { createdAt: 1_500 };
    const old = run({ id: 1, ...running });
    const runs = [run({ id: 4, ...later }), run({ id: 3, ...later })];
    expect(choose(old, run({ id: 2, ...later, ...running }), ...runs)).toBe(3);
    expect(choose(run({ id: 2, ...later, ...running }))).toBe("pending");
  });
});

test("only a run that has ended answers, and only a success has a result", () => {
  expect(toRunEnd(run({ state: "running" }))).toBeNull();
  expect(toRunEnd(run({ state: "queued" }))).toBeNull();
  expect(toRunEnd(run())).toEqual({ runId: 1, state: "succeeded", result: "r", reason: null });
  expect(toRunEnd(run({ state: "failed", reason: "why" }))).toEqual({
    runId: 1,
    state: "failed",
    result: null,
    reason: "why",
  });
});
