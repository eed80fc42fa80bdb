import { type ClaimedTask, present, type Said } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, ok, produced, startEngine } from "./engine.ts";
import { after, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const ANA: Said = { by: "ana", why: "the source was late" };

/** load ─ clean ─ write, which updates `clean`; `alert` when load failed; `side` alone. */
const ORDERS = { orders: { type: "dataset", dataset: "default/orders" } } as const;
const FLOW = pipelineSpec(
  "flow",
  [
    taskSpec("load"),
    taskSpec("clean", { needs: after("load") }),
    taskSpec("write", { needs: after("clean"), produces: ORDERS }),
    taskSpec("alert", { when: { task: "load", is: "failed" } }),
    taskSpec("side"),
  ],
  { result: "write", datasets: declare(datasetSpec("orders"), datasetSpec("raw")) },
);
const ON_RAW = pipelineSpec("on-raw", FLOW.tasks, {
  triggers: { raw: updated(leg("raw")) },
  datasets: FLOW.datasets,
});
const SHEETS = pipelineSpec("sheets", [
  taskSpec("list"),
  taskSpec("each", { kind: "map", over: { task: "list", path: [] } }),
  taskSpec("sum", { needs: after("each") }),
]);

const valueOf = ({ item }: ClaimedTask): string => JSON.stringify(item?.value).slice(1, -1);

describe.each(["embedded", "server"] as const)("control of runs, %s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(FLOW, ON_RAW, SHEETS);
  }, 60_000);
  afterAll(() => engine.close());

  const runOf = async (runId: number) => {
    const [row] = await engine.rows<Record<string, unknown>>(
      `select state, reason, cause, retry_of, correlation_id, result, params, trigger_name
       from millrace.run where id = ${runId}`,
    );
    return present(row);
  };
  const tasksOf = async (runId: number, spec = FLOW): Promise<Record<string, string>> => {
    const rows = await engine.rows<{ task: number; item: number; state: string }>(
      `select task, item, state from millrace.task_run where run_id = ${runId} order by task, item`,
    );
    return Object.fromEntries(
      rows.map(({ task, item, state }) => {
        const name = spec.tasks[task]?.name ?? "";
        return [item < 0 ? name : `${name}[${item}]`, state];
      }),
    );
  };
  const named = (claimed: readonly ClaimedTask[]) => claimed.map(({ task }) => task).toSorted();
  const auditOf = (runId: number) =>
    engine.rows<{ by: string; action: string; task: string | null; why: string | null }>(
      `select by, action, task, why from millrace.audit where run_id = ${runId} order by id`,
    );
  const updatesOf = async (runId: number): Promise<number> =>
    (await engine.rows(`select id from millrace.update where run_id = ${runId}`)).length;

  describe("a paused run", () => {
    test("starts nothing, lets what runs end, and goes on where it was", async () => {
      const runId = await engine.start("flow");
      const [load] = await engine.claim(1);
      expect(await engine.store.pauseRun(runId, ANA)).toMatchObject({ changed: true });
      expect(await engine.store.pauseRun(runId, ANA)).toMatchObject({ changed: false });
      expect(await engine.claim()).toEqual([]);
      expect(await engine.finish(present(load))).toBe(true);
      expect(await engine.claim()).toEqual([]);
      expect(await engine.store.resumeRun(runId, ANA)).toMatchObject({ changed: true });
      expect(named(await engine.settle())).toEqual(["clean", "side", "write"]);
      expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
      expect(await auditOf(runId)).toMatchObject([
        { by: "ana", action: "pause", why: "the source was late" },
        { by: "ana", action: "resume" },
      ]);
    });

    test("does not start an attempt that comes back to it", async () => {
      const runId = await engine.start("flow");
      const claimed = await engine.claim();
      await engine.store.pauseRun(runId, ANA);
      for (const task of claimed) await engine.finish(task, { type: "released" });
      expect(await engine.claim()).toEqual([]);
      await engine.store.resumeRun(runId, ANA);
      expect(named(await engine.claim())).toEqual(["load", "side"]);
      await engine.store.cancelRun(runId, ANA);
    });

    test("cannot be one that has ended, or that is not there", async () => {
      const runId = await engine.start("flow");
      await engine.settle();
      await expect(engine.store.pauseRun(runId, ANA)).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(engine.store.pauseRun(999, ANA)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });

  describe("a retry of a run that has ended", () => {
    test("does what failed and what follows in a new run, and keeps the rest", async () => {
      const runId = await engine.start("flow");
      await engine.settle({ clean: () => failed(), load: () => ok("rows") });
      expect(await runOf(runId)).toMatchObject({ state: "failed" });
      const again = await engine.store.retryFailed(runId, ANA);
      expect(again).toMatchObject({ isNew: true, again: ["clean", "write"] });
      expect(await tasksOf(again.runId)).toMatchObject({ load: "succeeded", side: "succeeded" });
      const seen: unknown[] = [];
      const done = await engine.settle({
        clean: ({ needs }) => (seen.push(needs), ok()),
        write: () => produced("orders"),
      });
      expect(named(done)).toEqual(["clean", "write"]);
      expect(seen).toEqual([{ load: { state: "succeeded", output: "rows" } }]);
      expect(await runOf(again.runId)).toMatchObject({
        state: "succeeded",
        retry_of: runId,
        correlation_id: `run_${runId}`,
        cause: { type: "retry", run: runId, by: "ana", why: "the source was late" },
      });
      expect(await runOf(runId)).toMatchObject({ state: "failed" });
      expect(await updatesOf(again.runId)).toBe(1);
      expect(await auditOf(runId)).toMatchObject([{ action: "retry", task: null, by: "ana" }]);
    });

    test("takes back the alert that a failure caused", async () => {
      const runId = await engine.start("flow");
      await engine.settle({ load: () => failed() });
      expect(await tasksOf(runId)).toMatchObject({ alert: "succeeded", write: "upstream_failed" });
      const { runId: next } = await engine.store.retryFailed(runId, ANA);
      expect(named(await engine.settle())).toEqual(["clean", "load", "write"]);
      expect(await tasksOf(next)).toMatchObject({ alert: "skipped", write: "succeeded" });
    });

    test("has received what the first run consumed", async () => {
      await engine.update("raw");
      await engine.settle({ clean: () => failed() });
      const [first] = await engine.rows<{ id: number }>(
        `select max(r.id) as id from millrace.run r where trigger_name = 'raw'`,
      );
      const { runId } = await engine.store.retryFailed(present(first).id, ANA);
      const [clean] = await engine.claim();
      expect(clean).toMatchObject({ task: "clean", runId, run: { trigger: "raw" } });
      expect(present(clean).received).toMatchObject([{ kind: "update" }]);
      await engine.finish(present(clean));
      await engine.settle();
    });

    test("is made once while it lives, and may be retried itself", async () => {
      const runId = await engine.start("flow");
      await engine.settle({ clean: () => failed() });
      const { runId: next } = await engine.store.retryFailed(runId, ANA);
      await expect(engine.store.retryFailed(runId, ANA)).rejects.toMatchObject({
        code: "CONFLICT",
        message: expect.stringContaining(`run_${next} goes on from run_${runId} already`),
      });
      await engine.settle({ clean: () => failed() });
      const { runId: third } = await engine.store.retryFailed(next, ANA);
      expect(named(await engine.settle())).toEqual(["clean", "write"]);
      expect(await runOf(third)).toMatchObject({ state: "succeeded", retry_of: next });
    });

    test("is refused where nothing failed", async () => {
      const runId = await engine.start("flow");
      await engine.settle();
      await expect(engine.store.retryFailed(runId, ANA)).rejects.toMatchObject({
        code: "CONFLICT",
        message: expect.stringMatching(/Nothing of run_\d+ failed.*--from/),
      });
    });

    test("of a map does the items again that did not succeed", async () => {
      const runId = await engine.start("sheets");
      const handlers = { list: () => ok(["a", "b", "c"]) };
      await engine.settle({
        ...handlers,
        each: (task) => (valueOf(task) === "b" ? failed() : ok(`${valueOf(task)}1`)),
      });
      expect(await tasksOf(runId, SHEETS)).toMatchObject({ each: "failed", "each[1]": "failed" });
      const { runId: next } = await engine.store.retryFailed(runId, ANA);
      const sums: unknown[] = [];
      const done = await engine.settle({
        each: (task) => ok(`${valueOf(task)}2`),
        sum: ({ needs }) => (sums.push(needs["each"]), ok()),
      });
      expect(done.map(({ task, item }) => [task, item?.index ?? null])).toEqual([
        ["each", 1],
        ["sum", null],
      ]);
      expect(sums).toEqual([{ state: "succeeded", output: ["a1", "b2", "c1"] }]);
      expect(await runOf(next)).toMatchObject({ state: "succeeded" });
    });
  });

  describe("a rerun from a task", () => {
    test("does it and what follows, and tells its updates again", async () => {
      const runId = await engine.start("flow");
      await engine.settle({ write: () => produced("orders") });
      const again = await engine.store.rerunFrom(runId, "clean", ANA);
      expect(again.again).toEqual(["clean", "write"]);
      const done = await engine.settle({ write: () => produced("orders") });
      expect(named(done)).toEqual(["clean", "write"]);
      expect([await updatesOf(runId), await updatesOf(again.runId)]).toEqual([1, 1]);
      expect(await runOf(again.runId)).toMatchObject({
        cause: { type: "rerun", run: runId, task: "clean" },
      });
    });

    test("with the latest version does what is new in it too", async () => {
      const runId = await engine.start("flow");
      await engine.settle({ clean: () => failed() });
      const later = { ...FLOW, tasks: [taskSpec("first"), ...FLOW.tasks] };
      await engine.register(later, ON_RAW, SHEETS);
      const again = await engine.store.retryFailed(runId, ANA, { version: "latest" });
      expect(again.again).toEqual(["first", "clean", "write"]);
      expect(named(await engine.settle())).toEqual(["clean", "first", "write"]);
      expect(await tasksOf(again.runId, later)).toMatchObject({ load: "succeeded" });
      await engine.register(FLOW, ON_RAW, SHEETS);
    });

    test("knows only the tasks of its run", async () => {
      const runId = await engine.start("flow");
      await engine.settle();
      await expect(engine.store.rerunFrom(runId, "laod", ANA)).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringContaining("Its tasks are load, clean, write, alert, side."),
      });
    });
  });

  describe("clearing a task of a live run", () => {
    test("does it again in place with what follows, and keeps what was", async () => {
      const runId = await engine.start("flow");
      const side = await claimOnly("side");
      await engine.settle({ clean: () => failed() });
      expect(await tasksOf(runId)).toMatchObject({ clean: "failed", write: "upstream_failed" });
      const cleared = await engine.store.clearTask(runId, "clean", ANA);
      expect(cleared).toMatchObject({ isNew: false, runId, again: ["clean", "write"] });
      expect(await tasksOf(runId)).toMatchObject({ load: "succeeded", clean: "queued" });
      await engine.settle();
      await engine.finish(side);
      expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
      const past = await engine.rows<{ task: number; was: { state: string } }>(
        `select task, was from millrace.task_run_past where run_id = ${runId} order by task`,
      );
      expect(past).toMatchObject([
        { task: 1, was: { state: "failed" } },
        { task: 2, was: { state: "upstream_failed" } },
      ]);
    });

    test("is refused while a part of it runs", async () => {
      const runId = await engine.start("flow");
      await engine.finish(await claimOnly("load"));
      const clean = await claimOnly("clean");
      await expect(engine.store.clearTask(runId, "load", ANA)).rejects.toMatchObject({
        code: "CONFLICT",
        message: expect.stringMatching(/^clean of run_\d+ runs now/),
      });
      expect(await engine.finish(clean)).toBe(true);
      await engine.settle();
      expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
    });

    test("of a mapped task in its midst keeps the items that succeeded in a retry", async () => {
      const runId = await engine.start("sheets");
      await engine.settle({
        list: () => ok(["a", "b"]),
        each: ({ item }) => (item?.value === "b" ? failed() : ok("a1")),
        sum: () => ok(),
      });
      const { runId: next } = await engine.store.clearTask(runId, "each", ANA);
      const done = await engine.settle();
      expect(named(done)).toEqual(["each", "each", "sum"]);
      expect(await runOf(next)).toMatchObject({ state: "succeeded" });
    });
  });

  describe("marking a task", () => {
    test("that runs takes it from its owner, and what follows goes on", async () => {
      const runId = await engine.start("flow");
      const load = await claimOnly("load");
      await engine.store.markTask(runId, "load", { as: "succeeded", output: "by hand" }, ANA);
      expect(await engine.finish(load, ok("too late"))).toBe(false);
      const seen: unknown[] = [];
      await engine.settle({ clean: ({ needs }) => (seen.push(needs["load"]), ok()) });
      expect(seen).toEqual([{ state: "succeeded", output: "by hand" }]);
      expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
      expect(await auditOf(runId)).toMatchObject([{ action: "mark", task: "load", by: "ana" }]);
    });

    test.each(["queued", "yet to come", "waiting for a retry"])("that is %s", async (what) => {
      const retries = { ...taskSpec("a").retries, limit: 1, delayMs: 3_600_000, maxMs: 3_600_000 };
      const spec = pipelineSpec("pair", [
        taskSpec("a", { retries }),
        taskSpec("b", { needs: after("a") }),
      ]);
      await engine.register(FLOW, ON_RAW, SHEETS, spec);
      const runId = await engine.start("pair");
      const task = what === "yet to come" ? "b" : "a";
      if (what === "waiting for a retry") await engine.finish(await claimOnly("a"), failed());
      await engine.store.markTask(runId, task, { as: "succeeded" }, ANA);
      const left = await engine.rows(`select id from millrace.timer where run_id = ${runId}`);
      expect(left).toEqual([]);
      await engine.settle();
      expect((await tasksOf(runId, spec))[task]).toBe("succeeded");
      expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
    });

    test("as skipped skips what needs it", async () => {
      const runId = await engine.start("flow");
      await engine.store.markTask(runId, "load", { as: "skipped" }, ANA);
      expect(named(await engine.settle())).toEqual(["side"]);
      expect(await tasksOf(runId)).toMatchObject({ load: "skipped", write: "skipped" });
    });

    test("as failed says by whom, and fails what needs it", async () => {
      const runId = await engine.start("flow");
      await engine.store.markTask(runId, "load", { as: "failed" }, ANA);
      await engine.settle();
      expect(await tasksOf(runId)).toMatchObject({ load: "failed", alert: "succeeded" });
      const [row] = await engine.rows<{ reason: string }>(
        `select reason from millrace.task_run where run_id = ${runId} and task = 0`,
      );
      expect(row?.reason).toBe("marked as failed by ana: the source was late");
    });

    test("that failed, in a live run, decides anew what followed from its failure", async () => {
      const runId = await engine.start("flow");
      const side = await claimOnly("side");
      await engine.settle({ clean: () => failed() });
      await engine.store.markTask(runId, "clean", { as: "succeeded" }, ANA);
      expect(named(await engine.settle())).toEqual(["write"]);
      await engine.finish(side);
      expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
    });

    test("of a run that has ended makes a new run with that outcome in place", async () => {
      const runId = await engine.start("flow");
      await engine.settle({ clean: () => failed() });
      const marked = await engine.store.markTask(runId, "clean", { as: "succeeded" }, ANA);
      expect(marked).toMatchObject({ isNew: true, again: ["write"] });
      expect(named(await engine.settle())).toEqual(["write"]);
      expect(await tasksOf(marked.runId)).toMatchObject({ clean: "succeeded", load: "succeeded" });
      expect(await runOf(runId)).toMatchObject({ state: "failed" });
    });

    test.each([
      [false, 0],
      [true, 1],
    ])("as succeeded with emit %s tells %i updates", async (emit, count) => {
      const runId = await engine.start("flow");
      await engine.store.markTask(runId, "write", { as: "succeeded", emit }, ANA);
      expect(await updatesOf(runId)).toBe(count);
      await engine.settle();
    });

    test.each([
      ["clean", { as: "failed", output: 1 }, /only a task that succeeded has an output/],
      ["clean", { as: "skipped", emit: true }, /only a task that succeeded emits/],
    ] as const)("%s as %j is refused", async (task, mark, why) => {
      const runId = await engine.start("flow");
      await expect(engine.store.markTask(runId, task, mark, ANA)).rejects.toMatchObject({
        code: "INPUT_INVALID",
        message: expect.stringMatching(why),
      });
      await engine.settle();
    });
  });

  /** Claims everything, hands back all but one. */
  async function claimOnly(task: string): Promise<ClaimedTask> {
    const claimed = await engine.claim();
    for (const each of claimed) {
      if (each.task !== task) await engine.finish(each, { type: "released" });
    }
    return present(claimed.find((each) => each.task === task));
  }
});
