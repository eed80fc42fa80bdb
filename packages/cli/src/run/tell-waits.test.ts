import { expect, test } from "vitest";
import { tellWaits } from "./tell-waits.ts";

const nothing = { held: [], waits: [] };

function waiting(task: string, words: string, item: number | null = null) {
  return { task, item, words, since: null, until: null };
}

test("a wait is told once, when it has lasted", () => {
  const tell = tellWaits();
  const notes = { ...nothing, waits: [waiting("load", "waits for run_7")] };
  expect(tell({ notes }, 0)).toEqual([]);
  expect(tell({ notes }, 1_999)).toEqual([]);
  expect(tell({ notes }, 2_000)).toEqual(["load waits for run_7"]);
  expect(tell({ notes }, 9_000)).toEqual([]);
});

test("what a sensor sees is told once for each kind of it, however its words change", () => {
  const tell = tellWaits();
  const sees = (seen: string | null) => ({
    ...nothing,
    waits: [{ ...waiting("orders", "…"), lasting: "waits for file at /drop", seen }],
  });
  tell({ notes: sees(null) }, 0);
  tell({ notes: sees("missing: no such file") }, 100);
  expect(tell({ notes: sees("missing: no such file") }, 2_100)).toEqual([
    "orders waits for file at /drop; seen last: missing: no such file",
  ]);
  tell({ notes: sees("running: it has 3 of 9 bytes") }, 3_000);
  expect(tell({ notes: sees("running: it has 5 of 9 bytes") }, 5_000)).toEqual([
    "orders waits for file at /drop; seen last: running: it has 5 of 9 bytes",
  ]);
  expect(tell({ notes: sees("running: it has 7 of 9 bytes") }, 9_000)).toEqual([]);
});

test("what holds the whole run is told, and questions to people are not", () => {
  const tell = tellWaits();
  const waits = [waiting("ok", "waits for the approval: Go?"), waiting("each", "sleeps", 3)];
  const notes = { held: ["its pipeline runs once already"], waits };
  tell({ notes }, 0);
  expect(tell({ notes }, 5_000)).toEqual([
    "waits: its pipeline runs once already",
    "each[3] sleeps",
  ]);
});

test("a thousand items that wait fill no terminal", () => {
  const tell = tellWaits();
  const waits = Array.from({ length: 1_000 }, (_, item) => waiting("each", "sleeps", item));
  tell({ notes: { ...nothing, waits } }, 0);
  expect(tell({ notes: { ...nothing, waits } }, 5_000)).toHaveLength(10);
  expect(tell({ notes: { ...nothing, waits } }, 9_000)).toEqual([]);
});
