import { type AttemptOutcome, present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, ok, startEngine } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

const MONTH = { kind: "month", start: "2026-01", timezone: "UTC" } as const;
const DAY = { kind: "day", start: "2026-01-01", timezone: "UTC" } as const;
const skipped = (reason: string): AttemptOutcome => ({ type: "skipped", reason });
const over = (task: string, ...path: readonly string[]) => ({ task, path });

describe.each(["embedded", "server"] as const)("maps on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());

  /** A parent with the reason that people see, and its output. */
  const parentOf = async (runId: number, task: number): Promise<unknown> => {
    const [row] = await engine.rows(`select t.state, o.value as output,
        coalesce(t.error ->> 'message', t.reason) as why
      from millrace.task_run t left join millrace.output o on o.task_run_id = t.id
      where t.run_id = ${runId} and t.task = ${task} and t.item = -1`);
    return row;
  };

  test("every combination of several lists is an item, the last changing fastest", async () => {
    const cross = [over("models"), over("data", "days")];
    await engine.register(
      pipelineSpec("grid", [
        taskSpec("models"),
        taskSpec("data"),
        taskSpec("score", { kind: "map", cross }),
      ]),
    );
    const runId = await engine.start("grid");
    await engine.settle({
      models: () => ok(["a", "b"]),
      data: () => ok({ days: [1, [2], { n: 3 }] }),
      score: ({ item }) => ok(item?.value ?? null),
    });
    const output = ["a", "b"].flatMap((model) => [1, [2], { n: 3 }].map((day) => [model, day]));
    expect(await parentOf(runId, 2)).toEqual({
      state: "succeeded",
      why: "6 items succeeded",
      output,
    });
  });

  test("partitions are items, made from the run's own", async () => {
    const spec = taskSpec("load", {
      kind: "map",
      overPartitions: { date: { map: "expand", from: "month" }, region: { map: "all" } },
      overSchemes: { date: DAY, region: { kind: "keys", values: ["eu", "us"] } },
    });
    await engine.register(pipelineSpec("parts", [spec], { partitions: { month: MONTH } }));
    const runId = await engine.start("parts", { month: "2026-02" });
    const done = await engine.settle();
    expect(done).toHaveLength(56);
    expect(done.map(({ item }) => item?.value)).toContainEqual({
      date: "2026-02-28",
      region: "us",
    });
    expect(await parentOf(runId, 0)).toMatchObject({ why: "56 items succeeded" });
  });

  test("a list that is none, or too long, fails its map and says why", async () => {
    const maps = ["object", "gone", "long", "blob", "grid"];
    await engine.register(
      pipelineSpec("wrong", [
        taskSpec("list"),
        ...maps
          .map((name) => taskSpec(name, { kind: "map", over: over("list", name) }))
          .slice(0, 3),
        taskSpec("large"),
        taskSpec("blob", { kind: "map", over: over("large") }),
        taskSpec("grid", { kind: "map", cross: [over("list", "half"), over("list", "half")] }),
      ]),
    );
    const runId = await engine.start("wrong");
    const half = Array.from({ length: 101 }, (_, index) => index);
    const long = Array.from({ length: 10_001 }, (_, index) => index);
    await engine.settle({
      list: () => ok({ object: { a: 1 }, long, half }),
      large: () => ok({ "~blob": "k", bytes: 2_000_000 }),
    });
    const whyOf = async (task: number) => (await parentOf(runId, task)) as { why: string };
    expect((await whyOf(1)).why).toMatch(
      /result of list at object, which is an object and no list/,
    );
    expect((await whyOf(2)).why).toMatch(/list at gone, which is nothing and no list/);
    expect((await whyOf(3)).why).toMatch(/has 10,001 items, more than 10,000/);
    expect((await whyOf(5)).why).toMatch(/result of large, which is larger than 1 MiB/);
    expect((await whyOf(6)).why).toMatch(/101 × 101 = 10,201 combinations, more than 10,000/);
  });

  test("items that skip leave null in the list, and only all of them skip their map", async () => {
    const each = taskSpec("each", { kind: "map", over: over("list") });
    const tasks = [
      taskSpec("list"),
      each,
      taskSpec("after", { needs: after("each") }),
      taskSpec("joined", { needs: after("each"), runIf: "none_failed" }),
    ];
    await engine.register(pipelineSpec("skips", tasks));
    const some = await engine.start("skips");
    await engine.settle({
      list: () => ok([1, 2, 3]),
      each: ({ item }) => (item?.index === 1 ? skipped("old news") : ok(item?.value ?? null)),
    });
    const why = "2 items succeeded, 1 was skipped";
    expect(await parentOf(some, 1)).toEqual({ state: "succeeded", why, output: [1, null, 3] });
    expect(await parentOf(some, 2)).toMatchObject({
      state: "skipped",
      why: "each had 3 items, 2 succeeded, 1 skipped; all_success wants every one to succeed",
    });
    expect(await parentOf(some, 3)).toMatchObject({ state: "succeeded" });
    const all = await engine.start("skips");
    await engine.settle({ list: () => ok([1, 2]), each: () => skipped("old news") });
    expect(await parentOf(all, 1)).toMatchObject({ state: "skipped", why: "2 items were skipped" });
    expect(await parentOf(all, 3)).toMatchObject({ state: "succeeded" });
  });

  test("a task that skips says why, and what follows is skipped", async () => {
    await engine.register(
      pipelineSpec("nothing", [taskSpec("check"), taskSpec("load", { needs: after("check") })]),
    );
    const runId = await engine.start("nothing");
    await engine.settle({ check: () => skipped("nothing new today") });
    expect(await parentOf(runId, 0)).toMatchObject({ state: "skipped", why: "nothing new today" });
    const why = "check was skipped; all_success wants every one to succeed";
    expect(await parentOf(runId, 1)).toMatchObject({ state: "skipped", why });
  });

  test("one success among items is enough for a rule that asks for one, before the others end", async () => {
    await engine.register(
      pipelineSpec("early", [
        taskSpec("list"),
        taskSpec("each", { kind: "map", over: over("list") }),
        taskSpec("first", { needs: after("each"), runIf: "at_least_one_success" }),
      ]),
    );
    const runId = await engine.start("early");
    const [list] = await engine.claim();
    await engine.finish(present(list), ok([1, 2]));
    const [one, two] = await engine.claim();
    await engine.finish(present(one), failed());
    expect(await engine.claim()).toEqual([]);
    await engine.finish(present(two));
    const [first] = await engine.claim();
    expect(first?.task).toBe("first");
    await engine.finish(present(first));
    expect(await parentOf(runId, 1)).toMatchObject({ state: "failed", why: "1 of 2 items failed" });
  });

  test("a map that fails fast starts no more items after the first that failed", async () => {
    await engine.register(
      pipelineSpec(
        "quick",
        [taskSpec("list"), taskSpec("each", { kind: "map", over: over("list"), failFast: true })],
        { maxParallelTasks: 3 },
      ),
    );
    const runId = await engine.start("quick");
    const [list] = await engine.claim();
    await engine.finish(present(list), ok([0, 1, 2, 3, 4]));
    const [bad, runs] = await engine.claim(2);
    await engine.finish(present(bad), failed());
    const states = () =>
      engine.rows(`select item, state from millrace.task_run
        where run_id = ${runId} and task = 1 and item >= 0 order by item`);
    expect(await states()).toEqual([
      { item: 0, state: "failed" },
      { item: 1, state: "running" },
      { item: 2, state: "cancelled" },
    ]);
    await engine.finish(present(runs), { type: "cancelled" });
    const why = "one of its items failed, and it fails fast";
    expect(await parentOf(runId, 1)).toEqual({ state: "failed", why, output: null });
  });

  test("items that were kept are passed over, and count as done", async () => {
    await engine.register(
      pipelineSpec("kept", [
        taskSpec("list"),
        taskSpec("each", { kind: "map", over: over("list"), maxParallel: 2 }),
      ]),
    );
    const runId = await engine.start("kept");
    const [list] = await engine.claim();
    await engine.rows(`with kept as (
        insert into millrace.task_run (run_id, task, item, state, ended_at)
        values (${runId}, 1, 0, 'succeeded', now()), (${runId}, 1, 2, 'succeeded', now()),
          (${runId}, 1, 3, 'skipped', now())
        returning id, item, state
      )
      insert into millrace.output (task_run_id, value)
      select id, to_jsonb('kept ' || item) from kept where state = 'succeeded'`);
    await engine.finish(present(list), ok(["a", "b", "c", "d", "e", "f"]));
    const done = await engine.settle({ each: ({ item }) => ok(item?.value ?? null) });
    expect(done.map(({ item }) => item?.index)).toEqual([1, 4, 5]);
    expect(await parentOf(runId, 1)).toEqual({
      state: "succeeded",
      why: "5 items succeeded, 1 was skipped",
      output: ["kept 0", "b", "kept 2", null, "e", "f"],
    });
  });

  test("a map all of whose items were kept ends at once", async () => {
    const runId = await engine.start("kept");
    const [list] = await engine.claim();
    await engine.rows(`insert into millrace.task_run (run_id, task, item, state, ended_at)
      values (${runId}, 1, 0, 'succeeded', now())`);
    await engine.finish(present(list), ok(["a"]));
    expect(await parentOf(runId, 1)).toMatchObject({ state: "succeeded", output: [null] });
  });
});
