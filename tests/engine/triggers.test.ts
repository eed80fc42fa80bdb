import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Engine, ok, produced, startEngine } from "./engine.ts";
import { DAY, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const a = datasetSpec("a", { partitions: DAY });
const b = datasetSpec("b", { partitions: DAY });
const c = datasetSpec("c", { partitions: DAY });
const datasets = declare(a, b, c);
const day = (date: string) => ({ date: `2026-03-${date}` });

describe.each(["embedded", "server"] as const)("triggers on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());
  let before = 0;
  beforeEach(async () => {
    const [row] = await engine.rows<{ id: number }>(
      "select coalesce(max(id), 0) as id from millrace.run",
    );
    before = row?.id ?? 0;
  });

  /** Runs since the test began: pipeline, partition, and the updates consumed. */
  const runs = async (): Promise<readonly string[]> => {
    const rows = await engine.rows<{ text: string }>(`
      select p.name || ' ' || (r.partition::json ->> 'date') || ' ' || (
        select string_agg(s.name || ':' || d.disposition, ' ' order by d.position)
        from millrace.delivery d join millrace.update u on u.id = d.fact_id
        join millrace.dataset s on s.id = u.dataset_id
        where d.run_id = r.id and d.fact_kind = 'update') as text
      from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
      where r.id > ${before} and r.trigger_id is not null order by r.id`);
    return rows.map(({ text }) => text);
  };

  test("all legs of one partition start one run, and other partitions none", async () => {
    const condition = { type: "all", of: [leg("a", ["date"]), leg("b", ["date"])] } as const;
    await engine.register(
      pipelineSpec("both", [taskSpec("t")], {
        partitions: DAY,
        datasets,
        triggers: { data: updated(condition) },
      }),
    );
    await engine.update("a", day("01"));
    await engine.update("b", day("02"));
    await engine.settle();
    expect(await runs()).toEqual([]);
    await engine.update("a", day("01"));
    await engine.update("b", day("01"));
    await engine.settle();
    expect(await runs()).toEqual(["both 2026-03-01 a:included a:included b:started"]);
    await engine.update("a", day("02"));
    await engine.settle();
    expect((await runs())[1]).toBe("both 2026-03-02 b:included a:started");
  });

  test("a nested condition fires at the first prefix that satisfies it", async () => {
    const inner = { type: "all", of: [leg("a", ["date"]), leg("b", ["date"])] } as const;
    const condition = { type: "any", of: [inner, leg("c", ["date"])] } as const;
    await engine.register(
      pipelineSpec("nested", [taskSpec("t")], {
        partitions: DAY,
        datasets,
        triggers: { data: updated(condition) },
      }),
    );
    for (const dataset of ["a", "c", "b", "a", "c", "c"]) await engine.update(dataset, day("05"));
    await engine.settle();
    expect(await runs()).toEqual([
      "nested 2026-03-05 a:included c:started",
      "nested 2026-03-05 b:included a:started",
      "nested 2026-03-05 c:started",
      "nested 2026-03-05 c:started",
    ]);
  });

  test("one leg takes what is pending into one run, or each update into its own", async () => {
    const both = { partitions: DAY, datasets };
    await engine.register(
      pipelineSpec("batch", [taskSpec("t")], {
        ...both,
        triggers: { data: updated(leg("a", ["date"])) },
      }),
      pipelineSpec("each", [taskSpec("t")], {
        ...both,
        triggers: { data: updated(leg("a", ["date"]), true) },
      }),
    );
    await engine.update("a", day("07"));
    await engine.update("a", day("07"));
    await engine.settle();
    expect((await runs()).toSorted()).toEqual([
      "batch 2026-03-07 a:included a:started",
      "each 2026-03-07 a:started",
      "each 2026-03-07 a:started",
    ]);
  });

  test("a chain runs through datasets, with one correlation id and counted hops", async () => {
    const producing = (from: string, to: string) =>
      pipelineSpec(`${from}-to-${to}`, [taskSpec("t", { produces: { out: out(to) } })], {
        partitions: DAY,
        datasets,
        triggers: { data: updated(leg(from, ["date"])) },
      });
    const out = (name: string) => ({ type: "dataset", dataset: `default/${name}` }) as const;
    await engine.register(producing("a", "b"), producing("b", "c"));
    await engine.update("a", day("09"));
    const done = await engine.settle({
      t: ({ pipeline, run }) => produced(pipeline === "default/a-to-b" ? "b" : "c", run.partition),
    });
    expect(done.map(({ pipeline }) => pipeline)).toEqual(["default/a-to-b", "default/b-to-c"]);
    expect(done[1]?.received).toMatchObject([
      { kind: "update", update: { dataset: "default/b", partition: day("09") } },
    ]);
    expect(new Set(done.map(({ run }) => run.correlationId)).size).toBe(1);
    const hops = await engine.rows<{ hop: number }>(
      `select hop from millrace.run where id > ${before} order by id`,
    );
    expect(hops.map(({ hop }) => hop)).toEqual([1, 3]);
  });

  test("an update counts once for a trigger, however often it is evaluated", async () => {
    await engine.register(
      pipelineSpec("once", [taskSpec("t")], {
        partitions: DAY,
        datasets,
        triggers: { data: updated(leg("a", ["date"]), true) },
      }),
    );
    await engine.update("a", day("11"));
    const facts = await engine.store.listPending(0, 10);
    await engine.store.evaluate([...facts, ...facts]);
    await engine.store.evaluate(facts);
    expect(await runs()).toHaveLength(1);
    await engine.settle();
  });

  test("the same key of one source is one update", async () => {
    const item = {
      dataset: "default/a",
      partition: day("13"),
      kind: "changed",
      uri: null,
      metadata: null,
      source: { type: "api", key: "me" },
      idempotencyKey: "k1",
      correlationId: null,
    } as const;
    const { ids } = await engine.store.recordUpdates([item, item]);
    expect(ids).toEqual([expect.any(Number), null]);
    expect((await engine.store.recordUpdates([item])).ids).toEqual([null]);
    await engine.settle();
    const [key] = await engine.rows<{ told: number }>(
      "select told from millrace.fact_key where key = 'k1'",
    );
    expect(key).toEqual({ told: 2 });
  });

  test("a filter keeps updates away, and the decision is recorded", async () => {
    const filtered = leg("a", ["date"], { path: ["metadata", "rows"], op: "gt", value: 0 });
    await engine.register(
      pipelineSpec("filtered", [taskSpec("t")], {
        partitions: DAY,
        datasets,
        triggers: { data: updated(filtered) },
      }),
    );
    await engine.update("a", day("15"), { rows: 0 });
    await engine.update("a", day("15"), { rows: 3 });
    await engine.settle();
    expect(await runs()).toEqual(["filtered 2026-03-15 a:started"]);
    const [row] = await engine.rows<{ n: number }>(`
      select count(*)::int as n from millrace.delivery d
      join millrace.trigger t on t.id = d.trigger_id
      join millrace.pipeline p on p.id = t.pipeline_id
      where p.name = 'filtered' and d.disposition = 'filtered'`);
    expect(row?.n).toBe(1);
  });

  test("the end of a run starts those that come after it, by its outcome", async () => {
    const afterIt = (on: "success" | "failure") => ({
      type: "pipelines" as const,
      enabled: true,
      condition: {
        type: "leg" as const,
        leg: {
          source: { type: "pipeline" as const, pipeline: "default/first", on },
          where: null,
          partition: {},
        },
      },
      policy: { each: true },
      params: {},
    });
    await engine.register(
      pipelineSpec("first", [taskSpec("t")], { result: "t" }),
      pipelineSpec("then", [taskSpec("t")], { triggers: { done: afterIt("success") } }),
      pipelineSpec("else", [taskSpec("t")], { triggers: { broken: afterIt("failure") } }),
    );
    await engine.start("first");
    const done = await engine.settle({ t: () => ok({ n: 1 }) });
    expect(done.map(({ pipeline }) => pipeline)).toEqual(["default/first", "default/then"]);
    expect(done[1]?.received).toMatchObject([{ state: "succeeded", result: { n: 1 } }]);
  });

  test("a schedule fires once for a slot and covers the interval before it", async () => {
    await engine.setNow("2026-03-01T05:00:00Z");
    await engine.register(
      pipelineSpec("morning", [taskSpec("t")], {
        partitions: DAY,
        triggers: {
          six: {
            type: "schedule",
            enabled: true,
            cron: "0 6 * * *",
            timezone: "UTC",
            catchup: "last",
            partition: "interval",
            params: {},
          },
        },
      }),
    );
    expect((await engine.store.fireDue(10)).fired).toBe(0);
    expect(await engine.store.nextDueInMs()).toBe(3_600_000);
    await engine.setNow("2026-03-03T07:00:00Z");
    expect((await engine.store.fireDue(10)).fired).toBe(1);
    expect((await engine.store.fireDue(10)).fired).toBe(0);
    const rows = await engine.rows(
      `select partition, logical_at from millrace.run where id > ${before}`,
    );
    expect(rows).toEqual([
      { partition: '{"date":"2026-03-02"}', logical_at: new Date("2026-03-03T06:00:00Z") },
    ]);
    await engine.settle();
  });

  test("a tick before the partitions begin starts nothing", async () => {
    await engine.setNow("2025-12-30T05:00:00Z");
    const six = {
      type: "schedule" as const,
      enabled: true,
      cron: "0 6 * * *",
      timezone: "UTC",
      catchup: "all" as const,
      partition: "interval" as const,
      params: {},
    };
    const spec = { partitions: DAY, triggers: { six } };
    await engine.register(pipelineSpec("first-days", [taskSpec("t")], spec));
    await engine.setNow("2026-01-03T07:00:00Z");
    await engine.store.fireDue(10);
    const rows = await engine.rows<{ partition: string }>(
      `select partition from millrace.run where id > ${before} order by id`,
    );
    expect(rows.map(({ partition }) => partition)).toEqual([
      '{"date":"2026-01-01"}',
      '{"date":"2026-01-02"}',
    ]);
    await engine.settle();
  });
});
