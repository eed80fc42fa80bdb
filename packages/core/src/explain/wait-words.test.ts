import { expect, test } from "vitest";
import type { Wait } from "../run/journal.ts";
import { waitWords } from "./wait-words.ts";

const AT = "2026-01-02T00:00:00.000Z";
const event = (...names: string[]): Wait => ({
  kind: "event",
  of: names.map((name) => ({ name, isPattern: false, where: null })),
  lookBackMs: null,
  timeoutMs: null,
});
const pipeline = (match: (Wait & { kind: "pipeline" })["match"]): Wait => ({
  kind: "pipeline",
  pipeline: "default/etl",
  match,
  waitForRun: true,
  timeoutMs: null,
});
const call: Wait = {
  kind: "call",
  pipeline: "ops/report",
  params: {},
  partition: {},
  wait: true,
  inherit: true,
  timeoutMs: null,
};
const approval = (...roles: string[]): Wait => ({
  kind: "approval",
  asks: "Ship it?",
  roles,
  timeoutMs: null,
});

test.each<[Wait, string | null, number | null, string]>([
  [{ kind: "sleep", until: 5, afterMs: 0 }, AT, null, `sleeps until ${AT}`],
  [event("a.b", "c.*"), null, null, "waits for event a.b or c.*"],
  [{ kind: "run", runId: 3, timeoutMs: 5 }, AT, null, `waits for run_3 until ${AT}`],
  [pipeline({ by: "latest" }), null, null, "waits for the latest run of etl"],
  [
    pipeline({ by: "window", withinMs: 7_200_000 }),
    null,
    null,
    "waits for a run, 2h old at most, of etl",
  ],
  [call, null, 7, "waits for run_7 of ops/report, which it called"],
  [approval("lead", "ops"), null, null, "waits for the approval of lead or ops: Ship it?"],
  [approval(), AT, null, `waits for the approval until ${AT}: Ship it?`],
  [
    {
      kind: "check",
      check: { kind: "airflow", target: "https://airflow.example" },
      ...{ everyMs: 1_000, backoff: { type: "constant" }, timeoutMs: 5 },
    },
    AT,
    null,
    `waits for airflow at https://airflow.example until ${AT}`,
  ],
])("%j is said in words", (wait, until, childRunId, words) => {
  expect(waitWords(wait, { until, childRunId })).toBe(words);
});

test("a check is said with what was seen last, and when it is looked at next", () => {
  const wait: Wait = {
    kind: "check",
    check: { kind: "sql", target: "shop" },
    ...{ everyMs: 1_000, backoff: { type: "constant" }, timeoutMs: null },
  };
  const state = { until: null, childRunId: null };
  const bare = "waits for sql at shop";
  expect(waitWords(wait, { ...state, seen: null, nextAt: AT })).toBe(
    `${bare}, looks next at ${AT}`,
  );
  expect(waitWords(wait, { ...state, seen: "missing: no row", nextAt: AT })).toBe(
    `${bare}, looks next at ${AT}; seen last: missing: no row`,
  );
});
