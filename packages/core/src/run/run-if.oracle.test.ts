import { expect, test } from "vitest";
import { RUN_IF_RULES, type RunIf } from "../spec/task-spec.ts";
import { advance, type TaskView } from "./advance.ts";
import { compileGraph, type RunGraph } from "./run-graph.ts";
import type { TaskState } from "./states.ts";

/** One outcome: success, failure, held back (upstream failed), skipped, cancelled, or not yet. */
type Outcome = "S" | "F" | "U" | "K" | "C" | "?";

/** The table of the documentation: when each rule holds, once everything has ended. */
const HOLDS: Readonly<Record<RunIf, (outcomes: readonly Outcome[]) => boolean>> = {
  all_success: (all) => all.every((one) => one === "S"),
  all_failed: (all) => all.every((one) => "FUC".includes(one)),
  all_done: () => true,
  all_skipped: (all) => all.every((one) => one === "K"),
  at_least_one_success: (all) => all.includes("S"),
  at_least_one_failed: (all) => all.some((one) => "FUC".includes(one)),
  at_least_one_done: (all) => all.some((one) => "SFC".includes(one)),
  none_failed: (all) => !all.some((one) => "FUC".includes(one)),
  none_failed_min_one_success: (all) =>
    !all.some((one) => "FUC".includes(one)) && all.includes("S"),
  none_skipped: (all) => !all.includes("K"),
  always: () => true,
};

/** What hopes for success and cannot have it for a failure's sake has failed with it. */
const HOPES: ReadonlySet<RunIf> = new Set([
  "all_success",
  "at_least_one_success",
  "none_failed",
  "none_failed_min_one_success",
]);

/** These need no more than one outcome, so they do not wait for the others. */
const EARLY: ReadonlySet<RunIf> = new Set([
  "at_least_one_success",
  "at_least_one_failed",
  "at_least_one_done",
]);

function expected(rule: RunIf, outcomes: readonly Outcome[]): string {
  if (rule === "always") return "start";
  const ended = outcomes.filter((one) => one !== "?");
  if (ended.length < outcomes.length) {
    return EARLY.has(rule) && HOLDS[rule](ended) ? "start" : "wait";
  }
  if (HOLDS[rule](outcomes)) return "start";
  const failed = outcomes.some((one) => "FUC".includes(one));
  return failed && HOPES.has(rule) ? "upstream_failed" : "skipped";
}

interface Upstream {
  readonly view: TaskView | undefined;
  readonly outcomes: readonly Outcome[];
}

const STATES: readonly (readonly [TaskState, Outcome])[] = [
  ["queued", "?"],
  ["running", "?"],
  ["waiting", "?"],
  ["succeeded", "S"],
  ["failed", "F"],
  ["upstream_failed", "U"],
  ["skipped", "K"],
  ["cancelled", "C"],
];

function plain(state: TaskState): TaskView {
  return { state, way: null, items: null };
}

/** A laid out map whose items have these outcomes; the engine settles it where all have ended. */
function mapped(outcomes: readonly Outcome[]): Upstream {
  const count = (of: string): number => outcomes.filter((one) => of.includes(one)).length;
  const total = outcomes.length;
  const counts = { total, next: total, done: count("SFKC"), failed: count("FC") };
  const items = { ...counts, skipped: count("K") };
  // A map over nothing is one task that was skipped.
  return {
    view: { state: "waiting", way: null, items },
    outcomes: total === 0 ? ["K"] : outcomes,
  };
}

/** The same after it was settled. */
function settled(outcomes: readonly Outcome[]): Upstream {
  const { view, outcomes: counted } = mapped(outcomes);
  const failed = counted.includes("F") || counted.includes("C");
  const skipped = counted.every((one) => one === "K");
  const state = failed ? "failed" : skipped ? "skipped" : "succeeded";
  return { view: { way: null, items: view?.items ?? null, state }, outcomes: counted };
}

/** A map that was stopped: of three items one succeeded, and the others never started. */
const STOPPED: Upstream = {
  view: {
    state: "cancelled",
    way: null,
    items: { total: 3, next: 1, done: 1, failed: 0, skipped: 0 },
  },
  outcomes: ["S", "C", "C"],
};

const ITEMS: readonly Outcome[] = ["S", "F", "K", "?"];
const UPSTREAMS: readonly Upstream[] = [
  { view: undefined, outcomes: ["?"] },
  ...STATES.map(([state, outcome]) => ({ view: plain(state), outcomes: [outcome] })),
  mapped([]),
  ...ITEMS.map((one) => mapped([one])),
  settled([]),
  settled(["S", "K"]),
  settled(["S", "F"]),
  settled(["K", "C"]),
  settled(["K", "K"]),
  STOPPED,
  ...ITEMS.flatMap((one, at) => ITEMS.slice(at).map((other) => mapped([one, other]))),
];

/** Some 17,000 combinations a rule; a machine that does other things as well takes longer. */
const LIMIT = { timeout: 30_000 };

function graphOf(rule: RunIf, upstream: number): RunGraph {
  const names = Array.from({ length: upstream }, (_, at) => `u${at}`);
  const base = { over: null, when: null, maxParallel: null, runIf: "all_success", needs: {} };
  const needs = Object.fromEntries(names.map((name) => [name, { task: name, path: [] }]));
  const sources = names.map((name) => ({ ...base, name, kind: "task" }));
  const tasks = [...sources, { ...base, name: "it", kind: "task", needs, runIf: rule }];
  return compileGraph({ tasks, maxParallelTasks: 1_000 } as never);
}

function decided(graph: RunGraph, upstream: readonly Upstream[]): string {
  const it = upstream.length;
  const plan = advance(
    graph,
    upstream.map(({ view }) => view),
  );
  if (plan.start.includes(it)) return "start";
  return plan.settle.find(({ task }) => task === it)?.state ?? "wait";
}

test.each(RUN_IF_RULES)("%s is decided as its table says, early and late", LIMIT, (rule) => {
  const wrong: string[] = [];
  const check = (graph: RunGraph, upstream: readonly Upstream[]): void => {
    const outcomes = upstream.flatMap((one) => one.outcomes);
    const [is, is_to_be] = [decided(graph, upstream), expected(rule, outcomes)];
    if (is === is_to_be) return;
    wrong.push(`${upstream.map((one) => one.outcomes.join("")).join(" ")}: ${is}, not ${is_to_be}`);
  };
  const [one, two, three] = [graphOf(rule, 1), graphOf(rule, 2), graphOf(rule, 3)];
  for (const first of UPSTREAMS) {
    check(one, [first]);
    for (const second of UPSTREAMS) {
      check(two, [first, second]);
      for (const third of UPSTREAMS) check(three, [first, second, third]);
    }
  }
  expect(wrong).toEqual([]);
});

test("what is decided once does not change when more upstream tasks end", LIMIT, () => {
  const ended = UPSTREAMS.filter(({ outcomes }) => !outcomes.includes("?"));
  for (const rule of RUN_IF_RULES) {
    const graph = graphOf(rule, 2);
    for (const first of ended) {
      for (const second of ended) {
        const late = decided(graph, [first, second]);
        const early = decided(graph, [first, { view: plain("running"), outcomes: ["?"] }]);
        expect(
          ["wait", late],
          `${rule} of ${first.outcomes.join("")} ${second.outcomes.join("")}`,
        ).toContain(early);
      }
    }
  }
});
