import { type ClaimedTask, present } from "@millrace/core/internal";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, ok, startEngine } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

interface TaskRow {
  readonly name: string;
  readonly state: string;
  readonly why: string | null;
}

const cancelled = { type: "cancelled" } as const;
const RETRIES = {
  limit: 5,
  backoff: "fixed",
  delayMs: 60_000,
  maxMs: 60_000,
  jitter: false,
} as const;

describe.each(["embedded", "server"] as const)("what is stopped on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());
  afterEach(async () => {
    const unended = await engine.rows<{ id: number }>(
      "select id from millrace.run where ended_at is null",
    );
    for (const { id } of unended) await engine.store.cancelRun(Number(id));
    await engine.store.finish(await engine.store.listAbandoned(-1, 100));
  });

  const runOf = async (runId: number): Promise<unknown> => {
    const [run] = await engine.rows(`select state, reason from millrace.run where id = ${runId}`);
    return run;
  };
  /** Parents by name, with the reason that people see. */
  const tasksOf = async (runId: number): Promise<Record<string, string>> => {
    const rows = await engine.rows<TaskRow>(
      `select v.spec -> 'tasks' -> t.task ->> 'name' as name, t.state,
         coalesce(t.error ->> 'message', t.reason) as why
       from millrace.task_run t join millrace.run r on r.id = t.run_id
       join millrace.pipeline_version v on v.id = r.version_id
       where t.run_id = ${runId} and t.item = -1 order by t.task`,
    );
    return Object.fromEntries(
      rows.map(({ name, state, why }) => [name, why === null ? state : `${state}: ${why}`]),
    );
  };
  /** What of a run is ready, claimed, in the order of its tasks. */
  const claimOf = async (runId: number): Promise<readonly ClaimedTask[]> => {
    const claimed = await engine.claim();
    expect(claimed.every((task) => task.runId === runId)).toBe(true);
    return claimed;
  };
  const timersOf = (runId: number): Promise<unknown[]> =>
    engine.rows(`select kind from millrace.timer where run_id = ${runId} order by kind`);
  const fire = async (at: string): Promise<void> => {
    await engine.setNow(at);
    await engine.store.fireDue(100);
  };

  test("the first failure of a group ends what is ready, waits or is not decided, and asks what runs to stop", async () => {
    const of = (part: object) => ({ ...part, group: "all" });
    await engine.register(
      pipelineSpec(
        "together",
        [
          taskSpec("bad", of({})),
          taskSpec("runs", of({})),
          taskSpec("ready", of({})),
          taskSpec("waits", of({ retries: RETRIES })),
          taskSpec("later", of({ needs: after("runs") })),
          taskSpec("other"),
          taskSpec("join", { needs: after("later", "ready"), runIf: "all_done" }),
        ],
        { groups: { all: { failFast: true } } },
      ),
    );
    const runId = await engine.start("together");
    const claimed = await engine.claim(50);
    const task = (name: string) => present(claimed.find((each) => each.task === name));
    await engine.finish(task("waits"), failed());
    await engine.finish(task("ready"), { type: "released" });
    await engine.finish(task("bad"), failed());
    const why = "bad failed, and group all fails fast";
    expect(await tasksOf(runId)).toEqual({
      bad: "failed: boom",
      runs: "running",
      ready: `cancelled: ${why}`,
      waits: `cancelled: ${why}`,
      later: `cancelled: ${why}`,
      other: "running",
      join: "queued",
    });
    expect(await engine.store.listCancelled(engine.sessionId)).toEqual([task("runs").taskRunId]);
    await engine.finish(task("runs"), cancelled);
    await engine.finish(task("other"));
    await engine.settle();
    expect((await tasksOf(runId))["runs"]).toBe(`cancelled: ${why}`);
    expect(await runOf(runId)).toEqual({ state: "failed", reason: "failed: bad" });
    expect(await timersOf(runId)).toEqual([]);
  });

  test("what runs and is asked to stop is not tried again, and may still succeed", async () => {
    const tasks = ["bad", "fails", "succeeds"].map((name) =>
      taskSpec(name, { group: "g", ...(name !== "bad" && { retries: RETRIES }) }),
    );
    await engine.register(pipelineSpec("asked", tasks, { groups: { g: { failFast: true } } }));
    const runId = await engine.start("asked");
    const [bad, fails, succeeds] = await claimOf(runId);
    await engine.finish(present(bad), failed());
    await engine.finish(present(fails), failed("late"));
    await engine.finish(present(succeeds), ok());
    expect(await tasksOf(runId)).toEqual({
      bad: "failed: boom",
      fails: "failed: late",
      succeeds: "succeeded",
    });
    expect(await runOf(runId)).toEqual({ state: "failed", reason: "failed: bad, fails" });
  });

  test("a pipeline that fails fast spares the tasks that are there for failures", async () => {
    await engine.register(
      pipelineSpec(
        "fast",
        [
          taskSpec("bad"),
          taskSpec("other"),
          taskSpec("alert", { when: { task: "bad", is: "failed" } }),
          taskSpec("clean", { needs: after("other"), runIf: "all_done" }),
        ],
        { failFast: true },
      ),
    );
    const runId = await engine.start("fast");
    const [bad, other] = await claimOf(runId);
    await engine.finish(present(bad), failed());
    await engine.finish(present(other), cancelled);
    await engine.settle();
    expect(await tasksOf(runId)).toEqual({
      bad: "failed: boom",
      other: "cancelled: bad failed, and the pipeline fails fast",
      alert: "succeeded",
      clean: "succeeded",
    });
    expect(await runOf(runId)).toEqual({ state: "succeeded", reason: null });
  });

  test("a group whose time is up fails what has not ended of it, from its first task on", async () => {
    await engine.setNow("2026-04-01T00:00:00Z");
    await engine.register(
      pipelineSpec(
        "timed",
        [
          taskSpec("before"),
          taskSpec("one", { needs: after("before"), group: "g" }),
          taskSpec("two", { needs: after("one"), group: "g" }),
          taskSpec("list"),
          taskSpec("each", { kind: "map", over: { task: "list", path: [] }, group: "g" }),
        ],
        { groups: { g: { timeoutMs: 300_000, maxParallel: 2 } } },
      ),
    );
    const runId = await engine.start("timed");
    const [before, list] = await engine.claim();
    expect(await timersOf(runId)).toEqual([]);
    await engine.finish(present(before));
    expect(await timersOf(runId)).toEqual([{ kind: "task_group_timeout" }]);
    await engine.setNow("2026-04-01T00:04:00Z");
    await engine.finish(present(list), ok([1, 2, 3]));
    const claimed = await engine.claim();
    expect(claimed, "a group keeps to its limit").toHaveLength(2);
    await fire("2026-04-01T00:04:59Z");
    expect((await tasksOf(runId))["one"]).toBe("running");
    await fire("2026-04-01T00:05:00Z");
    expect(await engine.store.listCancelled(engine.sessionId)).toHaveLength(2);
    for (const task of claimed) await engine.finish(task, cancelled);
    const why = "failed: group g timed out after 5m";
    expect(await tasksOf(runId)).toMatchObject({ one: why, two: why, each: why });
    expect(await runOf(runId)).toEqual({ state: "failed", reason: "failed: one, each, two" });
    expect(await engine.claim()).toHaveLength(0);
    expect(await timersOf(runId)).toEqual([]);
  });

  test("a run whose time is up is stopped, has failed, and starts nothing for it", async () => {
    await engine.setNow("2026-04-02T00:00:00Z");
    await engine.register(
      pipelineSpec(
        "long",
        [
          taskSpec("runs"),
          taskSpec("waits", { retries: RETRIES }),
          taskSpec("alert", { when: { task: "runs", is: "failed" } }),
        ],
        { timeoutMs: 3_600_000 },
      ),
    );
    const runId = await engine.start("long");
    expect(await timersOf(runId)).toEqual([{ kind: "run_timeout" }]);
    const [runs, waits] = await engine.claim();
    await engine.setNow("2026-04-02T00:59:30Z");
    await engine.finish(present(waits), failed());
    await fire("2026-04-02T00:59:59Z");
    expect(await runOf(runId)).toEqual({ state: "running", reason: null });
    await fire("2026-04-02T01:00:00Z");
    expect(await engine.store.listCancelled(engine.sessionId)).toEqual([present(runs).taskRunId]);
    await engine.store.cancelRun(runId);
    await engine.finish(present(runs), cancelled);
    expect(await runOf(runId)).toEqual({ state: "failed", reason: "timed out after 1h" });
    const stopped = "cancelled: the run was stopped: timed out after 1h";
    expect(await tasksOf(runId)).toMatchObject({ waits: stopped, alert: stopped });
    expect(await timersOf(runId)).toEqual([]);
  });

  test("a group that is done again as a whole has its time again", async () => {
    await engine.setNow("2026-04-05T00:00:00Z");
    const tasks = [
      taskSpec("one", { group: "g" }),
      taskSpec("two", { needs: after("one"), group: "g" }),
      taskSpec("side"),
    ];
    await engine.register(pipelineSpec("again", tasks, { groups: { g: { timeoutMs: 300_000 } } }));
    const runId = await engine.start("again");
    const [one] = await engine.claim(1);
    await engine.finish(present(one), failed());
    await engine.setNow("2026-04-05T00:04:00Z");
    await engine.store.clearTask(runId, "one", { by: "ana", why: null });
    await fire("2026-04-05T00:05:00Z");
    expect((await tasksOf(runId))["one"]).toBe("queued");
    await fire("2026-04-05T00:09:00Z");
    expect((await tasksOf(runId))["one"]).toMatch(/^failed: group g timed out/);
  });

  test("a run that ends in time leaves no timer", async () => {
    await engine.register(pipelineSpec("short", [taskSpec("a")], { timeoutMs: 60_000 }));
    const runId = await engine.start("short");
    await engine.settle();
    expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
    expect(await timersOf(runId)).toEqual([]);
  });

  test("an owner that does not stop within the grace is given up", async () => {
    await engine.setNow("2026-04-03T00:00:00Z");
    const tasks = [taskSpec("bad", { group: "g" }), taskSpec("deaf", { group: "g" })];
    await engine.register(pipelineSpec("deaf", tasks, { groups: { g: { failFast: true } } }));
    const runId = await engine.start("deaf");
    const [bad] = await engine.claim();
    await engine.finish(present(bad), failed());
    expect(await engine.store.listAbandoned(10_000, 10)).toEqual([]);
    await engine.setNow("2026-04-03T00:00:11Z");
    const abandoned = await engine.store.listAbandoned(10_000, 10);
    expect(abandoned.map(({ outcome }) => outcome)).toEqual([cancelled]);
    await engine.store.finish(abandoned);
    expect(await runOf(runId)).toEqual({ state: "failed", reason: "failed: bad" });
  });

  test("retries that come back wait for a place in their run", async () => {
    await engine.setNow("2026-04-04T00:00:00Z");
    const retries = { ...RETRIES, delayMs: 1_000 };
    const tasks = ["a", "b", "c"].map((name) => taskSpec(name, { retries }));
    await engine.register(pipelineSpec("again", tasks, { maxParallelTasks: 1 }));
    await engine.start("again");
    const [a] = await engine.claim();
    await engine.finish(present(a), failed());
    // Its retry waits and holds nothing, so b begins; then the retry is due while b runs.
    const [b] = await engine.claim();
    expect(present(b).task).toBe("b");
    await fire("2026-04-04T00:00:01Z");
    expect(await engine.claim(), "b has the only place").toEqual([]);
    await engine.finish(present(b));
    const [again, ...others] = await engine.claim();
    expect([present(again).task, present(again).attempt, others]).toEqual(["a", 2, []]);
    await engine.finish(present(again));
    expect((await engine.settle()).map(({ task }) => task)).toEqual(["c"]);
  });

  test("items that wait for a retry hold no place of their run, and count for their map", async () => {
    await engine.setNow("2026-04-05T00:00:00Z");
    const retries = { ...RETRIES, delayMs: 1_000 };
    const over = { task: "list", path: [] };
    await engine.register(
      pipelineSpec(
        "items",
        [taskSpec("list"), taskSpec("each", { kind: "map", over, retries, maxParallel: 3 })],
        { maxParallelTasks: 2 },
      ),
    );
    const runId = await engine.start("items");
    const [list] = await engine.claim();
    await engine.finish(present(list), ok([0, 1, 2, 3, 4]));
    const claimItems = async () => {
      const claimed = await engine.claim();
      return { claimed, items: claimed.map(({ item }) => item?.index) };
    };
    const first = await claimItems();
    expect(first.items).toEqual([0, 1]);
    for (const item of first.claimed) await engine.finish(item, failed());
    const third = await claimItems();
    expect(third.items, "both places are free, and the map has room for one").toEqual([2]);
    await fire("2026-04-05T00:00:01Z");
    expect((await claimItems()).items, "one place, for the lower of two").toEqual([0]);
    await engine.finish(present(third.claimed[0]));
    expect((await claimItems()).items, "what waited goes before what is new").toEqual([1]);
    await engine.store.cancelRun(runId);
  });
});
