import { expect, test } from "vitest";
import { resolveMatch, type RunMatchSpec, type Waiter } from "./run-match.ts";

const DAY = 86_400_000;
const waiter: Waiter = { startedAt: 10 * DAY, logicalDate: 9 * DAY, partition: "eu" };

test.each<[RunMatchSpec, object]>([
  [
    { by: "runId", ids: ["r"] },
    { by: "ids", ids: ["r"] },
  ],
  [
    { by: "logicalDate", offsetsMs: [0] },
    { by: "dates", dates: [9 * DAY] },
  ],
  [
    { by: "logicalDate", offsetsMs: [-DAY, 3_600_000] },
    { by: "dates", dates: [8 * DAY, 9 * DAY + 3_600_000] },
  ],
  [
    { by: "logicalDates", dates: [1] },
    { by: "dates", dates: [1] },
  ],
  [{ by: "partition" }, { by: "partition", partition: "eu" }],
  [
    { by: "partition", partition: "us" },
    { by: "partition", partition: "us" },
  ],
  [
    { by: "window", earlierMs: DAY },
    { by: "window", from: 9 * DAY },
  ],
  [{ by: "latest" }, { by: "latest" }],
])("%j means %j", (spec, match) => {
  expect(resolveMatch(spec, waiter)).toEqual({ ok: true, match });
});

const bare: Waiter = { startedAt: 0, logicalDate: null, partition: null };
test.each<[RunMatchSpec, RegExp]>([
  [{ by: "logicalDate", offsetsMs: [0] }, /has no logical date; match by/],
  [{ by: "partition" }, /has no partition; name/],
  [{ by: "runId", ids: [] }, /names 0 runs; name 1 to 100/],
  [{ by: "logicalDates", dates: Array<number>(101).fill(1) }, /names 101 runs/],
])("%j cannot be settled for a run without either", (spec, problem) => {
  expect(resolveMatch(spec, bare)).toMatchObject({
    ok: false,
    problem: expect.stringMatching(problem),
  });
});
