import { pipeline } from "@millrace/core";
import { BullmqBellQueue } from "@millrace/worker";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type LocalRedis, startLocalRedis } from "../../tools/local-redis.ts";
import { describeWithRedisBinary, localRedisBinary } from "../harness/redis.ts";
import { type Fleet, openFleet } from "./fleet.ts";

/** By polling: its longest pause, and what a busy machine adds. */
const POLLED_MS_MAX = 3_500;
/** With bells, far below the shortest pause between two polls. */
const RUNG_MS_MAX = 400;

describeWithRedisBinary("workers whose Redis is no help", () => {
  let fleet: Fleet;
  let redis: LocalRedis;
  let queues: BullmqBellQueue[];
  beforeAll(async () => {
    fleet = await openFleet("server");
    await fleet.register(
      pipeline("pair", {}, ({ task }) => {
        const first = task("first", () => 1);
        return task("second", { needs: { first } }, ({ needs }) => needs.first);
      }),
    );
  }, 60_000);
  beforeEach(async () => {
    redis = await startLocalRedis(localRedisBinary());
    queues = [0, 1].map(() => new BullmqBellQueue({ url: redis.url }));
    for (const queue of queues) await fleet.worker({ queue, slots: 2 });
  });
  afterEach(async () => {
    await fleet.drain();
    await Promise.all(queues.map((queue) => queue.close()));
    await redis.stop();
  });
  afterAll(() => fleet.close());

  /** Milliseconds from the end of the first task, which rings, to the start of the second. */
  const gapMs = async (): Promise<number> => {
    const { state, tasks } = await fleet.ended(await fleet.start("pair"));
    expect(state).toBe("succeeded");
    const [first, second] = tasks;
    return Number(second?.startedAt) - Number(first?.endedAt);
  };
  const soonRung = async (): Promise<void> => {
    await expect.poll(gapMs, { timeout: 15_000, interval: 10 }).toBeLessThan(RUNG_MS_MAX);
  };

  test("go on when every key is deleted, again and again", async () => {
    await soonRung();
    const admin = new Redis(redis.url);
    const flushing = setInterval(() => void admin.flushall().catch(() => {}), 50);
    const gaps = await Promise.all(Array.from({ length: 20 }, gapMs));
    clearInterval(flushing);
    expect(Math.max(...gaps)).toBeLessThan(2 * POLLED_MS_MAX);
    await soonRung();
    admin.disconnect();
  }, 60_000);

  test("go on by polling while Redis is gone, and by bells when it is back", async () => {
    await soonRung();
    await redis.stop();
    for (let i = 0; i < 3; i += 1) expect(await gapMs()).toBeLessThan(POLLED_MS_MAX);
    redis = await startLocalRedis(localRedisBinary(), redis.port);
    await soonRung();
  }, 60_000);

  test("go on by polling while Redis accepts and never answers, and by bells when it does", async () => {
    await soonRung();
    process.kill(redis.pid, "SIGSTOP");
    try {
      for (let i = 0; i < 3; i += 1) expect(await gapMs()).toBeLessThan(POLLED_MS_MAX);
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    await soonRung();
  }, 60_000);

  test("go on by polling while Redis is full, and by bells when there is room", async () => {
    await soonRung();
    const admin = new Redis(redis.url);
    await admin.config("SET", "maxmemory", "1");
    for (let i = 0; i < 3; i += 1) expect(await gapMs()).toBeLessThan(POLLED_MS_MAX);
    await admin.config("SET", "maxmemory", "0");
    await soonRung();
    admin.disconnect();
  }, 60_000);
});
