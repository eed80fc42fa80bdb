/** A worker process of the chaos rig: the shipped runtime, and a file in which it tells its story. */
import { flushCompileCache } from "node:module";
import { startRuntime, toProject } from "@millrace/cli";
import type { JsonValue } from "@millrace/core/internal";
import type { WorkerEvent } from "@millrace/worker";
import { AppendFile } from "./append-file.ts";
import * as project from "./project.ts";
import type { WorkerNews, WorkerOrder, WorkerRequest } from "./worker-order.ts";

const GRACE_MS = 5_000;

const order = JSON.parse(process.argv[2] ?? "") as WorkerOrder;
const events = new AppendFile(order.eventsFile);

function tell(event: WorkerEvent): void {
  const told = { at: Date.now(), pid: process.pid, ...event };
  const error = "error" in event && event.error instanceof Error ? String(event.error) : null;
  events.write(JSON.parse(JSON.stringify(error === null ? told : { ...told, error })) as JsonValue);
}

// Without the rig there is nobody left who would end this process.
process.on("disconnect", () => process.exit(0));
process.on("message", ({ blockMs }: WorkerRequest) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
});

const stopping = new Promise<void>((resolve) => void process.once("SIGTERM", () => resolve()));
const runtime = await startRuntime(toProject({ name: "chaos", modules: [project] }), {
  services: { database: { url: order.databaseUrl }, redisUrl: order.redisUrl },
  roles: { slots: order.slots, scheduler: order.scheduler, sources: false },
  observe: tell,
});
// It will hardly come to an orderly end.
flushCompileCache();
process.send?.("ready" satisfies WorkerNews);
await stopping;
await runtime.stop({ graceMs: GRACE_MS });
process.exit(0);
