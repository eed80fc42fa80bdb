import { expect, test } from "vitest";
import { present } from "../lib/assert.ts";
import type { GroupSpec, PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec, WhenSpec } from "../spec/task-spec.ts";
import { type Advance, advance, type AdvanceOptions, type TaskView } from "./advance.ts";
import { compileGraph, type RunGraph } from "./run-graph.ts";
import { isTerminal, type TaskState } from "./states.ts";

type Part = Partial<TaskSpec>;

function task(name: string, needs: readonly string[] = [], part: Part = {}): TaskSpec {
  const refs = Object.fromEntries(needs.map((up) => [up, { task: up, path: [] }]));
  const base = { kind: "task", over: null, maxParallel: null, when: null, runIf: "all_success" };
  return { ...base, name, needs: refs, ...part } as unknown as TaskSpec;
}

function graphOf(tasks: readonly TaskSpec[], part: Partial<PipelineSpec> = {}): RunGraph {
  return compileGraph({ tasks, maxParallelTasks: 10, ...part } as unknown as PipelineSpec);
}

function view(state: TaskState, part: Partial<TaskView> = {}): TaskView {
  return { state, way: null, items: null, ...part };
}

const way = (name: string, which: string): WhenSpec => ({ task: name, is: "way", way: which });

/** Runs a graph whose tasks succeed, unless `ends` says otherwise; a word for a branch is its way. */
function play(tasks: readonly TaskSpec[], ends: Readonly<Record<string, string>> = {}) {
  const graph = graphOf(tasks);
  const views: (TaskView | undefined)[] = [];
  const reasons: Record<string, string> = {};
  for (;;) {
    const plan = advance(graph, views);
    for (const { task: index, state, reason } of plan.settle) {
      views[index] = view(state);
      reasons[present(tasks[index]).name] = reason;
    }
    for (const index of plan.start) {
      const said = ends[present(tasks[index]).name] ?? "succeeded";
      const isState = said === "failed" || said === "skipped" || said === "succeeded";
      views[index] = isState ? view(said) : view("succeeded", { way: said });
    }
    if (plan.end === null) continue;
    const states = tasks.map(({ name }, index) => [name, present(views[index]).state]);
    return { states: Object.fromEntries(states), reasons, end: plan.end };
  }
}

const BRANCH = [
  task("pick", [], { kind: "branch" }),
  task("left", [], { when: way("pick", "left") }),
  task("right", [], { when: way("pick", "right") }),
];

test("a branch is joined again by the rule that asks for one success without failures", () => {
  const join = task("join", ["left", "right"], { runIf: "none_failed_min_one_success" });
  const taken = play([...BRANCH, join], { pick: "left" });
  expect(taken.states).toMatchObject({ left: "succeeded", right: "skipped", join: "succeeded" });
  expect(taken.reasons).toEqual({ right: "branch pick took the way left, not right" });
  const failed = play([...BRANCH, join], { pick: "left", left: "failed" });
  expect(failed.states).toMatchObject({ right: "skipped", join: "upstream_failed" });
  expect(failed.reasons["join"]).toBe(
    "left failed; none_failed_min_one_success wants no failure and one success",
  );
  expect(failed.end).toEqual({ state: "failed", reason: "failed: left" });
});

test("skips flow on to what needs a success, and a skipped branch skips its ways", () => {
  const tasks = [...BRANCH, task("after", ["right"]), task("last", ["after"])];
  const run = play(tasks, { pick: "left" });
  expect(run.states).toMatchObject({ right: "skipped", after: "skipped", last: "skipped" });
  expect(run.reasons["last"]).toBe("after was skipped; all_success wants every one to succeed");
  expect(run.end.state).toBe("succeeded");
  expect(play(BRANCH, { pick: "skipped" }).states).toMatchObject({
    left: "skipped",
    right: "skipped",
  });
  expect(play(BRANCH, { pick: "failed" }).reasons["left"]).toBe("branch pick failed");
});

test("an error path runs when its task failed, was held back, and not otherwise", () => {
  const alert = task("alert", [], { when: { task: "load", is: "failed" } });
  const tasks = [task("extract"), task("load", ["extract"]), alert];
  expect(play(tasks).states).toMatchObject({ alert: "skipped" });
  expect(play(tasks, { load: "failed" }).states).toMatchObject({ alert: "succeeded" });
  expect(play(tasks, { load: "failed" }).end).toEqual({ state: "succeeded", reason: null });
  expect(play(tasks, { extract: "failed" }).states).toMatchObject({
    load: "upstream_failed",
    alert: "succeeded",
  });
  expect(play(tasks, { load: "skipped" }).reasons["alert"]).toBe(
    "load was skipped, and it waits for its failure",
  );
  const always = task("clean", [], { when: { task: "load", is: "done" } });
  for (const end of ["failed", "skipped", "succeeded"]) {
    expect(play([...tasks, always], { load: end }).states).toMatchObject({ clean: "succeeded" });
  }
});

test("a diamond with a skip goes by the rule of its join", () => {
  const diamond = (runIf: TaskSpec["runIf"]) => [
    task("a"),
    task("b", ["a"]),
    task("c", ["a"]),
    task("d", ["b", "c"], { runIf }),
  ];
  const joined = (runIf: TaskSpec["runIf"], ends: Record<string, string>) =>
    play(diamond(runIf), ends).states["d"];
  expect(joined("all_success", { b: "skipped" })).toBe("skipped");
  expect(joined("none_failed", { b: "skipped" })).toBe("succeeded");
  expect(joined("none_skipped", { b: "skipped" })).toBe("skipped");
  expect(joined("all_success", { b: "skipped", c: "failed" })).toBe("upstream_failed");
  expect(joined("at_least_one_failed", { b: "skipped", c: "failed" })).toBe("succeeded");
  expect(joined("at_least_one_done", { a: "failed" })).toBe("skipped");
  expect(joined("all_failed", { a: "failed" })).toBe("succeeded");
});

test("a reason names three tasks, and counts the others", () => {
  const names = ["a", "b", "c", "d", "e"];
  const tasks = [...names.map((name) => task(name)), task("join", names)];
  const run = play(tasks, Object.fromEntries(names.map((name) => [name, "failed"])));
  expect(run.reasons["join"]).toBe(
    "a failed, b failed, c failed and 2 more; all_success wants every one to succeed",
  );
});

const GROUPED = [
  task("one", [], { group: "g" }),
  task("two", [], { group: "g" }),
  task("three", [], { group: "g" }),
  task("outside"),
];
const grouped = (group: GroupSpec): RunGraph => graphOf(GROUPED, { groups: { g: group } });
const NOTHING: Advance = {
  start: [],
  resume: [],
  expand: [],
  items: [],
  settle: [],
  stop: [],
  timers: [],
  again: false,
  end: null,
};

test("the first failure of a group stops the others, once", () => {
  const graph = grouped({ failFast: true });
  const reason = "one failed, and group g fails fast";
  const first = advance(graph, [view("failed"), view("running"), undefined, view("running")]);
  expect(first).toEqual({
    ...NOTHING,
    settle: [{ task: 2, state: "cancelled", reason, laidOut: false }],
    stop: [{ task: 1, state: "cancelled", reason }],
    again: true,
  });
  const stop = { state: "cancelled", reason } as const;
  const told = [view("failed"), view("running", { stop }), view("cancelled"), view("running")];
  expect(advance(graph, told)).toEqual(NOTHING);
});

test("a map has failed for its group as soon as one of its items has", () => {
  const tasks = [
    task("list"),
    task("each", [], { kind: "map", over: { task: "list", path: [] }, group: "g" }),
    task("other", [], { group: "g" }),
  ];
  const graph = graphOf(tasks, { groups: { g: { failFast: true } } });
  const items = { total: 9, next: 4, done: 2, failed: 1, skipped: 0 };
  const plan = advance(graph, [view("succeeded"), view("waiting", { items }), view("queued")]);
  const reason = "each failed, and group g fails fast";
  expect(plan.items).toEqual([]);
  expect(plan.stop).toEqual([
    { task: 2, state: "cancelled", reason },
    { task: 1, state: "failed", itemState: "cancelled", reason },
  ]);
});

test("a map that was cancelled with others does not fail its own group", () => {
  const tasks = [
    task("bad"),
    task("each", [], { kind: "map", over: { task: "bad", path: [] }, group: "g" }),
    task("other", [], { group: "g", runIf: "all_done" }),
  ];
  const graph = graphOf(tasks, { failFast: true, groups: { g: { failFast: true } } });
  const items = { total: 9, next: 4, done: 2, failed: 1, skipped: 0 };
  const stop = { state: "cancelled", reason: "bad failed, and the pipeline fails fast" } as const;
  const views = [view("failed"), view("waiting", { items, stop }), view("running")];
  expect(advance(graph, views)).toEqual(NOTHING);
});

test("a pipeline that fails fast leaves alone what is there for failures", () => {
  const tasks = [
    task("bad"),
    task("runs"),
    task("alert", [], { when: { task: "bad", is: "failed" } }),
    task("clean", ["runs"], { runIf: "all_done" }),
  ];
  const plan = advance(graphOf(tasks, { failFast: true }), [view("failed"), view("running")]);
  expect(plan.stop.map(({ task: index }) => index)).toEqual([1]);
  expect([plan.start, plan.settle]).toEqual([[2], []]);
});

test("a group keeps to its own limit, and times itself from its first task on", () => {
  const graph = grouped({ maxParallel: 2, timeoutMs: 60_000 });
  const first = advance(graph, []);
  expect(first.start).toEqual([0, 1, 3]);
  expect(first.timers).toEqual([{ group: "g", timeoutMs: 60_000 }]);
  const later = advance(graph, [view("succeeded"), view("running"), undefined, view("running")]);
  expect([later.start, later.timers]).toEqual([[2], []]);
});

test("when the time of a group is up, what has not ended of it fails", () => {
  const graph = grouped({ timeoutMs: 300_000 });
  const views = [view("succeeded"), view("running"), undefined, view("running")];
  const plan = advance(graph, views, { timedOutGroups: ["g"] });
  const reason = "group g timed out after 5m";
  expect(plan.settle).toEqual([{ task: 2, state: "failed", reason, laidOut: false }]);
  expect(plan.stop).toEqual([{ task: 1, state: "failed", reason }]);
});

test("a paused run starts nothing, and settles what is decided", () => {
  const tasks = [task("a"), task("b", ["a"]), task("c", ["b"]), task("d", ["a"])];
  const paused: AdvanceOptions = { paused: true };
  expect(advance(graphOf(tasks), [view("succeeded")], paused)).toEqual(NOTHING);
  const plan = advance(graphOf(tasks), [view("failed"), undefined, undefined], paused);
  expect(plan.settle.map(({ task: index }) => index)).toEqual([1, 3, 2]);
  expect(plan.end?.state).toBe("failed");
  const due = view("waiting", { due: true });
  expect(advance(graphOf([task("a")]), [due], paused)).toEqual(NOTHING);
});

test("a run that is stopped for a reason has failed, and says why", () => {
  const graph = graphOf([task("a"), task("alert", [], { when: { task: "a", is: "failed" } })]);
  const options = { cancelling: true, stopReason: "timed out after 1h" };
  const plan = advance(graph, [view("cancelled")], options);
  const reason = "the run was stopped: timed out after 1h";
  expect(plan.settle).toEqual([{ task: 1, state: "cancelled", reason, laidOut: false }]);
  expect(plan.end).toEqual({ state: "failed", reason: "timed out after 1h" });
});

test("what waited and is due goes on before anything new, and keeps to the limits", () => {
  const tasks = [task("a"), task("b"), task("c")];
  const graph = graphOf(tasks, { maxParallelTasks: 2 });
  const due = view("waiting", { due: true });
  const plan = advance(graph, [view("running"), due, undefined]);
  expect([plan.resume, plan.start]).toEqual([[{ task: 1, count: 1 }], []]);
  const full = advance(graph, [view("running"), due, view("running")]);
  expect(full).toEqual(NOTHING);
});

test("items that wait hold no place of the run, and keep theirs in the map", () => {
  const over = { task: "list", path: [] };
  const tasks = [task("list"), task("each", [], { kind: "map", over, maxParallel: 3 })];
  const graph = graphOf(tasks, { maxParallelTasks: 2 });
  const items = { total: 9, next: 2, done: 0, failed: 0, skipped: 0, waiting: 2, due: 0 };
  const each = (part: object) => view("waiting", { items: { ...items, ...part } });
  const planOf = (part: object) => advance(graph, [view("succeeded"), each(part)]);
  expect(planOf({}).items).toEqual([{ task: 1, from: 2, to: 3 }]);
  expect(planOf({ next: 3, due: 2 })).toEqual({ ...NOTHING, resume: [{ task: 1, count: 1 }] });
});

test("a run whose only failure its group cancelled alone has not succeeded", () => {
  const graph = grouped({ failFast: true });
  const views = [view("cancelled"), view("succeeded"), view("succeeded"), view("succeeded")];
  expect(advance(graph, views).end).toEqual({ state: "failed", reason: "failed: one" });
  expect(views.every((each) => isTerminal(each.state))).toBe(true);
});
