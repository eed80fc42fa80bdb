import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

/** On the clock as it goes: one that stands still shows no order. */
describe.each(["embedded", "server"] as const)("times of steps on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(pipelineSpec("asker", [taskSpec("ask")], { result: "ask" }));
  }, 60_000);
  afterAll(() => engine.close());

  test("a step is kept as of the moment at which it ended", async () => {
    await engine.start("asker");
    const [task] = await engine.claim();
    const { taskRunId, attempt } = present(task, "a claimed task");
    for (const name of ["a", "b", "c"]) {
      expect(await engine.store.recordStep({ taskRunId, attempt, name, value: null })).toBe(true);
    }
    const { rows } = await sql<{ name: string; is_at_once: boolean }>`
      select name, since = ended_at as is_at_once from millrace.step order by id`.execute(
      engine.database.db,
    );
    expect(rows).toEqual(["a", "b", "c"].map((name) => ({ name, is_at_once: true })));
  });
});
