import { Worker } from "node:worker_threads";

/** Its own thread: a handler that is busy leaves no turn to anybody on the main one. */
const WATCH = `
const { ppid } = process;
setInterval(() => {
  if (process.ppid !== ppid) process.kill(process.pid, "SIGKILL");
}, 1000);
`;

/** Ends this process when the one that started it is gone, whatever its main thread is doing. */
export function endWithParent(): void {
  const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 };
  const watch = new Worker(WATCH, { eval: true, resourceLimits, execArgv: [], env: {} });
  // Without it, a dead worker is noticed as soon as the main thread is free.
  watch.on("error", () => {});
  watch.unref();
}
