import { expect, test } from "vitest";
import { startLoop } from "./loop.ts";
import { ManualClock } from "./manual-clock.ts";
import type { WorkerEvent } from "./observer.ts";

function looping(round: (count: number) => Promise<number>) {
  const clock = new ManualClock();
  const startedMs: number[] = [];
  const events: WorkerEvent[] = [];
  const loop = startLoop({
    name: "test",
    clock,
    observe: (event) => void events.push(event),
    round: () => {
      startedMs.push(clock.nowMs());
      return round(startedMs.length);
    },
  });
  return { loop, clock, startedMs, events };
}

test("rounds follow each other at the pace that each of them sets", async () => {
  const { loop, clock, startedMs } = looping(async (count) => count * 100);
  await clock.advance(600);
  expect(startedMs).toEqual([0, 100, 300, 600]);
  await loop.stop();
});

test("waking starts the next round now, and one after the round under way", async () => {
  const gate = Promise.withResolvers<void>();
  const { loop, clock, startedMs } = looping(async (count) => {
    if (count === 2) await gate.promise;
    return 1_000;
  });
  await clock.advance(10);
  loop.wake();
  await clock.advance(10);
  expect(startedMs).toEqual([0, 10]);
  loop.wake();
  loop.wake();
  gate.resolve();
  await clock.advance(10);
  expect(startedMs).toEqual([0, 10, 20]);
  await loop.stop();
});

test("a round that throws is told of and backed off, and the loop goes on", async () => {
  const { loop, clock, startedMs, events } = looping(async (count) => {
    if (count <= 3) throw new Error(`failure ${count}`);
    return 10_000;
  });
  await clock.advance(1_750);
  expect(startedMs).toEqual([0, 250, 750, 1_750]);
  expect(events.map((event) => event.type === "problem" && String(event.error))).toEqual([
    "Error: failure 1",
    "Error: failure 2",
    "Error: failure 3",
  ]);
  await loop.stop();
});

test("stop waits for the round under way, and lets no other begin", async () => {
  const gate = Promise.withResolvers<void>();
  const { loop, clock, startedMs } = looping(async () => {
    await gate.promise;
    return 0;
  });
  let stopped = false;
  const stopping = loop.stop().then(() => void (stopped = true));
  await clock.advance(10);
  expect(stopped).toBe(false);
  gate.resolve();
  await stopping;
  expect(startedMs).toHaveLength(1);
});
