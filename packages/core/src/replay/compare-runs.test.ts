import { expect, test } from "vitest";
import { compareRuns } from "./compare-runs.ts";

const run = (at: string, trigger: string, ...consumed: string[]) => ({
  at,
  trigger,
  partition: {},
  consumed,
});

test("runs are the same when they consumed the same facts, in whatever order and at any time", () => {
  const recorded = [
    run("10:00", "files", "update 1", "update 2"),
    run("11:00", "files", "update 3"),
  ];
  const replayed = [
    run("10:05", "files", "update 2", "update 1"),
    run("11:00", "other", "update 3"),
  ];
  const found = compareRuns(recorded, replayed);
  expect(found.same).toEqual([{ recorded: recorded[0], replayed: replayed[0] }]);
  expect(found.onlyRecorded).toEqual([recorded[1]]);
  expect(found.onlyNow).toEqual([replayed[1]]);
});

test("of two equal runs each is matched once", () => {
  const twice = [run("10:00", "files", "update 1"), run("11:00", "files", "update 1")];
  const found = compareRuns(twice, twice.slice(0, 1));
  expect([found.same.length, found.onlyRecorded.length]).toEqual([1, 1]);
});
