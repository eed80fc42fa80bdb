import type { ScheduleSpec } from "@millrace/core/internal";
import {
  after,
  DAY,
  datasetSpec,
  declare,
  leg,
  pipelineSpec,
  taskSpec,
  updated,
} from "../specs.ts";

const rows = { path: ["metadata", "rows"], op: "gt", value: 0 } as const;
const input = datasetSpec("in", {
  freshness: { type: "within", withinMs: 60_000 },
  checks: [{ name: "has rows", blocking: true, that: rows }],
});
const out = datasetSpec("out");
const datasets = declare(input, out);
const db = { kind: "pool", pool: "db", slots: 1 } as const;
const key = { kind: "key", name: "one", key: null, limit: 1 } as const;
const rate = { kind: "rate", name: "calls", key: null, limit: 1, perMs: 20_000 } as const;
/** One more may have it when the races begin. */
const few = { kind: "key", name: "few", key: null, limit: 3 } as const;
/** Nobody takes it when the races begin. */
const idle = { kind: "key", name: "idle", key: null, limit: 5 } as const;
const retries = {
  limit: 5,
  backoff: "fixed",
  delayMs: 1_000,
  maxMs: 1_000,
  jitter: false,
} as const;

/** Once a month: in the story one tick is due, and no other comes. */
const monthly: ScheduleSpec = {
  type: "schedule",
  enabled: true,
  cron: "1 0 1 * *",
  timezone: "UTC",
  catchup: "last",
  partition: {},
  params: {},
};

/** Where most transactions meet: at its limit, with tasks that share limits. */
export const main = pipelineSpec(
  "main",
  [
    taskSpec("a", { limits: [db], produces: { o: { type: "dataset", dataset: "default/out" } } }),
    taskSpec("b", { limits: [db, key] }),
    taskSpec("c", { needs: after("a", "b") }),
    taskSpec("d", { retries, group: "g" }),
  ],
  {
    datasets,
    maxActiveRuns: 2,
    maxParallelTasks: 4,
    pools: { db: 1 },
    groups: { g: { timeoutMs: 86_400_000 } },
    triggers: { on: updated(leg("in")), monthly },
  },
);

/** One that replaces what runs. */
export const next = pipelineSpec("next", [taskSpec("n", { limits: [rate] })], {
  datasets,
  maxActiveRuns: 1,
  whenActive: "replace",
  triggers: { on: updated(leg("out")) },
});

/** One by the time of its group, and started by the ends of runs; limited by its key. */
export const batched = pipelineSpec("batched", [taskSpec("x", { limits: [key] })], {
  datasets,
  concurrency: { key: ["params", "customer"], limit: 1 },
  triggers: {
    quiet: {
      ...updated(leg("in")),
      policy: { each: false, batch: { quietMs: 30_000 } },
    },
    ends: {
      type: "pipelines",
      enabled: true,
      condition: {
        type: "leg",
        leg: {
          source: { type: "pipeline", pipeline: "team/lone", on: "completion" },
          where: null,
          partition: {},
        },
      },
      policy: { each: false },
      params: {},
    },
  },
});

/** A namespace with a limit of its own. */
const team = { namespace: "team" } as const;
export const lone = pipelineSpec("lone", [taskSpec("l", { retries, limits: [few] })], {
  ...team,
  namespaceLimits: { maxActiveRuns: 20 },
});
export const asker = pipelineSpec("asker", [taskSpec("ask"), taskSpec("say")], team);
export const caller = pipelineSpec("caller", [taskSpec("call")], team);
export const timed = pipelineSpec("timed", [taskSpec("t")], { ...team, timeoutMs: 60_000 });
/** One that backfills fill, and updates start besides. */
export const filled = pipelineSpec("filled", [taskSpec("f", { limits: [idle] })], {
  ...team,
  datasets,
  partitions: DAY,
  triggers: {
    on: updated({
      type: "leg",
      leg: {
        source: { type: "dataset", dataset: "default/out" },
        where: null,
        partition: { date: { map: "fixed", value: "2026-01-31" } },
      },
    }),
  },
});
/** Its older version is heard by nobody. */
export const stale = pipelineSpec("stale", [taskSpec("s")], { ...team, onMissingVersion: "fail" });
export const staleNow = { ...stale, tasks: [taskSpec("s", { priority: 1 })] };

/** Waits for what outside systems say. */
export const sensing = pipelineSpec("sensing", [taskSpec("look")], team);
const raw = { uri: "s3://b/raw/{date}/**", partitions: DAY };
const calm = datasetSpec("calm", {
  uri: "s3://b/calm/{date}/**",
  partitions: DAY,
  ready: { type: "quiet", quietMs: 30_000 },
});
/** Of partitions of two objects, and of one that is quiet. */
const reader = pipelineSpec("reader", [taskSpec("r")], {
  ...team,
  partitions: DAY,
  datasets: declare(datasetSpec("raw", { ...raw, ready: { type: "count", count: 2 } }), calm),
  triggers: { on: updated(leg("raw", ["date"])) },
});

const others = [next, batched, lone, asker, caller, timed, filled, sensing, reader];
export const AT_FIRST = [main, ...others, stale];
export const REGISTERED = [main, ...others, staleNow];
/** As edited: other limits, another condition, a pipeline more and one less. */
export const EDITED = [
  {
    ...main,
    maxActiveRuns: 3,
    pools: { db: 2 },
    triggers: { ...main.triggers, on: updated(leg("in"), true) },
  },
  next,
  { ...batched, triggers: { ...batched.triggers, quiet: updated(leg("in")) } },
  { ...lone, namespaceLimits: { maxActiveRuns: 21, maxParallelTasks: 9 } },
  asker,
  caller,
  filled,
  sensing,
  // Each object is an update by itself.
  { ...reader, datasets: declare(datasetSpec("raw", raw), calm) },
  staleNow,
  pipelineSpec("fresh", [taskSpec("z", { limits: [key] })], {
    concurrency: { key: ["params", "customer"], limit: 1 },
  }),
];
