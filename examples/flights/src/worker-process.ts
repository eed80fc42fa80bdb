/**
 * One worker, for any machine: any number of them share the work. Needs MILLRACE_DATABASE_URL,
 * MILLRACE_REDIS_URL, and the AWS client's variables for the lake.
 */
import { type Runtime, startRuntime, toProject } from "@millrace/cli";
import * as pipelines from "./pipelines.ts";

const { MILLRACE_DATABASE_URL: url = "", MILLRACE_REDIS_URL: redisUrl = null } = process.env;

const runtime: Runtime = await startRuntime(toProject({ name: "flights", modules: [pipelines] }), {
  services: { database: { url }, redisUrl },
  roles: { slots: 2, scheduler: false, sources: false },
  // A parent process that started this one hears what it does.
  observe: (event) => process.connected && process.send?.(event),
});
process.send?.({ type: "ready" });

// Takes nothing new, finishes what it has in hand, and goes.
let stopping: Promise<never> | null = null;
const stop = (): void => {
  stopping ??= runtime.stop().then(() => process.exit());
};
for (const reason of ["SIGINT", "SIGTERM", "disconnect"]) process.on(reason, stop);
