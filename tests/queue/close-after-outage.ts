/**
 * A process of its own: hears on many channels, is heard again after an outage on one of them,
 * closes while the others still connect, and ends if nothing is left.
 */
import { setTimeout } from "node:timers/promises";
import { BullmqBellQueue } from "@millrace/worker";

const channels = Array.from({ length: 60 }, (_, index) => ({ queue: "red", version: `v${index}` }));
let heardCount = 0;
const queue = new BullmqBellQueue({ url: process.argv[2] ?? "" });
await queue.listen({
  channels,
  answer: async () => {
    heardCount += 1;
  },
});
let taskRunId = 0;
const ringUntil = async (isEnough: () => boolean): Promise<void> => {
  while (!isEnough()) {
    taskRunId += 1;
    const tasks = [{ taskRunId, attempt: 1, ring: 0 }];
    await queue.ring(channels.map((channel) => ({ channel, tasks })));
    await setTimeout(20);
  }
};

await ringUntil(() => heardCount >= channels.length);
process.stdout.write("hears\n");
while (await queue.ring([])) await setTimeout(20);
heardCount = 0;
await ringUntil(() => heardCount > 0);
await queue.close();
process.stdout.write("closed\n");
