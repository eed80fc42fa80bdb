import { randomUUID } from "node:crypto";
import {
  type ClaimedTask,
  type JsonValue,
  type PipelineSpec,
  present,
  type ResourceSpec,
  type TaskLimitSpec,
  versionOf,
} from "@millrace/core/internal";
import { readRun, why } from "@millrace/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Engine, failed, ok, startEngine } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

const pool = (slots = 1, name = "db"): TaskLimitSpec[] => [{ kind: "pool", pool: name, slots }];
const keyed = (limit: number, key: readonly string[] | null): TaskLimitSpec[] => [
  { kind: "key", name: "customers", key, limit },
];
const rated = (limit: number, perMs: number): TaskLimitSpec[] => [
  { kind: "rate", name: "api", key: null, limit, perMs },
];

describe.each(["embedded", "server"] as const)("limits of tasks, %s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  beforeEach(async () => {
    await engine.setNow("");
    await engine.rows(`truncate millrace.run, millrace.task_run, millrace.ready, millrace.running,
      millrace.run_active, millrace.run_queued, millrace.timer, millrace.pipeline,
      millrace.fact_pending, millrace.task_limit, millrace.limit_slot, millrace.limit_wait,
      millrace.limit_wanted, millrace.run_limit cascade`);
  });
  afterAll(() => engine.close());

  const start = async (pipeline: string, params: JsonValue = {}): Promise<number> => {
    const manual = { partition: {}, idempotencyKey: null, correlationId: null };
    const started = await engine.store.startRun({
      pipeline: `default/${pipeline}`,
      params,
      ...manual,
    });
    return started.runId;
  };
  const count = async (table: string): Promise<number> => {
    const rows = await engine.rows<{ n: number }>(
      `select count(*)::int as n from millrace.${table}`,
    );
    return present(rows[0]).n;
  };
  const leftovers = async (): Promise<readonly number[]> =>
    Promise.all(["limit_wait", "limit_wanted", "ready", "running"].map(count));
  const held = async (): Promise<number> => {
    const [row] = await engine.rows<{ n: number }>(
      "select coalesce(sum(slots), 0)::int as n from millrace.limit_slot where until is null",
    );
    return present(row).n;
  };
  const names = (tasks: readonly ClaimedTask[]) => tasks.map(({ runId }) => runId);

  test("a pool gives its slots to so many tasks of any pipeline, oldest first", async () => {
    const pools = { db: 2 };
    await engine.register(
      pipelineSpec("left", [taskSpec("a", { limits: pool() })], { pools }),
      pipelineSpec("right", [taskSpec("a", { limits: pool() })], { pools }),
    );
    const runs = [
      await start("left"),
      await start("right"),
      await start("left"),
      await start("right"),
    ];
    const first = await engine.claim();
    expect(names(first)).toEqual(runs.slice(0, 2));
    expect(await engine.claim()).toEqual([]);
    await engine.finish(present(first[1]));
    expect(names(await engine.claim())).toEqual([runs[2]]);
    await engine.finish(present(first[0]), failed());
    expect(names(await engine.claim())).toEqual([runs[3]]);
  });

  test("a large request is served before small ones that came after it", async () => {
    const spec = (name: string, slots: number) =>
      pipelineSpec(name, [taskSpec("a", { limits: pool(slots) })], { pools: { db: 3 } });
    await engine.register(spec("small", 1), spec("large", 3));
    await start("small");
    const [small] = await engine.claim();
    const large = await start("large");
    await start("small");
    expect(await engine.claim()).toEqual([]);
    await engine.finish(present(small));
    expect(names(await engine.claim())).toEqual([large]);
  });

  test("a key limits each of its values by itself, and its rows are gone when nobody has it", async () => {
    await engine.register(
      pipelineSpec("sync", [taskSpec("a", { limits: keyed(1, ["params", "customer"]) })]),
    );
    const acme = [
      await start("sync", { customer: "acme" }),
      await start("sync", { customer: "acme" }),
    ];
    const other = await start("sync", { customer: "other" });
    const first = await engine.claim();
    expect(names(first)).toEqual([acme[0], other]);
    for (const task of first) await engine.finish(task);
    const second = await engine.claim();
    expect(names(second)).toEqual([acme[1]]);
    await engine.settle();
    await engine.finish(present(second[0]));
    await engine.store.sweepLimits(100);
    expect(await count("task_limit")).toBe(0);
  });

  test("items of a map share a pool, and every one gets its turn", async () => {
    const over = { task: "list", path: [] };
    await engine.register(
      pipelineSpec(
        "mapped",
        [taskSpec("list"), taskSpec("each", { kind: "map", over, limits: pool() })],
        { pools: { db: 2 }, maxParallelTasks: 50 },
      ),
    );
    await engine.start("mapped");
    const [list] = await engine.claim();
    await engine.finish(present(list), ok(Array.from({ length: 9 }, (_, item) => item)));
    const seen: number[] = [];
    for (let round = 0; round < 5; round++) {
      const tasks = await engine.claim();
      seen.push(tasks.length);
      for (const task of tasks) await engine.finish(task);
    }
    expect(seen).toEqual([2, 2, 2, 2, 1]);
    expect([...(await leftovers()), await held()]).toEqual([0, 0, 0, 0, 0]);
  });

  test("a key of an item's value keeps equal items apart", async () => {
    const over = { task: "list", path: [] };
    const limits = keyed(1, ["item", "id"]);
    await engine.register(
      pipelineSpec("mapped", [taskSpec("list"), taskSpec("each", { kind: "map", over, limits })]),
    );
    await engine.start("mapped");
    const [list] = await engine.claim();
    await engine.finish(present(list), ok([{ id: 1 }, { id: 1 }, { id: 2 }]));
    const tasks = await engine.claim();
    expect(tasks.map(({ item }) => item?.index)).toEqual([0, 2]);
  });

  test("a rate lets so many start in any stretch of its time, and the next when one is over", async () => {
    await engine.setNow("2026-05-01T12:00:00Z");
    await engine.register(pipelineSpec("api", [taskSpec("a", { limits: rated(2, 60_000) })]));
    for (let n = 0; n < 5; n++) await engine.start("api");
    await engine.setNow("2026-05-01T12:00:30Z");
    const first = await engine.claim();
    expect(first).toHaveLength(2);
    for (const task of first) await engine.finish(task);
    expect(await engine.claim()).toEqual([]);
    // They were claimed at half past: a minute from then, not from when they became ready.
    await engine.setNow("2026-05-01T12:01:29Z");
    await engine.store.fireDue(10);
    expect(await engine.claim()).toEqual([]);
    await engine.setNow("2026-05-01T12:01:30Z");
    await engine.store.fireDue(10);
    expect(await engine.claim()).toHaveLength(2);
    await engine.setNow("2026-05-01T12:02:30Z");
    await engine.store.fireDue(10);
    expect(await engine.claim()).toHaveLength(1);
  });

  test("a task that waits for its retry holds nothing, and takes its slot anew", async () => {
    await engine.setNow("2026-05-01T12:00:00Z");
    const retries = {
      limit: 1,
      backoff: "fixed",
      delayMs: 1_000,
      maxMs: 1_000,
      jitter: false,
    } as const;
    await engine.register(
      pipelineSpec("again", [taskSpec("a", { limits: pool(), retries })], { pools: { db: 1 } }),
    );
    const runs = [await engine.start("again"), await engine.start("again")];
    const [first] = await engine.claim();
    await engine.finish(present(first), failed());
    const [second] = await engine.claim();
    expect(second?.runId).toBe(runs[1]);
    await engine.setNow("2026-05-01T12:00:02Z");
    await engine.store.fireDue(10);
    expect(await engine.claim()).toEqual([]);
    await engine.finish(present(second));
    expect(names(await engine.claim())).toEqual([runs[0]]);
    expect(await held()).toBe(1);
  });

  test("an attempt that was lost or released queues for its slot again", async () => {
    await engine.register(
      pipelineSpec("lost", [taskSpec("a", { limits: pool() })], { pools: { db: 1 } }),
    );
    await engine.start("lost");
    const [first] = await engine.claim();
    await engine.finish(present(first), { type: "released" });
    const [again] = await engine.claim();
    expect(again?.attempt).toBe(2);
    expect(await held()).toBe(1);
    await engine.finish(present(again));
    expect(await held()).toBe(0);
  });

  test("cancelling a run gives back its slots and its places in line", async () => {
    const limits = pool();
    await engine.register(
      pipelineSpec("two", [taskSpec("a", { limits }), taskSpec("b", { limits })], {
        pools: { db: 1 },
      }),
    );
    const runs = [await engine.start("two"), await engine.start("two")];
    const waits = await engine.store.cancelRun(present(runs[0]));
    expect(waits.state).toBe("cancelled");
    expect(waits.bells.flatMap(({ tasks }) => tasks)).toHaveLength(1);
    expect(names(await engine.claim())).toEqual([runs[1]]);
    await engine.store.cancelRun(present(runs[1]));
    expect(await held()).toBe(1);
    expect(await count("limit_wait")).toBe(0);
  });

  test("a namespace's limit counts every task in it, limited otherwise or not", async () => {
    const part = { namespaceLimits: { maxParallelTasks: 3 } };
    await engine.register(
      pipelineSpec("plain", [taskSpec("a"), taskSpec("b"), taskSpec("c")], part),
      pipelineSpec("pooled", [taskSpec("a", { limits: pool() })], { ...part, pools: { db: 9 } }),
    );
    await engine.start("plain");
    const pooled = await engine.start("pooled");
    const first = await engine.claim();
    expect(first).toHaveLength(3);
    await engine.finish(present(first[0]));
    expect(names(await engine.claim())).toEqual([pooled]);
  });

  test("limits set by hand hold until they are reset; what runs when one is lowered runs on", async () => {
    await engine.register(
      pipelineSpec("many", [taskSpec("a", { limits: pool() })], { pools: { db: 2 } }),
    );
    for (let n = 0; n < 8; n++) await engine.start("many");
    const first = await engine.claim();
    expect(first).toHaveLength(2);
    await engine.store.setLimit({ kind: "pool", name: "db", tasks: 4 });
    const more = await engine.claim();
    expect(more).toHaveLength(2);
    await engine.store.setLimit({ kind: "pool", name: "db", tasks: 1 });
    for (const task of [...first, present(more[0])]) await engine.finish(task);
    expect(await engine.claim()).toEqual([]);
    await engine.finish(present(more[1]));
    expect(await engine.claim()).toHaveLength(1);
    await engine.store.setLimit({ kind: "all", name: "", tasks: 2 });
    await engine.store.setLimit({ kind: "pool", name: "db", tasks: null });
    expect(await engine.claim()).toHaveLength(1);
    await engine.store.setLimit({ kind: "all", name: "", tasks: null });
    await engine.settle();
  });

  test("what is under no limit never comes near them", async () => {
    await engine.register(
      pipelineSpec("free", [taskSpec("a"), taskSpec("b", { needs: after("a") })]),
    );
    await engine.start("free");
    expect(await engine.settle()).toHaveLength(2);
    expect(await count("limit_slot")).toBe(0);
  });

  test("many that wait behind a full key do not hide one that could start", async () => {
    const limits = [...keyed(1, ["params", "customer"]), ...pool()];
    await engine.register(
      pipelineSpec("deep", [taskSpec("a", { limits })], { pools: { db: 2 } }),
      pipelineSpec("other", [taskSpec("a", { limits: pool() })], { pools: { db: 2 } }),
    );
    await start("other");
    await start("deep", { customer: "a" });
    const first = await engine.claim();
    for (let n = 0; n < 70; n++) await start("deep", { customer: "a" });
    const last = await start("deep", { customer: "b" });
    await engine.finish(present(first[0]));
    // Its own key is not locked by who frees the pool: the next transaction looks under both locks.
    await engine.store.fireDue(10);
    expect(names(await engine.claim())).toEqual([last]);
  });

  test("a task that sleeps holds nothing, and queues for its slot when it wakes", async () => {
    await engine.setNow("2026-05-01T12:00:00Z");
    await engine.register(
      pipelineSpec("sleepy", [taskSpec("a", { limits: pool() })], { pools: { db: 1 } }),
    );
    const runs = [await engine.start("sleepy"), await engine.start("sleepy")];
    const [first] = await engine.claim();
    const wait = { kind: "sleep", until: null, afterMs: 1_000 } as const;
    const waits = [{ name: "sleep 1", wait }];
    await engine.finish(present(first), { type: "suspended", waits, blockedOn: ["sleep 1"] });
    const [second] = await engine.claim();
    expect(second?.runId).toBe(runs[1]);
    await engine.setNow("2026-05-01T12:00:02Z");
    const { facts } = await engine.store.fireDue(10);
    await engine.store.evaluate(facts);
    expect(await engine.claim()).toEqual([]);
    expect(await count("limit_wait")).toBe(1);
    await engine.finish(present(second));
    expect(names(await engine.claim())).toEqual([runs[0]]);
  });

  test("a pool that is declared larger lets waiting tasks begin", async () => {
    const sized = (slots: number) =>
      pipelineSpec("sized", [taskSpec("a", { limits: pool() })], { pools: { db: slots } });
    await engine.register(sized(1));
    for (let n = 0; n < 3; n++) await engine.start("sized");
    expect(await engine.claim()).toHaveLength(1);
    await engine.register(sized(2));
    expect(await engine.claim()).toHaveLength(1);
    expect(await count("limit_wait")).toBe(1);
  });

  test("a namespace's limit holds what waited for another one before there was it", async () => {
    const part = { pools: { db: 3 } };
    await engine.register(pipelineSpec("p", [taskSpec("a", { limits: pool() })], part));
    await engine.store.setLimit({ kind: "pool", name: "db", tasks: 0 });
    for (let run = 0; run < 3; run++) await start("p");
    await engine.store.setLimit({ kind: "namespace", name: "default", tasks: 1 });
    await engine.store.setLimit({ kind: "pool", name: "db", tasks: null });
    expect(await count("ready")).toBe(1);
    await engine.settle();
    expect(await leftovers()).toEqual([0, 0, 0, 0]);
  });

  test("a namespace's limit counts what was under way before there was one", async () => {
    const spec = (part: Partial<PipelineSpec>) => pipelineSpec("plain", [taskSpec("a")], part);
    await engine.register(spec({}));
    await engine.start("plain");
    await engine.start("plain");
    const first = await engine.claim(1);
    await engine.register(spec({ namespaceLimits: { maxParallelTasks: 2 } }));
    const third = await engine.start("plain");
    expect(await count("limit_wait")).toBe(1);
    await engine.finish(present(first[0]));
    expect(names(await engine.claim())).toContain(third);
  });

  test("a slot that nobody has any more is found by the sweep", async () => {
    await engine.register(
      pipelineSpec("leaky", [taskSpec("a", { limits: pool() })], { pools: { db: 1 } }),
    );
    await engine.rows(`insert into millrace.limit_slot (limit_id, task_run_id, attempt, slots)
      select id, 0, 1, 1 from millrace.task_limit`);
    const run = await engine.start("leaky");
    expect(await engine.claim()).toEqual([]);
    const { swept, bells } = await engine.store.sweepLimits(100);
    expect([swept, bells.length]).toEqual([1, 1]);
    expect(names(await engine.claim())).toEqual([run]);
  });

  test("a slot of an attempt that is over is found by the sweep, also while the next one runs", async () => {
    const parts = { pools: { db: 2 } };
    await engine.register(pipelineSpec("twice", [taskSpec("a", { limits: pool() })], parts));
    await engine.start("twice");
    await engine.claim(1);
    await engine.rows(`insert into millrace.limit_slot (limit_id, task_run_id, attempt, slots)
      select limit_id, task_run_id, attempt - 1, 1 from millrace.limit_slot`);
    const second = await engine.start("twice");
    expect(await engine.claim()).toEqual([]);
    expect((await engine.store.sweepLimits(100)).swept).toBe(1);
    expect(names(await engine.claim())).toEqual([second]);
  });

  test("what waits says for whom, and how far back in line it is", async () => {
    const limits = [...pool(2), ...keyed(1, null)];
    const pools = { db: 2 };
    await engine.register(
      pipelineSpec("first", [taskSpec("load", { limits: pool(2) })], { pools }),
      pipelineSpec("next", [taskSpec("load", { limits })], { pools }),
    );
    const runs = [await start("first"), await start("next"), await start("next")];
    const { notes } = present(await readRun(engine.database, present(runs[2])));
    expect(notes.waits.map(({ task, words }) => [task, words])).toEqual([
      ["load", `waits for pool db (2 of 2 slots taken by run_${runs[0]} load; 2nd in line)`],
    ]);
    const answer = await why(engine.database, { type: "run", id: present(runs[1]) });
    expect(answer?.lines).toContain(
      `Task load waits for pool db (2 of 2 slots taken by run_${runs[0]} load; 1st in line).`,
    );
  });

  test("a run that waits for a place says who has them", async () => {
    const part = { namespaceLimits: { maxActiveRuns: 1 } };
    await engine.register(pipelineSpec("left", [taskSpec("a")], part));
    const runs = [await start("left"), await start("left"), await start("left")];
    const { notes } = present(await readRun(engine.database, present(runs[2])));
    expect(notes.held).toContain(
      `1 of 1 runs of namespace default are active (run_${runs[0]}); it is 2nd in line`,
    );
  });

  describe("of workers that declare what their tasks may take together", () => {
    const open = async (capacity: ResourceSpec): Promise<string> => {
      const sessionId = randomUUID();
      const host = { host: "test", pid: 1, slots: 50, channels: [], leaseMs: 3_600_000_000 };
      await engine.store.open({ sessionId, ...host, capacity });
      return sessionId;
    };
    const needing = (name: string, resources: ResourceSpec) =>
      pipelineSpec(name, [taskSpec("a", { resources })]);
    const channelsOf = (...specs: readonly PipelineSpec[]) =>
      specs.map((spec) => ({ queue: "default", version: versionOf(spec) }));

    test("one takes what fits, and no small task overtakes a large one for ever", async () => {
      const large = needing("large", { cpu: 3 });
      const small = needing("small", { cpu: 1 });
      const none = pipelineSpec("none", [taskSpec("a")]);
      await engine.register(large, small, none);
      const channels = channelsOf(large, small, none);
      const session = await open({ cpu: 4 });
      const runs = [await start("small"), await start("small")];
      const first = await engine.store.claimNext(session, channels, 10);
      expect(names(first)).toEqual(runs);
      const big = await start("large");
      await start("small");
      const idle = await start("none");
      expect(names(await engine.store.claimNext(session, channels, 10))).toEqual([idle]);
      await engine.finish(present(first[0]));
      const second = await engine.store.claimNext(session, channels, 10);
      expect(names(second)).toEqual([big]);
    });

    test("a bell for a task that does not fit is not answered", async () => {
      const spec = needing("memory", { memoryMb: 600 });
      await engine.register(spec);
      const session = await open({ memoryMb: 1_024 });
      const runs = [await start("memory"), await start("memory")];
      const ready = await engine.rows<{ taskRunId: number; attempt: number }>(
        'select task_run_id as "taskRunId", attempt from millrace.ready order by rank, task_run_id',
      );
      const claimed = await engine.store.claim(session, ready);
      expect(names(claimed)).toEqual([runs[0]]);
      expect(await engine.store.claim(session, ready)).toEqual([]);
      await engine.finish(present(claimed[0]));
      expect(names(await engine.store.claim(session, ready))).toEqual([runs[1]]);
    });

    test("a task that needs more than any live worker declares says so", async () => {
      const spec = needing("large", { cpu: 8 });
      await engine.register(spec);
      const runId = await start("large");
      await engine.rows("update millrace.worker set draining = true");
      const host = { host: "test", pid: 1, slots: 50, leaseMs: 3_600_000_000 };
      const channels = channelsOf(spec);
      const session = { sessionId: randomUUID(), ...host, channels, capacity: { cpu: 4 } };
      await engine.store.open(session);
      const { notes } = present(await readRun(engine.database, runId));
      expect(notes.held).toEqual([
        "task a needs 8 CPUs, and no live worker declares enough (the most: 4 CPUs)",
      ]);
      await engine.store.open({ ...session, sessionId: randomUUID(), capacity: { cpu: 8 } });
      expect(present(await readRun(engine.database, runId)).notes.held).toEqual([]);
      await engine.rows("update millrace.worker set draining = false");
    });

    test("what is too large for one worker is left to another, and holds nobody up", async () => {
      const large = needing("large", { cpu: 8 });
      const small = needing("small", { cpu: 1 });
      await engine.register(large, small);
      const channels = channelsOf(large, small);
      const big = await start("large");
      const little = await start("small");
      const session = await open({ cpu: 2 });
      expect(names(await engine.store.claimNext(session, channels, 10))).toEqual([little]);
      const whatever = await engine.claim();
      expect(names(whatever)).toEqual([big]);
    });
  });
});
