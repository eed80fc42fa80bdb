// What isolated tasks load, in their processes, under test.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { namespace, NonRetryable, pipeline } from "@millrace/core";
import * as z from "zod";

const isolate = "process" as const;

export const pidOf = pipeline("pid-of", {}, ({ task }) => {
  const before = task("before", () => ({ at: "worker", pid: process.pid }));
  return task("pid", { needs: { before }, isolate }, ({ needs, run }) => ({
    run: run.id,
    before: needs.before.pid,
    own: process.pid,
  }));
});

/** Ends its process in the way that it is told. */
export const crash = pipeline("crash", { params: z.object({ by: z.string() }) }, ({ task }) => {
  task("crash", { isolate }, async ({ params }) => {
    console.error("these were its last words");
    if (params.by === "exit") process.exit(7);
    if (params.by === "abort") process.abort();
    if (params.by === "throw")
      setImmediate(() => {
        throw new Error("nobody caught this");
      });
    if (params.by === "kill") process.kill(process.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
});

/** Fails in the first attempt by crashing, and tells in the second that it is the second. */
export const crashOnce = pipeline("crash-once", {}, ({ task }) =>
  task("once", { isolate, retries: { limit: 1, delay: "1ms" } }, ({ attempt }) => {
    if (attempt.number === 1) process.exit(0);
    return attempt.number;
  }),
);

export const busy = pipeline("busy", { params: z.object({ file: z.string() }) }, ({ task }) => {
  task("busy", { isolate, timeout: "8s" }, ({ params }) => {
    process.on("SIGTERM", () => {});
    writeFileSync(params.file, String(process.pid));
    for (;;);
  });
});

export const waits = pipeline("waits", { params: z.object({ file: z.string() }) }, ({ task }) => {
  task("waits", { isolate }, async ({ params, signal, log }) => {
    spawn("sleep", ["300"], { stdio: "inherit" });
    writeFileSync(params.file, String(process.pid));
    log.info("waiting");
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        log.info(`told: ${(signal.reason as Error).message}`);
        reject(new Error("stopped"));
      }),
    );
  });
});

export const heap = pipeline("heap", {}, ({ task }) => {
  task("heap", { isolate: { memory: "64MiB" } }, () => {
    const all: object[] = [];
    for (;;) all.push(Array.from({ length: 1_000 }, (_, at) => ({ at })));
  });
});

export const buffers = pipeline("buffers", {}, ({ task }) => {
  task("buffers", { isolate: { memory: "64MiB" } }, async () => {
    const all: Buffer[] = [];
    for (;;) {
      all.push(Buffer.alloc(8 * 1024 * 1024, 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});

export const shop = namespace("shop", {
  variables: z.object({ city: z.string() }),
  secrets: ["token", "other"],
});

export const talks = pipeline("talks", { namespace: shop }, ({ task }) =>
  task("talks", { isolate }, async ({ log, status, step, blob, variables, secret }) => {
    console.log("a line on stdout");
    console.error(`the token is ${await secret("token")}`);
    log.info("by the log", { of: variables.city });
    await status.set("progress", "half");
    const once = await step("dice", () => 4);
    const ref = await blob.put("kept", { name: "kept.txt" });
    const missing = await secret("other").catch((error: unknown) => String(error));
    return {
      once,
      text: await blob.text(ref),
      missing,
      env: process.env["MILLRACE_SECRET_SHOP_TOKEN"] ?? null,
    };
  }),
);

export const sleeper = pipeline("sleeper", {}, ({ task }) =>
  task("sleeper", { isolate }, async ({ step, sleep }) => {
    const first = await step("first", () => process.pid);
    await sleep("10ms");
    return { first, second: process.pid };
  }),
);

export const refuses = pipeline("refuses", {}, ({ task }) => {
  task("refuses", { isolate, retries: { limit: 3, delay: "1ms" } }, () => {
    throw new NonRetryable("not today");
  });
});
