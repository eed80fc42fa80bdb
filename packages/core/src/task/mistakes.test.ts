import { expect, test } from "vitest";
import {
  daily,
  type Handle,
  MillraceError,
  monthly,
  namespace,
  partitions,
  pipeline,
  pipelineRef,
  pool,
  expand,
  cross,
  event,
} from "../index.ts";

/** The mistakes below do not compile, so they come as JavaScript would bring them. */
// oxlint-disable-next-line typescript/no-explicit-any -- the point is to get past the compiler
type Untyped = any;
const define = pipeline as Untyped;
const day = daily({ start: "2026-01-01" });
const month = monthly({ start: "2026-01" });
const other = pipeline("other", {}, ({ task }) => task("t", () => 1));
const db = pool("db", { slots: 2 });

function problemsOf(defined: () => unknown): readonly string[] {
  try {
    defined();
  } catch (error) {
    if (MillraceError.is(error, "DEFINITION_INVALID")) return error.data.problems;
    throw error;
  }
  return [];
}

let stolen: { handle: Handle<number>; group: unknown } | undefined;
pipeline("thief", {}, ({ task, group }) => {
  stolen = { handle: task("loot", () => 1), group: group("gang") };
});

test.each<[string, (build: Untyped) => unknown, string | readonly string[]]>([
  [
    "a call of nothing",
    ({ call }) => call("a", { pipeline: "other" }),
    'task "a": a call calls one pipeline; give it pipeline: what pipeline() or pipelineRef() returned.',
  ],
  [
    "an approval without options",
    ({ approval }) => approval("a", "Go?"),
    [
      'task "a": its options are no object: write approval(name, { … }).',
      'task "a": it asks nothing; write asks: "Deploy to production?".',
    ],
  ],
  [
    "params that are none",
    ({ call }) => call("a", { pipeline: other, params: {} }),
    'task "a": its params is no function: write params: ({ needs }) => ({ … }).',
  ],
  [
    "the timeout of a call",
    ({ call }) => call("a", { pipeline: other, timeout: "long" }),
    'task "a": its timeout "long" is no duration; write e.g. "90s", "5m" or "1h30m".',
  ],
  [
    "a question that is none",
    ({ approval }) => approval("a", { asks: " " }),
    'task "a": it asks nothing; write asks: "Deploy to production?".',
  ],
  [
    "roles that are none",
    ({ approval }) => approval("a", { asks: "Go?", roles: "lead" }),
    'task "a": its roles are no list of names; write roles: ["lead"].',
  ],
  [
    "a poll without every",
    ({ poll }) => poll("a", { until: () => true }, () => 1),
    'task "a": it has no every; write e.g. every: "30s".',
  ],
  [
    "a poll without until",
    ({ poll }) => poll("a", { every: "1s" }, () => 1),
    'task "a": its until is no function: write until: (output) => output.ready.',
  ],
  [
    "a call without options",
    ({ call }) => call("a"),
    [
      'task "a": its options are no object: write call(name, { … }).',
      'task "a": a call calls one pipeline; give it pipeline: what pipeline() or pipelineRef() returned.',
    ],
  ],
  [
    "a poll without handler",
    ({ poll }) => poll("a", { every: "1s", until: () => true }),
    'task "a": its handler is no function: give one as the last argument.',
  ],
  [
    "a group of another pipeline",
    ({ task }) => task("a", { group: stolen?.group }, () => 1),
    'task "a": its group "gang" is of pipeline default/thief, another one: declare a group with the group() of this build.',
  ],
  [
    "a group that is none",
    ({ task }) => task("a", { group: "extracts" }, () => 1),
    'task "a": its group is none: write const extracts = group("extracts", { … }).',
  ],
  [
    "a group twice",
    ({ task, group }) => void [task("a", () => 1), group("g"), group("g")],
    'group "g": a group of this name is declared above it: give each group a name of its own.',
  ],
  [
    "a pool that is none",
    ({ task }) => task("a", { pool: "db" }, () => 1),
    'task "a": its pool is none: write pool: db with const db = pool("db", { slots: 5 }).',
  ],
  [
    "a rate that is none",
    ({ task }) => task("a", { rate: "100/week" }, () => 1),
    'task "a": its rate "100/week" is none; write e.g. "100/min", per s, min, h or day.',
  ],
  [
    "a concurrency that is none",
    ({ task }) => task("a", { concurrency: 1 }, () => 1),
    'task "a": its concurrency is no object: write { key: "params.customer", limit: 1 }.',
  ],
  [
    "memory in another unit",
    ({ task }) => task("a", { resources: { memory: "4GB" } }, () => 1),
    'task "a": its resources.memory "4GB" is no size; write e.g. "512MiB" or "4GiB".',
  ],
  [
    "an isolation that is none",
    ({ task }) => task("a", { isolate: "thread" }, () => 1),
    'task "a": its isolate "thread" is not known; write "process" or { memory: "512MiB" }.',
  ],
  [
    "a match that is none",
    ({ task }) => task("a", { waitFor: [{ pipeline: other, match: "newest" }] }, () => 1),
    'task "a": its waitFor default/other has no match "newest"; write "partition", "logicalDate", "latest" or { within: "2h" }.',
  ],
  [
    "one pipeline waited for in two ways",
    ({ task }) => task("a", { waitFor: [other, { pipeline: other, onFailure: "run" }] }, () => 1),
    'task "a": its waitFor has pipeline default/other twice; keep one.',
  ],
  [
    "calls that are none",
    ({ task }) => task("a", { calls: ["other"] }, () => 1),
    'task "a": its calls is no list of pipelines: write calls: [pipeline].',
  ],
  [
    "a judge of errors that is none",
    ({ task }) => task("a", { retries: { limit: 1, when: "always" } }, () => 1),
    'task "a": its retries.when is no function: give one that takes the error.',
  ],
  [
    "a list of another pipeline",
    ({ task, map }) =>
      map(
        "a",
        {
          over: cross(
            task("b", () => [1]),
            stolen?.handle as never,
          ),
        },
        () => 1,
      ),
    'task "a": its over: cross(…) part 2 is task "loot" of pipeline default/thief, another pipeline\'s: use handles of this build only, and start from the other\'s result with after().',
  ],
  [
    "partitions of a key that is not there",
    ({ map }) => map("a", { over: partitions({ date: expand("week", day) }) }, () => 1),
    'task "a": its partitions() key "date": it is taken from the key "week", which is not there (there: month); name one that is.',
  ],
  [
    "partitions that do not nest",
    ({ map }) => map("a", { over: partitions({ month: expand("month", month) }) }, () => 1),
    'task "a": its partitions() key "month": a month does not consist of whole month periods of the same time zone; expand from the larger period to the smaller, with one time zone for both.',
  ],
  [
    "partitions without a map",
    ({ map }) => map("a", { over: partitions({ date: "month" } as Untyped) }, () => 1),
    'task "a": its over: partitions(…) key "date" has no mapping; write e.g. expand("month", day) or every(regions).',
  ],
  [
    "more slots than there are",
    ({ task }) => task("a", { pool: { pool: db, slots: 3 } }, () => 1),
    'task "a": it takes 3 slots of the pool "db", which has 2, so it could never start; take fewer, or give the pool more.',
  ],
  [
    "a call of itself",
    ({ call }) => call("a", { pipeline: pipelineRef("p", { partitions: { month } }) }),
    'task "a": it calls its own pipeline default/p and waits for the result, without an end; map over the parts, or call it with wait: false.',
  ],
  [
    "a handler that calls its own pipeline",
    ({ task }) => task("a", { calls: [pipelineRef("p")] }, () => 1),
    'task "a": it calls its own pipeline default/p and waits for the result, without an end; map over the parts, or call it with wait: false.',
  ],
  [
    "a wait for itself",
    ({ task }) => task("a", { waitFor: pipelineRef("p") }, () => 1),
    'task "a": it waits for runs of its own pipeline default/p, which would wait as well; leave it out, and set maxActiveRuns: 1 for one run after the other.',
  ],
])("%s", (_what, build, problem) => {
  const found = problemsOf(() =>
    define("p", { partitions: { month } }, (builder: Untyped) => void build(builder)),
  );
  expect(found).toEqual([problem].flat().map((one) => `Pipeline default/p, ${one}`));
});

test("a call of itself that nobody waits for may be made", () => {
  const self = pipelineRef("p");
  const made = (): unknown =>
    pipeline("p", {}, ({ call }) => void call("again", { pipeline: self, wait: false }));
  expect(problemsOf(made)).toEqual([]);
});

test("two pools of one name in one pipeline", () => {
  const more = pool("db", { slots: 3 });
  const build = ({ task }: Untyped): void => {
    task("a", { pool: db }, () => 1);
    task("b", { pool: more }, () => 1);
  };
  expect(problemsOf(() => define("p", {}, build))).toEqual([
    "Pipeline default/p: it names two pools db, of 2 and of 3 slots: declare it once, and import it.",
  ]);
});

test("a concurrency of runs without a key", () => {
  const build = ({ task }: Untyped): void => task("a", () => 1);
  expect(problemsOf(() => define("p", { concurrency: { limit: 1 } }, build))).toEqual([
    'Pipeline default/p: its concurrency has no key undefined; write { key: "params.customer", limit: 1 }, or maxActiveRuns for all runs together.',
  ]);
});

test("pools, namespaces and events out of range", () => {
  expect(problemsOf(() => pool("DB", { slots: 0 }))).toEqual([
    expect.stringMatching(/^Pool "DB": the name "DB" is not/),
    'Pool "DB": its number of slots 0 is out of range; give a whole number from 1 to 1000000.',
  ]);
  expect(problemsOf(() => namespace("ops", { limits: { maxParallelTasks: 1.5 } }))).toEqual([
    'Namespace "ops": its limit maxParallelTasks 1.5 is out of range; give a whole number from 1 to 1000000.',
  ]);
  expect(problemsOf(() => event("e", { scope: "near" as Untyped }))).toEqual([
    'Event "e": its scope "near" is not known; write "namespace" or "all".',
  ]);
});

test("a task declared after the build function has returned, and a group", () => {
  let late: Untyped;
  pipeline("p", {}, (build) => {
    late = build;
    build.task("a", () => 1);
  });
  for (const [kind, where] of [
    ["group", 'group "g"'],
    ["approval", 'task "g"'],
  ] as const) {
    expect(problemsOf(() => late[kind]("g", { asks: "Go?" }))).toEqual([
      expect.stringContaining(
        `Pipeline default/p, ${where}: it is declared after its build function`,
      ),
    ]);
  }
});
