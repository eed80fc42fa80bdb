import {
  type AttemptOutcome,
  CALL_DEPTH_MAX,
  type ClaimedTask,
  present,
} from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, type Handlers, ok, startEngine } from "./engine.ts";
import { after, DAY, pipelineSpec, taskSpec } from "./specs.ts";
import { asking, calling, NOTHING, sleep, suspended, waitingRoom } from "./waiting-room.ts";

const SAID = { by: "ana", why: "to look first" };

describe.each(["embedded", "server"] as const)("calls on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    const ask = taskSpec("ask");
    await engine.register(
      pipelineSpec("caller", [ask], { result: "ask" }),
      pipelineSpec("two-tasks", [ask, taskSpec("next", { needs: after("ask") })]),
      pipelineSpec("called", [taskSpec("do")], { result: "do" }),
      pipelineSpec("one-at-a-time", [taskSpec("do")], { result: "do", maxActiveRuns: 1 }),
      pipelineSpec("daily", [taskSpec("do")], { result: "do", partitions: DAY }),
      pipelineSpec("middle", [taskSpec("pass-on")]),
      pipelineSpec("endless", [taskSpec("again")]),
      pipelineSpec("strict", [taskSpec("do")], {
        params: { type: "object", properties: { n: {}, m: {} }, required: ["n", "m"] },
      }),
    );
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, moveClock, runRow, result, count, leaks } = waitingRoom(() => engine);
  const ask = asking({ name: "call 1", wait: calling("called") });
  const passOn = asking({ name: "call 1", wait: calling("called") });
  const childOf = async (runId: number) => {
    const [row] = await engine.rows<{ id: number; state: string; asked: boolean }>(
      `select id, state, cancel_requested_at is not null as asked from millrace.run
       where parent_run_id = ${runId}`,
    );
    return present(row, `a run called by ${runId}`);
  };
  const holding =
    (held: ClaimedTask[], handlers: Handlers = {}) =>
    async (): Promise<readonly ClaimedTask[]> => {
      // Runs everything but the tasks called `do`, which stay claimed.
      for (;;) {
        const facts = await engine.store.listPending(0, 100);
        if (facts.length > 0) await engine.store.evaluate(facts);
        const claimed = await engine.claim();
        if (facts.length + claimed.length === 0) return held;
        for (const task of claimed) {
          if (task.task === "do") held.push(task);
          else await engine.finish(task, handlers[task.task]?.(task) ?? ok());
        }
      }
    };

  test("the caller holds nothing while it waits, and gets the result", async () => {
    const run = await engine.start("caller");
    const held = await holding([], { ask })();
    expect(await count("millrace.running")).toBe(1);
    const child = await childOf(run);
    expect(child.state).toBe("running");
    await engine.finish(present(held[0]), ok({ n: 1 }));
    await engine.settle({ ask });
    expect(await result(run)).toEqual([
      { runId: child.id, state: "succeeded", result: { n: 1 }, reason: null },
    ]);
    expect(await leaks()).toEqual(NOTHING);
  });

  test("a paused run starts no call, and starts it once when it goes on", async () => {
    const run = await engine.start("caller");
    const [task] = await engine.claim();
    await engine.finish(present(task), ask(present(task)));
    await engine.store.pauseRun(run, SAID);
    await engine.settle({ ask });
    const children = `millrace.run where parent_run_id = ${run}`;
    expect(await count(children)).toBe(0);
    await engine.store.resumeRun(run, SAID);
    await engine.settle({ ask, do: () => ok({ n: 3 }) });
    expect(await count(children)).toBe(1);
    expect(await result(run)).toMatchObject([{ state: "succeeded", result: { n: 3 } }]);
    expect(await leaks()).toEqual(NOTHING);
  });

  test("a call that fails says why", async () => {
    const run = await engine.start("caller");
    await engine.settle({ ask, do: () => failed() });
    const [answer] = (await result(run)) as [object];
    expect(answer).toMatchObject({ state: "failed", result: null, reason: "failed: do" });
  });

  test("a called run that somebody cancels is an answer too", async () => {
    const run = await engine.start("caller");
    const held = await holding([], { ask })();
    await engine.store.cancelRun((await childOf(run)).id);
    await engine.finish(present(held[0]), { type: "cancelled" });
    await engine.settle({ ask });
    expect(await result(run)).toMatchObject([{ state: "cancelled" }]);
  });

  test("a caller that does not wait goes on at once, and its cancellation reaches nobody", async () => {
    const wait = calling("called", { wait: false });
    const run = await engine.start("caller");
    const held = await holding([], {
      ask: (task) => {
        const answer = asking({ name: "c", wait })(task);
        return answer.type === "succeeded" ? suspended({ name: "s", wait: sleep(1e9) }) : answer;
      },
    })();
    const child = await childOf(run);
    const [step] = await engine.rows<{ value: object }>(
      `select value from millrace.step where run_id = ${run} and name = 'c'`,
    );
    expect(step?.value).toMatchObject({ runId: child.id, state: "started" });
    await engine.store.cancelRun(run);
    await engine.settle();
    expect((await childOf(run)).asked).toBe(false);
    await engine.finish(present(held[0]));
    await engine.settle();
    expect((await childOf(run)).state).toBe("succeeded");
    expect(await leaks()).toEqual(NOTHING);
  });

  test("a call of a pipeline at its limit waits its turn", async () => {
    const one = await engine.start("one-at-a-time");
    const held = await holding([])();
    const run = await engine.start("caller");
    const calls = asking({ name: "c", wait: calling("one-at-a-time") });
    await holding([], { ask: calls })();
    expect((await childOf(run)).state).toBe("queued");
    await engine.finish(present(held[0]));
    await engine.settle({ ask: calls });
    expect((await runRow(one)).state).toBe("succeeded");
    expect(await result(run)).toMatchObject([{ state: "succeeded" }]);
  });

  test.each([
    ["an unknown pipeline", calling("nobody"), /^There is no active pipeline default\/nobody\. /],
    ["a partition that is missing", calling("daily"), /does not fit default\/daily: .*date/],
    ["a partition that it has not", calling("called", { partition: { x: "1" } }), /x/],
    ["params that are missing", calling("strict", { params: { n: 1 } }), /requires the params m,/],
  ])("%s is refused with the reason", async (_, wait, reason) => {
    const run = await engine.start("caller");
    await engine.settle({ ask: asking({ name: "c", wait }) });
    const [answer] = (await result(run)) as [{ state: string; reason: string; runId: null }];
    expect(answer).toMatchObject({ state: "refused", runId: null });
    expect(answer.reason).toMatch(reason);
    expect(await leaks()).toEqual(NOTHING);
  });

  test("a pipeline that calls itself comes to an end", async () => {
    const again = asking({ name: "c", wait: calling("endless") });
    const before = await count("millrace.run");
    await engine.start("endless");
    await engine.settle({ again });
    expect((await count("millrace.run")) - before).toBe(CALL_DEPTH_MAX + 1);
    const [deepest] = await engine.rows<{ value: { reason: string } }>(
      `select value from millrace.step where value ->> 'state' = 'refused' order by id desc limit 1`,
    );
    expect(deepest?.value.reason).toMatch(/32 runs deep/);
  });

  test("the story of the caller goes on in the called run, unless that is not wanted", async () => {
    const manual = { partition: {}, params: {}, idempotencyKey: null };
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const { runId } = await engine.store.startRun({
      pipeline: "default/caller",
      ...manual,
      correlationId: "story",
      traceparent,
    });
    const seen: ClaimedTask[] = [];
    const own = calling("called", { inherit: false });
    await engine.settle({
      ask: asking({ name: "a", wait: calling("called") }, { name: "b", wait: own }),
      do: (task) => {
        seen.push(task);
        return ok();
      },
    });
    const [inherited, apart] = seen.map(({ run }) => run);
    expect(inherited).toMatchObject({ correlationId: "story", traceparent });
    expect(apart).toMatchObject({ correlationId: `run_${apart?.id}` });
    expect(apart?.traceparent).not.toBe(traceparent);
    const [row] = await engine.rows<{ cause: object; call_depth: number }>(
      `select cause, call_depth from millrace.run where id = ${inherited?.id}`,
    );
    const cause = { type: "call", run: runId, pipeline: "default/caller", task: "ask" };
    expect(row).toEqual({ cause, call_depth: 1 });
  });

  describe("what nobody waits for any more", () => {
    test("cancelling a run cancels what it called, and what that called, in one transaction", async () => {
      const run = await engine.start("caller");
      const held = await holding([], {
        ask: asking({ name: "c", wait: calling("middle") }),
        "pass-on": passOn,
      })();
      const middle = await childOf(run);
      const last = await childOf(middle.id);
      await engine.store.cancelRun(run);
      expect((await runRow(run)).state).toBe("cancelled");
      expect((await runRow(middle.id)).state).toBe("cancelled");
      expect((await childOf(middle.id)).asked).toBe(true);
      await engine.finish(present(held[0]), { type: "cancelled" });
      await engine.settle();
      expect((await runRow(last.id)).state).toBe("cancelled");
      expect(await leaks()).toEqual(NOTHING);
    });

    test("a call whose time is up is cancelled", async () => {
      await pass(0);
      const run = await engine.start("caller");
      const calls = asking({ name: "c", wait: calling("called", { timeoutMs: 5_000 }) });
      const held = await holding([], { ask: calls })();
      await pass(5_000, { ask: calls });
      const child = await childOf(run);
      expect(await result(run)).toMatchObject([{ state: "timed_out", runId: child.id }]);
      expect(child.asked).toBe(true);
      await engine.finish(present(held[0]), { type: "cancelled" });
      await engine.settle();
      expect(await leaks()).toEqual(NOTHING);
    });

    test("a task that ends without waiting for its call leaves no run behind", async () => {
      await pass(0);
      const run = await engine.start("caller");
      const race = (): AttemptOutcome =>
        suspended({ name: "c", wait: calling("called") }, { name: "s", wait: sleep(1_000) });
      const held = await holding([], { ask: race })();
      await pass(1_000, { ask: () => ok("the sleep was first") });
      expect(await result(run)).toBe("the sleep was first");
      expect((await childOf(run)).asked).toBe(true);
      await engine.finish(present(held[0]), { type: "cancelled" });
      await engine.settle();
      expect(await leaks()).toEqual(NOTHING);
    });

    test("a run that is cancelled before its call was started starts none", async () => {
      const run = await engine.start("caller");
      const [task] = await engine.claim();
      await engine.finish(present(task), ask(present(task)));
      const pending = await engine.store.listPending(0, 100);
      await engine.store.cancelRun(run);
      await engine.store.evaluate(pending);
      await engine.settle();
      expect(await count(`millrace.run where parent_run_id = ${run}`)).toBe(0);
      expect(await leaks()).toEqual(NOTHING);
    });

    test("a run that is cancelled while its task runs starts none of its calls either", async () => {
      const run = await engine.start("caller");
      const both = [
        { name: "s", wait: { kind: "sleep", until: 0, afterMs: 0 } },
        { name: "c", wait: calling("called") },
      ] as const;
      const [first] = await engine.claim();
      await engine.finish(present(first), suspended(...both));
      const wakes = await engine.store.listPending(0, 100);
      await engine.store.evaluate((await engine.store.fireDue(10)).facts);
      const [second] = await engine.claim();
      await engine.store.cancelRun(run);
      await engine.store.evaluate(wakes);
      expect(await count(`millrace.run where parent_run_id = ${run}`)).toBe(0);
      await engine.finish(present(second), { type: "cancelled" });
      await engine.settle();
      expect(await leaks()).toEqual(NOTHING);
    });

    test("what a task leaves open is closed when it ends, not when its run does", async () => {
      await pass(0);
      const race = (): AttemptOutcome =>
        suspended({ name: "c", wait: calling("called") }, { name: "s", wait: sleep(1_000) });
      const run = await engine.start("two-tasks");
      const held = await holding([], { ask: race })();
      await moveClock(1_000);
      const { facts } = await engine.store.fireDue(10);
      await engine.store.evaluate(facts);
      const [asker] = await engine.claim();
      await engine.finish(present(asker));
      expect(await leaks()).toMatchObject({ open: 0, sources: 0, timers: 0 });
      expect((await runRow(run)).state).toBe("running");
      await engine.settle();
      expect((await childOf(run)).asked).toBe(true);
      await engine.finish(present(held[0]), { type: "cancelled" });
      await engine.settle();
      expect((await runRow(run)).state).toBe("succeeded");
    });

    test("an attempt that suspends after its run was cancelled is cancelled, and asks nothing", async () => {
      const run = await engine.start("caller");
      const [task] = await engine.claim();
      await engine.store.cancelRun(run);
      await engine.finish(present(task), ask(present(task)));
      await engine.settle();
      expect((await runRow(run)).state).toBe("cancelled");
      expect(await count(`millrace.step where run_id = ${run}`)).toBe(0);
    });
  });
});
