import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  after,
  all,
  any,
  daily,
  dataset,
  datasetRef,
  event,
  from,
  gt,
  type Handle,
  hourly,
  MillraceError,
  monthly,
  namespace,
  pipeline,
  pipelineRef,
  published,
  rollup,
  updated,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const days = { partitions: { date: day } };
const flights = dataset("flights", days);
const airports = dataset("airports");

function problemsOf(define: () => unknown): readonly string[] {
  try {
    define();
  } catch (error) {
    if (MillraceError.is(error, "DEFINITION_INVALID")) return error.data.problems;
    throw error;
  }
  return [];
}

/** The mistakes below do not compile, so they come as JavaScript would bring them. */
// oxlint-disable-next-line typescript/no-explicit-any -- the point is to get past the compiler
type Untyped = any;
const define = pipeline as Untyped;
const one = ({ task }: Untyped): unknown => task("t", () => 1);

describe("what the builder is given wrongly is told with the pipeline and the task", () => {
  let stolen: Handle<number> | undefined;
  pipeline("thief", {}, ({ task }) => {
    stolen = task("loot", () => 1);
  });

  test.each<[string, (build: Untyped) => unknown, string]>([
    [
      "a duplicate name",
      ({ task, map }) =>
        void [task("a", () => [1]), map("a", { over: task("b", () => [1]) }, () => 1)],
      'Pipeline default/p, task "a": a map of this name is declared above it: give each task a name of its own.',
    ],
    [
      "no handler",
      ({ task }) => task("a", { retries: 1 }),
      'Pipeline default/p, task "a": its handler is no function: give one as the last argument.',
    ],
    [
      "options that are none",
      ({ task }) => task("a", 3, () => 1),
      'Pipeline default/p, task "a": its options are no object: write task(name, { … }, handler).',
    ],
    [
      "a foreign handle",
      ({ task }) => task("a", { needs: { stolen } }, () => 1),
      'Pipeline default/p, task "a": its needs.stolen is task "loot" of pipeline default/thief, another pipeline\'s: use handles of this build only, and start from the other\'s result with after().',
    ],
    [
      "a foreign way",
      ({ task }) => task("a", { when: stolen?.failed() }, () => 1),
      'Pipeline default/p, task "a": its when is task "loot" of pipeline default/thief, another pipeline\'s: use handles of this build only, and start from the other\'s result with after().',
    ],
    [
      "a foreign list",
      ({ map }) => map("a", { over: stolen }, () => 1),
      'Pipeline default/p, task "a": its over is task "loot" of pipeline default/thief, another pipeline\'s: use handles of this build only, and start from the other\'s result with after().',
    ],
    [
      "a need that is no handle",
      ({ task }) => task("a", { needs: { x: "load" } }, () => 1),
      'Pipeline default/p, task "a": its needs.x is no handle: give what task(), map() or branch() returned above it.',
    ],
    [
      "needs that are no object",
      ({ task }) => task("a", { needs: "load" }, () => 1),
      'Pipeline default/p, task "a": its needs is no object: write needs: { alias: value }.',
    ],
    [
      "a when that is no way",
      ({ task }) => task("a", { when: "load" }, () => 1),
      "Pipeline default/p, task \"a\": its when is no way: write e.g. quality.is('good') or load.failed().",
    ],
    [
      "an output that is none",
      ({ task }) => task("a", { produces: { x: "flights" } }, () => 1),
      'Pipeline default/p, task "a": its produces.x is no dataset or event: declare it with dataset() or event().',
    ],
    [
      "an output that is only referred to",
      ({ task }) => task("a", { produces: { x: datasetRef("far") } }, () => 1),
      'Pipeline default/p, task "a": its produces.x is a datasetRef(), which says neither URI nor checks: produce what dataset() declares, and let the others refer to it.',
    ],
    [
      "an input that is none",
      ({ task }) => task("a", { consumes: { x: event("e") } }, () => 1),
      'Pipeline default/p, task "a": its consumes.x is no dataset: declare it with dataset() or datasetRef().',
    ],
    [
      "a pipeline to wait for that is none",
      ({ task }) => task("a", { waitFor: ["other"] }, () => 1),
      'Pipeline default/p, task "a": its waitFor is no list of pipelines: write waitFor: [pipeline].',
    ],
    [
      "a duration",
      ({ task }) => task("a", { timeout: "5x" }, () => 1),
      'Pipeline default/p, task "a": its timeout "5x" is no duration; write e.g. "90s", "5m" or "1h30m".',
    ],
    [
      "a retry delay",
      ({ task }) => task("a", { retries: { limit: 1, delay: "soon" } }, () => 1),
      'Pipeline default/p, task "a": its retry delay "soon" is no duration; write e.g. "90s", "5m" or "1h30m".',
    ],
    [
      "an infinite number of retries",
      ({ task }) => task("a", { retries: Number.POSITIVE_INFINITY }, () => 1),
      'Pipeline default/p, task "a": its retry limit Infinity is out of range; give 0 to 1000.',
    ],
    [
      "an async build function",
      async ({ task }) => task("a", () => 1),
      "Pipeline default/p: its build function is async; build the tasks without await.",
    ],
    [
      "a result that is no handle",
      ({ task }) => task("a", () => 1) && 42,
      "Pipeline default/p: its build function returns no handle; return a task's, or nothing.",
    ],
    [
      "a result of another pipeline",
      ({ task }) => task("a", () => 1) && stolen,
      "Pipeline default/p: its build function returns a handle of pipeline default/thief; return one of its own.",
    ],
    [
      "a part as result",
      ({ task }) => task("a", () => ({ b: 1 })).at("b"),
      "Pipeline default/p: its build function returns a part of an output; return the whole task's handle.",
    ],
    [
      "a value that may not be there",
      ({ task }) => {
        const load = task("load", () => 1);
        task("a", { needs: { load }, when: load.failed() }, () => 1);
      },
      'Pipeline default/p, task "a": it needs the output of task "load" and starts when that is failed, so there may be none; add runIf: \'all_done\' and look at its outcome, or leave out the need.',
    ],
  ])("%s", (_what, build, problem) => {
    expect(problemsOf(() => define("p", {}, build))).toEqual([problem]);
  });

  test("a handle of another pipeline of the same name", () => {
    let other: Handle<number> | undefined;
    pipeline("p", {}, ({ task }) => {
      other = task("a", () => 1);
    });
    const build = ({ task }: Untyped): void => {
      task("a", () => 1);
      task("b", { needs: { other } }, () => 1);
    };
    expect(problemsOf(() => define("p", {}, build))).toEqual([
      expect.stringContaining(
        'task "b": its needs.other is task "a" of pipeline default/p, another',
      ),
    ]);
  });

  test("a task declared after the build function has returned", () => {
    let late: Untyped;
    pipeline("p", {}, (build) => {
      late = build.task;
      build.task("a", () => 1);
    });
    expect(problemsOf(() => late("b", () => 1))).toEqual([
      expect.stringMatching(
        /^Pipeline default\/p, task "b": it is declared after its build function/,
      ),
    ]);
  });

  test("an error of the user's own passes through", () => {
    const error = new TypeError("mine");
    const build = (): never => {
      throw error;
    };
    expect(() => pipeline("p", {}, build)).toThrow(error);
  });
});

describe("what stands under on wrongly is told with the trigger", () => {
  const makes = pipeline("makes", days, ({ task }) => task("t", () => 1));
  const month = monthly({ start: "2026-01" });
  const stale = event("stale");

  test.each<[string, Untyped, Untyped, string]>([
    [
      "no trigger",
      {},
      "0 6 * * *",
      "it is no trigger: write updated(), cron(), published() or after(), or name a dataset.",
    ],
    [
      "a partitioned dataset in an unpartitioned pipeline",
      {},
      updated(any(airports, flights)),
      "dataset default/flights is partitioned and the pipeline is not: declare the pipeline's partitions, or add .as({}) for a run that is for none.",
    ],
    [
      "a partitioned pipeline before an unpartitioned one",
      {},
      after(makes),
      "pipeline default/makes is partitioned and the pipeline is not: declare the pipeline's partitions, or add partition: {} to after() for a run that is for none.",
    ],
    [
      "an unpartitioned dataset in a partitioned pipeline",
      days,
      all(flights, airports),
      'in dataset default/airports it does not say which "date" a run is for; map it with .as(), or consume the dataset without a trigger.',
    ],
    [
      "another scheme",
      { partitions: { date: hourly({ start: "2026-01-01T00" }) } },
      flights,
      'in dataset default/flights the partition key "date": it is cut by day there and by hour here; map it with .as() and rollup().',
    ],
    [
      "another time zone",
      { partitions: { date: daily({ start: "2026-01-01", timezone: "Europe/Berlin" }) } },
      flights,
      'in dataset default/flights the partition key "date": its time zone is UTC there and Europe/Berlin here; use one for both.',
    ],
    [
      "a rollup to another scheme than the pipeline's",
      { partitions: { month: monthly({ start: "2025-01" }) } },
      flights.as({ month: rollup("date", month) }),
      'in dataset default/flights the partition key "month" is rolled up to another scheme than the pipeline\'s: give both the same one.',
    ],
    [
      "a mapping that is none",
      days,
      flights.as({ date: "date" } as Untyped),
      'in dataset default/flights the partition key "date" has no mapping: write same(), rollup() or fixed(), or for an event a value or from().',
    ],
    [
      "a mapping said twice",
      {},
      flights.as({}).as({}),
      "in dataset default/flights it has .as() twice: keep one.",
    ],
    [
      "a filter that is none",
      {},
      airports.where({ kind: /x/ } as Untyped),
      "in dataset default/airports its filter has no value or test at kind: write e.g. gt(0) there.",
    ],
    [
      "a filter on an unknown field of an event",
      {},
      published(event("e", { data: z.object({ a: z.number() }) }), {
        where: { b: gt(1) } as Untyped,
      }),
      'in event e its filter: the path "data.b" names a field that is not declared; data has a.',
    ],
    [
      "a reference's key that is not there",
      { partitions: { day } },
      after(pipelineRef("far", days), { partition: {} }),
      'in pipeline default/far it does not say which "day" a run is for; map it with .as(), or consume the dataset without a trigger.',
    ],
    [
      "a param that is no JSON",
      { params: z.object({ at: z.date().optional() }) },
      updated(airports, { params: { at: new Date(0) } }),
      'its param "at" is not JSON: give text, numbers, lists or objects.',
    ],
    [
      "a required param that nobody fills",
      { params: z.object({ n: z.number() }) },
      stale,
      'it does not fill the required param "n"; add it to params, or give it a default in the schema.',
    ],
  ])("%s", (_what, options, trigger, problem) => {
    const found = problemsOf(() => define("p", { ...options, on: { x: trigger } }, one));
    expect(found.slice(0, 1)).toEqual([`Pipeline default/p, trigger x: ${problem}`]);
  });

  test.each<[string, Untyped, RegExp]>([
    ["a trigger without a name", after(makes), /on is a trigger without a name: write on: \{/],
    ["a dataset without a name", airports, /on is a trigger without a name: write on: \{/],
    ["an event without a name", stale, /on is a trigger without a name: write on: \{/],
    ["a list of triggers", [after(makes)], /on is no object of triggers: write on: \{/],
    ["a text", "0 6 * * *", /on is no object of triggers: write on: \{/],
  ])("%s", (_what, on, problem) => {
    expect(problemsOf(() => define("p", { on }, one))).toEqual([expect.stringMatching(problem)]);
  });

  test("a filter on a field that a reference does not have", () => {
    const far = datasetRef("far", { metadata: z.object({ rows: z.number() }) });
    const on = { x: far.where({ metadata: { rowz: 1 } } as Untyped) };
    expect(problemsOf(() => define("p", { on }, one))).toEqual([
      'Pipeline default/p, trigger x: in dataset default/far its filter: the path "metadata.rowz" names a field that is not declared; metadata has rows.',
    ]);
  });

  test("a path that suits none of several sources, though not one that suits some", () => {
    const on = (path: string): Untyped => ({
      x: updated(any(airports, dataset("d", { metadata: z.object({ n: z.number() }) })), {
        params: { n: from(path) },
      }),
    });
    const params = z.object({ n: z.number() });
    expect(problemsOf(() => define("p", { params, on: on("metadata.n") }, one))).toEqual([]);
    expect(problemsOf(() => define("p", { params, on: on("size") }, one))).toHaveLength(1);
    const both = any(
      dataset("c", { metadata: z.object({ m: z.number() }) }),
      dataset("d", { metadata: z.object({ n: z.number() }) }),
    );
    const some = { x: updated(both, { params: { n: from("metadata.n") } }) };
    expect(problemsOf(() => define("p", { params, on: some }, one))).toEqual([]);
  });

  test("policies inside a condition", () => {
    const inner = updated(flights, { each: true });
    expect(problemsOf(() => all(flights, inner as Untyped))).toEqual([
      "all(…): part 2 is no dataset, pipeline or condition; put policies once around the whole, as in updated(all(…), { each: true }).",
    ]);
  });
});

describe("what concerns the whole is told as well", () => {
  test("two declarations of one dataset", () => {
    const other = dataset("flights", { ...days, observed: true });
    const problems = problemsOf(() => define("p", { ...days, on: { flights, other } }, one));
    expect(problems).toEqual([
      "Pipeline default/p: it names two datasets default/flights that differ in observed: declare it once, and import it.",
    ]);
  });

  test("two declarations of one event", () => {
    const [a, b] = [z.string(), z.number()].map((data) =>
      event("e", { data: data as z.ZodType<unknown> }),
    );
    const problems = problemsOf(() => define("p", { on: { a, b } }, one));
    expect(problems).toEqual([
      "Pipeline default/p: it names two events e that differ in schema: declare it once, and import it.",
    ]);
  });

  test("params that are no schema, or one that cannot answer at once", () => {
    expect(problemsOf(() => define("p", { params: {} }, one))).toEqual([
      "Pipeline default/p: its params are no Standard Schema; use e.g. z.object({ … }).",
    ]);
    const params = z.object({}).refine(async () => true);
    expect(problemsOf(() => define("p", { params }, one))).toEqual([
      "Pipeline default/p: its params schema validates asynchronously; make it synchronous.",
    ]);
  });

  test("everything at once", () => {
    const problems = problemsOf(() =>
      define("P", { maxActiveRuns: Number.NaN, on: { x: flights } }, ({ task }: Untyped) => {
        task("A", { timeout: "?" }, () => 1);
      }),
    );
    expect(problems).toHaveLength(5);
  });

  test("names of namespaces, secrets, events and references", () => {
    expect(problemsOf(() => namespace("Ops", { secrets: ["a b"] }))).toHaveLength(2);
    expect(problemsOf(() => event("Stale"))).toEqual([
      expect.stringMatching(/^Event "Stale": the name "Stale" is not/),
    ]);
    expect(problemsOf(() => event("stale", { data: { n: "number" } as Untyped }))).toEqual([
      'Event "stale": its data is no Standard Schema; use e.g. z.object({ … }).',
    ]);
    expect(problemsOf(() => pipelineRef("Far"))).toEqual([
      expect.stringMatching(/^Pipeline reference default\/Far: the name/),
    ]);
  });
});
