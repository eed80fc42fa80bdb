import {
  type ConditionSpec,
  type ConditionTriggerSpec,
  type EventSpec,
  present,
} from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, ok, produced, startEngine } from "./engine.ts";
import { datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** What goes with a cause through everything that follows from it. */
describe.each(["embedded", "server"] as const)("a story on the %s database", (kind) => {
  let engine: Engine;
  const onEvent = (event: string): ConditionSpec => ({
    type: "leg",
    leg: { source: { type: "event", event }, where: null, partition: {} },
  });
  const triggered = (condition: ConditionSpec, type: ConditionTriggerSpec["type"] = "event") => ({
    data: { ...updated(condition, true), type },
  });
  const afterSecond: ConditionSpec = {
    type: "leg",
    leg: {
      source: { type: "pipeline", pipeline: "default/second", on: "success" },
      where: null,
      partition: {},
    },
  };
  const table = datasetSpec("table");
  const datasets = declare(table);
  const event = (name: string, part: Partial<EventSpec> = {}): Record<string, EventSpec> => ({
    [name]: { name, schema: null, ...part },
  });
  beforeAll(async () => {
    engine = await startEngine(kind);
    const ours = event("ours", { scope: "namespace" });
    const tells = { produces: { out: { type: "event", event: "ours" } } } as const;
    await engine.register(
      pipelineSpec("first", [taskSpec("make")], {
        datasets,
        triggers: triggered(onEvent("arrived")),
        events: event("arrived"),
      }),
      pipelineSpec("second", [taskSpec("end")], {
        datasets,
        triggers: triggered(leg("table"), "datasets"),
      }),
      pipelineSpec("third", [taskSpec("last")], { triggers: triggered(afterSecond, "pipelines") }),
      pipelineSpec("teller", [taskSpec("tell", tells)], { events: ours }),
      pipelineSpec("near", [taskSpec("hear")], {
        events: ours,
        triggers: triggered(onEvent("ours")),
      }),
      pipelineSpec("far", [taskSpec("hear")], {
        namespace: "other",
        events: ours,
        triggers: triggered(onEvent("ours")),
      }),
    );
  }, 60_000);
  afterAll(() => engine.close());

  const runs = () =>
    engine.rows<{ name: string; traceparent: string | null; correlation_id: string }>(
      `select p.name, r.traceparent, r.correlation_id from millrace.run r
       join millrace.pipeline p on p.id = r.pipeline_id order by r.id`,
    );

  test("the trace of the first cause reaches the last run", async () => {
    await engine.store.recordEvents([
      {
        name: "arrived",
        data: null,
        source: { type: "api", key: "k" },
        idempotencyKey: null,
        correlationId: "c",
        traceparent: TRACE,
      },
    ]);
    const done = await engine.settle({ make: () => produced("table") });
    expect(done.map(({ run }) => run.traceparent)).toEqual([TRACE, TRACE, TRACE]);
    expect((await runs()).map(({ name, correlation_id }) => [name, correlation_id])).toEqual([
      ["first", "c"],
      ["second", "c"],
      ["third", "c"],
    ]);
    const rows = await engine.rows<{ traceparent: string }>(
      "select traceparent from millrace.update union all select traceparent from millrace.event",
    );
    expect(rows.map(({ traceparent }) => traceparent)).toEqual([TRACE, TRACE]);
  });

  test("an update from outside brings its trace, and without one there is none", async () => {
    const item = {
      dataset: "default/table",
      partition: {},
      kind: "changed",
      uri: null,
      metadata: null,
      source: { type: "api", key: "k" },
      idempotencyKey: null,
      correlationId: null,
    } as const;
    await engine.store.recordUpdates([{ ...item, traceparent: TRACE }, item]);
    const done = await engine.settle();
    const ofSecond = done.filter(({ task }) => task === "end");
    expect(ofSecond.map(({ run }) => run.traceparent)).toEqual([TRACE, null]);
  });

  test("an event of a namespace is heard in it, and nowhere else", async () => {
    await engine.start("teller");
    const events = [{ name: "ours", data: 1 }];
    const done = await engine.settle({
      tell: () => ({ type: "succeeded", output: null, updates: [], events }),
      hear: () => ok(),
    });
    const heard = done.filter(({ task }) => task === "hear").map(({ pipeline }) => pipeline);
    expect(heard).toEqual(["default/near"]);
    const [row] = await engine.rows<{ n: number }>(
      `select count(*)::int as n from millrace.delivery d join millrace.trigger t
       on t.id = d.trigger_id join millrace.pipeline p on p.id = t.pipeline_id
       where p.name = 'far'`,
    );
    expect(present(row).n).toBe(0);
  });
});
