import type { Bell, ClaimedTask, ReadyTask } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { ManualClock } from "../manual-clock.ts";
import { Claimer } from "./claimer.ts";

const CHANNEL = { queue: "default", version: "v1" };

function bellFor(...taskRunIds: readonly number[]): Bell {
  return {
    channel: CHANNEL,
    tasks: taskRunIds.map((taskRunId) => ({ taskRunId, attempt: 1, ring: 0 })),
  };
}

/** A claimer of `slots` slots over ready attempts that are claimed once each. */
function claiming(slots: number, ...readyIds: readonly number[]) {
  const ready = new Set(readyIds);
  const world = {
    session: { id: "s1" as string | null },
    started: [] as number[],
    released: [] as number[],
    rung: [] as ReadyTask[],
    asked: [] as number[][],
    rooms: 0,
    /** What a look waits for. */
    gate: Promise.resolve(),
    /** What happens while a claim is on its way. */
    meanwhile: () => {},
  };
  const take = (ids: readonly number[]): readonly ClaimedTask[] => {
    const claimed = ids.filter((id) => ready.delete(id)).map(claimedTask);
    world.meanwhile();
    return claimed;
  };
  const claimer = new Claimer({
    tasks: {
      claim: async (_session, tasks) => {
        world.asked.push(tasks.map(({ taskRunId }) => taskRunId));
        return take(tasks.map(({ taskRunId }) => taskRunId));
      },
      claimNext: async (_session, _channels, limit) => {
        await world.gate;
        return take([...ready].slice(0, limit));
      },
    },
    session: world.session,
    attempts: {
      get runningCount() {
        return world.started.length;
      },
      start: ({ taskRunId }) => void world.started.push(taskRunId),
      release: ({ taskRunId }) => void world.released.push(taskRunId),
    },
    followUps: { ring: (bells) => void world.rung.push(...bells.flatMap(({ tasks }) => tasks)) },
    clock: new ManualClock(),
    observe: () => {},
    channels: [CHANNEL],
    slots,
    onRoom: () => void (world.rooms = claimer.capacity),
  });
  return { claimer, world };
}

function claimedTask(taskRunId: number): ClaimedTask {
  return {
    ...{
      taskRunId,
      runId: 1,
      attempt: 1,
      failures: 0,
      timesOutAt: 0,
      begunAt: 0,
      journal: [],
      item: null,
    },
    ...{ pipeline: "default/p", version: "v1", task: "t", needs: {}, received: [] },
    run: {
      ...{
        id: 1,
        partition: {},
        params: null,
        trigger: "manual",
        correlationId: "c",
        traceparent: null,
        createdAt: 0,
      },
      ...{ logicalAt: null, interval: null },
    },
  };
}

test("a bell is answered as far as there is room; for the rest it rings on, at once", async () => {
  const { claimer, world } = claiming(2, 1, 2, 3);
  await claimer.answer(bellFor(1, 2, 3));
  expect(world.started).toEqual([1, 2]);
  expect(world.rung).toEqual([{ taskRunId: 3, attempt: 1, ring: 1 }]);
  expect(claimer.more).toBe(true);
});

test("the room of a claim on its way is not given away twice", async () => {
  const { claimer, world } = claiming(2, 1, 2, 3, 4);
  await Promise.all([claimer.answer(bellFor(1, 2)), claimer.answer(bellFor(3, 4))]);
  expect(world.started).toEqual([1, 2]);
  expect(world.rung.map(({ taskRunId }) => taskRunId)).toEqual([3, 4]);
});

test("of bells that say the same at once, one gets the claim", async () => {
  const { claimer, world } = claiming(9, 1);
  await Promise.all([claimer.answer(bellFor(1)), claimer.answer(bellFor(1))]);
  expect(world.asked).toEqual([[1]]);
  expect(world.started).toEqual([1]);
});

test("room that a stale bell took is free again", async () => {
  const { claimer, world } = claiming(1);
  await claimer.answer(bellFor(7));
  expect(claimer.capacity).toBe(1);
  expect(world.rooms).toBe(1);
});

test("without a session nothing is claimed, and bells go to others", async () => {
  const { claimer, world } = claiming(2, 1);
  world.session.id = null;
  expect(claimer.capacity).toBe(0);
  await claimer.answer(bellFor(1));
  expect(await claimer.claimNext()).toBe(0);
  expect(world.started).toEqual([]);
  expect(world.rung).toHaveLength(1);
});

test.each(["bell", "look"] as const)(
  "what a session claimed that has been lost since is not run (%s)",
  async (how) => {
    const { claimer, world } = claiming(2, 1);
    world.meanwhile = () => void (world.session.id = "s2");
    await (how === "bell" ? claimer.answer(bellFor(1)) : claimer.claimNext());
    expect(world.started).toEqual([]);
    expect(world.released).toEqual([]);
    expect(claimer.capacity).toBe(2);
  },
);

test.each(["bell", "look"] as const)(
  "what is claimed while the worker begins to drain is handed back (%s)",
  async (how) => {
    const { claimer, world } = claiming(2, 1);
    world.meanwhile = () => claimer.close();
    await (how === "bell" ? claimer.answer(bellFor(1)) : claimer.claimNext());
    expect(world.started).toEqual([]);
    expect(world.released).toEqual([1]);
  },
);

test("idle waits for a look as well as for bells", async () => {
  const { claimer, world } = claiming(2, 1);
  const gate = Promise.withResolvers<void>();
  world.gate = gate.promise;
  const order: string[] = [];
  const looked = claimer.claimNext().then(() => order.push("looked"));
  const idle = claimer.idle().then(() => order.push("idle"));
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
  gate.resolve();
  await Promise.all([looked, idle]);
  expect(order).toEqual(["looked", "idle"]);
});

test("a look takes what there is room for, and says whether there is more", async () => {
  const { claimer, world } = claiming(2, 1, 2, 3);
  expect(await claimer.claimNext()).toBe(2);
  expect(world.started).toEqual([1, 2]);
  expect(claimer.more).toBe(true);
  world.started.length = 0;
  expect(await claimer.claimNext()).toBe(1);
  expect(claimer.more).toBe(false);
});

test("a commit on its way keeps its slots free, and starts what it took", async () => {
  const { claimer, world } = claiming(4, 1, 2, 3, 4);
  const held = claimer.hold(1);
  expect(held).toMatchObject({ sessionId: "s1", channels: [CHANNEL], limit: 2, isBehind: false });
  expect(claimer.capacity).toBe(2);
  await claimer.answer(bellFor(1, 2, 3));
  expect(world.started).toEqual([1, 2]);
  if (held !== null) claimer.settle(held, [claimedTask(9)]);
  expect(world.started).toEqual([1, 2, 9]);
  expect(claimer.capacity).toBe(1);
});

test("while tasks wait, a commit takes all the room; when it finds no more, there is no more", async () => {
  const { claimer } = claiming(4, 1, 2, 3, 4, 5);
  await claimer.answer(bellFor(1));
  expect(claimer.hold(1)?.limit).toBe(2);
  const { claimer: busy } = claiming(2, 1, 2);
  await busy.answer(bellFor(1, 2, 3));
  expect([busy.more, busy.hold(1)]).toEqual([true, null]);
});

test("what a commit took for a session that has been lost since is not run", () => {
  const { claimer, world } = claiming(4);
  const held = claimer.hold(1);
  world.session.id = "s2";
  if (held !== null) claimer.settle(held, [claimedTask(9)]);
  expect(world.started).toEqual([]);
  expect(claimer.capacity).toBe(4);
});

test("closed, or without a session, a commit takes nothing", () => {
  const { claimer, world } = claiming(4);
  world.session.id = null;
  expect(claimer.hold(1)).toBeNull();
  world.session.id = "s1";
  claimer.close();
  expect(claimer.hold(1)).toBeNull();
});
