import { describe, expect, test } from "vitest";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { ConditionSpec, ConditionTriggerSpec } from "../spec/trigger-spec.ts";
import type { BackfillPlan, PartitionHistory } from "./backfill.ts";
import { type BackfillInput, planBackfill } from "./plan-backfill.ts";
import { planDifference } from "./plan-difference.ts";

const DATE = { date: "2026-01-01" };
const TEXT = '{"date":"2026-01-01"}';

const spec = (name: string, part: Partial<PipelineSpec>): PipelineSpec => ({
  format: 1,
  namespace: "default",
  name,
  partitions: {},
  params: null,
  triggers: {},
  tasks: [],
  result: null,
  datasets: {},
  events: {},
  maxActiveRuns: null,
  maxParallelTasks: 5,
  ...part,
});
const makes = (dataset: string): TaskSpec => ({
  name: "make",
  kind: "task",
  needs: {},
  over: null,
  maxParallel: null,
  when: null,
  runIf: "all_success",
  produces: { out: { type: "dataset", dataset } },
  consumes: {},
  waitFor: [],
  calls: [],
  retries: { limit: 0, backoff: "fixed", delayMs: 1, maxMs: 1, jitter: false },
  timeoutMs: 1,
  queue: "default",
  priority: 0,
});
const on = (...datasets: readonly string[]): ConditionTriggerSpec => {
  const of = datasets.map((dataset): ConditionSpec => ({
    type: "leg",
    leg: { source: { type: "dataset", dataset }, where: null, partition: {} },
  }));
  const condition: ConditionSpec = { type: "all", of };
  return { type: "datasets", enabled: true, condition, policy: { each: false }, params: {} };
};
const SPECS = [
  spec("source", { tasks: [makes("default/a")] }),
  spec("next", { triggers: { data: on("default/a") }, tasks: [makes("default/b")] }),
  spec("last", { triggers: { data: on("default/b") } }),
  spec("both", { triggers: { pair: on("default/a", "default/other") } }),
];

const plan = (part: Partial<BackfillInput>, history?: PartitionHistory): BackfillPlan =>
  planBackfill({
    pipeline: "default/source",
    partitions: [DATE],
    existing: "skip",
    updates: "emit",
    history: new Map(history === undefined ? [] : [[TEXT, history]]),
    specs: SPECS,
    ...part,
  });

const NONE = undefined;
const SUCCEEDED = { succeeded: 3, last: { runId: 3, state: "succeeded" } } as const;
const FAILED = { succeeded: null, last: { runId: 4, state: "failed" } } as const;
const CANCELLED = { succeeded: null, last: { runId: 4, state: "cancelled" } } as const;
const BROKEN = { succeeded: 3, last: { runId: 4, state: "failed" } } as const;
const RUNNING = { succeeded: 3, last: { runId: 5, state: "running" } } as const;

describe("what becomes of a partition", () => {
  test.each([
    ["skip", "without a run", NONE, "new", "it has no run yet"],
    ["skip", "that succeeded", SUCCEEDED, "skip", "run_3 succeeded"],
    ["skip", "that never succeeded", FAILED, "new", "run_4 failed"],
    ["skip", "that was cancelled", CANCELLED, "new", "run_4 cancelled"],
    ["skip", "that succeeded before it failed", BROKEN, "skip", "run_3 succeeded"],
    ["skip", "under way", RUNNING, "skip", "run_5 is running"],
    ["rerun", "without a run", NONE, "new", "it has no run yet"],
    ["rerun", "that succeeded", SUCCEEDED, "rerun", "run_3 succeeded"],
    ["rerun", "that never succeeded", FAILED, "new", "run_4 failed"],
    ["rerun", "under way", RUNNING, "rerun", "run_5 is running"],
    ["failed-only", "without a run", NONE, "skip", "no run of it has failed"],
    ["failed-only", "that succeeded", SUCCEEDED, "skip", "run_3 succeeded"],
    ["failed-only", "that never succeeded", FAILED, "new", "run_4 failed"],
    ["failed-only", "that was cancelled", CANCELLED, "skip", "run_4 cancelled"],
    ["failed-only", "that succeeded before it failed", BROKEN, "rerun", "run_4 failed"],
    ["failed-only", "under way", RUNNING, "skip", "run_5 is running"],
  ] as const)("%s: one %s", (...[existing, , history, action, reason]) => {
    expect(plan({ existing }, history).items).toEqual([{ partition: DATE, action, reason }]);
  });
});

describe("what runs behind it", () => {
  const effects = (part: Partial<BackfillInput>, history?: PartitionHistory) =>
    plan(part, history).downstream.map(({ pipeline, state, by }) => `${pipeline} ${state} ${by}`);

  test.each(["emit", "cascade"] as const)("%s reaches consumers of consumers", (updates) => {
    expect(effects({ updates })).toEqual([
      "default/next runs data",
      "default/last runs data",
      "default/both part pair",
    ]);
  });

  test("suppressed facts reach nobody", () => {
    expect(effects({ updates: "suppress" })).toEqual([]);
  });

  test("a plan that skips everything reaches nobody", () => {
    expect(effects({}, SUCCEEDED)).toEqual([]);
  });
});

describe("the difference of two plans", () => {
  test("is empty when only a reason changed", () => {
    const after = { succeeded: null, last: { runId: 9, state: "failed" } } as const;
    expect(planDifference(plan({}, FAILED), plan({}, after))).toEqual([]);
  });

  test("names the partition that would be treated otherwise, and the run that did it", () => {
    expect(planDifference(plan({ updates: "suppress" }, FAILED), plan({}, SUCCEEDED))).toEqual([
      "date=2026-01-01 was planned as new and would be skip: run_3 succeeded.",
    ]);
  });

  test("names partitions and consumers that came and went", () => {
    const shown = plan({});
    const now = plan({ partitions: [{ date: "2026-01-02" }], specs: SPECS.slice(0, 2) });
    expect(planDifference(shown, now)).toEqual([
      "date=2026-01-01 is no longer part of it.",
      "date=2026-01-02 is added.",
      "default/last would no longer run by data.",
      "default/both would no longer wait in pair.",
    ]);
    expect(planDifference(now, shown).slice(2)).toEqual([
      "default/last would run by data.",
      "default/both would wait in pair.",
    ]);
  });
});
