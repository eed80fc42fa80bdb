import { present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, ok, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

describe.each(["embedded", "server"] as const)("a cancelled map on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());

  /** Starts three items, of which `done` have succeeded and `held` are running, and cancels. */
  async function cancelWith(done: number, held: number): Promise<readonly unknown[]> {
    const over = { task: "list", path: [] };
    await engine.register(
      pipelineSpec("map", [taskSpec("list"), taskSpec("each", { kind: "map", over })]),
    );
    const runId = await engine.start("map");
    const [list] = await engine.claim();
    await engine.finish(present(list), ok([1, 2, 3]));
    const items = await engine.claim(done + held);
    for (const item of items.slice(0, done)) await engine.finish(item);
    await engine.store.cancelRun(runId);
    for (const item of items.slice(done)) await engine.finish(item);
    return engine.rows(`select t.state, r.state as run from millrace.task_run t
      join millrace.run r on r.id = t.run_id
      where t.run_id = ${runId} and t.task = 1 and t.item = -1`);
  }

  test("is cancelled when its items were, although all of them have ended", async () => {
    expect(await cancelWith(0, 0)).toEqual([{ state: "cancelled", run: "cancelled" }]);
    expect(await cancelWith(1, 1)).toEqual([{ state: "cancelled", run: "cancelled" }]);
  });

  test("has succeeded when every item still did", async () => {
    expect(await cancelWith(0, 3)).toEqual([{ state: "succeeded", run: "cancelled" }]);
  });
});
