import { pipeline } from "@millrace/core";
import { BullmqBellQueue } from "@millrace/worker";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWithRedis, freshPrefix, redisUrl } from "../harness/redis.ts";
import { type Fleet, openFleet } from "./fleet.ts";

describeWithRedis("workers over BullMQ", () => {
  let fleet: Fleet;
  let queues: BullmqBellQueue[];
  beforeEach(async () => {
    fleet = await openFleet("server");
    queues = [];
  });
  afterEach(async () => {
    await fleet.close();
    await Promise.all(queues.map((queue) => queue.close()));
  });

  test("hear of each other's work, and nobody has to poll for it", async () => {
    const tasks = 12;
    await fleet.register(
      pipeline("chain", {}, ({ task }) => {
        let last = task("t0", () => 0);
        for (let i = 1; i < tasks; i += 1) {
          last = task(`t${i}`, { needs: { last } }, ({ needs }) => needs.last + 1);
        }
        return last;
      }),
    );
    const prefix = freshPrefix();
    const workers = [0, 1].map((index) => {
      queues[index] = new BullmqBellQueue({ url: redisUrl(), prefix });
      return fleet.worker({ queue: queues[index], slots: 1 });
    });
    await Promise.all(workers);
    const run = await fleet.ended(await fleet.start("chain"));
    expect(run).toMatchObject({ state: "succeeded", result: tasks - 1 });
    const { startedAt, endedAt } = run;
    // By polling alone each of the tasks would have to wait for half a second on average.
    const ms = Number(endedAt) - Number(startedAt);
    expect(ms).toBeLessThan((tasks * 500) / 2);
  });
});
