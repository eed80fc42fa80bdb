import { type Context, dataset, pipeline } from "@millrace/core";
import type { BellQueue } from "@millrace/core/internal";
import { InProcessBellQueue } from "@millrace/worker";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, openFleet } from "./fleet.ts";

/** Handlers meet here: `arrive` resolves for all of them when `count` have come. */
function meeting(count: number): { arrive: () => Promise<void>; most: () => number } {
  const met = Promise.withResolvers<void>();
  let present = 0;
  let most = 0;
  return {
    most: () => most,
    async arrive() {
      present += 1;
      most = Math.max(most, present);
      if (present === count) met.resolve();
      await met.promise;
      // Those who came together leave in a later turn, so that a latecomer would be counted.
      await new Promise((resolve) => void setImmediate(resolve));
      present -= 1;
    },
  };
}

/** Resolves when the handler's signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

describe.each(["embedded", "server"] as const)("a worker on the %s database", (kind) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await openFleet(kind);
  }, 60_000);
  afterEach(() => fleet.drain());
  afterAll(() => fleet.close());

  test("runs a diamond, its middle at once, and hands outputs on", async () => {
    const middle = meeting(2);
    await fleet.register(
      pipeline("diamond", {}, ({ task }) => {
        const a = task("a", () => 1);
        const b = task("b", { needs: { a } }, async ({ needs }) => {
          await middle.arrive();
          return needs.a + 1;
        });
        const c = task("c", { needs: { a } }, async ({ needs }) => {
          await middle.arrive();
          return needs.a + 2;
        });
        return task("d", { needs: { b, c } }, ({ needs }) => ({ sum: needs.b + needs.c }));
      }),
    );
    await fleet.worker();
    const run = await fleet.ended(await fleet.start("diamond"));
    expect(run).toMatchObject({ state: "succeeded", result: { sum: 5 } });
    expect(middle.most()).toBe(2);
  });

  test("runs as many tasks of a run at once as its limit allows, and no more", async () => {
    const room = meeting(3);
    await fleet.register(
      pipeline("wide", { maxParallelTasks: 3 }, ({ task }) => {
        for (let i = 0; i < 9; i += 1) task(`t${i}`, () => room.arrive().then(() => null));
      }),
    );
    await fleet.worker({ slots: 10 });
    expect(await fleet.ended(await fleet.start("wide"))).toMatchObject({ state: "succeeded" });
    expect(room.most()).toBe(3);
  });

  test("runs as many handlers at once as it has slots, and no more", async () => {
    const room = meeting(2);
    await fleet.register(
      pipeline("wide", { maxParallelTasks: 50 }, ({ task }) => {
        for (let i = 0; i < 12; i += 1) task(`t${i}`, () => room.arrive().then(() => null));
      }),
    );
    await fleet.worker({ slots: 2 });
    expect(await fleet.ended(await fleet.start("wide"))).toMatchObject({ state: "succeeded" });
    expect(room.most()).toBe(2);
  });

  test("maps over a list, each item once, results in its order", async () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    const seen: number[] = [];
    await fleet.register(
      pipeline("mapped", { maxParallelTasks: 10 }, ({ task, map }) => {
        const list = task("list", () => items);
        const doubled = map("double", { over: list }, ({ item }) => (seen.push(item), item * 2));
        return task("sum", { needs: { doubled } }, ({ needs }) => needs.doubled);
      }),
    );
    await fleet.worker();
    const run = await fleet.ended(await fleet.start("mapped"));
    expect(run.result).toEqual(items.map((item) => item * 2));
    expect(seen.toSorted((a, b) => a - b)).toEqual(items);
  });

  test("tries a failed task again, under the same key", async () => {
    const attempts: Context["attempt"][] = [];
    const retries = { limit: 2, delay: "20ms", jitter: false } as const;
    await fleet.register(
      pipeline("flaky", {}, ({ task }) =>
        task("t", { retries }, ({ attempt }) => {
          attempts.push(attempt);
          if (attempt.number < 3) throw new Error("not yet");
          return attempt.number;
        }),
      ),
    );
    await fleet.worker();
    const run = await fleet.ended(await fleet.start("flaky"));
    expect(run).toMatchObject({ state: "succeeded", result: 3 });
    expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(new Set(attempts.map(({ key }) => key)).size).toBe(1);
  });

  test("fails a run whose task failed for the last time, with its error", async () => {
    await fleet.register(
      pipeline("broken", {}, ({ task }) => {
        task("t", () => {
          throw new TypeError("boom\0");
        });
      }),
    );
    await fleet.worker();
    const run = await fleet.ended(await fleet.start("broken"));
    expect(run.state).toBe("failed");
    expect(run.tasks[0]?.error).toMatchObject({
      name: "TypeError",
      message: "boom\uFFFD",
      reason: "error",
    });
  });

  test("ends a task at its timeout, whether its handler listens or not", async () => {
    await fleet.register(
      pipeline("slow", {}, ({ task }) => {
        task("listens", { timeout: "100ms" }, ({ signal }) => aborted(signal).then(() => null));
        task("deaf", { timeout: "100ms" }, () => new Promise<null>(() => {}));
      }),
    );
    const worker = await fleet.worker();
    const run = await fleet.ended(await fleet.start("slow"));
    expect(run.state).toBe("failed");
    for (const { error } of run.tasks) {
      expect(error).toMatchObject({ name: "TimeoutError", reason: "timeout" });
    }
    expect(worker.runningCount()).toBe(0);
  });

  test("aborts the handlers of a run that was cancelled", async () => {
    const started = Promise.withResolvers<void>();
    let reason: unknown;
    await fleet.register(
      pipeline("long", {}, ({ task }) => {
        task("t", async ({ signal }) => {
          started.resolve();
          await aborted(signal);
          reason = signal.reason;
          signal.throwIfAborted();
          return null;
        });
      }),
    );
    const worker = await fleet.worker();
    const runId = await fleet.start("long");
    await started.promise;
    await fleet.store.cancelRun(runId);
    await worker.seen("finished", ({ outcome, recorded }) => outcome === "cancelled" && recorded);
    expect((await fleet.ended(runId)).state).toBe("cancelled");
    expect(reason).toMatchObject({ name: "AbortError", message: "its run was cancelled" });
  });

  test("drains without a trace: what it hands back is run by the next one, uncharged", async () => {
    const started = Promise.withResolvers<void>();
    const numbers: number[] = [];
    await fleet.register(
      pipeline("long", {}, ({ task }) =>
        task("t", async ({ attempt, signal }) => {
          numbers.push(attempt.number);
          if (numbers.length > 1) return "done by the next";
          started.resolve();
          await aborted(signal);
          throw signal.reason;
        }),
      ),
    );
    const first = await fleet.worker();
    const runId = await fleet.start("long");
    await started.promise;
    await first.drain({ graceMs: 0 });
    expect(first.runningCount()).toBe(0);
    expect(first.events.find(({ type }) => type === "finished")).toMatchObject({
      outcome: "released",
      recorded: true,
    });
    await fleet.worker();
    const run = await fleet.ended(runId);
    expect(run).toMatchObject({ state: "succeeded", result: "done by the next" });
    expect(numbers).toEqual([1, 1]);
  });

  test("drains at its leisure: what ends within the grace is recorded", async () => {
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<string>();
    await fleet.register(
      pipeline("long", {}, ({ task }) =>
        task("t", () => {
          started.resolve();
          return gate.promise;
        }),
      ),
    );
    const worker = await fleet.worker();
    const runId = await fleet.start("long");
    await started.promise;
    const drained = worker.drain({ graceMs: 20_000 });
    await worker.seen("draining");
    gate.resolve("made it");
    await drained;
    expect(await fleet.ended(runId)).toMatchObject({ state: "succeeded", result: "made it" });
  });

  test("a second drain ends the grace of the first; a deaf handler holds up neither", async () => {
    const started = Promise.withResolvers<void>();
    await fleet.register(
      pipeline("deaf", {}, ({ task }) => {
        task("t", () => {
          started.resolve();
          return new Promise<null>(() => {});
        });
      }),
    );
    const worker = await fleet.worker();
    await fleet.start("deaf");
    await started.promise;
    const first = worker.drain({ graceMs: 3_600_000 });
    await worker.seen("draining");
    await worker.drain({ graceMs: 0 });
    await first;
    expect(worker.events.at(-1)).toMatchObject({ type: "finished", outcome: "released" });
  });

  test("starts consumers from what its tasks update", async () => {
    const raw = dataset("raw");
    const clean = dataset("clean");
    const done = Promise.withResolvers<unknown>();
    await fleet.register(
      pipeline("producer", {}, ({ task }) => void task("t", { produces: { raw } }, () => null)),
      pipeline("middle", { on: { raw } }, ({ task }) => {
        task("t", { produces: { clean } }, () => null);
      }),
      pipeline("last", { on: { clean } }, ({ task }) => {
        task("t", ({ received, run }) => {
          done.resolve({ trigger: run.trigger, from: received(clean).map((each) => each.dataset) });
          return null;
        });
      }),
    );
    await fleet.worker();
    await fleet.start("producer");
    expect(await done.promise).toEqual({ trigger: "clean", from: ["clean"] });
  });

  test("goes on without any bell, by polling", async () => {
    const deaf: BellQueue = {
      ring: async () => false,
      listen: async () => Promise.reject(new Error("no queue")),
      close: async () => {},
    };
    await fleet.register(
      pipeline("chain", {}, ({ task }) => {
        const a = task("a", () => 1);
        return task("b", { needs: { a } }, ({ needs }) => needs.a + 1);
      }),
    );
    const worker = await fleet.worker({ queue: deaf });
    expect(await fleet.ended(await fleet.start("chain"))).toMatchObject({ result: 2 });
    await worker.seen("problem", ({ where }) => where === "listen");
  });

  test("runs an attempt once, however often its bell is heard", async () => {
    const echo = new InProcessBellQueue();
    const doubling: BellQueue = {
      ring: (bells) => echo.ring([...bells, ...bells, ...bells]),
      listen: (options) => echo.listen(options),
      close: () => echo.close(),
    };
    const runs: string[] = [];
    await fleet.register(
      pipeline("wide", { maxParallelTasks: 20 }, ({ task }) => {
        const first = task("first", () => 1);
        for (let i = 0; i < 20; i += 1) {
          task(`t${i}`, { needs: { first } }, ({ attempt }) => (runs.push(attempt.key), null));
        }
      }),
    );
    await fleet.worker({ queue: doubling });
    await fleet.ended(await fleet.start("wide"));
    expect(runs).toHaveLength(20);
    expect(new Set(runs).size).toBe(20);
  });
});
