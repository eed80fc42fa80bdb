import { type BackfillRequest, createStore, readBackfill } from "@millrace/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Engine, failed, type Handlers, ok, produced, startEngine } from "./engine.ts";
import { DAY, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const raw = datasetSpec("raw", { partitions: DAY });
const other = datasetSpec("other", { partitions: DAY });
const datasets = declare(raw, other);
const makesRaw = { produces: { out: { type: "dataset", dataset: "default/raw" } } } as const;
const fill = pipelineSpec("fill", [taskSpec("make", makesRaw)], { partitions: DAY, datasets });
const use = pipelineSpec("use", [taskSpec("read")], {
  partitions: DAY,
  datasets,
  triggers: {
    data: updated({ type: "all", of: [leg("raw", ["date"]), leg("other", ["date"])] }),
  },
});
const each = pipelineSpec("each", [taskSpec("look")], {
  partitions: DAY,
  datasets,
  triggers: { data: updated(leg("raw", ["date"])) },
});

const makes: Handlers = {
  make: ({ run }) => produced("raw", run.partition),
};

describe.each(["embedded", "server"] as const)("backfills on the %s database", (kind) => {
  let engine: Engine;
  let month = 0;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());
  beforeEach(async () => {
    month += 1;
    await engine.register(fill);
  });

  /** Days of a month that no other test has touched. */
  const date = (of: number): string => `${2026 + month}-03-${String(of).padStart(2, "0")}`;
  const plan = async (
    from: number,
    to: number,
    part: Partial<BackfillRequest> = {},
  ): Promise<number> => {
    const { backfillId } = await engine.store.planBackfill({
      pipeline: "default/fill",
      selection: { type: "range", from: date(from), to: date(to), keys: {} },
      existing: "skip",
      updates: "emit",
      params: {},
      activeMax: 100,
      ...part,
    });
    return backfillId;
  };
  const items = async (id: number): Promise<readonly string[]> => {
    const detail = await readBackfill(engine.database, id);
    return (detail?.items ?? []).map(
      ({ partition, action, state }) => `${partition["date"]?.slice(-2)} ${action} ${state}`,
    );
  };
  const stateOf = async (id: number): Promise<string | undefined> =>
    (await readBackfill(engine.database, id))?.state;
  const count = async (query: string): Promise<number> => {
    const [row] = await engine.rows<{ n: number }>(`select count(*)::int as n from ${query}`);
    return row?.n ?? -1;
  };
  const runsOf = (pipeline: string): Promise<number> =>
    count(`millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
      where p.name = '${pipeline}' and r.partition like '%${2026 + month}-%'`);

  test("exactly the planned partitions run, and those that succeeded before are left", async () => {
    await engine.start("fill", { date: date(2) });
    await engine.settle(makes);
    const id = await plan(1, 3);
    expect(await runsOf("fill")).toBe(1);
    expect(await items(id)).toEqual(["01 new waiting", "02 skip skipped", "03 new waiting"]);
    expect(await engine.store.submitBackfill(id)).toMatchObject({ state: "running" });
    await engine.settle(makes);
    expect(await items(id)).toEqual(["01 new succeeded", "02 skip skipped", "03 new succeeded"]);
    expect(await stateOf(id)).toBe("done");
    expect(await runsOf("fill")).toBe(3);
  });

  test("a backfill with nothing to do is done at once", async () => {
    const id = await plan(1, 2, { existing: "failed-only" });
    expect(await engine.store.submitBackfill(id)).toMatchObject({ state: "done" });
  });

  test("a plan that the world has overtaken is refused with the difference", async () => {
    const id = await plan(1, 2);
    await engine.start("fill", { date: date(1) });
    await engine.settle(makes);
    await expect(engine.store.submitBackfill(id)).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringMatching(
        new RegExp(`date=${date(1)} was planned as new and would be skip: run_\\d+ succeeded`),
      ),
    });
    expect(await stateOf(id)).toBe("planned");
    expect(await runsOf("fill")).toBe(1);
  });

  test("a consumer that was deployed since the plan is a difference", async () => {
    const id = await plan(1, 1);
    await engine.register(fill, each);
    await expect(engine.store.submitBackfill(id)).rejects.toThrow(
      /default\/each would run by data/,
    );
  });

  test("no more runs at once than it may have, in order", async () => {
    const id = await plan(1, 4, { activeMax: 2 });
    await engine.store.submitBackfill(id);
    const seen: string[] = [];
    const held = [...(await engine.claim())];
    for (let task = held.shift(); task !== undefined; task = held.shift()) {
      seen.push([task, ...held].map(({ run }) => run.partition["date"]?.slice(-2)).join(" "));
      await engine.finish(task, ok());
      await engine.store.evaluate(await engine.store.listPending(0, 1_000));
      held.push(...(await engine.claim()));
    }
    expect(seen).toEqual(["01 02", "02 03", "03 04", "04"]);
    expect(await stateOf(id)).toBe("done");
  });

  test("paused, it starts nothing more, and resumed it goes on to its end", async () => {
    const id = await plan(1, 3, { activeMax: 1 });
    await engine.store.submitBackfill(id);
    await engine.store.pauseBackfill(id);
    await engine.settle(makes);
    expect(await items(id)).toEqual(["01 new succeeded", "02 new waiting", "03 new waiting"]);
    expect(await stateOf(id)).toBe("paused");
    await engine.store.resumeBackfill(id);
    await engine.settle(makes);
    expect(await stateOf(id)).toBe("done");
  });

  test("cancelled, what waits never runs and what runs is asked to stop", async () => {
    const id = await plan(1, 3, { activeMax: 1 });
    await engine.store.submitBackfill(id);
    expect(await engine.store.cancelBackfill(id)).toMatchObject({ state: "cancelled" });
    await engine.settle(makes);
    expect(await items(id)).toEqual(["01 new cancelled", "02 new cancelled", "03 new cancelled"]);
    expect(await runsOf("fill")).toBe(1);
    await expect(engine.store.resumeBackfill(id)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await readBackfill(engine.database, id))?.endedAt).not.toBeNull();
  });

  test("what failed is run once more when asked for, and nothing else", async () => {
    const id = await plan(1, 3);
    await engine.store.submitBackfill(id);
    const second = date(2);
    await engine.settle({
      make: (task) => (task.run.partition["date"] === second ? failed() : ok()),
    });
    expect(await items(id)).toEqual(["01 new succeeded", "02 new failed", "03 new succeeded"]);
    expect(await stateOf(id)).toBe("done");
    expect(await engine.store.retryBackfill(id)).toMatchObject({ retriedCount: 1 });
    expect(await stateOf(id)).toBe("running");
    await engine.settle(makes);
    expect(await items(id)).toEqual(["01 new succeeded", "02 new succeeded", "03 new succeeded"]);
    expect(await runsOf("fill")).toBe(4);
    expect(await engine.store.retryBackfill(id)).toMatchObject({ state: "done", retriedCount: 0 });
  });

  test("a process that dies between a run's end and the next start loses nothing", async () => {
    const id = await plan(1, 2, { activeMax: 1 });
    await engine.store.submitBackfill(id);
    const [task] = await engine.claim();
    if (task === undefined) throw new Error("nothing to claim");
    await engine.finish(task, ok());
    // Nobody followed up. Another process finds the wake, twice over, and goes on.
    const heir = createStore(engine.database);
    const wakes = await heir.listPending(0, 1_000);
    await heir.evaluate(wakes);
    await heir.evaluate(wakes);
    expect(await items(id)).toEqual(["01 new succeeded", "02 new running"]);
    await engine.settle(makes);
    expect(await stateOf(id)).toBe("done");
  });

  test("a partition that the pipeline has no longer fails with the reason", async () => {
    const id = await plan(1, 3, { activeMax: 1 });
    await engine.store.submitBackfill(id);
    const late = { date: { kind: "day", start: date(3), timezone: "UTC" } } as const;
    await engine.register(pipelineSpec("fill", [taskSpec("make")], { partitions: late }));
    await engine.settle();
    expect(await items(id)).toEqual(["01 new succeeded", "02 new failed", "03 new succeeded"]);
    const detail = await readBackfill(engine.database, id);
    expect(detail?.items[1]?.reason).toMatch(/before the first day/);
    expect(detail?.state).toBe("done");
  });

  test("without its pipeline it is paused, and goes on when that is back", async () => {
    const id = await plan(1, 2, { activeMax: 1 });
    await engine.store.submitBackfill(id);
    await engine.register(each);
    await engine.settle(makes);
    expect(await items(id)).toEqual(["01 new succeeded", "02 new waiting"]);
    expect(await stateOf(id)).toBe("paused");
    await expect(engine.store.resumeBackfill(id)).rejects.toThrow(/deploy it first/);
    await engine.register(fill);
    await engine.store.resumeBackfill(id);
    await engine.settle(makes);
    expect(await stateOf(id)).toBe("done");
  });

  test("live runs begin before runs of a backfill that were there first", async () => {
    await engine.register({ ...fill, maxActiveRuns: 1 });
    const id = await plan(1, 2);
    await engine.store.submitBackfill(id);
    await engine.start("fill", { date: date(9) });
    const order = (await engine.settle(makes)).map(({ run }) => run.partition["date"]?.slice(-2));
    expect(order).toEqual(["01", "09", "02"]);
  });

  test("ready tasks of live runs are claimed before those of a backfill", async () => {
    const id = await plan(1, 2);
    await engine.store.submitBackfill(id);
    await engine.start("fill", { date: date(9) });
    const [first] = await engine.claim(1);
    expect(first?.run.partition).toEqual({ date: date(9) });
    if (first !== undefined) await engine.finish(first, ok());
    await engine.settle(makes);
  });

  test("suppressed updates are recorded and start nothing", async () => {
    await engine.register(fill, each);
    const id = await plan(1, 2, { updates: "suppress" });
    await engine.store.submitBackfill(id);
    await engine.settle(makes);
    expect(await runsOf("each")).toBe(0);
    expect(
      await count(`millrace.delivery d join millrace.update u on u.id = d.fact_id
        join millrace.run r on r.id = u.run_id
        where d.fact_kind = 'update' and r.backfill_id = ${id} and d.disposition = 'suppressed'`),
    ).toBe(2);
  });

  test("updates that are emitted start consumers like any other", async () => {
    await engine.register(fill, each);
    await engine.store.submitBackfill(await plan(1, 2));
    await engine.settle(makes);
    expect(await runsOf("each")).toBe(2);
    expect(
      await count(`millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
        where p.name = 'each' and r.backfill_id is not null
          and r.partition like '%${2026 + month}-%'`),
    ).toBe(0);
  });

  test("a cascade never completes what is live, and its consumers are part of it", async () => {
    await engine.register(fill, use, each);
    await engine.update("other", { date: date(1) });
    await engine.settle();
    const id = await plan(1, 1, { updates: "cascade" });
    await engine.store.submitBackfill(id);
    await engine.settle(makes);
    expect(await runsOf("use")).toBe(0);
    expect(await readBackfill(engine.database, id)).toMatchObject({
      cascaded: { activeCount: 0, endedCount: 1 },
    });
    await engine.update("raw", { date: date(1) });
    await engine.settle(makes);
    expect(await runsOf("use")).toBe(1);
  });
});
