import { queueContract } from "@millrace/testing";
import { expect, test } from "vitest";
import { InProcessBellQueue } from "./in-process-bell-queue.ts";

queueContract("in process", {
  create: async () => {
    const queue = new InProcessBellQueue();
    return { open: () => queue, destroy: async () => {} };
  },
});

test("beyond its bound, bells are not rung, and ring says so", async () => {
  const queue = new InProcessBellQueue({ waitingMax: 2 });
  const channel = { queue: "red", version: "v1" };
  const tasks = [{ taskRunId: 1, attempt: 1, ring: 0 }];
  expect(await queue.ring([{ channel, tasks }])).toBe(true);
  expect(
    await queue.ring([
      { channel, tasks },
      { channel, tasks },
    ]),
  ).toBe(false);
});

test("what an answer threw is reported", async () => {
  const reported = Promise.withResolvers<unknown>();
  const queue = new InProcessBellQueue({ onError: reported.resolve });
  const channel = { queue: "red", version: "v1" };
  const failure = new Error("the store is away");
  await queue.listen({ channels: [channel], answer: () => Promise.reject(failure) });
  await queue.ring([{ channel, tasks: [{ taskRunId: 1, attempt: 1, ring: 0 }] }]);
  expect(await reported.promise).toBe(failure);
});
