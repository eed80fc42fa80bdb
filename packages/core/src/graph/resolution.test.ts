import { expect, test } from "vitest";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { ConditionSpec, SourceSpec } from "../spec/trigger-spec.ts";
import { checkGraph } from "./check-graph.ts";
import { loopOf } from "./describe-cycle.ts";
import { resolve } from "./resolution.ts";

interface Links {
  /** Conditions of triggers, by name. */
  readonly on?: Readonly<Record<string, ConditionSpec>>;
  readonly off?: Readonly<Record<string, ConditionSpec>>;
  readonly produces?: readonly string[];
  readonly publishes?: readonly string[];
  readonly reads?: readonly string[];
  readonly last?: readonly string[];
  readonly waitFor?: readonly string[];
  readonly calls?: readonly string[];
  readonly sends?: readonly string[];
}

const id = (name: string) => `d/${name}`;
const leg = (source: SourceSpec): ConditionSpec => ({
  type: "leg",
  leg: { source, where: null, partition: {} },
});
const updated = (name: string) => leg({ type: "dataset", dataset: id(name) });
const published = (event: string) => leg({ type: "event", event });
const after = (name: string, on: "success" | "failure" | "completion" = "success") =>
  leg({ type: "pipeline", pipeline: id(name), on });
const all = (...of: ConditionSpec[]): ConditionSpec => ({ type: "all", of });
const any = (...of: ConditionSpec[]): ConditionSpec => ({ type: "any", of });
const filtered = (name: string): ConditionSpec => ({
  type: "leg",
  leg: { source: { type: "dataset", dataset: id(name) }, where: { and: [] }, partition: {} },
});

/** A pipeline with one task, `work`, that has the links. */
function pipeline(name: string, links: Links): PipelineSpec {
  const reads = (names: readonly string[] = [], previous: boolean) =>
    names.map((read) => [`${read}${previous}`, { dataset: id(read), previous }] as const);
  const made = (links.produces ?? []).map(
    (set) => [set, { type: "dataset", dataset: id(set) }] as const,
  );
  const told = (links.publishes ?? []).map((event) => [event, { type: "event", event }] as const);
  const call = (wait: boolean) => (called: string) => ({ pipeline: id(called), wait });
  const task: Partial<TaskSpec> = {
    name: "work",
    produces: Object.fromEntries([...made, ...told]),
    consumes: Object.fromEntries([...reads(links.reads, false), ...reads(links.last, true)]),
    waitFor: (links.waitFor ?? []).map(id),
    calls: [...(links.calls ?? []).map(call(true)), ...(links.sends ?? []).map(call(false))],
  };
  const trigger = (enabled: boolean) => (entry: [string, ConditionSpec]) =>
    [
      entry[0],
      { type: "datasets", enabled, condition: entry[1], policy: { each: false }, params: {} },
    ] as const;
  const on = Object.entries(links.on ?? {}).map(trigger(true));
  const off = Object.entries(links.off ?? {}).map(trigger(false));
  return {
    namespace: "d",
    name,
    triggers: Object.fromEntries([...on, ...off]),
    tasks: [task],
  } as unknown as PipelineSpec;
}

const diamond = [
  pipeline("report", {
    on: { both: all(updated("left"), updated("right")) },
    produces: ["report"],
  }),
  pipeline("left", { on: { raw: updated("raw") }, produces: ["left"] }),
  pipeline("right", { reads: ["raw"], produces: ["right"] }),
  pipeline("load", { produces: ["raw"] }),
  pipeline("alone", {}),
];

test("producers and consumers of a dataset are all that name it, each once", () => {
  const twice = pipeline("twice", {
    on: { t: updated("raw") },
    reads: ["raw"],
    produces: ["left"],
  });
  const graph = resolve([...diamond, twice]);
  expect(graph.producersOf("d/left")).toEqual(["d/left", "d/twice"]);
  expect(graph.consumersOf("d/raw")).toEqual(["d/left", "d/right", "d/twice"]);
  expect(graph.producersOf("d/none")).toEqual([]);
  expect(graph.consumersOf("d/load")).toEqual([]);
});

test("upstream and downstream reach as many pipelines far as asked, the nearest first", () => {
  const graph = resolve(diamond);
  const [left, right] = [
    { pipeline: "d/left", distance: 1 },
    { pipeline: "d/right", distance: 1 },
  ];
  expect(graph.downstream("d/load", 1)).toEqual([left, right]);
  expect(graph.downstream("d/load")).toEqual([left, right, { pipeline: "d/report", distance: 2 }]);
  expect(graph.upstream("d/report")).toEqual([left, right, { pipeline: "d/load", distance: 2 }]);
  expect(graph.upstream("d/report", 0)).toEqual([]);
  expect(graph.upstream("d/nobody")).toEqual([]);
});

test("the order puts each pipeline behind all that it depends on, with its level", () => {
  const order = resolve(diamond).order();
  const level = Object.fromEntries(order.map((entry) => [entry.pipeline, entry.level]));
  expect(level).toEqual({ "d/load": 0, "d/alone": 0, "d/left": 1, "d/right": 1, "d/report": 2 });
  expect(order.at(-1)?.pipeline).toBe("d/report");
});

test("a pipeline is ready when all its datasets are there", () => {
  const graph = resolve(diamond);
  expect(graph.readyPipelines(new Set())).toEqual(["d/load", "d/alone"]);
  expect(graph.readyPipelines(new Set(["d/raw", "d/left"]))).toEqual([
    "d/left",
    "d/right",
    "d/load",
    "d/alone",
  ]);
});

test("the critical path is the chain that takes longest", () => {
  const durations: Record<string, number> = {
    "d/load": 5,
    "d/left": 10,
    "d/right": 30,
    "d/report": 1,
    "d/alone": 25,
  };
  const durationMsOf = (name: string) => durations[name] ?? 0;
  expect(resolve(diamond).criticalPath(durationMsOf)).toEqual({
    pipelines: ["d/load", "d/right", "d/report"],
    totalMs: 36,
  });
  const head = resolve(diamond).criticalPath((name) =>
    name === "d/load" ? 0 : durationMsOf(name),
  );
  expect(head.pipelines, "what takes no time is on the way too").toContain("d/load");
  expect(resolve([]).criticalPath(durationMsOf)).toEqual({ pipelines: [], totalMs: 0 });
});

test("of two specs of one pipeline the later counts", () => {
  const graph = resolve([
    pipeline("p", { produces: ["old"] }),
    pipeline("p", { produces: ["new"] }),
  ]);
  expect(graph.pipelines).toEqual(["d/p"]);
  expect(graph.datasets).toEqual(["d/new"]);
});

test("a dataset, an event and a pipeline of one name are three", () => {
  const specs = [
    pipeline("x", { produces: ["x"], publishes: ["d/x"] }),
    pipeline("y", { on: { t: updated("x"), u: published("d/x"), v: after("x") } }),
  ];
  const graph = resolve(specs);
  expect(graph.datasets).toEqual(["d/x"]);
  expect(graph.links().map(({ kind, from, to }) => [kind, from.type, to.type])).toEqual([
    ["produces", "pipeline", "dataset"],
    ["produces", "pipeline", "event"],
    ["trigger", "pipeline", "pipeline"],
    ["trigger", "dataset", "pipeline"],
    ["trigger", "event", "pipeline"],
  ]);
  expect(graph.cycles).toEqual([]);
});

test("pipelines that nobody registered are neighbours, and not part of the order", () => {
  const graph = resolve([pipeline("here", { on: { t: after("there") } })]);
  expect(graph.upstream("d/here")).toEqual([{ pipeline: "d/there", distance: 1 }]);
  expect(graph.order()).toEqual([{ pipeline: "d/here", level: 1 }]);
  expect(graph.pipelines).toEqual(["d/here"]);
});

test("a cycle is told whole: which pipeline, by which dataset, to which pipeline, and the mend", () => {
  const specs = [
    pipeline("b", { on: { files: updated("x") }, produces: ["y"] }),
    pipeline("a", { reads: ["y"], produces: ["x"] }),
    ...diamond,
  ];
  expect(checkGraph(specs)).toEqual([
    "d/a → d/x → d/b → d/y → d/a is a loop:\n" +
      "    d/a updates dataset d/x, which starts d/b (trigger files)\n" +
      "    d/b updates dataset d/y, which is read by d/a (task work)\n" +
      "  If the read of d/y means what an earlier run wrote, say so with " +
      "consumes: { last: dataset.previous() }; else take out one of these links.",
  ]);
});

const loops = (...specs: PipelineSpec[]) =>
  resolve(specs).cycles.map((cycle) => `${cycle.kind}: ${loopOf(cycle)}`);

test("a pipeline that reads what it writes is a cycle of one, unless it reads the previous", () => {
  expect(loops(pipeline("p", { produces: ["x"], reads: ["x"] }))).toEqual([
    "dependency: d/p → d/x → d/p",
  ]);
  expect(loops(pipeline("p", { produces: ["x"], on: { t: updated("x") } }))).toEqual([
    "dependency: d/p → d/x → d/p",
  ]);
  expect(loops(pipeline("p", { produces: ["x"], last: ["x"] }))).toEqual([]);
});

test.each<[string, readonly PipelineSpec[], readonly string[]]>([
  [
    "events",
    [
      pipeline("a", { publishes: ["e"], on: { t: published("f") } }),
      pipeline("b", { publishes: ["f"], on: { t: all(published("e")) } }),
    ],
    ["dependency: d/a → e → d/b → f → d/a"],
  ],
  [
    "ends of runs",
    [pipeline("a", { on: { t: after("b", "failure") } }), pipeline("b", { on: { t: after("a") } })],
    ["dependency: d/a → d/b → d/a"],
  ],
  [
    "its own end",
    [pipeline("a", { on: { t: after("a", "completion") } })],
    ["dependency: d/a → d/a"],
  ],
  [
    "waits",
    [pipeline("a", { waitFor: ["b"] }), pipeline("b", { waitFor: ["a"] })],
    ["dependency: d/a → d/b → d/a"],
  ],
  [
    "calls",
    [pipeline("a", { calls: ["b"] }), pipeline("b", { calls: ["a"] })],
    ["dependency: d/a → d/b → d/a"],
  ],
  ["a call of itself", [pipeline("a", { calls: ["a"] })], ["dependency: d/a → d/a"]],
  [
    "a call and a wait for the caller",
    [pipeline("a", { calls: ["b"] }), pipeline("b", { waitFor: ["a"] })],
    ["dependency: d/a → d/b → d/a"],
  ],
  [
    "a disabled trigger",
    [pipeline("a", { produces: ["x"], off: { t: updated("x") } })],
    ["dependency: d/a → d/x → d/a"],
  ],
  [
    "a call whose result starts the caller",
    [pipeline("a", { calls: ["b"], on: { t: updated("x") } }), pipeline("b", { produces: ["x"] })],
    ["start: d/a → d/b → d/x → d/a"],
  ],
  [
    "a call whose end starts the caller",
    [pipeline("a", { calls: ["b"], on: { t: after("b") } }), pipeline("b", {})],
    ["start: d/a → d/b → d/a"],
  ],
  [
    "a chain of calls that starts the first",
    [
      pipeline("a", { calls: ["b"], on: { t: published("e") } }),
      pipeline("b", { calls: ["c"] }),
      pipeline("c", { publishes: ["e"] }),
    ],
    ["start: d/a → d/b → d/c → e → d/a"],
  ],
  [
    "a call whose result is read",
    [pipeline("a", { calls: ["b"], reads: ["x"] }), pipeline("b", { produces: ["x"] })],
    [],
  ],
  [
    "a call without waiting",
    [pipeline("a", { sends: ["b"], on: { t: updated("x") } }), pipeline("b", { produces: ["x"] })],
    [],
  ],
])("cycles over %s are judged", (_what, specs, found) => {
  expect(loops(...specs)).toEqual(found);
});

test("each group of pipelines in cycles is reported once, and what lies behind is not", () => {
  const specs = [
    pipeline("q", { reads: ["q"], produces: ["q"] }),
    pipeline("a", { reads: ["b", "c"], produces: ["a"] }),
    pipeline("b", { reads: ["a"], produces: ["b"] }),
    pipeline("c", { reads: ["b"], produces: ["c"] }),
    pipeline("behind", { reads: ["c"] }),
  ];
  expect(loops(...specs)).toEqual([
    "dependency: d/a → d/a → d/b → d/b → d/a",
    "dependency: d/q → d/q → d/q",
  ]);
});

test("questions of order refuse a graph with cycles", () => {
  const graph = resolve([pipeline("p", { produces: ["x"], reads: ["x"] })]);
  expect(() => graph.order()).toThrow(/no cycle/);
  expect(() => graph.criticalPath(() => 1)).toThrow(/no cycle/);
});

test("a chain of a hundred thousand pipelines is ordered, and its loop found", () => {
  const length = 100_000;
  const specs = Array.from({ length }, (_, at) =>
    pipeline(`p${at}`, { reads: [`x${at}`], produces: [`x${at + 1}`] }),
  );
  expect(resolve(specs).order().at(-1)).toEqual({
    pipeline: `d/p${length - 1}`,
    level: length - 1,
  });
  const [loop] = resolve([
    ...specs,
    pipeline("back", { reads: [`x${length}`], produces: ["x0"] }),
  ]).cycles;
  expect(loop?.steps.length).toBe(length + 1);
});

const wouldRun = (specs: readonly PipelineSpec[], dataset: string) =>
  resolve(specs)
    .wouldRun(id(dataset))
    .map(({ pipeline: name, state, by, missing }) => {
      const lacking = missing.map((source) =>
        source.type === "dataset" ? source.dataset : source.type,
      );
      return [name, state, by.type === "trigger" ? by.name : by.caller, ...lacking].join(" ");
    });

test("an update runs what it satisfies, what that satisfies, and says what is satisfied in part", () => {
  expect(wouldRun(diamond, "raw")).toEqual(["d/left runs raw", "d/report part both d/right"]);
  expect(wouldRun(diamond, "report")).toEqual([]);
  expect(wouldRun(diamond, "none")).toEqual([]);
});

test("a condition on two results of one update is satisfied by both of them", () => {
  const specs = [
    pipeline("both", { on: { t: all(updated("l"), any(updated("r"), published("e"))) } }),
    pipeline("l", { on: { t: updated("x") }, produces: ["l"] }),
    pipeline("r", { on: { t: updated("l") }, produces: ["r"] }),
  ];
  expect(wouldRun(specs, "x")).toEqual(["d/l runs t", "d/r runs t", "d/both runs t"]);
});

test("ends, events and calls carry on what an update started; failures and disabled triggers do not", () => {
  const specs = [
    pipeline("a", {
      on: { t: updated("x") },
      publishes: ["e"],
      calls: ["called"],
      sends: ["sent"],
    }),
    pipeline("called", {}),
    pipeline("sent", {}),
    pipeline("done", { on: { t: after("called", "completion") } }),
    pipeline("told", { on: { t: published("e") } }),
    pipeline("failed", { on: { t: after("a", "failure") } }),
    pipeline("off", { off: { t: updated("x") } }),
    pipeline("reader", { reads: ["x"] }),
  ];
  expect(wouldRun(specs, "x").toSorted()).toEqual([
    "d/a runs t",
    "d/called runs d/a",
    "d/done runs t",
    "d/sent runs d/a",
    "d/told runs t",
  ]);
});

test("atLeast counts what is there, and a filter says that it may be otherwise", () => {
  const two: ConditionSpec = {
    type: "atLeast",
    count: 2,
    of: [filtered("x"), updated("y"), updated("z")],
  };
  const specs = [
    pipeline("p", { on: { t: two } }),
    pipeline("y", { on: { t: updated("w") }, produces: ["y", "x"] }),
  ];
  expect(wouldRun(specs, "x")).toEqual(["d/p part t d/y d/z"]);
  expect(
    resolve(specs)
      .wouldRun("d/w")
      .map((would) => [would.pipeline, would.state, would.isFiltered]),
  ).toEqual([
    ["d/y", "runs", false],
    ["d/p", "runs", true],
  ]);
});
