import { present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, ok, startEngine } from "./engine.ts";
import { DAY, pipelineSpec, taskSpec } from "./specs.ts";
import { asking, forPipeline, NOTHING, waitingRoom } from "./waiting-room.ts";

const daily = {
  type: "schedule",
  enabled: true,
  cron: "0 6 * * *",
  timezone: "UTC",
  catchup: "last",
  partition: {},
  params: {},
} as const;

describe.each(["embedded", "server"] as const)("which run is meant, %s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.setNow("2026-06-01T00:00:00Z");
    await engine.register(
      pipelineSpec("source", [taskSpec("do")], { result: "do", triggers: { daily } }),
      pipelineSpec("asker", [taskSpec("ask")], { result: "ask", triggers: { daily } }),
      pipelineSpec("by-hand", [taskSpec("ask")], { result: "ask" }),
      pipelineSpec("sliced", [taskSpec("do")], { result: "do", partitions: DAY }),
    );
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, moveClock, runRow, result, leaks } = waitingRoom(() => engine);
  const lastRunOf = async (pipeline: string): Promise<number> => {
    const [row] = await engine.rows<{ id: number }>(
      `select r.id from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
       where p.name = '${pipeline}' order by r.id desc limit 1`,
    );
    return present(row).id;
  };

  test("the one of the same logical date, whatever else the pipeline runs", async () => {
    const ask = asking({
      name: "r",
      wait: forPipeline("source", { match: { by: "logical_date" } }),
    });
    await moveClock(6 * 3_600_000);
    await engine.store.fireDue(10);
    const asker = await lastRunOf("asker");
    const meant = await lastRunOf("source");
    const claimed = await engine.claim();
    const of = (runId: number) => present(claimed.find((each) => each.runId === runId));
    await engine.finish(of(asker), ask(of(asker)));
    const byHand = await engine.start("source");
    await engine.settle({ ask, do: () => ok("by hand") });
    expect((await runRow(byHand)).state).toBe("succeeded");
    expect((await runRow(asker)).state).toBe("running");
    await engine.finish(of(meant), ok("of the day"));
    await engine.settle({ ask });
    expect(await result(asker)).toMatchObject([{ runId: meant, result: "of the day" }]);
    await pass(24 * 3_600_000, { ask, do: () => ok("of the next day") });
    expect(await result(await lastRunOf("asker"))).toMatchObject([{ result: "of the next day" }]);
    expect(await leaks()).toEqual(NOTHING);
  });

  test("one that began within the window, and else the next that ends", async () => {
    const old = await engine.start("source");
    await engine.settle({ do: () => ok("old") });
    await moveClock(3_600_000);
    const within = (withinMs: number) =>
      asking({ name: "r", wait: forPipeline("source", { match: { by: "window", withinMs } }) });
    const wide = await engine.start("by-hand");
    await engine.settle({ ask: within(2 * 3_600_000) });
    expect(await result(wide)).toMatchObject([{ runId: old }]);
    const narrow = await engine.start("by-hand");
    await engine.settle({ ask: within(60_000) });
    expect((await runRow(narrow)).state).toBe("running");
    await moveClock(1_000);
    const next = await engine.start("source");
    await engine.settle({ ask: within(60_000), do: () => ok("new") });
    expect(await result(narrow)).toMatchObject([{ runId: next, result: "new" }]);
  });

  test("the latest, of whatever partition it is", async () => {
    await engine.start("sliced", { date: "2026-06-01" });
    const latest = await engine.start("sliced", { date: "2026-05-01" });
    await engine.settle({ do: () => ok("sliced") });
    const asker = await engine.start("by-hand");
    await engine.settle({ ask: asking({ name: "r", wait: forPipeline("sliced") }) });
    expect(await result(asker)).toMatchObject([{ runId: latest, result: "sliced" }]);
  });
});
