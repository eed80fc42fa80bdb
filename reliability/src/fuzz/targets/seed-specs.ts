import type { PipelineSpec, TaskSpec, TriggerSpec } from "@millrace/core/internal";

/** Specs that are right, with every kind of member that there is: what fuzzing starts from. */

const DAY = { date: { kind: "day", start: "2026-01-01", timezone: "UTC" } } as const;
const RETRIES = { limit: 2, backoff: "exponential", delayMs: 1_000, maxMs: 9_000, jitter: true };

function task(name: string, part: Partial<TaskSpec> = {}): TaskSpec {
  return {
    name,
    kind: "task",
    needs: {},
    over: null,
    maxParallel: null,
    when: null,
    runIf: "all_success",
    produces: {},
    consumes: {},
    waitFor: [],
    calls: [],
    retries: { ...RETRIES, backoff: "exponential" },
    timeoutMs: 60_000,
    queue: "default",
    priority: 0,
    ...part,
  };
}

const schedules: Readonly<Record<string, TriggerSpec>> = {
  morning: {
    type: "schedule",
    enabled: true,
    cron: "0 6 * * *",
    timezone: "America/New_York",
    catchup: "last",
    jitterMs: 60_000,
    partition: "interval",
    params: {},
  },
};

const triggers: Readonly<Record<string, TriggerSpec>> = {
  files: {
    type: "datasets",
    enabled: true,
    condition: {
      type: "atLeast",
      count: 1,
      of: [
        {
          type: "leg",
          leg: {
            source: { type: "dataset", dataset: "ops/flights" },
            where: {
              and: [
                { path: ["metadata", "rows"], op: "gt", value: 0 },
                { not: { path: ["kind"], op: "eq", value: "removed" } },
              ],
            },
            partition: { date: { map: "same", from: "date" } },
            maxAgeMs: 86_400_000,
          },
        },
        {
          type: "leg",
          leg: {
            source: {
              type: "pattern",
              uri: "s3://lake/other/{date}.csv",
              captures: DAY,
            },
            where: null,
            partition: { date: { map: "same", from: "date" } },
          },
        },
      ],
    },
    policy: {
      each: false,
      batch: { max: 100, quietMs: 1_000, maxWaitMs: 60_000 },
      withinMs: 86_400_000,
      reset: { at: "03:00", timezone: "UTC" },
      atMost: 10,
      whilePaused: "latest",
    },
    params: { rows: { path: ["metadata", "rows"] }, mode: { value: { a: [1] } } },
  },
  stale: {
    type: "event",
    enabled: true,
    condition: {
      type: "leg",
      leg: {
        source: { type: "events", pattern: "ticket.{stale,late}.*" },
        where: null,
        partition: { date: { map: "path", path: ["data", "date"] } },
      },
    },
    policy: { each: true },
    params: {},
  },
  after: {
    type: "pipelines",
    enabled: false,
    condition: {
      type: "leg",
      leg: {
        source: { type: "pipeline", pipeline: "ops/load", on: "completion" },
        where: null,
        partition: { date: { map: "fixed", value: "2026-01-05" } },
      },
    },
    policy: { each: false },
    params: {},
  },
};

const tasks: readonly TaskSpec[] = [
  task("load", {
    consumes: { flights: { dataset: "ops/flights", previous: false } },
    group: "loads",
    limits: [
      { kind: "pool", pool: "warehouse", slots: 1 },
      { kind: "key", name: "by-date", key: ["partition", "date"], limit: 2 },
      { kind: "rate", name: "api", key: null, limit: 10, perMs: 60_000 },
    ],
    resources: { cpu: 1, memoryMb: 512 },
    isolate: { memoryMb: 256 },
  }),
  task("clean", {
    kind: "map",
    over: { task: "load", path: ["chunks"] },
    maxParallel: 3,
    failFast: true,
  }),
  task("pick", { kind: "branch", needs: { clean: { task: "clean", path: [] } } }),
  task("write", {
    when: { task: "pick", is: "way", way: "good" },
    produces: { delays: { type: "dataset", dataset: "ops/delays" } },
  }),
  task("warn", {
    when: { task: "pick", is: "way", way: "poor" },
    produces: { poor: { type: "event", event: "flights.poor" } },
  }),
  task("asks", {
    kind: "approval",
    approval: { roles: ["lead"], timeoutMs: 1_000, onTimeout: "skip" },
  }),
  task("polls", { kind: "poll", poll: { everyMs: 1_000, timeoutMs: null, onTimeout: "fail" } }),
  task("waits", {
    waitFor: ["ops/load"],
    runWaits: [
      {
        pipeline: "ops/load",
        match: { by: "window", withinMs: 60_000 },
        timeoutMs: null,
        onFailure: "fail",
        onTimeout: "fail",
        onMissing: "wait",
      },
    ],
  }),
];

const full: PipelineSpec = {
  format: 1,
  namespace: "ops",
  name: "build-delays",
  partitions: DAY,
  params: { type: "object", properties: { rows: { type: "number" }, mode: {} }, required: [] },
  triggers,
  tasks,
  result: "write",
  datasets: {
    "ops/flights": {
      namespace: "ops",
      name: "flights",
      uri: "s3://lake/raw/flights/{date}.csv",
      partitions: DAY,
      metadata: { schema: { type: "object", properties: { rows: {} } }, required: true },
      observed: true,
      freshness: { type: "by", at: "07:00", timezone: "Europe/Berlin" },
      checks: [
        { name: "rows", blocking: true, that: { path: ["metadata", "rows"], op: "gt", value: 0 } },
        { name: "seen", blocking: false, that: null },
      ],
    },
    "ops/delays": {
      namespace: "ops",
      name: "delays",
      uri: null,
      partitions: { ...DAY, region: { kind: "dynamic", match: "eu-*" } },
      metadata: null,
      observed: false,
    },
  },
  events: { "flights.poor": { name: "flights.poor", schema: { type: "object" } } },
  maxActiveRuns: 4,
  maxParallelTasks: 5,
  whenActive: "queue",
  concurrency: { key: ["params", "mode"], limit: 2 },
  groups: { loads: { failFast: true, timeoutMs: 60_000, maxParallel: 2 } },
  timeoutMs: 3_600_000,
  pools: { warehouse: 3 },
  onMissingVersion: "fail",
  pin: "build",
};

const plain: PipelineSpec = {
  format: 1,
  namespace: "default",
  name: "plain",
  partitions: {},
  params: null,
  triggers: {},
  tasks: [task("work")],
  result: null,
  datasets: {},
  events: {},
  maxActiveRuns: null,
  maxParallelTasks: 5,
};

const scheduled: PipelineSpec = {
  ...plain,
  name: "scheduled",
  partitions: DAY,
  triggers: schedules,
};

export const SEED_SPECS: readonly PipelineSpec[] = [full, full, full, plain, scheduled];
