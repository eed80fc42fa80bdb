import { present, PRUNE_KINDS, type PruneKind } from "@millrace/core/internal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, ok, startEngine } from "./engine.ts";
import { DAY, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const a = datasetSpec("a", { partitions: DAY });
const datasets = declare(a);
const on = (day: number) => ({ date: `2026-03-${String(day).padStart(2, "0")}` });
const HOUR_MS = 3_600_000;
const ONE_HOUR = { historyMs: HOUR_MS, keysMs: 24 * HOUR_MS };
const RANGE = 10;

describe.each(["embedded", "server"] as const)("retention on the %s database", (kind) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine(kind);
    await engine.setNow("2026-03-01T00:00:00Z");
    const on_a = { triggers: { data: updated(leg("a", ["date"]), true) } };
    await engine.register(
      pipelineSpec("p", [taskSpec("t")], { partitions: DAY, datasets, ...on_a }),
      pipelineSpec("wide", [
        taskSpec("list"),
        taskSpec("each", { kind: "map", over: { task: "list", path: [] } }),
      ]),
    );
  }, 60_000);
  afterEach(() => engine.close());

  const count = async (what: string): Promise<number> =>
    (await engine.rows<{ n: number }>(`select count(*)::int as n from ${what}`))[0]?.n ?? -1;
  const ids = async (table: string): Promise<number[]> =>
    (await engine.rows<{ id: number }>(`select id from ${table} order by id`)).map(({ id }) => id);
  const prune = (what: PruneKind, limit = 1_000) => engine.store.prune(what, ONE_HOUR, limit);
  const pruneAll = async (): Promise<void> => {
    for (const each of PRUNE_KINDS) while ((await prune(each)).more);
  };
  /** A run each, consumed by one update. */
  const consume = async (days: readonly number[]): Promise<void> => {
    for (const each of days) await engine.update("a", on(each));
    await engine.settle();
  };
  const later = () => engine.setNow("2026-03-01T05:00:00Z");

  test("what is younger stays, and of what is older the newest of each partition", async () => {
    await consume([1, 2, 1]);
    await engine.setNow("2026-03-01T00:30:00Z");
    await consume([1, 3]);
    await engine.setNow("2026-03-01T01:15:00Z");
    await pruneAll();
    // Of day 1 two are older than an hour; day 2, whose run is the third, has no newer one.
    expect(await ids("millrace.run")).toEqual([3, 4, 5]);
    expect(await count("millrace.delivery")).toBe(3);
    expect(await count("millrace.task_run")).toBe(3);
    // One by one, updates go after twice the time.
    expect(await ids("millrace.update")).toEqual([1, 2, 3, 4, 5]);
    await later();
    await pruneAll();
    expect(await ids("millrace.run")).toEqual([3, 4, 5]);
    expect(await ids("millrace.update")).toEqual([2, 4, 5]);
  });

  test("a turn takes about as much as it is told to, and the next goes on from there", async () => {
    await consume(Array.from({ length: 30 }, () => 1));
    await later();
    const turns: number[] = [];
    for (let more = true; more;) {
      const before = await count("millrace.run");
      ({ more } = await prune("run", 10));
      turns.push(before - (await count("millrace.run")));
    }
    // A run here is three rows: itself, its task and the update that it consumed.
    expect(Math.max(...turns)).toBe(3);
    expect(turns.reduce((sum, each) => sum + each)).toBe(29);
  });

  test("a run goes whole, with all of its items, though it is more than a turn", async () => {
    for (let n = 0; n < 2; n++) {
      await engine.start("wide");
      await engine.settle({ list: () => ok([1, 2, 3, 4, 5, 6]) });
    }
    await later();
    const ofRuns = "task_run t join millrace.run r on r.id = t.run_id";
    expect(await count(`millrace.${ofRuns}`)).toBe(16);
    expect((await prune("run", 2)).removed).toBe(1);
    expect(await count(`millrace.${ofRuns}`)).toBe(8);
    for (const table of ["task_run", "output", "map_item"]) {
      const left = `millrace.${table} x where x.${table === "task_run" ? "id" : "task_run_id"}
        not in (select t.id from millrace.${ofRuns})`;
      expect(await count(left), table).toBe(0);
    }
  });

  test("a crash in the middle of a turn leaves all as it was, and the next begins there", async () => {
    await consume([1, 1, 1, 1]);
    await later();
    await engine.rows(`
      create function crash() returns trigger language plpgsql as
        'begin raise exception ''the lights went out''; end'`);
    await engine.rows(`create trigger crash after update on millrace.prune_hand
      for each row execute function crash()`);
    await expect(prune("run", 3)).rejects.toThrow("the lights went out");
    expect(await count("millrace.run")).toBe(4);
    expect(await count("millrace.delivery")).toBe(4);
    await engine.rows("drop trigger crash on millrace.prune_hand");
    while ((await prune("run", 3)).more);
    expect(await ids("millrace.run")).toEqual([4]);
  });

  test("keys are kept for as long as sources may tell them again, since they did last", async () => {
    const tell = async (key: string): Promise<number | null> => {
      const { ids: told } = await engine.store.recordUpdates([
        {
          dataset: "default/a",
          partition: on(1),
          kind: "changed",
          uri: null,
          metadata: null,
          source: { type: "api", key: "test" },
          idempotencyKey: key,
          correlationId: null,
        },
      ]);
      return present(told)[0] ?? null;
    };
    await tell("one");
    await tell("two");
    await engine.setNow("2026-03-01T20:00:00Z");
    expect(await tell("two")).toBeNull();
    await pruneAll();
    expect(await count("millrace.fact_key")).toBe(2);
    await engine.setNow("2026-03-02T12:00:00Z");
    await pruneAll();
    expect(await tell("two")).toBeNull();
    expect(await tell("one")).not.toBeNull();
  });

  test("groups of partitions that come no more go; those in which something waits stay", async () => {
    await consume([1, 2]);
    await engine.store.pause({ pipeline: "default/p", trigger: null }, "test");
    await consume([2, 3]);
    await later();
    await pruneAll();
    expect(await count("millrace.trigger_group")).toBe(2);
    await engine.store.resume({ pipeline: "default/p", trigger: null });
    await engine.settle();
    await consume([1]);
    expect(await count("millrace.run where state = 'succeeded'")).toBe(5);
  });

  test("ranges of updates are made ahead of need, and dropped when all of one is old", async () => {
    const ranges = () => count("millrace.update_range");
    expect(await engine.store.makeRanges(RANGE)).toBe(0);
    // As if there had been many before: the first range is half used up.
    await engine.rows("select setval('millrace.update_id_seq', 99997)");
    await consume([1]);
    expect(await engine.store.makeRanges(RANGE)).toBe(1);
    await consume([2, 1, 1]);
    expect(await engine.store.makeRanges(RANGE)).toBe(0);
    expect(await ids("millrace.update_from_1")).toEqual([99_998, 99_999, 100_000]);
    expect(await ids("millrace.update_from_100001")).toEqual([100_001]);
    expect(await prune("range")).toEqual({ removed: 0, more: false });
    await later();
    while ((await prune("run")).more);
    expect((await prune("range")).removed).toBe(1);
    expect(await ranges()).toBe(1);
    // Day 2 has no newer one, and its run is kept for the same reason.
    expect(await ids("millrace.update_rest")).toEqual([99_999]);
    expect(await ids("millrace.update")).toEqual([99_999, 100_001]);
    expect((await engine.store.latestUpdate("default/a", on(2)))?.id).toBe(99_999);
    expect(await prune("range")).toEqual({ removed: 0, more: false });
  });

  test("updates that have no range yet are taken all the same, and the next begins behind them", async () => {
    await engine.rows("select setval('millrace.update_id_seq', 250000)");
    await consume([1, 2]);
    expect(await ids("millrace.update_rest")).toEqual([250_001, 250_002]);
    expect(await engine.store.makeRanges(RANGE)).toBe(1);
    const [, range] = await engine.rows<{ from_id: number; to_id: number }>(
      "select from_id, to_id from millrace.update_range order by from_id",
    );
    expect(present(range).from_id).toBeGreaterThan(250_002);
    await consume([1]);
    expect(await count("millrace.run where state = 'succeeded'")).toBe(3);
    await engine.rows(`select setval('millrace.update_id_seq', ${present(range).from_id})`);
    await consume([1]);
    expect(await count(`millrace.update_from_${present(range).from_id}`)).toBe(1);
  });
});
