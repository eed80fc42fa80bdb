import { present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, ok, startEngine } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

describe.each(["embedded", "server"] as const)("runs on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());

  const stateOf = async (runId: number): Promise<string | undefined> => {
    const [row] = await engine.rows<{ state: string }>(
      `select state from millrace.run where id = ${runId}`,
    );
    return row?.state;
  };
  const tasksOf = async (runId: number): Promise<Record<string, string>> => {
    const rows = await engine.rows<{ task: string; state: string }>(
      `select v.spec -> 'tasks' -> t.task ->> 'name' as task, t.state
       from millrace.task_run t join millrace.run r on r.id = t.run_id
       join millrace.pipeline_version v on v.id = r.version_id
       where t.run_id = ${runId} and t.item = -1`,
    );
    return Object.fromEntries(rows.map(({ task, state }) => [task, state]));
  };

  test("a diamond runs in order and hands outputs on", async () => {
    await engine.register(
      pipelineSpec(
        "diamond",
        [
          taskSpec("a"),
          taskSpec("b", { needs: after("a") }),
          taskSpec("c", { needs: after("a") }),
          taskSpec("d", { needs: after("b", "c") }),
        ],
        { result: "d" },
      ),
    );
    const runId = await engine.start("diamond");
    const done = await engine.settle({
      a: () => ok({ n: 1 }),
      b: ({ needs }) => ok(needs["a"]?.state === "succeeded" ? needs["a"].output : "none"),
      d: ({ needs }) => ok(Object.keys(needs).toSorted()),
    });
    expect(done.map(({ task }) => task)).toEqual(["a", "b", "c", "d"]);
    const [run] = await engine.rows<{ state: string; result: unknown }>(
      `select state, result from millrace.run where id = ${runId}`,
    );
    expect(run).toEqual({ state: "succeeded", result: ["b", "c"] });
  });

  test("no more tasks of a run are in flight than its limit allows", async () => {
    const tasks = Array.from({ length: 7 }, (_, index) => taskSpec(`t${index}`));
    await engine.register(pipelineSpec("wide", tasks, { maxParallelTasks: 3 }));
    const runId = await engine.start("wide");
    const first = await engine.claim();
    expect(first).toHaveLength(3);
    expect(await engine.claim()).toHaveLength(0);
    await engine.finish(present(first[0]));
    expect(await engine.claim()).toHaveLength(1);
    for (const task of first.slice(1)) await engine.finish(task);
    await engine.settle();
    // The one claimed above is still running: finish it as its owner would.
    expect(await stateOf(runId)).toBe("running");
  });

  test("a failed task is tried again after its delay, and then fails its run", async () => {
    const retries = { limit: 1, backoff: "fixed", delayMs: 60_000, maxMs: 60_000, jitter: false };
    await engine.register(
      pipelineSpec("flaky", [
        taskSpec("a", { retries: retries as never }),
        taskSpec("b", { needs: after("a") }),
      ]),
    );
    await engine.setNow("2026-03-01T00:00:00Z");
    const runId = await engine.start("flaky");
    await engine.settle({ a: () => failed() });
    expect(await tasksOf(runId)).toEqual({ a: "waiting" });
    expect((await engine.store.fireDue(10)).fired).toBe(0);
    await engine.setNow("2026-03-01T00:01:00Z");
    expect((await engine.store.fireDue(10)).fired).toBe(1);
    const again = await engine.settle({ a: () => failed("again") });
    expect(again.map(({ attempt, failures }) => [attempt, failures])).toEqual([[2, 1]]);
    expect(await tasksOf(runId)).toEqual({ a: "failed", b: "upstream_failed" });
    const [run] = await engine.rows(`select state, reason from millrace.run where id = ${runId}`);
    expect(run).toEqual({ state: "failed", reason: "failed: a" });
  });

  test("a finish with an old fence changes nothing", async () => {
    await engine.register(pipelineSpec("fence", [taskSpec("a")]));
    const runId = await engine.start("fence");
    const [first] = await engine.claim();
    expect(await engine.finish(present(first), { type: "lost" })).toBe(true);
    const [second] = await engine.claim();
    expect(second?.attempt).toBe(2);
    expect(await engine.finish(present(first), ok("late"))).toBe(false);
    expect(await engine.finish(present(second), ok("mine"))).toBe(true);
    expect(await engine.finish(present(second), ok("twice"))).toBe(false);
    expect(await stateOf(runId)).toBe("succeeded");
  });

  test("a task that takes its worker down three times is poison", async () => {
    await engine.register(pipelineSpec("poison", [taskSpec("a")]));
    const runId = await engine.start("poison");
    for (let crash = 0; crash < 3; crash++) {
      const [task] = await engine.claim();
      await engine.finish(present(task), { type: "lost" });
    }
    expect(await engine.claim()).toHaveLength(0);
    expect(await stateOf(runId)).toBe("failed");
    const [row] = await engine.rows<{ reason: string }>(
      `select reason from millrace.task_run where run_id = ${runId}`,
    );
    expect(row?.reason).toBe("poison");
  });

  test("a mapped task runs once an item and gives its outputs in item order", async () => {
    const over = { task: "list", path: ["files"] };
    await engine.register(
      pipelineSpec(
        "mapped",
        [
          taskSpec("list"),
          taskSpec("each", { kind: "map", over, maxParallel: 2 }),
          taskSpec("sum", { needs: after("each") }),
        ],
        { result: "sum" },
      ),
    );
    const runId = await engine.start("mapped");
    let seen: unknown;
    const done = await engine.settle({
      list: () => ok({ files: [3, 1, 2] }),
      each: ({ item }) => ok(Number(item?.value) * 10),
      sum: ({ needs }) => {
        seen = needs["each"];
        return ok();
      },
    });
    expect(seen).toEqual({ state: "succeeded", output: [30, 10, 20] });
    expect(done.filter(({ task }) => task === "each")).toHaveLength(3);
    expect(await stateOf(runId)).toBe("succeeded");
  });

  test("a map over nothing is skipped, and over no list fails", async () => {
    const over = { task: "list", path: [] };
    await engine.register(
      pipelineSpec("empty", [taskSpec("list"), taskSpec("each", { kind: "map", over })]),
    );
    const empty = await engine.start("empty");
    await engine.settle({ list: () => ok([]) });
    expect(await tasksOf(empty)).toEqual({ list: "succeeded", each: "skipped" });
    expect(await stateOf(empty)).toBe("succeeded");
    const wrong = await engine.start("empty");
    await engine.settle({ list: () => ok("no list") });
    expect(await tasksOf(wrong)).toEqual({ list: "succeeded", each: "failed" });
    expect(await stateOf(wrong)).toBe("failed");
  });

  test("a branch lets one way start and skips the others", async () => {
    const way = (name: string) => ({ task: "choose", is: "way", way: name }) as const;
    await engine.register(
      pipelineSpec("branch", [
        taskSpec("choose", { kind: "branch" }),
        taskSpec("left", { when: way("left") }),
        taskSpec("right", { when: way("right") }),
        taskSpec("join", { needs: after("left", "right"), runIf: "none_failed" }),
      ]),
    );
    const runId = await engine.start("branch");
    await engine.settle({ choose: () => ok("right") });
    const states = { choose: "succeeded", left: "skipped", right: "succeeded", join: "succeeded" };
    expect(await tasksOf(runId)).toEqual(states);
  });

  test("cancelling stops what waits at once and what runs when it stops", async () => {
    await engine.register(
      pipelineSpec("cancel", [taskSpec("a"), taskSpec("b"), taskSpec("c", { needs: after("a") })], {
        maxParallelTasks: 2,
      }),
    );
    const runId = await engine.start("cancel");
    const [a] = await engine.claim(1);
    const { state } = await engine.store.cancelRun(runId);
    expect(state).toBe("running");
    expect(await engine.claim()).toHaveLength(0);
    expect(await engine.store.listCancelled(engine.sessionId)).toEqual([present(a).taskRunId]);
    const owned = { taskRunId: present(a).taskRunId, runId, attempt: 1 };
    expect(await engine.store.listOwned(engine.sessionId)).toContainEqual(owned);
    expect(await engine.finish(present(a), ok("in time"))).toBe(true);
    expect(await tasksOf(runId)).toEqual({ a: "succeeded", b: "cancelled", c: "cancelled" });
    expect(await stateOf(runId)).toBe("cancelled");
  });

  test("runs beyond the limit of a pipeline wait their turn", async () => {
    await engine.register(pipelineSpec("limited", [taskSpec("a")], { maxActiveRuns: 1 }));
    const first = await engine.start("limited");
    const second = await engine.start("limited");
    const third = await engine.start("limited");
    const states = () => Promise.all([first, second, third].map(stateOf));
    expect(await states()).toEqual(["running", "queued", "queued"]);
    const [task] = await engine.claim();
    await engine.store.cancelRun(third);
    expect(await states()).toEqual(["running", "queued", "cancelled"]);
    await engine.finish(present(task));
    expect(await states()).toEqual(["succeeded", "running", "cancelled"]);
    await engine.settle();
    expect(await states()).toEqual(["succeeded", "succeeded", "cancelled"]);
  });
});
