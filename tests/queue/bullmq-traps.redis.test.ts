import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bell, Channel } from "@millrace/core/internal";
import { BullmqBellQueue } from "@millrace/worker";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../tools/free-port.ts";
import { type LocalRedis, startLocalRedis } from "../../tools/local-redis.ts";
import { describeWithRedisBinary, localRedisBinary } from "../harness/redis.ts";

const RED: Channel = { queue: "red", version: "v1" };
const ROOT = path.resolve(import.meta.dirname, "../..");
/** The port's 250 ms, and what a busy machine adds. */
const RING_MS_MAX = 1_000;
const CLOSE_MS_MAX = 3_000;

const bell = (taskRunId: number, ring = 0): Bell => ({
  channel: RED,
  tasks: [{ taskRunId, attempt: 1, ring }],
});

/** Each of these has made somebody's workers stop, lose work, or do it twice. */
describeWithRedisBinary("what BullMQ does when it is left to itself", () => {
  let redis: LocalRedis;
  let queue: BullmqBellQueue;
  let heard: number[];
  beforeEach(async () => {
    heard = [];
    redis = await startLocalRedis(localRedisBinary());
    queue = new BullmqBellQueue({ url: redis.url, staleMs: 500 });
  });
  afterEach(async () => {
    await queue.close();
    await redis.stop();
  });
  const answer = async ({ tasks }: Bell): Promise<void> => {
    heard.push(...tasks.map(({ taskRunId }) => taskRunId));
  };

  test("a worker that never resumes: after 20 s without Redis it is heard within seconds", async () => {
    await queue.listen({ channels: [RED], answer });
    await queue.ring([bell(1)]);
    await expect.poll(() => heard, { timeout: 5_000 }).toContain(1);
    await redis.stop();
    await sleep(20_000);
    redis = await startLocalRedis(localRedisBinary(), redis.port);
    await expect.poll(() => queue.ring([bell(2)]), { timeout: 5_000 }).toBe(true);
    await expect.poll(() => heard, { timeout: 5_000 }).toContain(2);
  }, 60_000);

  test("an add that hangs: a Redis that accepts and never answers is given up in time", async () => {
    const sockets = new Set<Socket>();
    const hole = createServer((socket) => void sockets.add(socket.on("error", () => {})));
    const port = await freePort();
    await new Promise<void>((resolve) => void hole.listen(port, "127.0.0.1", resolve));
    const swallowed = new BullmqBellQueue({ url: `redis://127.0.0.1:${port}` });
    await swallowed.listen({ channels: [RED], answer });
    for (const id of [1, 2, 3]) {
      const began = performance.now();
      expect(await swallowed.ring([bell(id)])).toBe(false);
      expect(performance.now() - began).toBeLessThan(RING_MS_MAX);
    }
    const began = performance.now();
    await swallowed.close();
    expect(performance.now() - began).toBeLessThan(CLOSE_MS_MAX);
    sockets.forEach((socket) => socket.destroy());
    hole.close();
  });

  test("an add whose id is kept: a bell that was answered is heard when it is rung again", async () => {
    await queue.listen({ channels: [RED], answer });
    for (const times of [1, 2, 3]) {
      await queue.ring([bell(7)]);
      await expect.poll(() => heard.length, { timeout: 5_000 }).toBe(times);
    }
  });

  test("an add whose id is kept: a bell that failed is heard when it is rung again", async () => {
    const failing = async (rung: Bell): Promise<void> => {
      await answer(rung);
      throw new Error("the store is away");
    };
    await queue.listen({ channels: [RED], answer: failing });
    for (const times of [1, 2]) {
      await queue.ring([bell(7)]);
      await expect.poll(() => heard.length, { timeout: 5_000 }).toBe(times);
    }
  });

  test("an addBulk that is partly done: a full Redis says no, and all is heard when rung again", async () => {
    const admin = new Redis(redis.url);
    await queue.listen({ channels: [RED], answer });
    await queue.ring([bell(0)]);
    await expect.poll(() => heard, { timeout: 5_000 }).toContain(0);
    const used = Number(/used_memory:(\d+)/.exec(await admin.info("memory"))?.[1]);
    await admin.config("SET", "maxmemory", String(used + 300_000));
    const ids = Array.from({ length: 2_000 }, (_, index) => index + 1);
    const rang: boolean[] = [];
    for (let i = 0; i < 20; i += 1) {
      await admin.set(`junk-${i}`, "x".repeat(50_000)).catch(() => {});
      rang.push(await queue.ring(ids.slice(i * 100, (i + 1) * 100).map((id) => bell(id))));
    }
    expect(rang).toContain(false);
    await admin.config("SET", "maxmemory", "0");
    for (let i = 0; i < 20; i += 1) {
      const again = ids.slice(i * 100, (i + 1) * 100).map((id) => bell(id, 1));
      await expect.poll(() => queue.ring(again), { timeout: 5_000 }).toBe(true);
    }
    await expect.poll(() => new Set(heard).size, { timeout: 10_000 }).toBe(2_001);
    admin.disconnect();
  }, 60_000);

  test("a job that stalls: what a stopped process has in hand is given to nobody else", async () => {
    const script = `
      import { BullmqBellQueue } from "@millrace/worker";
      const queue = new BullmqBellQueue({ url: ${JSON.stringify(redis.url)}, staleMs: 500 });
      const answer = () => (process.stdout.write("has it"), new Promise(() => {}));
      await queue.listen({ channels: [${JSON.stringify(RED)}], answer });
      process.stdout.write("listening");`;
    const args = ["--conditions=@millrace/source", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { cwd: ROOT });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await expect.poll(() => said, { timeout: 15_000 }).toContain("listening");
    await expect.poll(() => queue.ring([bell(1)])).toBe(true);
    await expect.poll(() => said, { timeout: 5_000 }).toContain("has it");
    child.kill("SIGSTOP");
    await queue.listen({ channels: [RED], answer });
    // Many times as long as a bell may be in hand: the job has been found stalled by then.
    for (let id = 2; id < 12; id += 1) {
      await queue.ring([bell(id)]);
      await expect.poll(() => heard, { timeout: 5_000 }).toContain(id);
      await sleep(400);
    }
    expect(heard).not.toContain(1);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }, 60_000);
});
