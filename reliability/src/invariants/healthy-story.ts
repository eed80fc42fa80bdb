import { present, type ScheduleSpec } from "@millrace/core/internal";
import { type Engine, failed, type Handlers, ok, produced } from "../../../tests/engine/engine.ts";
import {
  after,
  datasetSpec,
  DAY,
  declare,
  leg,
  pipelineSpec,
  taskSpec,
  updated,
} from "../../../tests/engine/specs.ts";
import { asking, calling, forEvent, sleep } from "../../../tests/engine/waiting-room.ts";

const ANA = { by: "ana", why: "to see" };
const raw = datasetSpec("raw", { freshness: { type: "within", withinMs: 86_400_000 } });
const datasets = declare(raw, datasetSpec("other"), datasetSpec("daily", { partitions: DAY }));
const hourly: ScheduleSpec = {
  type: "schedule",
  enabled: true,
  cron: "0 * * * *",
  timezone: "UTC",
  catchup: "all",
  partition: {},
  params: {},
};
const retries = {
  limit: 1,
  backoff: "fixed",
  delayMs: 1_000,
  maxMs: 1_000,
  jitter: false,
} as const;
const PIPELINES = [
  pipelineSpec(
    "ingest",
    [
      taskSpec("load", { retries }),
      taskSpec("list", { needs: after("load") }),
      taskSpec("each", { kind: "map", over: { task: "list", path: [] }, maxParallel: 2 }),
      taskSpec("sum", {
        needs: after("each"),
        produces: { out: { type: "dataset", dataset: "default/raw" } },
      }),
      taskSpec("alert", { when: { task: "load", is: "failed" } }),
    ],
    { datasets, maxParallelTasks: 2 },
  ),
  pipelineSpec("report", [taskSpec("a")], { datasets, triggers: { t: updated(leg("raw"), true) } }),
  pipelineSpec("pair", [taskSpec("a")], {
    datasets,
    triggers: { t: updated({ type: "all", of: [leg("raw"), leg("other")] }) },
  }),
  pipelineSpec("ticking", [taskSpec("a")], { triggers: { hourly } }),
  pipelineSpec("asker", [taskSpec("ask")]),
  pipelineSpec("sleeper", [taskSpec("doze")]),
  pipelineSpec("caller", [taskSpec("call")]),
  pipelineSpec("called", [taskSpec("hold")], { timeoutMs: 86_400_000 }),
  pipelineSpec("limited", [taskSpec("hold")], { maxActiveRuns: 1 }),
  pipelineSpec("keyed", [taskSpec("hold")], { concurrency: { key: ["params", "k"], limit: 1 } }),
  pipelineSpec("pooled", [taskSpec("hold", { limits: [{ kind: "pool", pool: "db", slots: 1 }] })], {
    pools: { db: 1 },
  }),
  pipelineSpec("plain", [taskSpec("a"), taskSpec("b", { needs: after("a") })]),
  pipelineSpec("fill", [taskSpec("hold")], {
    partitions: DAY,
    datasets,
  }),
];

const HANDLERS: Handlers = {
  load: ({ failures }) => (failures === 0 ? failed() : ok()),
  list: () => ok([1, 2, 3]),
  sum: () => produced("raw"),
  ask: asking({ name: "go", wait: forEvent("go") }),
  doze: asking({ name: "nap", wait: sleep(36_000_000) }),
  call: asking({ name: "child", wait: calling("called") }),
};

type Look = (step: string) => Promise<void>;

/**
 * Leads an engine to a state in which everything is under way that there is: tasks that are ready,
 * run and wait for time, events, calls, slots and places; a backfill; a schedule; what was tried
 * again, cancelled and done again by hand.
 */
export async function playBusyStory(engine: Engine, look: Look): Promise<void> {
  const settle = async (step: string): Promise<void> => {
    await engine.store.fireDue(100);
    await engine.settle(HANDLERS);
    await look(step);
  };
  await engine.setNow("2026-03-01T00:30:00Z");
  await engine.register(...PIPELINES);
  await look("registered");
  await engine.start("ingest");
  await settle("failed once");
  await engine.setNow("2026-03-01T00:30:10Z");
  await settle("tried again");
  await engine.setNow("2026-03-01T03:00:20Z");
  await settle("ticked three times");
  for (const name of ["asker", "sleeper"]) await engine.start(name);
  await settle("waits");
  await doAgain(engine, look);
  await holdEverything(engine, look);
  await engine.update("raw");
  await look("told, not evaluated");
}

async function doAgain(engine: Engine, look: Look): Promise<void> {
  const failing = await engine.start("plain");
  await engine.settle({ ...HANDLERS, a: () => failed() });
  await look("failed");
  await engine.store.retryFailed(failing, ANA);
  await engine.settle(HANDLERS);
  await look("retried");
  await engine.store.cancelRun(await engine.start("plain"), ANA);
  await look("cancelled");
  const marked = await engine.start("plain");
  await engine.store.markTask(marked, "a", { as: "succeeded" }, ANA);
  await look("marked");
  await engine.settle(HANDLERS);
  const cleared = await engine.start("plain");
  const [first] = await engine.claim();
  await engine.finish(present(first));
  await engine.store.clearTask(cleared, "a", ANA);
  await look("cleared");
  await engine.settle(HANDLERS);
}

/** Claims what is called `hold`, and leaves it so. */
async function holdEverything(engine: Engine, look: Look): Promise<void> {
  for (const name of ["caller", "limited", "limited", "pooled", "pooled"]) await engine.start(name);
  for (const place of [1, 2]) {
    await engine.store.startRun({
      pipeline: "default/keyed",
      partition: {},
      params: { k: 1 },
      idempotencyKey: `key ${place}`,
      correlationId: null,
    });
  }
  await look("started");
  const { backfillId } = await engine.store.planBackfill({
    pipeline: "default/fill",
    selection: { type: "range", from: "2026-03-01", to: "2026-03-03", keys: {} },
    existing: "skip",
    updates: "emit",
    params: {},
    activeMax: 1,
  });
  await engine.store.submitBackfill(backfillId);
  await look("a backfill runs");
  for (let round = 0; round < 3; round++) {
    for (const task of await engine.claim()) {
      if (task.task !== "hold") await engine.finish(task, present(HANDLERS[task.task])(task));
    }
    await look("claimed");
    await engine.store.evaluate(await engine.store.listPending(0, 100));
    await look("followed");
  }
  const paused = await engine.start("plain");
  await engine.store.pauseRun(paused, ANA);
  await engine.start("plain");
  await look("one is paused, one is ready");
}

/** Ends what can end; what waits for people and events goes on waiting. */
export async function comeToRest(engine: Engine, look: Look): Promise<void> {
  await engine.setNow("2026-03-01T03:10:00Z");
  for (const task of await engine.store.listOwned(engine.sessionId)) {
    await engine.store.finish([{ ...task, outcome: ok(), u: 0.5 }]);
    await look("let go");
  }
  await engine.settle(HANDLERS);
  await engine.store.fireDue(100);
  await engine.settle(HANDLERS);
  await look("at rest");
}
