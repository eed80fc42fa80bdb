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
/** A trace that Millrace itself began: in the form of W3C, and sampled. */
const BEGUN = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/;

const ticking = pipelineSpec("ticking", [taskSpec("tick")], {
  triggers: {
    t: {
      type: "schedule",
      enabled: true,
      cron: "0 6 * * *",
      timezone: "UTC",
      catchup: "last",
      partition: {},
      params: {},
    },
  },
});

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
  const ours = event("ours", { scope: "namespace" });
  const tells = { produces: { out: { type: "event", event: "ours" } } } as const;
  const all = [
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
  ];
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(...all);
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

  test.each([TRACE, TRACE.toUpperCase(), null])(
    "an update from outside brings its trace, or else begins one: %s",
    async (traceparent) => {
      await engine.store.recordUpdates([
        {
          dataset: "default/table",
          partition: {},
          kind: "changed",
          uri: null,
          metadata: null,
          source: { type: "api", key: "k" },
          idempotencyKey: null,
          correlationId: null,
          traceparent,
        },
      ]);
      const done = await engine.settle();
      expect(done.map(({ task }) => task)).toEqual(["end", "last"]);
      const [trace, ...others] = new Set(done.map(({ run }) => run.traceparent));
      expect(others).toEqual([]);
      if (traceparent === TRACE) expect(trace).toBe(TRACE);
      else expect(trace).toMatch(BEGUN);
    },
  );

  test("an object, a tick of a schedule and a start by hand each begin a trace", async () => {
    const object = { bucket: "b", key: "k", etag: "e", bytes: 1, versionId: null, sequencer: "1" };
    const seen = {
      dataset: "default/table",
      partition: {},
      kind: "changed",
      via: "event",
    } as const;
    await engine.setNow("2026-03-01T05:00:00Z");
    await engine.register(...all, ticking);
    await engine.setNow("2026-03-01T06:00:00Z");
    await engine.store.recordObjects([{ ...seen, ...object, at: Date.UTC(2026, 2, 1) }]);
    await engine.store.fireDue(10);
    await engine.start("first");
    const done = await engine.settle();
    const stories = new Map(done.map(({ run }) => [run.traceparent, run.correlationId]));
    expect(stories.size).toBe(3);
    for (const trace of stories.keys()) expect(trace).toMatch(BEGUN);
    expect(new Set(stories.values()).size).toBe(3);
    const ofObject = done.filter(({ run }) => run.correlationId.startsWith("update_"));
    expect(ofObject.map(({ task }) => task)).toEqual(["end", "last"]);
    expect(new Set(ofObject.map(({ run }) => run.traceparent)).size).toBe(1);
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
