/** A process of its own: hears on many channels, loses Redis, closes, and ends if nothing is left. */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { BullmqBellQueue } from "@millrace/worker";

/** Long enough for the workers to be in the midst of connecting anew. */
const OUTAGE_MS = 1_500;

const channels = Array.from({ length: 40 }, (_, index) => ({ queue: "red", version: `v${index}` }));
const heard = Promise.withResolvers<void>();
const queue = new BullmqBellQueue({ url: process.argv[2] ?? "" });
await queue.listen({ channels, answer: async () => heard.resolve() });
const tasks = [{ taskRunId: 1, attempt: 1, ring: 0 }];
await queue.ring(channels.map((channel) => ({ channel, tasks })));
await heard.promise;
process.stdout.write("hears\n");
process.stdin.resume();
await once(process.stdin, "end");
await setTimeout(OUTAGE_MS);
await queue.close();
process.stdout.write("closed\n");
