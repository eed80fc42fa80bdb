import type { CheckGroup, CheckResult, CheckWait, JsonValue } from "@millrace/core/internal";
import { present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";
import { asking, NOTHING, waitingRoom } from "./waiting-room.ts";

const HOUR = 3_600_000;
const waiting = (memory: string, part: Partial<CheckWait> = {}): CheckWait => ({
  kind: "check",
  check: { kind: "sql", target: "shop", memory },
  everyMs: 60_000,
  backoff: { type: "constant" },
  timeoutMs: null,
  ...part,
});

describe.each(["embedded", "server"] as const)("what tasks remember, %s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(watching("watch"), watching("other"), watching("gone", "left"));
    await pass(0);
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, moveClock, runRow, result, leaks, count } = waitingRoom(() => engine);
  const watching = (name: string, task = "ask") =>
    pipelineSpec(name, [taskSpec(task)], { result: task });

  /** A run that waits under a memory. */
  async function begin(memory: string, pipeline = "watch", part: Partial<CheckWait> = {}) {
    const ask = asking({ name: "check 1", wait: waiting(memory, part) });
    const run = await engine.start(pipeline);
    await engine.settle({ ask, left: ask });
    return { run, ask };
  }

  async function take(): Promise<CheckGroup> {
    await moveClock(60_000);
    return present((await engine.store.takeChecks(10, 1_000))[0], "a group of checks");
  }

  const rememberedIn = ({ checks }: CheckGroup): readonly unknown[] =>
    checks.map(({ remembered }) => remembered);

  /** Every check of the group comes true with `to`, seen from what it was asked with. */
  function moved({ checks }: CheckGroup, to: JsonValue): CheckResult[] {
    return checks.map(({ stepId, remembered = null }) => ({
      type: "answer",
      stepId,
      answer: { state: "done", value: { from: remembered, to } },
      remember: { from: remembered, value: to },
    }));
  }

  async function give(group: CheckGroup, to: JsonValue): Promise<void> {
    const { recorded } = await engine.store.recordChecks(group, moved(group, to), 0);
    expect(recorded).toBe(true);
  }

  test("the answer of one run is where the next begins, of the same task and name only", async () => {
    const first = await begin("a");
    const found = await take();
    expect(rememberedIn(found)).toEqual([null]);
    await give(found, 5);
    await engine.settle({ ask: first.ask });
    expect(await result(first.run)).toEqual([{ state: "done", value: { from: null, to: 5 } }]);
    const second = await begin("a");
    await begin("b");
    await begin("a", "other");
    const next = await take();
    expect(rememberedIn(next)).toEqual([5, null, null]);
    await give(next, { at: "7" });
    await engine.settle({ ask: second.ask });
    expect(await result(second.run)).toEqual([
      { state: "done", value: { from: 5, to: { at: "7" } } },
    ]);
    expect(await leaks()).toEqual(NOTHING);
    expect(await count("millrace.check_due")).toBe(0);
    const rows = await engine.rows<object>(
      `select p.name as pipeline, m.task, m.name, m.value from millrace.check_memory m
       join millrace.pipeline p on p.id = m.pipeline_id order by p.name, m.name`,
    );
    const at = { task: "ask", value: { at: "7" } };
    expect(rows).toEqual([
      { pipeline: "other", name: "a", ...at },
      { pipeline: "watch", name: "a", ...at },
      { pipeline: "watch", name: "b", ...at },
    ]);
  });

  test("of runs that wait at the same time each step is given to one, and none is left out", async () => {
    const runs = [await begin("many"), await begin("many"), await begin("many")];
    const ask = present(runs[0]).ask;
    for (const to of [1, 2, 3]) {
      const group = await take();
      expect(rememberedIn(group)).toEqual(Array.from({ length: 4 - to }, () => to - 1 || null));
      await give(group, to);
      await engine.settle({ ask });
    }
    const results = await Promise.all(runs.map(({ run }) => result(run)));
    const steps = [
      { from: null, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ];
    expect(results).toEqual(steps.map((value) => [{ state: "done", value }]));
    expect(await leaks()).toEqual(NOTHING);
  });

  test("a run that is cancelled before it has its answer takes none away", async () => {
    const cancelled = await begin("taken");
    await give(await take(), 9);
    await engine.store.cancelRun(cancelled.run);
    await engine.settle();
    expect((await runRow(cancelled.run)).state).toBe("cancelled");
    const { run, ask } = await begin("taken");
    const group = await take();
    expect(rememberedIn(group)).toEqual([null]);
    await give(group, 9);
    await engine.settle({ ask });
    expect(await result(run)).toEqual([{ state: "done", value: { from: null, to: 9 } }]);
  });

  test("one that was overtaken and whose time is up is told so", async () => {
    const { ask } = await begin("late");
    const { run: late } = await begin("late", "watch", { timeoutMs: 90_000 });
    await give(await take(), 1);
    await engine.settle({ ask });
    expect((await runRow(late)).state).toBe("running");
    await pass(90_000, { ask });
    expect(await result(late)).toEqual([{ state: "timed_out", seen: null }]);
    expect(await count("millrace.check_due")).toBe(0);
  });

  test("what no task can ask for any more is forgotten with the history, all else is kept", async () => {
    const { run, ask } = await begin("left", "gone");
    await give(await take(), 1);
    await engine.settle({ left: ask });
    expect((await runRow(run)).state).toBe("succeeded");
    await engine.register(watching("watch"), watching("other"), watching("gone", "new"));
    const prune = () => engine.store.prune("memory", { historyMs: HOUR, keysMs: HOUR }, 100);
    const kept = async () =>
      (
        await engine.rows<{ name: string }>("select name from millrace.check_memory order by name")
      ).map(({ name }) => name);
    const before = await kept();
    expect((await prune()).removed).toBe(0);
    await moveClock(2 * HOUR);
    expect(await prune()).toEqual({ removed: 1, more: false });
    expect(await kept()).toEqual(before.filter((name) => name !== "left"));
    await engine.rows(
      `insert into millrace.check_memory (pipeline_id, task, name, value)
       select id, 'ask', 'day ' || n, '1' from millrace.pipeline, generate_series(1, 1000) n
       where name = 'other'`,
    );
    expect((await prune()).removed).toBe(1);
    expect(await count("millrace.check_memory where task = 'ask' and name = 'a'")).toBe(1);
  });
});
