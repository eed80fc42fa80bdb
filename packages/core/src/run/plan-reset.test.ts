import { describe, expect, test } from "vitest";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { TaskView } from "./advance.ts";
import { planReset, type ResetAsk } from "./plan-reset.ts";
import { compileGraph, type RunGraph } from "./run-graph.ts";
import type { TaskState } from "./states.ts";

const task = (name: string, needs: readonly string[] = [], part: Partial<TaskSpec> = {}) =>
  ({
    name,
    kind: "task",
    needs: Object.fromEntries(needs.map((up) => [up, { task: up, path: [] }])),
    over: null,
    when: null,
    runIf: "all_success",
    ...part,
  }) as unknown as TaskSpec;
const graphOf = (...tasks: readonly TaskSpec[]): RunGraph =>
  compileGraph({ tasks, maxParallelTasks: 5 } as unknown as PipelineSpec);
const view = (state: TaskState, items: TaskView["items"] = null): TaskView => ({
  state,
  way: null,
  items,
});

/** load ─ clean ─ write; load ─ alert (when it failed); side stands alone. */
const GRAPH = graphOf(
  task("load"),
  task("clean", ["load"]),
  task("write", ["clean"]),
  task("alert", [], { when: { task: "load", is: "failed" } }),
  task("side"),
);
const states = (...all: (TaskState | null)[]) =>
  all.map((state) => (state === null ? undefined : view(state)));

describe("what is done again", () => {
  test.each<[string, (TaskState | null)[], ResetAsk, number[]]>([
    [
      "a failure takes with it what was held back by it, and the alert that it caused",
      ["failed", "upstream_failed", "upstream_failed", "succeeded", "succeeded"],
      { type: "failed" },
      [0, 1, 2, 3],
    ],
    [
      "a failure in the middle leaves what went before it",
      ["succeeded", "failed", "upstream_failed", "skipped", "succeeded"],
      { type: "failed" },
      [1, 2],
    ],
    [
      "what was cancelled is done, as it never was",
      ["succeeded", "cancelled", "cancelled", "skipped", "succeeded"],
      { type: "failed" },
      [1, 2],
    ],
    [
      "without a failure there is nothing",
      ["succeeded", "succeeded", "succeeded", "skipped", "succeeded"],
      { type: "failed" },
      [],
    ],
    [
      "a task that succeeded is done again with what follows",
      ["succeeded", "succeeded", "succeeded", "skipped", "succeeded"],
      { type: "from", task: 1 },
      [1, 2],
    ],
    [
      "skips that follow it are decided again",
      ["succeeded", "succeeded", "succeeded", "skipped", "succeeded"],
      { type: "from", task: 0 },
      [0, 1, 2, 3],
    ],
    [
      "an unrelated failure stays when another task was asked for",
      ["succeeded", "failed", "upstream_failed", "skipped", "succeeded"],
      { type: "from", task: 4 },
      [4],
    ],
    [
      "after a task that got another outcome, only what follows is",
      ["failed", "upstream_failed", "upstream_failed", "succeeded", "succeeded"],
      { type: "after", task: 0 },
      [1, 2, 3],
    ],
    [
      "what has not been decided is decided",
      ["succeeded", null, null, null, null],
      { type: "from", task: 4 },
      [1, 2, 3, 4],
    ],
  ])("%s", (_, rows, ask, again) => {
    const plan = planReset(GRAPH, states(...rows), ask);
    expect(plan.again).toEqual(again);
    expect(plan.kept).toEqual([0, 1, 2, 3, 4].filter((index) => !again.includes(index)));
  });
});

describe("items of a mapped task", () => {
  const over = { over: { task: "list", path: [] }, kind: "map" } as const;
  const graph = graphOf(task("list"), task("each", [], over), task("sum", ["each"]));
  const items = { total: 3, next: 3, done: 3, failed: 1, skipped: 0, waiting: 0 };
  const rows = (list: TaskState) => [view(list), view("failed", items), view("upstream_failed")];

  test("those that succeeded stay when the list stays", () => {
    expect(planReset(graph, rows("succeeded"), { type: "failed" })).toMatchObject({
      again: [1, 2],
      keptItems: [1],
    });
  });

  test("none stays when the list is made again, or the whole task was asked for", () => {
    expect(planReset(graph, rows("failed"), { type: "failed" }).keptItems).toEqual([]);
    expect(planReset(graph, rows("succeeded"), { type: "from", task: 1 }).keptItems).toEqual([]);
  });
});

test("a failure that would cancel at once what is done again is done again too", () => {
  const tasks = [task("a"), task("b"), task("c", ["b"]), task("d")];
  const spec = { tasks, maxParallelTasks: 5, groups: { g: { failFast: true } } };
  const inGroup = tasks.slice(0, 3).map((each) => ({ ...each, group: "g" }));
  const grouped = { ...spec, tasks: [...inGroup, task("d")] } as unknown as PipelineSpec;
  const rows = states("failed", "succeeded", "cancelled", "failed");
  const ask = { type: "from", task: 1 } as const;
  expect(planReset(compileGraph(grouped), rows, ask).again).toEqual([0, 1, 2]);
  const alone = { ...grouped, groups: { g: {} } };
  expect(planReset(compileGraph(alone), rows, ask).again).toEqual([1, 2]);
});
