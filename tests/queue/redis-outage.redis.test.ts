import type { Bell, Channel } from "@millrace/core/internal";
import { BullmqBellQueue } from "@millrace/worker";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LocalRedis, startLocalRedis } from "../../tools/local-redis.ts";
import { describeWithRedisBinary, localRedisBinary } from "../harness/redis.ts";

const RED: Channel = { queue: "red", version: "v1" };
const BLUE: Channel = { queue: "blue", version: "v1" };
/** How long a listener may stay deaf after Redis is back. */
const DEAF_MS_MAX = 2_500;
/** The port's 250 ms, and what a busy machine adds. */
const RING_MS_MAX = 500;

describeWithRedisBinary("a queue whose Redis dies and comes back, having forgotten all", () => {
  let redis: LocalRedis;
  let queue: BullmqBellQueue;
  let heard: number[];

  beforeEach(async () => {
    heard = [];
    redis = await startLocalRedis(localRedisBinary());
    queue = new BullmqBellQueue({ url: redis.url });
  });
  afterEach(async () => {
    await queue.close();
    await redis.stop();
  });

  const restart = async (): Promise<void> => {
    redis = await startLocalRedis(localRedisBinary(), redis.port);
  };
  const answer = async (bell: Bell): Promise<void> => {
    heard.push(...bell.tasks.map((task) => task.taskRunId));
  };
  const ring = (taskRunId: number): Promise<boolean> =>
    queue.ring([{ channel: RED, tasks: [{ taskRunId, attempt: 1, ring: 0 }] }]);
  const ringUntilHeard = async (taskRunId: number): Promise<void> => {
    await expect.poll(() => ring(taskRunId), { timeout: DEAF_MS_MAX }).toBe(true);
    await expect.poll(() => heard, { timeout: DEAF_MS_MAX }).toContain(taskRunId);
  };

  test("is heard again soon, and again the next time", async () => {
    await queue.listen({ channels: [RED, BLUE], answer });
    await ringUntilHeard(1);
    for (const round of [2, 3, 4]) {
      await redis.stop();
      expect(await ring(100 + round)).toBe(false);
      await restart();
      await ringUntilHeard(round);
    }
  });

  test("is heard by a listener that was paused and resumed meanwhile", async () => {
    const listener = await queue.listen({ channels: [RED, BLUE], answer });
    await ringUntilHeard(1);
    listener.pause();
    await redis.stop();
    listener.resume();
    listener.pause();
    await restart();
    listener.resume();
    await ringUntilHeard(2);
  });

  test("is heard though Redis was away when it began", async () => {
    await redis.stop();
    await queue.close();
    queue = new BullmqBellQueue({ url: redis.url });
    expect(await ring(1)).toBe(false);
    await queue.listen({ channels: [RED, BLUE], answer });
    await restart();
    await ringUntilHeard(2);
  });

  test("rings in time though Redis holds the line and says nothing", async () => {
    await queue.listen({ channels: [RED], answer });
    await ringUntilHeard(1);
    process.kill(redis.pid, "SIGSTOP");
    try {
      const began = performance.now();
      expect(await ring(2)).toBe(false);
      expect(performance.now() - began).toBeLessThan(RING_MS_MAX);
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    await ringUntilHeard(3);
  });
});
