import { type JsonValue, type PipelineSpec, present } from "@millrace/core/internal";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

describe.each(["embedded", "server"] as const)("limits of runs, %s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  beforeEach(async () => {
    await engine.rows(`truncate millrace.run, millrace.task_run, millrace.ready, millrace.running,
      millrace.run_active, millrace.run_queued, millrace.pipeline, millrace.fact_pending,
      millrace.task_limit, millrace.limit_slot, millrace.limit_wait, millrace.limit_wanted,
      millrace.run_limit cascade`);
  });
  afterAll(() => engine.close());

  const start = async (pipeline: string, params: JsonValue = {}): Promise<number> => {
    const manual = { partition: {}, idempotencyKey: null, correlationId: null };
    const started = await engine.store.startRun({
      pipeline: `default/${pipeline}`,
      params,
      ...manual,
    });
    return started.runId;
  };
  const spec = (name: string, part: Partial<PipelineSpec> = {}) =>
    pipelineSpec(name, [taskSpec("a")], part);
  const running = async (): Promise<readonly number[]> => {
    const rows = await engine.rows<{ id: number }>(
      "select id from millrace.run where state = 'running' order by id",
    );
    return rows.map(({ id }) => id);
  };
  const end = async (runId: number): Promise<void> => {
    const tasks = await engine.rows<{ id: number; attempt: number }>(
      `select id, attempt from millrace.task_run where run_id = ${runId}`,
    );
    const ready = tasks.map(({ id, attempt }) => ({ taskRunId: id, attempt }));
    const [task] = await engine.store.claim(engine.sessionId, ready);
    await engine.finish(present(task));
  };

  test("a namespace has so many runs at once, oldest first, whichever pipelines they are of", async () => {
    const part = { namespaceLimits: { maxActiveRuns: 2 } };
    await engine.register(spec("left", part), spec("right", part));
    const runs = [
      await start("left"),
      await start("right"),
      await start("right"),
      await start("left"),
    ];
    expect(await running()).toEqual(runs.slice(0, 2));
    await end(present(runs[0]));
    expect(await running()).toEqual([runs[1], runs[2]]);
    await end(present(runs[2]));
    expect(await running()).toEqual([runs[1], runs[3]]);
  });

  test("a pipeline at its own limit does not hold up the others of its namespace", async () => {
    const part = { namespaceLimits: { maxActiveRuns: 2 } };
    await engine.register(spec("one", { ...part, maxActiveRuns: 1 }), spec("free", part));
    const first = await start("one");
    const second = await start("one");
    const other = await start("free");
    expect(await running()).toEqual([first, other]);
    await end(first);
    expect(await running()).toEqual([second, other]);
  });

  test("a key limits the runs of each of its values", async () => {
    await engine.register(spec("sync", { concurrency: { key: ["params", "customer"], limit: 1 } }));
    const acme = [
      await start("sync", { customer: "acme" }),
      await start("sync", { customer: "acme" }),
    ];
    const other = await start("sync", { customer: "other" });
    expect(await running()).toEqual([acme[0], other]);
    await end(other);
    expect(await running()).toEqual([acme[0]]);
    await end(present(acme[0]));
    expect(await running()).toEqual([acme[1]]);
  });

  test("long lines of some keys do not hide one that could begin", async () => {
    const key = ["params", "customer"];
    await engine.register(spec("sync", { concurrency: { key, limit: 1 } }));
    for (let customer = 0; customer < 11; customer++) await start("sync", { customer });
    await engine.rows(`
      with line as (
        insert into millrace.run (pipeline_id, version_id, state, trigger_name, cause, partition,
          params, correlation_id, hop)
        select pipeline_id, version_id, 'queued', trigger_name, cause, partition, params, 'c', 0
        from millrace.run, generate_series(1, 100) returning id, pipeline_id, params
      )
      insert into millrace.run_queued (run_id, pipeline_id, concurrency_key, key_limit)
      select l.id, l.pipeline_id, a.concurrency_key, 1 from line l
      join millrace.run r on r.params = l.params join millrace.run_active a on a.run_id = r.id`);
    const free = await start("sync", { customer: "free" });
    expect(await running()).toContain(free);
  });

  test("room among all is given to no run whose namespace has none, whoever looks", async () => {
    const crowded = { namespace: "crowded", namespaceLimits: { maxActiveRuns: 1 } };
    await engine.register(spec("left", crowded), spec("right"));
    await engine.store.setLimit({ kind: "all", name: "", runs: 3 });
    const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
    const startLeft = async () =>
      (await engine.store.startRun({ pipeline: "crowded/left", ...manual })).runId;
    const [first] = [await startLeft(), await startLeft()];
    const other = await start("right");
    expect(await running()).toEqual([first, other]);
    await end(other);
    expect(await running()).toEqual([first]);
  });

  test("a limit of all that is set by hand holds until it is reset", async () => {
    await engine.register(spec("left"), spec("right"));
    await engine.store.setLimit({ kind: "all", name: "", runs: 1 });
    const runs = [await start("left"), await start("right"), await start("left")];
    expect(await running()).toEqual([runs[0]]);
    await end(present(runs[0]));
    expect(await running()).toEqual([runs[1]]);
    const [report] = await engine.store.listLimits();
    expect(report).toMatchObject({ of: "runs", kind: "all", capacity: 1, used: 1, waiting: 1 });
    await engine.store.setLimit({ kind: "all", name: "", runs: null });
    expect(await running()).toEqual([runs[1], runs[2]]);
  });

  test("cancelling what runs, or what waits, lets the next one in", async () => {
    const part = { namespaceLimits: { maxActiveRuns: 1 } };
    await engine.register(spec("left", part), spec("right", part));
    const runs = [await start("left"), await start("left"), await start("right")];
    await engine.store.cancelRun(present(runs[1]));
    await engine.store.cancelRun(present(runs[0]));
    expect(await running()).toEqual([runs[2]]);
  });
});
