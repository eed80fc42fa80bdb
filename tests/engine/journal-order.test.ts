import { type ClaimedTask, present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";
import { forEvent, sleep, suspended, waitingRoom } from "./waiting-room.ts";

/** Handlers get their answers in this order, so it must be the one in which attempts saw them. */
describe.each(["embedded", "server"] as const)("the journal on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(pipelineSpec("asker", [taskSpec("ask")], { result: "ask" }));
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, moveClock, publish } = waitingRoom(() => engine);

  async function claimed(): Promise<ClaimedTask> {
    const [task] = await engine.claim();
    return present(task, "a claimed task");
  }

  async function record({ taskRunId, attempt }: ClaimedTask, name: string): Promise<void> {
    const step = { taskRunId, attempt, name, value: null };
    expect(await engine.store.recordStep(step)).toBe(true);
  }

  const names = ({ journal }: ClaimedTask): string[] => journal.map(({ name }) => name);

  test("what is answered while an attempt runs comes after what that attempt did", async () => {
    await moveClock(0);
    await engine.start("asker");
    const waits = suspended(
      { name: "event", wait: forEvent("during") },
      { name: "sleep", wait: sleep(1_000) },
    );
    await pass(0, { ask: () => waits });
    await moveClock(1_000);
    await engine.store.evaluate((await engine.store.fireDue(100)).facts);
    const second = await claimed();
    expect(names(second)).toEqual(["sleep", "event"]);
    // The answer is there before the step is recorded, and this attempt does not get to see it.
    const told = await engine.store.evaluate((await publish("during")).facts);
    await engine.store.evaluate(told.facts);
    await record(second, "step");
    const outcome = { type: "suspended", waits: [], blockedOn: ["event"] } as const;
    await engine.finish(second, outcome);
    expect(names(await claimed())).toEqual(["sleep", "step", "event"]);
  });

  test("steps come in the order in which they were recorded, also while time stands still", async () => {
    await engine.start("asker");
    const first = await claimed();
    const steps = ["z", "y", "x", "a"];
    for (const name of steps) await record(first, name);
    await engine.finish(first, { type: "released" });
    expect(names(await claimed())).toEqual(steps);
  });
});
