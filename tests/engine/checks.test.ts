import type { CheckGroup, CheckResult, CheckWait, JsonValue } from "@millrace/core/internal";
import { present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";
import { asking, NOTHING, waitingRoom } from "./waiting-room.ts";

const MINUTE = 60_000;
const LEASE = 30_000;
const GAP = 1_000;
const checkOf = (target: string, part: Partial<CheckWait> = {}): CheckWait => ({
  kind: "check",
  check: { kind: "http", target, path: "/jobs/1" },
  everyMs: MINUTE,
  backoff: { type: "constant" },
  timeoutMs: null,
  ...part,
});

describe.each(["embedded", "server"] as const)("checks on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(pipelineSpec("watch", [taskSpec("ask")], { result: "ask" }));
    await pass(0);
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, moveClock, runRow, result, leaks, count } = waitingRoom(() => engine);
  const take = () => engine.store.takeChecks(10, LEASE);
  const checks = () => count("millrace.check_due");
  const again = ({ checks: due, now }: CheckGroup, state: JsonValue = null): CheckResult[] =>
    due.map(({ stepId, wait }) => ({
      type: "again",
      stepId,
      at: now + wait.everyMs,
      state,
      seen: "it runs",
    }));
  const done = ({ checks: due }: CheckGroup, value: JsonValue): CheckResult[] =>
    due.map(({ stepId }) => ({ type: "answer", stepId, answer: { state: "done", value } }));

  /** Waits for `target`, and takes what is due. */
  async function begin(
    target: string,
    part: Partial<CheckWait> = {},
  ): Promise<{ run: number; ask: ReturnType<typeof asking> }> {
    const ask = asking({ name: "check 1", wait: checkOf(target, part) });
    const run = await engine.start("watch");
    await engine.settle({ ask });
    return { run, ask };
  }

  test("a wait is asked at once, holds no attempt, and goes on with its answer", async () => {
    const { run, ask } = await begin("a");
    expect(await engine.claim()).toEqual([]);
    expect(await engine.store.nextCheckInMs()).toBe(0);
    const [group, ...others] = await take();
    expect(others).toEqual([]);
    expect(group).toMatchObject({ kind: "http", target: "a", failures: 0 });
    const [check] = present(group).checks;
    expect(check).toMatchObject({ wait: checkOf("a"), state: null, waiter: { runId: run } });
    const { recorded, facts } = await engine.store.recordChecks(
      present(group),
      done(present(group), { rows: 3 }),
      GAP,
    );
    expect(recorded).toBe(true);
    expect(facts).toHaveLength(1);
    expect(await checks()).toBe(1);
    await engine.settle({ ask });
    expect(await result(run)).toEqual([{ state: "done", value: { rows: 3 } }]);
    expect(await leaks()).toEqual(NOTHING);
    expect(await checks()).toBe(0);
    expect(await engine.store.nextCheckInMs()).toBeNull();
  });

  test("it is asked again when it is due, with what was kept for it", async () => {
    const { run, ask } = await begin("again");
    const [first] = await take();
    const results = again(present(first), { looks: 1 });
    await engine.store.recordChecks(present(first), results, GAP);
    expect(await engine.store.nextCheckInMs()).toBe(MINUTE);
    await moveClock(MINUTE - 1);
    expect(await take()).toEqual([]);
    await moveClock(1);
    const [second] = await take();
    expect(second?.checks[0]?.state).toEqual({ looks: 1 });
    await engine.store.recordChecks(present(second), done(present(second), null), GAP);
    await engine.settle({ ask });
    expect((await runRow(run)).state).toBe("succeeded");
  });

  test("what waits for one target comes to be asked together", async () => {
    for (let at = 0; at < 6; at++) {
      await begin("shared");
      await moveClock(7_000);
      for (const group of await take()) {
        await engine.store.recordChecks(group, again(group), GAP);
      }
    }
    const sizes: number[] = [];
    for (let second = 0; second < 240; second++) {
      await moveClock(1_000);
      for (const group of await take()) {
        sizes.push(group.checks.length);
        await engine.store.recordChecks(group, again(group), GAP);
      }
    }
    // Four minutes are four asks, once the six have found together.
    expect(sizes.slice(-3)).toEqual([6, 6, 6]);
    expect(sizes.length).toBeLessThanOrEqual(5);
    await endAll();
  });

  test("while one asks, nobody else does; when its lease is over, somebody does", async () => {
    const { run, ask } = await begin("crash");
    const [lost] = await take();
    expect(await take()).toEqual([]);
    expect(await engine.store.nextCheckInMs()).toBe(LEASE);
    await moveClock(LEASE);
    const [anew] = await take();
    expect(anew?.checks.map(({ stepId }) => stepId)).toEqual(
      lost?.checks.map(({ stepId }) => stepId),
    );
    const late = await engine.store.recordChecks(present(lost), done(present(lost), "lost"), GAP);
    expect(late).toMatchObject({ recorded: false, facts: [] });
    await engine.store.recordChecks(present(anew), done(present(anew), "anew"), GAP);
    const twice = await engine.store.recordChecks(present(anew), done(present(anew), "2"), GAP);
    expect(twice.facts).toEqual([]);
    const handled = await engine.settle({ ask });
    expect(handled).toHaveLength(1);
    expect(await result(run)).toEqual([{ state: "done", value: "anew" }]);
    expect(await leaks()).toEqual(NOTHING);
  });

  test("a target that cannot be asked is left alone, and holds up no other", async () => {
    await begin("down");
    const [down] = await take();
    expect(await engine.store.recordUnasked(present(down), "connect refused", 5_000)).toBe(true);
    expect(await engine.store.recordUnasked({ ...present(down), round: 0 }, "old", 1)).toBe(false);
    await begin("up");
    const taken = await take();
    expect(taken.map(({ target }) => target)).toEqual(["up"]);
    await engine.store.recordChecks(present(taken[0]), again(present(taken[0])), GAP);
    await moveClock(5_000);
    const [retried] = await take();
    expect(retried).toMatchObject({ target: "down", failures: 1 });
    const [row] = await engine.rows<object>(
      "select failures, problem from millrace.check_target where target = 'down'",
    );
    expect(row).toEqual({ failures: 1, problem: "connect refused" });
    await engine.store.recordChecks(present(retried), again(present(retried)), GAP);
    await endAll();
  });

  test("its time is up with what was seen last", async () => {
    const { run, ask } = await begin("slow", { timeoutMs: 90_000 });
    const [group] = await take();
    await engine.store.recordChecks(present(group), again(present(group)), GAP);
    await pass(90_000, { ask });
    expect(await result(run)).toEqual([{ state: "timed_out", seen: "it runs" }]);
    expect(await leaks()).toEqual(NOTHING);
    expect(await checks()).toBe(0);
  });

  test("an answer that was recorded before the time was up counts", async () => {
    const { run, ask } = await begin("close", { timeoutMs: 90_000 });
    const [group] = await take();
    await engine.store.recordChecks(present(group), done(present(group), 1), GAP);
    await pass(90_000, { ask });
    expect(await result(run)).toEqual([{ state: "done", value: 1 }]);
  });

  test("a run that is cancelled takes its check with it, even while it is asked", async () => {
    const { run } = await begin("gone");
    const [group] = await take();
    await engine.store.cancelRun(run);
    expect(await checks()).toBe(0);
    const late = await engine.store.recordChecks(present(group), done(present(group), 1), GAP);
    expect(late).toMatchObject({ recorded: true, facts: [] });
    await engine.settle();
    expect((await runRow(run)).state).toBe("cancelled");
    expect(await leaks()).toEqual(NOTHING);
  });

  test("what is asked next of a target is not held up by what was closed meanwhile", async () => {
    const { run } = await begin("closing");
    // As who takes it sees it, while whoever closes the wait has not committed yet.
    await engine.rows("update millrace.step set state = 'closed' where state = 'waiting'");
    expect(await take()).toEqual([]);
    await engine.rows("update millrace.step set state = 'waiting' where state = 'closed'");
    expect((await take()).map(({ target }) => target)).toEqual(["closing"]);
    await engine.store.cancelRun(run);
    await engine.settle();
  });

  test("a target that nobody waits for any more is forgotten, and nobody reports on it", async () => {
    const { run } = await begin("old");
    const [old] = await take();
    await engine.store.cancelRun(run);
    await moveClock(3_600_001 + LEASE);
    await take();
    expect(await count("millrace.check_target")).toBe(0);
    const { run: again } = await begin("old");
    const [anew] = await take();
    expect(anew?.checks).toHaveLength(1);
    expect(await engine.store.recordUnasked(present(old), "late", 1)).toBe(false);
    expect(await engine.store.recordUnasked(present(anew), "down", 1)).toBe(true);
    await engine.store.cancelRun(again);
    await engine.settle();
  });

  async function endAll(): Promise<void> {
    const open = await engine.rows<{ id: number }>(
      "select id from millrace.run where ended_at is null",
    );
    for (const { id } of open) await engine.store.cancelRun(id);
    await engine.settle();
    expect(await checks()).toBe(0);
  }
});
