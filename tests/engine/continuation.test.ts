import { type ClaimedTask, type Continuation, present, versionOf } from "@millrace/core/internal";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Engine, ok, startEngine } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

const CHAIN = pipelineSpec("chain", [taskSpec("a"), taskSpec("b", { needs: after("a") })]);
const WIDE = pipelineSpec("wide", [
  taskSpec("a"),
  ...Array.from({ length: 4 }, (_, place) => taskSpec(`b${place}`, { needs: after("a") })),
]);
const POOLED = pipelineSpec(
  "pooled",
  [
    taskSpec("a"),
    ...["b", "c"].map((name) =>
      taskSpec(name, { needs: after("a"), limits: [{ kind: "pool", pool: "one", slots: 1 }] }),
    ),
  ],
  { pools: { one: 1 } },
);
const BIG = pipelineSpec("big", [
  taskSpec("a"),
  ...["b", "c"].map((name) =>
    taskSpec(name, { needs: after("a"), resources: { cpu: 1, memoryMb: 1 } }),
  ),
]);

describe.each(["embedded", "server"] as const)("a commit that goes on, %s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(CHAIN, WIDE, POOLED, BIG);
  }, 60_000);
  beforeEach(async () => {
    await engine.rows(`truncate millrace.run, millrace.task_run, millrace.ready, millrace.running,
      millrace.run_active, millrace.limit_slot, millrace.limit_wait, millrace.limit_wanted`);
  });
  afterAll(() => engine.close());

  const channelOf = (spec: typeof CHAIN) => ({ queue: "default", version: versionOf(spec) });
  const goOn = (task: ClaimedTask, next: Partial<Continuation>) => {
    const { taskRunId, runId, attempt } = task;
    return engine.store.finish([{ taskRunId, runId, attempt, outcome: ok("out"), u: 0 }], {
      sessionId: engine.sessionId,
      channels: [CHAIN, WIDE, POOLED, BIG].map(channelOf),
      limit: 10,
      isBehind: false,
      ...next,
    });
  };
  const first = async (pipeline: string) => {
    await engine.start(pipeline);
    return present((await engine.claim())[0]);
  };
  const bellsOf = ({ bells }: Awaited<ReturnType<typeof goOn>>) =>
    bells.flatMap(({ tasks }) => tasks.map(({ taskRunId }) => taskRunId));

  test("takes what it made ready, with what that needs, and rings for none of it", async () => {
    const a = await first("chain");
    const finished = await goOn(a, {});
    expect(finished.recorded).toEqual([true]);
    expect(finished.claimed).toMatchObject([
      {
        task: "b",
        runId: a.runId,
        attempt: 1,
        needs: { a: { state: "succeeded", output: "out" } },
      },
    ]);
    expect(bellsOf(finished)).toEqual([]);
    expect(await engine.claim()).toEqual([]);
    const owned = await engine.rows("select task_run_id, session_id from millrace.running");
    expect(owned).toEqual([
      { task_run_id: finished.claimed[0]?.taskRunId, session_id: engine.sessionId },
    ]);
  });

  test("takes no more than it has room for, and rings for the rest at once", async () => {
    const finished = await goOn(await first("wide"), { limit: 3 });
    expect(finished.claimed.map(({ task }) => task)).toHaveLength(3);
    const rest = await engine.claim();
    expect(bellsOf(finished)).toEqual(rest.map(({ taskRunId }) => taskRunId));
    expect(rest).toHaveLength(1);
  });

  test("passes over nobody of the same channel who ranks before", async () => {
    const older = await engine.start("chain");
    const younger = await engine.start("chain");
    const of = (tasks: readonly ClaimedTask[], run: number) =>
      present(tasks.find(({ runId }) => runId === run));
    const both = await engine.claim();
    await engine.finish(of(both, older), { type: "lost" });
    const finished = await goOn(of(both, younger), { limit: 1 });
    expect(finished.claimed).toMatchObject([{ task: "a", runId: older, attempt: 2 }]);
    expect(bellsOf(finished)).toHaveLength(1);
    expect(await engine.claim()).toMatchObject([{ task: "b", runId: younger }]);
  });

  test("ends what was begun before it begins more", async () => {
    const [first, second] = [await engine.start("chain"), await engine.start("chain")];
    const order: number[] = [];
    for (;;) {
      const [task] = await engine.claim(1);
      if (task === undefined) break;
      order.push(task.runId);
      await engine.finish(task);
    }
    expect(order).toEqual([first, first, second, second]);
  });

  test("looks at other channels only where more is known to wait", async () => {
    const a = await first("chain");
    await engine.start("wide");
    expect((await goOn(a, { limit: 5 })).claimed.map(({ task }) => task)).toEqual(["b"]);
    const [b] = await engine.rows<ClaimedTask>(
      `select task_run_id as "taskRunId", run_id as "runId", attempt from millrace.running`,
    );
    const more = await goOn(present(b), { isBehind: true });
    expect(more.claimed.map(({ pipeline }) => pipeline)).toEqual(["default/wide"]);
  });

  test("takes nothing of channels that it has no code for", async () => {
    const finished = await goOn(await first("chain"), { channels: [channelOf(WIDE)] });
    expect(finished.claimed).toEqual([]);
    expect(bellsOf(finished)).toHaveLength(1);
  });

  test("wins the slots of its limits in the same commit", async () => {
    const finished = await goOn(await first("pooled"), {});
    expect(finished.claimed).toHaveLength(1);
    expect(await engine.rows("select slots from millrace.limit_slot")).toEqual([{ slots: 1 }]);
    expect(await engine.claim()).toEqual([]);
  });

  test("takes no more than the session's capacity holds", async () => {
    const sessionId = crypto.randomUUID();
    const host = { host: "test", pid: 2, slots: 9, channels: [], leaseMs: 3_600_000 };
    await engine.store.open({ sessionId, ...host, capacity: { cpu: 1, memoryMb: 1 } });
    const finished = await goOn(await first("big"), { sessionId });
    expect(finished.claimed).toHaveLength(1);
    await engine.store.close(sessionId);
  });

  test("takes nothing for a session that drains or is gone, and records all the same", async () => {
    const sessionId = crypto.randomUUID();
    const a = await first("chain");
    const finished = await goOn(a, { sessionId });
    expect(finished).toMatchObject({ recorded: [true], claimed: [] });
    expect(bellsOf(finished)).toHaveLength(1);
  });
});
