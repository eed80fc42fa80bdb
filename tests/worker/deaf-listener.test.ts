import { pipeline } from "@millrace/core";
import type { Bell, BellQueue } from "@millrace/core/internal";
import { FollowUps, InProcessBellQueue, systemClock } from "@millrace/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, openFleet } from "./fleet.ts";

/** A queue whose listeners can stop hearing without knowing, as one of BullMQ's did. */
function deafening(inner: BellQueue) {
  const deaf = new Set<object>();
  const all: object[] = [];
  let heard = 0;
  let missed = 0;
  const queue: BellQueue = {
    ring: (bells) => inner.ring(bells),
    close: () => inner.close(),
    async listen({ channels, answer }) {
      const key = {};
      all.push(key);
      const hear = async (bell: Bell): Promise<void> => {
        if (deaf.has(key)) {
          missed += 1;
          return;
        }
        heard += 1;
        await answer(bell);
      };
      const { pause, resume, stop } = await inner
        .listen({ channels, answer: hear })
        .then((listener) => ({
          pause: () => listener.pause(),
          resume: () => listener.resume(),
          stop: () => listener.stop(),
        }));
      return { isRemote: true, pause, resume, stop };
    },
  };
  const deafen = (): void => {
    heard = 0;
    all.forEach((key) => deaf.add(key));
  };
  return { queue, deafen, opened: () => all.length, heard: () => heard, missed: () => missed };
}

describe("a worker whose listener has gone deaf", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await openFleet("server");
  }, 60_000);
  afterAll(() => fleet.close());

  test("goes on by polling within 3 s, and listens anew when it has missed much", async () => {
    await fleet.register(pipeline("quick", {}, ({ task }) => task("only", () => 1)));
    const { queue, opened, heard, missed, deafen } = deafening(new InProcessBellQueue());
    const worker = await fleet.worker({ queue });
    const observe = (): void => {};
    const ringing = new FollowUps({ queue, triggers: fleet.store, clock: systemClock, observe });
    const run = { pipeline: "default/quick", partition: {}, params: {} } as const;
    const timed = async (): Promise<number> => {
      const began = performance.now();
      const key = { idempotencyKey: null, correlationId: null };
      const started = await fleet.store.startRun({ ...run, ...key });
      ringing.follow(started);
      await fleet.ended(started.runId);
      return performance.now() - began;
    };
    await timed();
    expect(heard()).toBeGreaterThan(0);
    deafen();
    // Each is found by a look. The new listener may hear of the last one already.
    for (let i = 0; opened() === 1 && i < 40; i += 1) expect(await timed()).toBeLessThan(6_000);
    expect(opened()).toBe(2);
    expect(missed()).toBeGreaterThan(0);
    await worker.seen("problem", ({ error }) => String(error).includes("listening anew"));
    await timed();
    expect(heard()).toBeGreaterThan(0);
    await queue.close();
  }, 60_000);
});
