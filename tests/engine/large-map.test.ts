import { present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, ok, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

const ITEMS = 10_000;
const BATCH = 1_000;

describe.each(["embedded", "server"] as const)("a large map on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());

  test(
    "10,000 items complete, and their outputs are in item order",
    { timeout: 120_000 },
    async () => {
      const over = { task: "list", path: [] };
      await engine.register(
        pipelineSpec("large", [taskSpec("list"), taskSpec("each", { kind: "map", over })], {
          maxParallelTasks: BATCH,
          result: "each",
        }),
      );
      const runId = await engine.start("large");
      const [list] = await engine.claim();
      await engine.finish(present(list), ok(Array.from({ length: ITEMS }, (_, index) => index)));
      let done = 0;
      for (let claimed = await engine.claim(BATCH); claimed.length > 0;) {
        const items = claimed.map(({ taskRunId, runId: run, attempt, item }) => {
          const outcome = ok({ square: Number(item?.value) ** 2 });
          return { taskRunId, runId: run, attempt, outcome, u: 0 };
        });
        // Backwards, so that ends come in another order than items.
        const { recorded } = await engine.store.finish(items.toReversed());
        expect(recorded.every(Boolean)).toBe(true);
        done += claimed.length;
        claimed = await engine.claim(BATCH);
      }
      expect(done).toBe(ITEMS);
      const [run] = await engine.rows<{ state: string; result: { square: number }[] }>(
        `select state, result from millrace.run where id = ${runId}`,
      );
      expect(run?.state).toBe("succeeded");
      expect(run?.result).toHaveLength(ITEMS);
      expect(run?.result.every(({ square }, index) => square === index ** 2)).toBe(true);
      const left = await engine.rows(
        "select task_run_id from millrace.ready union all select task_run_id from millrace.running",
      );
      expect(left).toEqual([]);
    },
  );
});
