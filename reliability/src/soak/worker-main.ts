/** A worker process of a soak: the shipped runtime, which tells how much memory it takes. */
import { startRuntime, toProject } from "@millrace/cli";
import * as project from "./project.ts";
import type { WorkerNews, WorkerOrder } from "./worker-order.ts";

const NEWS_MS = 1_000;
const MB = 1_048_576;

const order = JSON.parse(process.argv[2] ?? "") as WorkerOrder;
process.on("disconnect", () => process.exit(0));
const stopping = new Promise<void>((resolve) => void process.once("SIGTERM", () => resolve()));
const runtime = await startRuntime(toProject({ name: "soak", modules: [project] }), {
  services: { database: { url: order.databaseUrl }, redisUrl: order.redisUrl },
  roles: { slots: order.slots, scheduler: order.scheduler, sources: false },
  pruning: order.pruning,
  observe: (event) => {
    if (event.type === "problem") process.stderr.write(`${event.where}: ${String(event.error)}\n`);
  },
});
tell();
const telling = setInterval(tell, NEWS_MS);
await stopping;
clearInterval(telling);
await runtime.stop({ graceMs: NEWS_MS });
process.exit(0);

function tell(): void {
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rssMb: rss / MB, heapMb: heapUsed / MB } satisfies WorkerNews);
}
